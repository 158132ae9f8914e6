"""Bringing a database to the current schema: migrations, guards, rule rows."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from config.clock import business_day, now
from models import guards
from models.rules.lifecycle import TRANSITIONS
from models.tables import TransitionRule
from models.trouble import code_of

NOT_ALLOWED = "42501"
"""PostgreSQL's insufficient_privilege."""


class SchemaError(RuntimeError):
    """The database is not as it must be; the message says what to do."""


def alembic_config(connection: Connection) -> Config:
    """Return Alembic's configuration bound to an open connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine) -> None:
    """Migrate, check that every guard exists, and load the rule rows. Safe to run again; raises SchemaError.

    Where nothing is to be done, a role that may not do it gets through as well (docs/operations/roles.sql).
    """
    try:
        _migrate(engine)
    except DBAPIError as error:
        if code_of(error) != NOT_ALLOWED:
            raise
        msg = (
            f"数据库须升级，而账号 {engine.url.username} 无权升级；请以属主账号的地址（CREATION_DATABASE_URL）运行 creation db upgrade，"
            "再运行 docs/operations/roles.sql"
        )
        raise SchemaError(msg) from None


def _migrate(engine: Engine) -> None:
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), "head")
        assert_guards(connection)
    with Session(engine) as session, session.begin():
        load_rules(session)


def assert_guards(connection: Connection) -> None:
    """Raise SchemaError when a guard of the append-only tables is missing."""
    absent = guards.missing(connection)
    if absent:
        msg = f"数据库缺少防改动触发器：{'、'.join(absent)}；请从备份恢复，或联系维护人员，不要继续使用"
        raise SchemaError(msg)


def load_rules(session: Session) -> None:
    """Add new rows of the transition table and retire those that are gone; none is ever deleted."""
    stored = {(row.machine, row.source, row.event): row for row in session.exec(select(TransitionRule))}
    for row in TRANSITIONS:
        key = (row.machine, row.source, row.event)
        if key not in stored:
            session.add(TransitionRule(machine=row.machine, source=row.source, event=row.event, target=row.target, clause=row.clause))
        elif stored[key].target != row.target:
            msg = f"流转规则 {key} 的目标状态与数据库不同：规则只能停用，不能改写；请为新规则另起事件名"
            raise SchemaError(msg)
    current = {(row.machine, row.source, row.event) for row in TRANSITIONS}
    for key, rule in stored.items():
        if key not in current and rule.retired_on is None:
            rule.retired_on = business_day(now())
            session.add(rule)


def alembic_revision(connection: Connection) -> str:
    """Return the revision of a database's schema; empty before the first migration."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def is_current(engine: Engine) -> bool:
    """Return whether the database has been migrated at all."""
    return sa.inspect(engine).has_table("event")
