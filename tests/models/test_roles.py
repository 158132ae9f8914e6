"""The roles of docs/operations/roles.sql on a real PostgreSQL: every role × table × statement, and the office's work as the role that does it."""

import shutil
import subprocess
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError
from sqlmodel import SQLModel, select

from flows.operate import backup
from flows.operate.doctor import records
from flows.operate.doctor.finding import Level
from flows.operate.player import PlainRunner, Player
from flows.operate.scenario import load_scenario
from flows.steps.acts import perform
from flows.steps.erasing import ERASED
from flows.steps.people import register_person, retire_person
from flows.steps.repeating import keep_answer
from models.business_clock import is_demo
from models.database import engine_for
from models.history import Act, count_events, verify
from models.store import reading, transaction
from models.tables import Command, Event, Mail
from models.upgrade import NOT_ALLOWED, SchemaError, upgrade
from notifications import gate
from notifications.transport import SmtpAccount, Transport
from tests.conftest import new_postgresql, on_server
from tests.marks import size
from tests.smtp_script import ScriptedServer

pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("roles")]
ROLES_SQL = Path(__file__).parents[2] / "docs" / "operations" / "roles.sql"
DAY = date(2025, 12, 18)
ROLES = ("owner", "app", "auditor")
TABLES = tuple(table.name for table in SQLModel.metadata.sorted_tables)

# Who may do what, by hand: the application adds and reads …
KEPT = {"command", "event", "deadline", "attempt", "usedcode", "failedcode", "honour", "recognition"}
"""… never changes what has happened …"""
TAKEN_BACK = {"assessment", "assignment", "decision", "setting"}
"""… and deletes where an event tells it, or a switch is turned."""
GIVEN = {"transition_rule"}
"""What comes with the program."""


def expected(role, table):
    """The statements that a role may make on a table."""
    if role == "owner":
        return {"SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"}
    if role == "auditor":
        return set() if table == "credential" else {"SELECT"}
    changing = set() if table in KEPT | GIVEN else {"UPDATE"}
    return {"SELECT"} | (set() if table in GIVEN else {"INSERT"}) | changing | ({"DELETE"} if table in TAKEN_BACK else set())


@pytest.fixture(scope="module")
def roles():
    """A database with roles of its own, named and with passwords as an office would give them: role → engine."""
    psql = shutil.which("psql")
    if psql is None:
        pytest.skip("no psql (package postgresql-client)")
    with new_postgresql() as made, named_roles(made, psql) as engines:
        yield engines


@contextmanager
def named_roles(made, psql):
    mark = uuid4().hex[:8]
    names = {role: f"creation_test_{mark}_{role}" for role in ROLES}
    given = [word for role, name in names.items() for word in ("--set", f"{role}={name}")]
    url = made.url.set(drivername="postgresql").render_as_string(hide_password=False)
    command = [psql, url, "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", *given, "--file", str(ROLES_SQL)]
    for _ in range(2):  # again after every upgrade
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
    on_server(*(f"ALTER ROLE {name} PASSWORD '{mark}'" for name in names.values()))
    engines = {
        role: engine_for(made.url.set(username=name, password=mark).render_as_string(hide_password=False)) for role, name in names.items()
    }
    yield engines
    for engine in engines.values():
        engine.dispose()
    with made.begin() as connection:
        connection.execute(sa.text(f"DROP OWNED BY {', '.join(names.values())} CASCADE"))
    on_server(*(f"DROP ROLE {name}" for name in names.values()))


STOPPED = "P0001"
"""A guard has said no: the right was there."""


def refused(engine, statement):
    """Whether the server refuses a statement for lack of a right; everything it does is undone."""
    with engine.connect() as connection:
        try:
            connection.execute(sa.text(statement))
        except ProgrammingError as error:
            if error.orig.sqlstate not in (NOT_ALLOWED, STOPPED):
                raise
            return error.orig.sqlstate == NOT_ALLOWED
        except sa.exc.DBAPIError:
            return False  # let in, and stopped by a guard or a constraint
        finally:
            connection.rollback()
    return False


STATEMENTS = {
    "SELECT": "SELECT * FROM {table} LIMIT 1",
    "INSERT": "INSERT INTO {table} DEFAULT VALUES",
    "UPDATE": "UPDATE {table} SET {column} = {column}",
    "DELETE": "DELETE FROM {table}",
    "TRUNCATE": "TRUNCATE {table} CASCADE",
}


