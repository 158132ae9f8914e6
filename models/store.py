"""The only place that begins and commits. Everything an act does happens in one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from models.texts import refuse_flawed_rows
from models.trouble import code_of


class SimultaneousError(RuntimeError):
    """Somebody else has recorded the same in the same instant: a unique key is taken, and nothing was changed."""

    def __init__(self) -> None:
        """Say so in Chinese, with the remedy."""
        super().__init__("同时有人登记了同一事项或其中项目的情况，本次未作改动；请核对后重新提交")


TAKEN = ("23505", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY")
"""A key was there already; any other broken constraint is a fault of ours."""


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """Give a session whose work is committed as a whole, or not at all.

    Raises SimultaneousError where another one was quicker, TextError for what no row may hold.
    """
    try:
        with Session(engine, expire_on_commit=False) as session, session.begin():
            event.listen(session, "before_flush", refuse_flawed_rows)
            yield session
    except IntegrityError as error:
        if code_of(error) in TAKEN:
            raise SimultaneousError from error
        raise


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
