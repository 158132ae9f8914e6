"""Process supervision and guidance (R48, R61, P.supervision): in which period a project has no entry. Pure.

It is the office's own record: the desk, the report and ``why`` tell of a gap, no letter is written for its sake.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from config.mid_term import SupervisionRule
from config.vocabulary import ProjectState
from models.rules.calendar import ONE_DAY, Calendar
from models.rules.snapshot import Fact, Project, World

YEAR, QUARTER = 12, 3
BEGAN = ("select", "enrol")


@dataclass(frozen=True, slots=True)
class Period:
    """One stretch of months for which an entry is expected; both days belong to it."""

    first: date
    last: date

    @property
    def title(self) -> str:
        """What people call it."""
        if (self.last.month - self.first.month, self.first.month % QUARTER) == (QUARTER - 1, 1):
            return f"{self.first.year}年第{self.last.month // QUARTER}季度"
        return f"{self.first}至{self.last}"


def period_of(months: int, day: date) -> Period:
    """Return the period in which a day lies, counted from January."""
    first = (day.month - 1) // months * months + 1
    return Period(date(day.year, first, 1), _month_after(day.year, first + months - 1) - ONE_DAY)


def _month_after(year: int, month: int) -> date:
    return date(year + month // YEAR, month % YEAR + 1, 1)


def periods(world: World, on: date) -> tuple[Period, ...]:
    """Return the periods that began within the supervised phase up to a day, in order."""
    rule = world.plan.programme.supervision
    phases = [row for row in world.plan.cohort.phases if rule and row.kind == rule.phase]
    return tuple(period for phase in phases if rule for period in _of_phase(rule, phase.opens_on, min(phase.closes_on, on)))


def _of_phase(rule: SupervisionRule, first: date, last: date) -> Iterator[Period]:
    period = period_of(rule.months, first)
    while period.first <= last:
        if period.first >= first:
            yield period
        period = period_of(rule.months, period.last + ONE_DAY)


def is_expected(project: Project, period: Period) -> bool:
    """Return whether a project is to be looked after in a period: it was under construction when the period began, and still is."""
    began = next((fact.effective_on for fact in project.facts if fact.event in BEGAN), None)
    return project.state in (ProjectState.BUILDING, ProjectState.RECTIFYING) and began is not None and began <= period.first


def entries(project: Project, period: Period) -> tuple[Fact, ...]:
    """Return what was recorded about a project in a period."""
    return tuple(fact for fact in project.all("supervise") if period.first <= fact.effective_on <= period.last)


def unrecorded(world: World, period: Period) -> tuple[Project, ...]:
    """Return the projects that should have an entry in a period and have none."""
    return tuple(project for project in world.projects if is_expected(project, period) and not entries(project, period))


def shown_on_desk(world: World, calendar: Calendar, on: date) -> Period | None:
    """Return the period of a day once its end is so near that gaps are worth telling; None before, and outside the phase."""
    rule = world.plan.programme.supervision
    found = periods(world, on)
    if rule is None or not found or not found[-1].first <= on <= found[-1].last:
        return None
    return found[-1] if on >= calendar.shift(calendar.on_or_before(found[-1].last), 1 - rule.shown_working_days) else None
