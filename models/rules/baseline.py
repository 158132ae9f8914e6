"""The baseline from which added value is measured: owed from the selection on, in time or with a reason, then frozen (R56, R66)."""

from datetime import date

from config.vocabulary import DutyKind, ProjectState
from models.rules.calendar import Calendar
from models.rules.snapshot import Fact, Project, World


def lacks(world: World, project: Project) -> bool:
    """Return whether a project should have a baseline and has none; a cohort may have been opened without any."""
    return world.plan.cohort.has_baseline and project.latest("record_baseline") is None


def owed_since(world: World, project: Project) -> date | None:
    """Return the day from which a building project owes its baseline; None where it owes none, or has one."""
    begun = _begun(project)
    owes = begun is not None and project.state == ProjectState.BUILDING and lacks(world, project)
    return begun.effective_on if begun is not None and owes else None


def last_day(world: World, calendar: Calendar, project: Project) -> date | None:
    """Return the last day on which the baseline is recorded without a reason; None where no selection or rule sets one."""
    begun = _begun(project)
    rule = world.plan.programme.office_duty(DutyKind.RECORD_BASELINE)
    return calendar.shift(begun.effective_on, rule.working_days) if begun is not None and rule is not None else None


def _begun(project: Project) -> Fact | None:
    return next((fact for fact in reversed(project.facts) if fact.event in ("select", "enrol")), None)
