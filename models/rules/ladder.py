"""On which days the rungs of a ladder fall (architecture, Time)."""

from datetime import date
from typing import NamedTuple

from config.programme import Ladder, Rung
from models.rules.calendar import Calendar


class PlannedRung(NamedTuple):
    """A rung with its day."""

    rung: Rung
    planned_on: date


def rung_days(calendar: Calendar, ladder: Ladder, due_on: date, until: date) -> tuple[PlannedRung, ...]:
    """Return the rungs with their days, in order.

    A rung at or before its deadline falls on a working day up to it, one after it on a later one. Of two on one day only
    the later rung stays; nothing is planned after ``until``.
    """
    by_day = {calendar.shift(due_on, rung.offset): rung for rung in ladder.all_rungs()}
    return tuple(PlannedRung(rung, day) for day, rung in sorted(by_day.items()) if day <= until)


def shadowed(calendar: Calendar, ladder: Ladder, due_on: date) -> tuple[tuple[Rung, Rung, date], ...]:
    """Return pairs of rungs that would fall on one day: the earlier, the one that hides it, the day."""
    days: dict[date, Rung] = {}
    found = []
    for rung in ladder.all_rungs():
        day = calendar.shift(due_on, rung.offset)
        if day in days:
            found.append((days[day], rung, day))
        days[day] = rung
    return tuple(found)
