"""Which lines are due on a day. A reminder is computed, never a job stored months ahead; a unique key makes it once-only."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from config.programme import Practice, Rung
from config.vocabulary import DutyKind, MailKind, RecipientRole
from models.rules.calendar import Calendar
from models.rules.duties import Duty, cached_duties, outstanding
from models.rules.ladder import PlannedRung, in_quiet, rung_days
from models.rules.memory import remembered
from models.rules.snapshot import World

CALL_RUNG = "call"
LATE_SLOT = (MailKind.OVERDUE, MailKind.ESCALATION)
"""Letters about what is late leave later on their day, so that what arrived at the weekend can be recorded first."""


@dataclass(frozen=True, slots=True)
class PlannedReminder:
    """One line to be written: what about, which rung, to whom (seen from the owing unit), on which day."""

    key: str
    mail: MailKind
    duty: Duty | None
    phase: str
    unit: str | None
    project: str | None
    deliverable: str | None
    rung: str
    role: RecipientRole
    planned_on: date
    clause: str
    due_on: date


@remembered(4)  # every phase of a cohort asks for the same day
def due_reminders(world: World, calendar: Calendar, on: date) -> tuple[PlannedReminder, ...]:
    """Return the lines due up to a day: at most one per duty, the latest; missed ones before it are skipped.

    The first line about a duty is its call; once a rung has come due, the rung goes in its place. After the cohort's end
    nothing is written.
    """
    if on > world.plan.cohort.ends_on:
        return ()
    owed = outstanding(cached_duties(world, calendar))
    lines = [line for duty in owed if (line := _latest(world, calendar, duty, on))]
    if in_quiet(world.plan.cohort.quiet, on):  # what was missed before it waits as well; only calls go
        return tuple(line for line in lines if line.rung == CALL_RUNG)
    return (*lines, *_latest_lists(world, calendar, owed, on))


def _latest(world: World, calendar: Calendar, duty: Duty, on: date) -> PlannedReminder | None:
    if duty.since > on:
        return None
    called_on = calendar.on_or_after(duty.since)
    reached = [(rung, day) for rung, day in _rungs_after(world, calendar, duty, called_on) if day <= on]
    if reached:
        return _rung_line(world, duty, *reached[-1])
    return _call(duty, called_on) if called_on <= on and duty.kind != DutyKind.RECTIFY else None


def ladder_lines(world: World, calendar: Calendar, duty: Duty) -> tuple[PlannedReminder, ...]:
    """Return every line a duty would get while it stays open, in order: the call, then the rungs after it."""
    called_on = calendar.on_or_after(duty.since)
    rungs = (_rung_line(world, duty, rung, day) for rung, day in _rungs_after(world, calendar, duty, called_on))
    return tuple(rungs) if duty.kind == DutyKind.RECTIFY else (_call(duty, called_on), *rungs)


def _rungs_after(world: World, calendar: Calendar, duty: Duty, called_on: date) -> list[PlannedRung]:
    if duty.ladder is None:
        return []
    cohort = world.plan.cohort
    days = rung_days(calendar, world.plan.programme.ladder(duty.ladder), duty.due_on, cohort.ends_on, cohort.quiet)
    return [planned for planned in days if planned.planned_on > called_on]


def _call(duty: Duty, called_on: date) -> PlannedReminder:
    return _line(duty, MailKind.CALL, CALL_RUNG, RecipientRole.CONTACT, called_on)


def _rung_line(world: World, duty: Duty, rung: Rung, day: date) -> PlannedReminder:
    role = world.plan.programme.chain(world.units[duty.unit].kind).role(rung.reach)
    return _line(duty, rung.mail, rung.name, role, day)


def line_key(duty: Duty, mail: MailKind, rung: str, role: RecipientRole) -> str:
    """Return what makes a line once-only: a deadline set anew has a new tag, so its ladder is armed anew."""
    return f"{mail}{arm(duty)}{rung}:{role}"


def arm(duty: Duty) -> str:
    """Return the part of a line's key that names the duty under its present deadline."""
    return f":{duty.key}:{duty.tag}:"


def _line(duty: Duty, mail: MailKind, rung: str, role: RecipientRole, planned_on: date) -> PlannedReminder:
    return PlannedReminder(
        key=line_key(duty, mail, rung, role), mail=mail, duty=duty, phase=duty.phase, unit=duty.unit,
        project=duty.project, deliverable=duty.deliverable, rung=rung, role=role, planned_on=planned_on, clause=duty.clause,
        due_on=duty.due_on,
    )  # fmt: skip


def leaves_from(practice: Practice, kind: MailKind) -> str:
    """Return from when on a letter of a kind leaves on its day, as HH:MM."""
    return practice.overdue_from if kind in LATE_SLOT else practice.mails_from


def office_lines(world: World, calendar: Calendar, owed: Iterable[Duty]) -> Iterator[PlannedReminder]:
    """Yield every list the office would get while something is owed, by phase and due day, in order."""
    ladder = world.plan.programme.ladder(world.plan.programme.practice.office_ladder)
    clauses: dict[tuple[str, date], str] = {}
    for duty in sorted(owed, key=lambda duty: (duty.phase, duty.official_due_on, duty.clause)):
        if not duty.individual:
            clauses.setdefault((duty.phase, duty.official_due_on), duty.clause)
    for (phase, due_on), clause in clauses.items():
        for rung, day in rung_days(calendar, ladder, due_on, world.plan.cohort.ends_on, world.plan.cohort.quiet):
            key = f"{rung.mail}:{world.plan.cohort.cohort}:{phase}:{due_on}:{rung.name}"
            yield PlannedReminder(key, rung.mail, None, phase, None, None, None, rung.name, RecipientRole.OFFICE, day, clause, due_on)


def _latest_lists(world: World, calendar: Calendar, owed: Iterable[Duty], on: date) -> Iterable[PlannedReminder]:
    """Return, for each due day that has lists, the newest one up to a day."""
    newest = {line.key.rpartition(":")[0]: line for line in office_lines(world, calendar, owed) if line.planned_on <= on}
    return newest.values()
