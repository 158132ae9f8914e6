"""When something falls due by itself: the days worth waking up for. On any other day a scan would find nothing to do."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from models.rules.calendar import ONE_DAY, Calendar
from models.rules.duties import cached_duties, outstanding
from models.rules.reminders import ladder_lines, office_lines
from models.rules.snapshot import World


@dataclass(frozen=True, slots=True)
class Occasion:
    """A working day on which something falls due, and what."""

    on: date
    reason: str
    clause: str


def agenda(world: World, calendar: Calendar) -> tuple[Occasion, ...]:
    """Return every occasion of a cohort as it stands now, in order: phases, deadlines, lines to be written."""
    last = world.plan.cohort.ends_on
    found = {occasion for occasion in _occasions(world, calendar) if occasion.on <= last}
    return tuple(sorted(found, key=lambda occasion: (occasion.on, occasion.reason, occasion.clause)))


def next_day(world: World, calendar: Calendar, after: date) -> date | None:
    """Return the first day after a day on which something falls due, or None when nothing is left."""
    return min((day for day in _days(world, calendar) if day > after), default=None)


_known: list[tuple[World, Calendar, frozenset[date]]] = []
KEPT = 4


def _days(world: World, calendar: Calendar) -> frozenset[date]:
    for known, days, found in _known:
        if known is world and days == calendar:
            return found
    found = frozenset(occasion.on for occasion in agenda(world, calendar))
    _known.insert(0, (world, calendar, found))
    del _known[KEPT:]
    return found


def _occasions(world: World, calendar: Calendar) -> Iterator[Occasion]:
    for phase in world.plan.cohort.phases:
        yield Occasion(calendar.on_or_after(phase.opens_on), f"{phase.kind.label}开始", phase.clause)
        yield Occasion(calendar.on_or_after(phase.closes_on + ONE_DAY), f"{phase.kind.label}结束", phase.clause)
    for period in world.plan.cohort.quiet:
        told = f"{period.title}（{period.from_on} 至 {period.until_on}）前最后一个工作日，其间的提醒提前到今天"
        yield Occasion(calendar.shift(period.from_on, -1), told, period.clause)
    owed = outstanding(cached_duties(world, calendar))
    for duty in owed:
        yield Occasion(calendar.on_or_before(duty.due_on), f"{duty.title}（{duty.kind.label}）到期", duty.clause)
        for line in ladder_lines(world, calendar, duty):
            yield Occasion(line.planned_on, f"{duty.title}（{duty.kind.label}）{line.mail.label}", line.clause)
    for line in office_lines(world, calendar, owed):
        yield Occasion(line.planned_on, line.mail.label, line.clause)
