"""What the migrations make is what the tables say: columns, keys, and every value of every closed set of words."""

import re
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlmodel import SQLModel

from models import migrations
from models.database import engine_for
from models.guards import missing
from models.history import Act, count_events, record_event, verify
from models.store import reading, transaction
from models.tables import Unit
from models.upgrade import alembic_config, load_rules, upgrade
from tests.conftest import POSTGRES, on_server

WORDS = {
    (table.name, column.name): set(column.type.enums)
    for table in SQLModel.metadata.sorted_tables
    for column in table.columns
    if isinstance(column.type, sa.Enum)
}


def test_nothing_is_left_to_migrate(empty):
    with empty.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


@pytest.mark.parametrize(("table", "column"), WORDS)
def test_the_database_knows_every_word_and_no_other(empty, table, column):
    """Autogenerate sees no changed CHECK: the words are read back from the database itself."""
    found = [
        set(re.findall(r"'([^']*)'", check["sqltext"]))
        for check in sa.inspect(empty).get_check_constraints(table)
        if re.match(
            rf"^\W*{column}\W+(::\w+\W+)?(IN|= ANY|in)\b", check["sqltext"].replace("::character varying", "").replace("::text", "")
        )
    ]
    assert WORDS[table, column] in found, found


# from every schema there was to the one there is


@contextmanager
def bare(kind, folder):
    """A database in which nothing is."""
    if kind == "sqlite":
        made = engine_for(f"sqlite:///{folder / 'bare.db'}")
        yield made
        made.dispose()
        return
    if not POSTGRES:
        pytest.skip("CREATION_TEST_POSTGRES names no server")
    name = f"creation_test_{uuid4().hex[:12]}"
    on_server(f"CREATE DATABASE {name}")
    made = engine_for(sa.make_url(POSTGRES).set(database=name).render_as_string(hide_password=False))
    yield made
    made.dispose()
    on_server(f"DROP DATABASE {name} WITH (FORCE)")


def revisions():
    return [one.revision for one in ScriptDirectory(str(Path(migrations.__file__).parent)).walk_revisions()]


def refuses(engine, statement):
    with engine.connect() as connection, pytest.raises(sa.exc.DBAPIError, match="append-only"):
        connection.execute(sa.text(statement))
    return True


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("revision", ["base", *revisions()])
def test_every_schema_there_was_becomes_the_one_there_is(kind, revision, tmp_path):
    """Upgraded, and upgraded once more: every guard is there and works, nothing is left to migrate, what was recorded stands."""
    with bare(kind, tmp_path) as engine:
        if revision != "base":
            with engine.begin() as connection:
                command.upgrade(alembic_config(connection), revision)
            with transaction(engine) as session:
                load_rules(session)
                record_event(session, Unit(code="S01", name="某党委", kind="so"), "list", Act("A01", "command:test", date(2025, 11, 4)), {})
        for _ in range(2):
            upgrade(engine)
            with engine.connect() as connection:
                assert missing(connection) == ()
                assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), SQLModel.metadata) == []
        with reading(engine) as session:
            assert verify(session) == []
            assert count_events(session) == (revision != "base")
        if revision != "base":
            assert refuses(engine, "UPDATE event SET actor = 'x'")
            assert refuses(engine, "DELETE FROM event")


def test_ci_ends_where_postgresql_cannot_be_reached():
    """A newcomer without one reads a skip and its reason (``bare`` above); what must pass before a change lands fails instead."""
    run = (Path(__file__).parents[2] / ".ci" / "run").read_text(encoding="utf-8")
    assert re.search(r"/dev/tcp/127\.0\.0\.1/5432.*\n.*cannot be reached\" >&2\n\s*exit 1", run)
