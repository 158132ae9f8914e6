"""The only reader of the real time; the business day comes from ``models.business_clock``, which may be moved in a demo."""

import time as clocks
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

BUSINESS_ZONE = ZoneInfo("Asia/Shanghai")
"""Deadlines end with the day in this zone."""


def now() -> datetime:
    """Return the real instant (aware UTC): leases, recorded_at, timeouts."""
    return datetime.now(UTC)


_COUNTS_ON: int = getattr(clocks, "CLOCK_BOOTTIME", clocks.CLOCK_MONOTONIC)
"""On Linux the monotonic clock stands still while the machine sleeps, on macOS this one does not."""


def steady_seconds() -> float:
    """Return seconds that nobody sets and that go on while the machine sleeps; only differences mean something."""
    return clocks.clock_gettime(_COUNTS_ON)


def minute_text(instant: datetime) -> str:
    """Return an instant as people of the office read it: day and minute of their own zone."""
    return f"{instant.astimezone(BUSINESS_ZONE):%Y-%m-%d %H:%M}"


def business_instant(day: date, at: time) -> datetime:
    """Return the instant of a wall-clock time on a business day."""
    return datetime.combine(day, at, tzinfo=BUSINESS_ZONE)


def business_day(instant: datetime) -> date:
    """Return the business day of an instant."""
    return instant.astimezone(BUSINESS_ZONE).date()