@pytest.mark.trust
@pytest.mark.parametrize("role", ROLES)
def test_every_cell_is_as_it_should_be(roles, role, figures):
    wrong = []
    for table in SQLModel.metadata.sorted_tables:
        column = next(iter(table.columns)).name
        for word, statement in STATEMENTS.items():
            if word == "TRUNCATE" and role == "owner":
                continue  # CASCADE would ask the rights of the tables behind as well; the owner has them all
            allowed = not refused(roles[role], statement.format(table=table.name, column=column))
            if allowed != (word in expected(role, table.name)):
                wrong.append((table.name, word, allowed))
    assert wrong == []
    figures(f"{role}: {len(TABLES)} tables x {len(STATEMENTS)} statements as expected")


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        *((role, statement) for role in ("app", "auditor") for statement in (
            "ALTER TABLE event DISABLE TRIGGER USER", "DROP TRIGGER guard_event_change ON event", "DROP TABLE mail",
            "CREATE TABLE public.mine (n int)", "CREATE TEMPORARY TABLE mine (n int)", "SET session_replication_role = replica",
            "CREATE OR REPLACE FUNCTION guard_event() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
            "UPDATE alembic_version SET version_num = ''", "COPY event TO PROGRAM 'true'", "CREATE ROLE mine",
        )),
        ("app", "UPDATE command SET request_sha256 = ''"),
        ("auditor", "UPDATE command SET answer = '[]'"),
        ("owner", "SET session_replication_role = replica"),
        ("owner", "COPY event TO PROGRAM 'true'"),
    ],
)  # fmt: skip
def test_no_way_round_the_guards(roles, role, statement):
    assert refused(roles[role], statement)


def test_the_harness_sees_what_is_let_in(roles):
    """The negative control: the owner may do what the application may not, and a guard's refusal is not one of rights."""
    assert not refused(roles["owner"], "ALTER TABLE event DISABLE TRIGGER USER")
    assert not refused(roles["owner"], "CREATE TABLE public.mine (n int)")
    assert expected("app", "event") != expected("owner", "event")


@pytest.mark.trust
def test_the_office_works_as_the_application(roles, evening, tmp_path, figures):
    """Scans, runs, acts, letters over SMTP, a score taken back (at length: panels, committee, objections); the owner only took the backup in."""
    source = engine_for(f"sqlite:///{evening(DAY)}")
    backup.make(source, tmp_path / "data", tmp_path / "whole.zip")
    backup.restore(roles["owner"], tmp_path / "data", tmp_path / "whole.zip", "A01")
    app = roles["app"]
    with reading(app) as session:
        before = count_events(session)
        assert is_demo(session)
        assessed = session.exec(select(Event).where(Event.event == "assess")).first()
    with transaction(app) as session:
        gate.release(session)
    with ScriptedServer({}) as server:
        Player(app, Transport(SmtpAccount("127.0.0.1", server.port, "plain")), PlainRunner(app), load_scenario()).play(
            DAY, DAY + timedelta(days=size(1, 12))
        )
    perform(app, Act("A01", "command:test", DAY), "correct", project=assessed.stream.partition(":")[2], seq=assessed.seq, reason="录错")
    with reading(roles["auditor"]) as session:
        assert verify(session) == []
        assert count_events(session) > before
        assert session.exec(select(Mail.id).where(Mail.state == "sent")).first()
        figures(f"as the application: {count_events(session) - before} events, {len(server.messages)} letters over SMTP, the history whole")
    assert server.messages


def test_a_person_is_erased_as_the_application_also_from_a_kept_answer(roles):
    app, day = roles["app"], date(2030, 1, 7)
    with transaction(app) as session:
        register_person(session, Act("A01", "command:test", day), "A97", "长孙示例", email="zhangsun@university.example")
        register_person(session, Act("A01", "command:test", day), "A98", "上官示例")
        retire_person(session, Act("A01", "command:test", day), "A97", "退休")
        keep_answer(session, "7f3a", "record_finding", {}, ["长孙示例 已登记"])
    perform(app, Act("A98", "command:test", day), "erase_person", who="A97", reason="保存期满")
    with reading(app) as session:
        assert session.get(Command, "7f3a").answer == [f"{ERASED} 已登记"]


def test_start_as_the_application_changes_nothing_and_an_older_schema_is_told(roles):
    upgrade(roles["app"])
    with roles["owner"].begin() as connection:
        (current,) = connection.execute(sa.text("DELETE FROM alembic_version RETURNING version_num")).scalars()
    with pytest.raises(SchemaError, match=r"账号 creation_test_\w+_app 无权升级；请以属主账号.*creation db upgrade.*roles\.sql"):
        upgrade(roles["app"])
    with roles["owner"].begin() as connection:
        connection.execute(sa.text("INSERT INTO alembic_version VALUES (:current)"), {"current": current})


@pytest.mark.parametrize(("role", "level"), [("app", Level.OK), ("auditor", Level.OK), ("owner", Level.WARN)])
def test_the_doctor_warns_of_a_role_that_can_rewrite_the_history(roles, role, level):
    with roles[role].connect() as connection:
        assert records.account(connection).level == level


def test_the_doctor_warns_of_a_superuser(empty):
    with empty.connect() as connection:
        assert records.account(connection).level == (Level.OK if empty.dialect.name == "sqlite" else Level.WARN)
