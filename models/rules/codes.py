"""One-time codes as pure rules: which time step a code belongs to, and whether too many were wrong (decision 0008)."""

import hmac
import unicodedata
from collections.abc import Iterable
from datetime import datetime

import pyotp

from config.identity import DIGITS, DRIFT_STEPS, LOCKED_FOR, STEP_SECONDS, WRONG_CODES, WRONG_WITHIN


def digits_of(typed: str) -> str | None:
    """Return the six digits that somebody typed, full width or with spaces as apps show them; None if it is no code."""
    text = "".join(unicodedata.normalize("NFKC", typed).split())
    return text if len(text) == DIGITS and text.isascii() and text.isdigit() else None


def step_at(instant: datetime) -> int:
    """Return the time step of an instant; a naive one is refused, since it would mean another step elsewhere."""
    if instant.tzinfo is None:
        msg = f"naive datetime {instant!r}"
        raise ValueError(msg)
    return int(instant.timestamp()) // STEP_SECONDS


def matching_step(secret: str, digits: str, submitted_at: datetime) -> int | None:
    """Return the step whose code this is, nearest first; every candidate is compared, each in constant time."""
    totp, now = pyotp.TOTP(secret, digits=DIGITS, interval=STEP_SECONDS), step_at(submitted_at)
    steps = sorted(range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1), key=lambda step: abs(step - now))
    found = [step for step in steps if hmac.compare_digest(totp.generate_otp(step).encode(), digits.encode())]
    return found[0] if found else None


def locked_until(wrong: Iterable[datetime], submitted_at: datetime) -> datetime | None:
    """Return when codes are accepted again, or None: too many wrong ones near the time of submission.

    It holds backwards as well as forwards, because runs need not be worked off in the order of their submission.
    """
    times = sorted(wrong)
    groups = zip(times, times[WRONG_CODES - 1 :], strict=False)
    ends = [
        last + LOCKED_FOR
        for first, last in groups
        if last - first <= WRONG_WITHIN and first - LOCKED_FOR < submitted_at < last + LOCKED_FOR
    ]
    return max(ends, default=None)
