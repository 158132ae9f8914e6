"""What acts write: receipts, returned papers, changed deadlines, results. The line and the mail join the act's transaction."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from sqlmodel import Session

from config.programme import DeliverableRule
from config.vocabulary import MailKind, PhaseKind, RecipientRole
from models.business_clock import business_now
from models.history import Act
from models.loading import load_calendar, load_plan, load_world
from models.tables import Cohort, Deadline, Event, Project, Submission, Unit
from notifications import addresses, compose, outbox

ACT_RUNG = "act"
"""Rung of a line that follows an act, not the calendar."""


def receipt(session: Session, act: Act, project: Project, rule: DeliverableRule, paper: Submission) -> None:
    """Plan the receipt for a paper that counts as handed in."""
    cohort, unit = _cohort(session, project), _unit(session, project)
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
) -> None:
    """Render and freeze a letter that tells a decision, in the deciding transaction."""
    cohort, unit = _cohort(session, project), _unit(session, project)
    line = outbox.PlannedLine(
        key=f"{kind}:{event.stream}:{event.seq}",
        kind=kind,
        cohort=cohort.code,
        phase=_phase_key(cohort, phase),
        project=project.code,
        unit=unit.code,
        deliverable=deliverable,
        duty=None,
        rung=ACT_RUNG,
        role=RecipientRole.CONTACT,
        planned_on=act.on,
        clause=event.clause,
        details=dict(details),
    )
    address = addresses.resolve(session, unit.code, RecipientRole.CONTACT, act.on)
    if address is None:
        return
    world = session.info.get("world") or load_world(session, cohort.code)
    calendar, now = load_calendar(session), business_now(session)
    letter = compose.letter_for(session, world, calendar, kind, [line], address, now)
    outbox.decide_mail(session, world.plan, calendar, line, letter, address, now)


def deadline_changed(session: Session, act: Act, cohort: Cohort, projects: Sequence[Project], new: Deadline, old_due_on: date) -> int:
    """Silence what was planned for the old day and tell every unit the new one; returns how many are told."""
    plan = load_plan(cohort)
    rule = next((row for row in plan.programme.deliverables if row.key == new.deliverable), None)
    lines = []
    for project in projects:
        if rule is None or project.award_kind not in rule.award_kinds:
            continue
        withdraw_for(session, project.code, new.deliverable, f"时间调整：{new.basis}", keep_decisions=True)
        lines.append(
            outbox.PlannedLine(
                key=f"{MailKind.DEADLINE_CHANGED}:{new.deliverable}:{new.subject}.{new.version}:{project.code}",
                kind=MailKind.DEADLINE_CHANGED,
                cohort=cohort.code,
                phase=new.phase,
                project=project.code,
                unit=_unit(session, project).code,
                deliverable=new.deliverable,
                duty=None,
                rung=ACT_RUNG,
                role=RecipientRole.CONTACT,
                planned_on=act.on,
                clause="P.extension",
                details={
                    "paper": rule.title,
                    "old_due": old_due_on.isoformat(),
                    "new_due": new.due_on.isoformat(),
                    "basis": new.basis,
                },
            )
        )
    return outbox.plan_lines(session, lines)


def withdraw_for(session: Session, project: str, deliverable: str | None, because: str, *, keep_decisions: bool = False) -> int:
    """Withdraw mail about a project (or one of its papers) that has not left."""
    return outbox.withdraw_unsent(session, project=project, deliverable=deliverable, because=because[:200], keep_decisions=keep_decisions)


def _phase_key(cohort: Cohort, kind: PhaseKind) -> str:
    """Return the key of the first phase of a kind in the cohort, or the kind itself where the cohort has none."""
    phases = load_plan(cohort).cohort.phases
    return next((row.key for row in phases if row.kind == kind), str(kind))


def _cohort(session: Session, project: Project) -> Cohort:
    row = session.get(Cohort, project.cohort_id)
    assert row is not None  # noqa: S101 - a foreign key
    return row


def _unit(session: Session, project: Project) -> Unit:
    row = session.get(Unit, project.unit_id)
    assert row is not None  # noqa: S101 - a foreign key
    return row
