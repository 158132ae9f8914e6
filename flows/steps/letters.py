"""What acts write: receipts, returned papers, changed deadlines, results. The line and the mail join the act's transaction."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from sqlmodel import Session

from config.clock import business_day
from config.programme import DeliverableRule
from config.vocabulary import MailKind, PhaseKind, RecipientRole
from flows.steps import enclosing
from models.business_clock import business_now
from models.history import Act
from models.loading import EVERYONE, cohort_of, load_calendar, load_plan, load_world
from models.rules.duties import Duty, cached_duties, outstanding
from models.rules.reminders import CALL_RUNG, line_key
from models.rules.snapshot import World
from models.tables import Cohort, Deadline, Event, Project, Rectification, Submission, Unit
from notifications import addresses, compose, outbox

ACT_RUNG = "act"
"""Rung of a line that follows an act, not the calendar."""


def receipt(session: Session, act: Act, project: Project, rule: DeliverableRule, paper: Submission) -> None:
    """Plan the receipt for a paper that counts as handed in."""
    cohort, unit = cohort_of(session, project), _unit(session, project)
    line = outbox.PlannedLine(
        key=f"{MailKind.RECEIPT}:{paper.code}",
        kind=MailKind.RECEIPT,
        cohort=cohort.code,
        phase=_phase_key(cohort, rule.phase),
        project=project.code,
        unit=unit.code,
        deliverable=rule.key,
        duty=None,
        rung=ACT_RUNG,
        role=RecipientRole.CONTACT,
        planned_on=act.on,
        clause=rule.clause,
        details={"paper": rule.title, "received_on": (paper.received_on or act.on).isoformat(), "version": paper.version},
    )
    outbox.plan_lines(session, [line])


@contextmanager
def as_of_now(session: Session, cohort: str) -> Iterator[None]:
    """Write all letters of one act from the cohort as it stood when the act began: one reading for a hundred decisions."""
    session.info["world"] = load_world(session, cohort)
    try:
        yield
    finally:
        del session.info["world"]


def decide(  # noqa: PLR0913 - the columns of the line
    session: Session,
    act: Act,
    kind: MailKind,
    project: Project,
    event: Event,
    phase: PhaseKind,
    details: Mapping[str, Any],
    *,
    deliverable: str | None = None,
    role: RecipientRole = RecipientRole.CONTACT,
) -> None:
    """Render and freeze a letter that tells a decision, in the deciding transaction.

    Where nobody is registered the line waits, with a task; its letter is made up and goes when there is a contact.
    """
    cohort, unit = cohort_of(session, project), _unit(session, project)
    line = outbox.PlannedLine(
        key=f"{kind}:{event.stream}:{event.seq}" + ("" if role == RecipientRole.CONTACT else f":{role}"),
        kind=kind,
        cohort=cohort.code,
        phase=_phase_key(cohort, phase),
        project=project.code,
        unit=unit.code,
        deliverable=deliverable,
        duty=None,
        rung=ACT_RUNG,
        role=role,
        planned_on=act.on,
        clause=event.clause,
        details=dict(details),
    )
    address = addresses.resolve(session, unit.code, role, act.on)
    if address is None:
        outbox.plan_lines(session, [line])
        return
    known = None if kind in compose.OWN_DAY else session.info.get("world")  # the day it names came into being with this act
    world = known or load_world(session, cohort.code)
    calendar, now = load_calendar(session), business_now(session)
    letter = compose.letter_for(session, world, calendar, kind, [line], address, now)
    enclosures = enclosing.enclosures(session, world, calendar, kind, [line], business_day(now))
    entry = compose.calendar_for(world, calendar, kind, [line], address, now)
    outbox.decide_mail(session, world.plan, calendar, line, letter, address, now, enclosures, entry)


def deadline_changed(session: Session, act: Act, cohort: Cohort, before: Mapping[str, Duty], new: Deadline) -> int:
    """Silence what was planned for the old day and tell everyone who still owes it the new one (P.extension).

    ``before`` holds the duties as they were; told are the branch that hands in, its SO that endorses, the SO that declares.
    Returns how many lines are planned.
    """
    world, calendar = load_world(session, cohort.code), load_calendar(session)
    tag = f"{'all' if new.subject == EVERYONE else new.subject}.{new.version}"
    about = [duty for duty in outstanding(cached_duties(world, calendar)) if (duty.deliverable, duty.tag) == (new.deliverable, tag)]
    return _tell_moved(session, act, world, about, {key: duty.due_on for key, duty in before.items()}, new.basis)


def rectification_extended(session: Session, act: Act, order: Rectification, old_due: date, basis: str) -> int:
    """Silence what was planned for the old day of a round and tell its unit the new one (P.extension); returns how many are told."""
    world, about = _moved_round(session, order)
    return _tell_moved(session, act, world, about, {duty.key: old_due for duty in about}, basis)


def silence_round(session: Session, order: Rectification, because: str) -> None:
    """Withdraw what was planned for the old day of a round whose new one stands in a letter of its own."""
    _, about = _moved_round(session, order)
    outbox.withdraw_lines(session, (duty.key for duty in about), because)


def _moved_round(session: Session, order: Rectification) -> tuple[World, list[Duty]]:
    session.flush()
    world = load_world(session, cohort_of(session, session.get_one(Project, order.project_id)).code)
    tag = f"{order.code}.{order.due_version}"
    return world, [duty for duty in outstanding(cached_duties(world, load_calendar(session))) if duty.tag == tag]


def _tell_moved(session: Session, act: Act, world: World, about: Sequence[Duty], before: Mapping[str, date], basis: str) -> int:
    dropped = outbox.withdraw_lines(session, (duty.key for duty in about), f"时间调整：{basis}"[:200])
    unheard = {row.duty: row.details["old_due"] for row in dropped if row.kind == MailKind.DEADLINE_CHANGED}
    lines = []
    for duty in about:
        old_due = unheard.get(duty.key) or before.get(duty.key, duty.due_on).isoformat()
        details = {"matter": compose.matter(world, duty), "old_due": old_due, "new_due": duty.due_on.isoformat(), "basis": basis}
        if duty.official_due_on != duty.due_on:
            details["official"] = duty.official_due_on.isoformat()
        lines.append(_moved_line(act, world.plan.cohort.cohort, duty, details))
    return outbox.plan_lines(session, lines)


def _moved_line(act: Act, cohort: str, duty: Duty, details: Mapping[str, Any]) -> outbox.PlannedLine:
    """Return the line that tells a new day; once the duty has been called for, it takes the place of a second call."""
    called = duty.since <= act.on
    kind, rung = (MailKind.CALL, CALL_RUNG) if called else (MailKind.DEADLINE_CHANGED, ACT_RUNG)
    return outbox.PlannedLine(
        key=line_key(duty, kind, rung, RecipientRole.CONTACT),
        kind=MailKind.DEADLINE_CHANGED,
        cohort=cohort,
        phase=duty.phase,
        project=duty.project,
        unit=duty.unit,
        deliverable=duty.deliverable,
        duty=duty.key,
        rung=ACT_RUNG,
        role=RecipientRole.CONTACT,
        planned_on=act.on,
        clause="P.extension",
        details=details,
    )


def _phase_key(cohort: Cohort, kind: PhaseKind) -> str:
    """Return the key of the first phase of a kind in the cohort, or the kind itself where the cohort has none."""
    phases = load_plan(cohort).cohort.phases
    return next((row.key for row in phases if row.kind == kind), str(kind))


def _unit(session: Session, project: Project) -> Unit:
    row = session.get(Unit, project.unit_id)
    assert row is not None  # noqa: S101 - a foreign key
    return row
