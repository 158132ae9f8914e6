"""The only reader of the real time; the business day comes from ``models.business_clock``, which may be moved in a demo."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

BUSINESS_ZONE = ZoneInfo("Asia/Shanghai")
"""Deadlines end with the day in this zone."""


def now() -> datetime:
    """Return the real instant (aware UTC): leases, recorded_at, timeouts."""
    return datetime.now(UTC)


def business_instant(day: date, at: time) -> datetime:
    """Return the instant of a wall-clock time on a business day."""
    return datetime.combine(day, at, tzinfo=BUSINESS_ZONE)


def business_day(instant: datetime) -> date:
    """Return the business day of an instant."""
    return instant.astimezone(BUSINESS_ZONE).date()
