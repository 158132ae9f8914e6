"""Triggers that make tables append-only on both databases, and the check that each of them is there and is ours."""

import re

import sqlalchemy as sa
from sqlalchemy.engine import Connection

APPEND_ONLY = ("event", "deadline", "attempt", "transition_rule")
"""Tables whose rows are never changed or deleted."""
FIXED = {"transition_rule": ("machine", "source", "event", "target", "clause")}
"""Where only some columns are: a rule is retired, never rewritten."""

_SQLITE_KEYS = {
    "event": "(stream = NEW.stream AND seq = NEW.seq) OR command_id = NEW.command_id",
    "deadline": (
        "id = NEW.id OR (cohort_id = NEW.cohort_id AND phase = NEW.phase AND deliverable = NEW.deliverable "
        "AND subject = NEW.subject AND version = NEW.version)"
    ),
    "attempt": "mail_id = NEW.mail_id AND epoch = NEW.epoch AND phase = NEW.phase",
    "transition_rule": "machine = NEW.machine AND source = NEW.source AND event = NEW.event",
}


def statements(dialect: str) -> tuple[str, ...]:
    """Return the SQL that puts the guards in place."""
    return tuple(sql for table in APPEND_ONLY for sql in (_sqlite(table) if dialect == "sqlite" else _postgresql(table)))


def _of(table: str) -> str:
    return f" OF {', '.join(FIXED[table])}" if table in FIXED else ""


def _sqlite(table: str) -> tuple[str, ...]:
    refuse = f"SELECT RAISE(ABORT, '{table} is append-only')"
    return (
        f"CREATE TRIGGER guard_{table}_update BEFORE UPDATE{_of(table)} ON {table} BEGIN {refuse}; END",
        f"CREATE TRIGGER guard_{table}_delete BEFORE DELETE ON {table} BEGIN {refuse}; END",
        # INSERT OR REPLACE deletes without firing the delete trigger, so the insert itself is refused.
        f"CREATE TRIGGER guard_{table}_replace BEFORE INSERT ON {table} "  # noqa: S608 - a name from the constant above
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {_SQLITE_KEYS[table]}) BEGIN {refuse}; END",
    )


def _body(table: str) -> str:
    return f" BEGIN RAISE EXCEPTION '{table} is append-only'; END "


def _postgresql(table: str) -> tuple[str, ...]:
    call = f"EXECUTE FUNCTION guard_{table}()"
    return (
        f"CREATE OR REPLACE FUNCTION guard_{table}() RETURNS trigger LANGUAGE plpgsql AS $${_body(table)}$$",
        f"CREATE TRIGGER guard_{table}_change BEFORE UPDATE{_of(table)} OR DELETE ON {table} FOR EACH ROW {call}",
        f"CREATE TRIGGER guard_{table}_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {call}",
    )


def names(dialect: str) -> tuple[str, ...]:
    """Return the names of the guards that must exist."""
    return tuple(_named(dialect))


def _named(dialect: str) -> dict[str, tuple[str, str]]:
    """Return name → (what the database must say of the trigger, of its function)."""
    if dialect == "sqlite":
        return {sql.split()[2]: (sql, "") for sql in statements(dialect)}
    made = ((table, sql) for table in APPEND_ONLY for sql in _postgresql(table)[1:])
    return {sql.split()[2]: (sql, _body(table)) for table, sql in made}


_TRIGGERS = {
    "sqlite": "SELECT name, sql, '' FROM sqlite_master WHERE type = 'trigger'",
    # 'R' fires for replicated changes only, 'D' never.
    "postgresql": (
        "SELECT tgname, pg_get_triggerdef(pg_trigger.oid), prosrc FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid "
        "WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
    ),
}


def missing(connection: Connection) -> tuple[str, ...]:
    """Return the names of guards that should work and do not: gone, switched off, or another thing under the same name."""
    dialect = connection.dialect.name
    present = {name: (_plain(sql), body) for name, sql, body in connection.execute(sa.text(_TRIGGERS[dialect]))}
    return tuple(name for name, (sql, body) in _named(dialect).items() if present.get(name) != (_plain(sql), body))


def _plain(sql: str) -> str:
    """Return a definition as both sides of a comparison write it: PostgreSQL names the schema and puts DELETE first."""
    text = re.sub(r"\b(ON|FUNCTION) \w+\.", r"\1 ", sql)
    return re.sub(r"BEFORE (UPDATE(?: OF [\w, ]+?)?) OR DELETE", r"BEFORE DELETE OR \1", text)
