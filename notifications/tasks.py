"""Work left for a person of the office: once per key, whoever notices it."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from config.vocabulary import TaskKind
from models.store import insert_into
from models.tables import Task

KEY_MAX = 300
TEXT_MAX = 500


def task_key(kind: TaskKind, about: str) -> str:
    """Return the key of a task of a kind about something."""
    return f"{kind}:{about}"[:KEY_MAX]


def leave_task(  # noqa: PLR0913 - the columns of one row
    session: Session, kind: TaskKind, about: str, text: str, on: date, unit: str | None = None, *, again: bool = False
) -> None:
    """Leave work for the office; what is on record stays as it is, unless it is done and has come ``again``.

    Two senders may notice the same thing at once: the second one finds it on record.
    """
    row = {"key": task_key(kind, about), "kind": kind, "unit": unit, "text": text[:TEXT_MAX], "opened_on": on}
    session.execute(insert_into(session, Task).values(row).on_conflict_do_nothing(index_elements=["key"]))
    if again:
        done = (col(Task.key) == row["key"], col(Task.done_on).is_not(None))
        session.execute(sa.update(Task).where(*done).values(text=row["text"], opened_on=on, done_on=None))


def close_tasks(session: Session, keys: Iterable[str] | sa.CompoundSelect[Any], on: date) -> None:
    """Close what is open of these tasks; the keys may be a selection."""
    done = (col(Task.done_on).is_(None), col(Task.key).in_(keys))
    session.execute(sa.update(Task).where(*done).values(done_on=on).execution_options(synchronize_session=False))
