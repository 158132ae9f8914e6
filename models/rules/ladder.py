"""On which days the rungs of a ladder fall (architecture, Time)."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from config.cohort import QuietPeriod
from config.programme import Ladder, Rung
from models.rules.calendar import Calendar
from models.rules.memory import remembered


class PlannedRung(NamedTuple):
    """A rung with its day."""

    rung: Rung
    planned_on: date


def rung_days(calendar: Calendar, ladder: Ladder, due_on: date, until: date, quiet: Iterable[QuietPeriod] = ()) -> tuple[PlannedRung, ...]:
    """Return the rungs with their days, in order.

    A rung at or before its deadline falls on a working day up to it, one after it on a later one. Of two on one day only
    the later rung stays; nothing is planned after ``until``.
    """
    by_day = {rung_day(calendar, rung, due_on, quiet): rung for rung in _unrolled(ladder)}
    return tuple(PlannedRung(rung, day) for day, rung in sorted(by_day.items()) if day <= until)


@remembered(16)
def _unrolled(ladder: Ladder) -> tuple[Rung, ...]:
    return ladder.all_rungs()


def rung_day(calendar: Calendar, rung: Rung, due_on: date, quiet: Iterable[QuietPeriod] = ()) -> date:
    """Return the day of a rung: out of a quiet period it moves before it, or after it once the deadline has passed."""
    day = calendar.shift(due_on, rung.offset)
    while (period := in_quiet(quiet, day)) is not None:
        day = calendar.shift(period.until_on, 1) if rung.offset > 0 else calendar.shift(period.from_on, -1)
    return day


def in_quiet(quiet: Iterable[QuietPeriod], day: date) -> QuietPeriod | None:
    """Return the quiet period a day lies in, or None."""
    return next((period for period in quiet if period.from_on <= day <= period.until_on), None)


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


def move_notes(calendar: Calendar, ladder: Ladder, due_on: date, quiet: Iterable[QuietPeriod] = ()) -> dict[str, str]:
    """Return, by rung, why it does not leave on the day that its offset names, or what it takes the place of; nothing moves silently."""
    periods = tuple(quiet)
    notes: dict[str, list[str]] = {}
    taken: dict[date, Rung] = {}
    for rung in ladder.all_rungs():
        day = rung_day(calendar, rung, due_on, periods)
        notes[rung.name] = [note] if (note := _moved_because(calendar, rung, due_on, periods, day)) else []
        if day in taken:
            notes[rung.name].append(f"{taken[day].name} 与 {rung.name} 同在 {day}，只发后者")
        taken[day] = rung
    return {name: "；".join(found) for name, found in notes.items() if found}


PUBLISHED = Calendar()


def _moved_because(calendar: Calendar, rung: Rung, due_on: date, quiet: Iterable[QuietPeriod], day: date) -> str:
    usual, published = calendar.shift(due_on, rung.offset), PUBLISHED.shift(due_on, rung.offset)
    if (period := in_quiet(quiet, usual)) is not None:
        return f"{rung.name} 本应在 {usual}，因{period.title}改在 {day}"
    if rung.offset == 0 and usual != due_on:
        return f"{rung.name} 本应在 {due_on}，不是工作日，改在 {day}"
    return f"{rung.name} 本应在 {published}，因调整工作日改在 {day}" if published != usual else ""
