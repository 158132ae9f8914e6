"""Connections to SQLite and PostgreSQL with everything the history relies on switched on."""

import sqlite3
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError

WAL_RESET_FIXED = ((3, 51, 3), (3, 50, 7), (3, 44, 6))
"""SQLite releases without the WAL-reset defect: 3.51.3 and newer, and the two patched branches."""


class DatabaseAddressError(RuntimeError):
    """The address of the database cannot be read; the message shows nothing of it."""


def wal_is_safe(version: tuple[int, int, int]) -> bool:
    """Return whether this SQLite may use WAL without risking committed writes."""
    return is_mended(version, WAL_RESET_FIXED)


def is_mended(version: tuple[int, int, int], fixed: tuple[tuple[int, int, int], ...]) -> bool:
    """Return whether a release has a mend: ``fixed`` names the newest branch's first mended release, then those of older branches."""
    newest, *branches = fixed
    return version >= newest or any(version[:2] == branch[:2] and version >= branch for branch in branches)


@lru_cache(maxsize=8)
def engine_for(url: str) -> Engine:
    """Return the engine of a database address; SQLite folders are made as needed. Raises DatabaseAddressError."""
    parsed = _parsed(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(url)
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_immediately)
        return engine
    return sa.create_engine(url, pool_pre_ping=True)


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):  # the library's own words would show parts of the password
        msg = "CREATION_DATABASE_URL 应形如 postgresql+psycopg://账号:口令@主机:5432/数据库；口令中的 @ 写作 %40，/ 写作 %2F"
        raise DatabaseAddressError(msg) from None


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves: a deferred read-then-write fails under concurrency
    safe = wal_is_safe(sqlite3.sqlite_version_info)
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 10000")
    cursor.execute(f"PRAGMA journal_mode = {'WAL' if safe else 'DELETE'}")
    cursor.execute(f"PRAGMA synchronous = {'FULL' if safe else 'EXTRA'}")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA recursive_triggers = ON")
    cursor.close()


def _begin_immediately(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
