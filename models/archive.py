"""A whole database as one file that either database can take in: rows as lines of JSON, with the heads of all streams.

A backup and a move between SQLite and PostgreSQL are the same thing (decision 0024). What is read is one moment; what is taken in is
taken in whole or not at all, and only by an empty database.
"""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import date, datetime
from enum import Enum
from typing import IO, Any
from zipfile import ZipFile

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlmodel import Session, SQLModel

from models.history import verify
from models.tables import Event, TransitionRule
from models.tables.columns import UtcDateTime
from models.upgrade import alembic_revision

FORMAT = 1
CHUNK = 1_000
MANIFEST = "manifest.json"
RULES = TransitionRule.__table__  # type: ignore[attr-defined]
EVENTS = Event.__table__  # type: ignore[attr-defined]
PARENTS_FIRST = {"unit": "parent_id", "event": "seq"}
"""Tables whose rows refer to rows of their own: the column by which those come first."""


class ArchiveError(RuntimeError):
    """The archive cannot be used, or the database cannot take it in; the message says what to do."""


def write_tables(engine: Engine, archive: ZipFile) -> dict[str, Any]:
    """Write every table of one moment; returns ``{"format", "revision", "rows": {table: n}, "heads": {stream: [seq, hash]}}``."""
    with one_moment(engine) as connection:
        rows = {}
        for table in SQLModel.metadata.sorted_tables:
            with archive.open(f"tables/{table.name}.jsonl", "w", force_zip64=True) as sink:
                rows[table.name] = _write(connection, table, sink)
        return {"format": FORMAT, "revision": alembic_revision(connection), "rows": rows, "heads": heads(connection)}


def one_moment(engine: Engine) -> Connection:
    """Return a connection whose transaction sees one moment: SQLite's readers do anyway, PostgreSQL's must ask."""
    if engine.dialect.name == "sqlite":
        return engine.connect().execution_options(reading=True)
    return engine.connect().execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _write(connection: Connection, table: sa.Table, sink: IO[bytes]) -> int:
    written = 0
    query = sa.select(table).order_by(*_order(table)).execution_options(yield_per=CHUNK)
    for row in connection.execute(query):
        line = json.dumps([_plain(value) for value in row], ensure_ascii=False, separators=(",", ":"))
        sink.write(line.encode() + b"\n")
        written += 1
    return written


def _order(table: sa.Table) -> list[Any]:
    first = [sa.nulls_first(table.c[PARENTS_FIRST[table.name]])] if table.name in PARENTS_FIRST else []
    return [*first, *table.primary_key.columns]


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def heads(connection: Connection) -> dict[str, list[Any]]:
    """Return stream → [number, hash] of its newest event."""
    newest = sa.select(EVENTS.c.stream, sa.func.max(EVENTS.c.seq).label("seq")).group_by(EVENTS.c.stream).subquery()
    same = sa.and_(EVENTS.c.stream == newest.c.stream, EVENTS.c.seq == newest.c.seq)
    rows = connection.execute(sa.select(EVENTS.c.stream, EVENTS.c.seq, EVENTS.c.hash).join(newest, same).order_by(EVENTS.c.stream))
    return {stream: [seq, hash_] for stream, seq, hash_ in rows}


def read_tables(engine: Engine, archive: ZipFile, manifest: dict[str, Any], also: Callable[[Session], None]) -> None:
    """Take every table into a migrated database without events, whole or not at all; raises ArchiveError.

    ``also`` is done in the same transaction: whatever must hold as soon as the rows are there.
    """
    with Session(engine) as session, session.begin():
        connection = session.connection()
        _refuse_wrong(connection, manifest)
        for table in SQLModel.metadata.sorted_tables:
            with archive.open(f"tables/{table.name}.jsonl") as source:
                _read(connection, table, source)
        _count_on(connection)
        if what := _what_is_wrong(session, manifest):
            raise ArchiveError(f"备份文件不完整或被改动（{what}）；数据库未作任何改动，请换用另一份备份")
        also(session)


def _what_is_wrong(session: Session, manifest: dict[str, Any]) -> str:
    """Return, in Chinese, how what was taken in differs from what the manifest says or is flawed in itself; empty when it is whole."""
    connection = session.connection()
    if wrong := [name for name, number in manifest["rows"].items() if _count(connection, name) < number]:
        return f"表 {'、'.join(wrong)} 不全"
    if flaws := verify(session):
        return f"历史记录不一致：{'；'.join(flaws[:3])}"
    return "" if heads(connection) == manifest["heads"] else "各记录链末端不符"


def _refuse_wrong(connection: Connection, manifest: dict[str, Any]) -> None:
    if manifest.get("format") != FORMAT:
        raise ArchiveError(f"不认识的备份格式 {manifest.get('format')}；请用制作它的版本恢复")
    if manifest["revision"] != (now := alembic_revision(connection)):
        raise ArchiveError(f"备份的数据库结构为 {manifest['revision']}，本程序为 {now}；请用同一版本的程序恢复")
    if _count(connection, EVENTS.name):
        raise ArchiveError("数据库中已有记录，不能覆盖；请指定一个空的数据库（CREATION_DATABASE_URL）")


def _read(connection: Connection, table: sa.Table, source: IO[bytes]) -> None:
    known = {tuple(row) for row in connection.execute(sa.select(*RULES.primary_key.columns))} if table is RULES else set()
    for rows in _chunks(table, source):
        fresh = [row for row in rows if tuple(row[column.name] for column in table.primary_key) not in known]
        if fresh:
            connection.execute(sa.insert(table), fresh)


def _chunks(table: sa.Table, source: IO[bytes]) -> Iterator[list[dict[str, Any]]]:
    rows: list[dict[str, Any]] = []
    for line in source:
        values = json.loads(line)
        if len(values) != len(table.columns):
            raise ArchiveError(f"备份文件中表 {table.name} 的列数不对；请换用另一份备份")
        rows.append({column.name: _value(column, value) for column, value in zip(table.columns, values, strict=True)})
        if len(rows) == CHUNK:
            yield rows
            rows = []
    if rows:
        yield rows


def _value(column: sa.Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, UtcDateTime):
        return datetime.fromisoformat(value)
    if isinstance(column.type, sa.Date):
        return date.fromisoformat(value)
    return base64.b64decode(value) if isinstance(column.type, sa.LargeBinary) else value


def _count(connection: Connection, table: str) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(sa.table(table))).scalar_one()


def _count_on(connection: Connection) -> None:
    """Let PostgreSQL number new rows after those taken in."""
    if connection.dialect.name != "postgresql":
        return
    for table in SQLModel.metadata.sorted_tables:
        if table.autoincrement_column is not None and _count(connection, table.name):
            name = table.autoincrement_column.name
            newest = sa.select(sa.func.max(table.c[name])).scalar_subquery()
            connection.execute(sa.select(sa.func.setval(sa.func.pg_get_serial_sequence(table.name, name), newest)))
