"""Triggers that make tables append-only on both databases, and the check that each of them is there."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

APPEND_ONLY = ("event", "deadline", "attempt")
"""Tables whose rows are never changed or deleted."""

_SQLITE_KEYS = {
    "event": "(stream = NEW.stream AND seq = NEW.seq) OR command_id = NEW.command_id",
    "deadline": (
        "id = NEW.id OR (cohort_id = NEW.cohort_id AND phase = NEW.phase AND deliverable = NEW.deliverable "
        "AND subject = NEW.subject AND version = NEW.version)"
    ),
    "attempt": "mail_id = NEW.mail_id AND epoch = NEW.epoch AND phase = NEW.phase",
}


def statements(dialect: str) -> tuple[str, ...]:
    """Return the SQL that puts the guards in place."""
    return tuple(sql for table in APPEND_ONLY for sql in (_sqlite(table) if dialect == "sqlite" else _postgresql(table)))


def _sqlite(table: str) -> tuple[str, ...]:
    refuse = f"SELECT RAISE(ABORT, '{table} is append-only')"
    return (
        f"CREATE TRIGGER guard_{table}_update BEFORE UPDATE ON {table} BEGIN {refuse}; END",
        f"CREATE TRIGGER guard_{table}_delete BEFORE DELETE ON {table} BEGIN {refuse}; END",
        # INSERT OR REPLACE deletes without firing the delete trigger, so the insert itself is refused.
        f"CREATE TRIGGER guard_{table}_replace BEFORE INSERT ON {table} "  # noqa: S608 - a name from the constant above
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {_SQLITE_KEYS[table]}) BEGIN {refuse}; END",
    )


def _postgresql(table: str) -> tuple[str, ...]:
    return (
        f"CREATE OR REPLACE FUNCTION guard_{table}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$",
        f"CREATE TRIGGER guard_{table}_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION guard_{table}()",
        f"CREATE TRIGGER guard_{table}_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION guard_{table}()",
    )


def names(dialect: str) -> tuple[str, ...]:
    """Return the names of the guards that must exist."""
    kinds = ("update", "delete", "replace") if dialect == "sqlite" else ("change", "truncate")
    return tuple(f"guard_{table}_{kind}" for table in APPEND_ONLY for kind in kinds)


def missing(connection: Connection) -> tuple[str, ...]:
    """Return the names of guards that should exist and do not."""
    dialect = connection.dialect.name
    if dialect == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    present = set(connection.execute(sa.text(query)).scalars())
    return tuple(name for name in names(dialect) if name not in present)
