"""What people write into rows is looked at before the database sees it: SQLite would take anything, PostgreSQL fails half-way."""

from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator
from sqlmodel import Session

from config.texts import TextError, quoted, refuse_flawed
from models import tables as t

WRITTEN = (
    t.Assessment,
    t.Ballot,
    t.Contact,
    t.Deadline,
    t.Decision,
    t.Event,
    t.Honour,
    t.Person,
    t.Project,
    t.Recognition,
    t.RectificationItem,
    t.Submission,
    t.Unit,
)
"""Tables with what people write; the post and what came in have bounds of their own."""


def refuse_flawed_rows(session: Session, *_: Any) -> None:
    """Raise TextError for a row about to be written that holds what no text may, or more than its column."""
    for row in (*session.new, *session.dirty):
        if isinstance(row, WRITTEN):
            for name, most in _columns(type(row)):
                value = getattr(row, name)
                refuse_flawed(value)
                if isinstance(value, str) and most and len(value) > most:
                    raise TextError(f"“{quoted(value)}”共 {len(value)} 字，最多 {most} 字；请缩短")


@cache
def _columns(table: Any) -> tuple[tuple[str, int | None], ...]:
    """Return name and greatest length of the columns that hold text or lists of it."""
    kinds = {column.key: _inner(column.type) for column in table.__table__.columns}
    return tuple((name, getattr(kind, "length", None)) for name, kind in kinds.items() if isinstance(kind, sa.String | sa.Integer))


def _inner(kind: Any) -> Any:
    """Return the database's own type of a column: SQLModel wraps text, and so do we."""
    return kind.impl_instance if isinstance(kind, TypeDecorator) else kind
