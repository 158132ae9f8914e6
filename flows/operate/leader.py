"""Leadership: of several timetables on one database only one scans. The scan is idempotent; this saves its work.

PostgreSQL: an advisory lock on a connection of its own, which the server frees when the connection ends. SQLite: a file
lock beside the database, which the kernel frees when the process ends. Neither needs a lease or a clock.
"""

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa
from filelock import FileLock, Timeout
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError


class Leadership(Protocol):
    """What a leader holds."""

    def holds(self) -> bool:
        """Return whether it is still held."""

    def release(self) -> None:
        """Let the next one lead."""


class _ByFile:
    def __init__(self, lock: FileLock) -> None:
        self._lock = lock

    def holds(self) -> bool:
        return self._lock.is_locked

    def release(self) -> None:
        self._lock.release()


class _ByConnection:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lost = False

    def holds(self) -> bool:
        """Return whether the session that took the lock lives; once lost, it stays lost: a reconnection would have no lock."""
        if not self._lost:
            try:
                self._connection.execute(sa.select(1))
            except SQLAlchemyError:
                self._lost = True
        return not self._lost

    def release(self) -> None:
        with suppress(SQLAlchemyError):
            self._connection.close()


def try_to_lead(engine: Engine, what: str) -> Leadership | None:
    """Return the leadership of a task on this database, or None while another process has it."""
    return _on_postgresql(engine, what) if engine.dialect.name == "postgresql" else _on_sqlite(engine, what)


def _on_sqlite(engine: Engine, what: str) -> Leadership | None:
    lock = FileLock(Path(f"{engine.url.database}.{what}.lock"), thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return None
    return _ByFile(lock)


def _on_postgresql(engine: Engine, what: str) -> Leadership | None:
    key = int.from_bytes(hashlib.sha256(f"creation:{what}".encode()).digest()[:8], signed=True)
    connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    connection.detach()  # its end is the lock's end: it must not go back to a pool
    if connection.execute(sa.select(sa.func.pg_try_advisory_lock(key))).scalar_one():
        return _ByConnection(connection)
    connection.close()
    return None
