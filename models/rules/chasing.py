"""How often something that waits for a person is told again: every so many working days, up to a number of times (P.office)."""

from datetime import date

from models.rules.calendar import Calendar


def chase_days(waits_since: date, every_working_days: int, times_max: int, calendar: Calendar) -> tuple[date, ...]:
    """Return the working days on which something that waits since a day is told again, in order."""
    return tuple(calendar.shift(waits_since, every_working_days * number) for number in range(1, times_max + 1))


def chases_due(days: tuple[date, ...], on: date) -> int:
    """Return the number of the newest chase that is due by a day; 0 when none is yet. After a downtime only the newest is told."""
    return sum(day <= on for day in days)
