"""The only place that begins and commits. Everything an act does happens in one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Engine
from sqlmodel import Session

from models.texts import refuse_flawed_rows


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """Give a session whose work is committed as a whole, or not at all; raises TextError for what no row may hold."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        event.listen(session, "before_flush", refuse_flawed_rows)
        yield session


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """Give a session for looking only: it never takes SQLite's write lock and is always rolled back."""
    with engine.connect().execution_options(reading=True) as connection, Session(connection) as session:
        yield session
        session.expunge_all()  # rows stay readable after the look
        session.rollback()


def insert_into(session: Session, table: Any) -> Any:
    """Return the database's own insert into a table: the standard one knows no ON CONFLICT."""
    return (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert(table)
