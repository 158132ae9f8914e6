"""What the office itself must know: a failed run, a decision entered twice, a ballot that waits. A line to its own mailbox."""

from datetime import date

from sqlmodel import Session, select

from config.vocabulary import MailKind, RecipientRole
from flows.steps.errors import refuse
from models.history import Act, record_event
from models.loading import newest_open_cohort
from models.tables import Task, Unit
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


def close_task(session: Session, act: Act, task: int, note: str) -> Task:
    """Record that a task of the office is done, and how; the event stands on the unit's stream, or on the newest batch's."""
    row = session.get(Task, task)
    if row is None or row.done_on is not None:
        raise refuse(f"没有未办结的待办 {task}", "请从清单中选择")
    if not note.strip():
        raise refuse("办结必须写明处理情况", "请填写")
    unit = session.exec(select(Unit).where(Unit.code == row.unit)).first() if row.unit else None
    owner = unit or newest_open_cohort(session)
    if owner is not None:
        record_event(session, owner, "close_task", act, {"task": row.id, "kind": row.kind.value, "note": note})
    row.done_on = act.on
    session.add(row)
    session.flush()
    return row
