"""The pure rules of one-time codes: RFC 6238's own vectors, the window of one step, the lock."""

from base64 import b32encode
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models.rules.codes import digits_of, locked_until, matching_step, step_at

RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
RFC_VECTORS = [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")]
"""RFC 6238 appendix B, SHA-1, its last six digits."""
SECRETS = st.binary(min_size=20, max_size=20).map(lambda raw: b32encode(raw).decode())
INSTANTS = st.integers(1762214400, 2145916800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
NOON = datetime(2025, 11, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize(("at", "digits"), RFC_VECTORS)
def test_the_vectors_of_the_rfc(at, digits):
    assert matching_step(RFC_SECRET, digits, datetime.fromtimestamp(at, UTC)) == at // 30


@given(SECRETS, INSTANTS, st.integers(-1, 1))
def test_one_step_either_way_is_accepted(secret, at, drift):
    step = step_at(at) + drift
    digits = pyotp.TOTP(secret).generate_otp(step)
    found = matching_step(secret, digits, at)
    assert found is not None
    assert pyotp.TOTP(secret).generate_otp(found) == digits
    assert abs(found - step_at(at)) <= abs(drift)


@given(SECRETS, INSTANTS, st.integers(2, 10_000), st.sampled_from((-1, 1)))
def test_two_steps_or_more_are_refused(secret, at, drift, sign):
    totp, step = pyotp.TOTP(secret), step_at(at)
    digits = totp.generate_otp(step + sign * drift)
    assume(digits not in {totp.generate_otp(near) for near in (step - 1, step, step + 1)})
    assert matching_step(secret, digits, at) is None


def test_an_instant_without_zone_is_refused():
    with pytest.raises(ValueError, match="naive"):
        step_at(datetime(2025, 11, 4, 12))  # noqa: DTZ001 - that is the point


@pytest.mark.parametrize(
    ("typed", "digits"),
    [("123456", "123456"), (" 123 456 ", "123456"), ("１２３４５６", "123456"), ("12345", None), ("1234567", None), ("12345a", None),
     ("١٢٣٤٥٦", None), ("", None)],
)  # fmt: skip
def test_what_counts_as_six_digits(typed, digits):
    assert digits_of(typed) == digits


def minutes(*numbers):
    return [NOON + timedelta(minutes=number) for number in numbers]


@pytest.mark.parametrize(
    ("wrong", "at", "until"),
    [
        ((0, 1, 2, 3), 4, None),
        ((0, 1, 2, 3, 4), 4.5, 14),
        ((0, 1, 2, 3, 4), 13.9, 14),
        ((0, 1, 2, 3, 4), 14, None),
        ((0, 2.5, 5, 7.5, 10), 19, 20),
        ((0, 2.5, 5, 7.5, 10.1), 11, None),
        ((20, 21, 22, 23, 24), 11, 34),  # worked off in another order than submitted
        ((20, 21, 22, 23, 24), 10, None),
    ],
)
def test_five_wrong_codes_in_ten_minutes_lock_for_ten(wrong, at, until):
    expected = None if until is None else minutes(until)[0]
    assert locked_until(minutes(*wrong), minutes(at)[0]) == expected


@given(st.lists(st.floats(0, 60), max_size=60).map(lambda times: minutes(*times)))
def test_whatever_the_order_of_work_only_five_of_ten_minutes_are_tried(attempts):
    """Work attempts off in the order given; each that is not locked is wrong and counted."""
    tried = []
    for at in attempts:
        if locked_until(tried, at) is None:
            tried.append(at)
    for start in tried:
        assert sum(start <= at < start + timedelta(minutes=10) for at in tried) <= 5
