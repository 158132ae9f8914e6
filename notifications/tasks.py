"""Work left for a person of the office: once per key, whoever notices it."""

from datetime import date

from sqlmodel import Session, select

from config.vocabulary import TaskKind
from models.tables import Task

KEY_MAX = 300
TEXT_MAX = 500


def task_key(kind: TaskKind, about: str) -> str:
    """Return the key of a task of a kind about something."""
    return f"{kind}:{about}"[:KEY_MAX]


def leave_task(  # noqa: PLR0913 - the columns of one row
    session: Session, kind: TaskKind, about: str, text: str, on: date, unit: str | None = None, *, again: bool = False
) -> None:
    """Leave work for the office; what is on record stays as it is, unless it is done and has come ``again``."""
    key = task_key(kind, about)
    known = session.exec(select(Task).where(Task.key == key)).first()
    if known is not None and (known.done_on is None or not again):
        return
    row = known or Task(key=key, kind=kind, unit=unit, text=text[:TEXT_MAX], opened_on=on)
    if known is not None:
        row.text, row.opened_on, row.done_on = text[:TEXT_MAX], on, None
    session.add(row)
    session.flush()
