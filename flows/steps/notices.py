"""What the office itself must know: a failed run, a decision entered twice, a ballot that waits. A line to its own mailbox."""

from datetime import date

from sqlmodel import Session, select

from config.vocabulary import MailKind, RecipientRole, TaskKind
from models.tables import Task
from notifications import outbox

NOTICE_RUNG = "notice"
"""Rung of a line that the system writes to its own office."""
CLAUSE = "P.office"


def notify_office(session: Session, cohort: str, key: str, matter: str, on: date) -> int:
    """Plan one line to the office's mailbox; the same key is written once. Returns 1 when it is new."""
    line = outbox.PlannedLine(
        key=f"{MailKind.OFFICE_NOTICE}:{key}",
        kind=MailKind.OFFICE_NOTICE,
        cohort=cohort,
        phase="",
        project=None,
        unit=None,
        deliverable=None,
        duty=None,
        rung=NOTICE_RUNG,
        role=RecipientRole.OFFICE,
        planned_on=on,
        clause=CLAUSE,
        details={"matter": matter},
    )
    return outbox.plan_lines(session, [line])


def leave_task(session: Session, kind: TaskKind, key: str, text: str, on: date, unit: str | None = None) -> None:
    """Leave work for a person of the office, once per key."""
    name = f"{kind}:{key}"[:300]
    if session.exec(select(Task).where(Task.key == name)).first() is None:
        session.add(Task(key=name, kind=kind, unit=unit, text=text[:500], opened_on=on))
        session.flush()
