"""Accidents inside one process: the connection is lost in the middle of an act, or at its commit. The act learns of it as an error."""

from contextlib import contextmanager

import sqlalchemy as sa


class LostError(RuntimeError):
    """The process that was to commit is no more."""


class Accident:
    """Whether it has happened."""

    happened = False


@contextmanager
def unsaved(engine, after=0):
    """Break a process off just before its commit number ``after`` (the first: 0)."""
    accident, commits = Accident(), iter(range(after + 1))

    def at_commit(_connection):
        if next(commits, None) == after:
            accident.happened = True
            raise LostError

    with listening(engine, "commit", at_commit):
        yield accident


@contextmanager
def cut(engine, after):
    """Close the connection under an act when it has written so many statements."""
    accident, writes = Accident(), iter(range(after + 1))

    def before_write(connection, _cursor, statement, *_):
        if statement.startswith(("INSERT", "UPDATE", "DELETE")) and next(writes, None) == after:
            accident.happened = True
            connection.connection.dbapi_connection.close()

    with listening(engine, "before_cursor_execute", before_write):
        yield accident


@contextmanager
def listening(engine, name, what):
    """Hear an event of an engine for a while."""
    sa.event.listen(engine, name, what)
    try:
        yield
    finally:
        sa.event.remove(engine, name, what)
