"""`creation doctor`: each check finds its fault, and is quiet without it."""

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from packaging.requirements import Requirement

from config.mail_accounts import Limits
from flows.operate.doctor import machine, plan, prefect_server, records
from flows.operate.doctor.finding import Finding, Level, failed
from flows.operate.doctor.prefect_server import Running
from flows.operate.instance import only_one
from flows.steps.acts import perform
from models.business_clock import CLOCK_ROW
from models.database import engine_for
from models.guards import names
from models.history import Act
from models.loading import load_calendar, load_world
from models.rules.calendar import Calendar
from models.rules.lifecycle import TRANSITIONS
from models.store import reading, transaction
from models.tables import Setting, TransitionRule
from notifications.catcher import free_port

OK, WARN, FAIL = Level.OK, Level.WARN, Level.FAIL
TODAY = date(2025, 11, 4)
GIB = 1024**3


def level(finding):
    """What to do is said exactly when something is to be done."""
    assert bool(finding.todo) == (finding.level != OK)
    assert finding.found
    return finding.level


def test_python():
    assert level(machine.python_version()) != FAIL
    assert level(machine.python_version((3, 10, 12))) == FAIL


@pytest.mark.parametrize(
    ("version", "wanted"),
    [((3, 11, 9), WARN), ((3, 11, 10), OK), ((3, 12, 4), WARN), ((3, 12, 5), OK), ((3, 13, 0), OK), ((3, 14, 2), OK)],
)
def test_a_python_whose_mail_library_is_not_mended_is_told(version, wanted):
    assert level(machine.python_version(version)) == wanted


@pytest.mark.parametrize(
    ("version", "mode"), [((3, 40, 1), "DELETE"), ((3, 51, 3), "WAL + FULL"), ((3, 44, 6), "WAL + FULL"), ((3, 51, 2), "DELETE")]
)
def test_sqlite_tells_its_journal_mode(version, mode):
    assert mode in machine.sqlite_version(version).found


def test_dependencies():
    assert level(machine.dependencies()) == OK
    assert machine.dependencies("rich<1\nnot-there-at-all>=2  # why\n\n# comment").found.startswith("rich ")
    assert "缺少 not-there-at-all" in machine.dependencies("rich\nnot-there-at-all>=2").found
    assert level(machine.dependencies("rich<1")) == FAIL


@pytest.mark.parametrize(
    ("package", "old"),
    [("jinja2", "3.1.5"), ("apscheduler", "4.0.0a6"), ("apscheduler", "3.10.4"), ("prefect", "3.8.7"), ("yagmail", "0.15")],
)
def test_releases_with_known_faults_are_below_the_floors(package, old):
    """The floors stand in requirements.in; what is installed is held against them by the doctor and by `creation up`."""
    needed = [Requirement(line.partition("#")[0]) for line in machine.REQUIREMENTS.read_text().splitlines() if line.startswith(package)]
    assert [one.specifier.contains(old, prereleases=True) for one in needed] == [False]


def test_up_does_not_start_on_a_release_below_a_floor(creation, monkeypatch, tmp_path):
    (tmp_path / "requirements.in").write_text("jinja2>=99\n")
    monkeypatch.setattr(machine, "REQUIREMENTS", tmp_path / "requirements.in")
    code, said = creation("up")
    assert (code, "jinja2" in said, "makesetup" in "".join(said.split())) == (2, True, True)
    assert not (tmp_path / "data" / "login.json").exists()


def test_zone_data():
    assert level(machine.zone()) == OK
    assert level(machine.zone("Asia/Nowhere")) == FAIL


def test_a_moved_business_clock_is_told():
    assert level(machine.business_clock(None)) == OK
    assert level(machine.business_clock(datetime(2025, 11, 4, 8, 0, tzinfo=UTC))) == WARN


@pytest.mark.parametrize(("free", "wanted"), [(GIB, OK), (GIB - 1, WARN), (200 * 1024**2, WARN), (200 * 1024**2 - 1, FAIL)])
def test_disk(free, wanted):
    assert level(machine.disk(free)) == wanted


def test_what_others_could_read_is_told(tmp_path):
    """A file in a closed folder is safe, but for secrets: those are closed themselves."""
    data, database = tmp_path / "data", tmp_path / "data" / "creation.db"
    assert level(machine.private(data, ("login.json",), str(database))) == OK, "nothing is there yet"
    data.mkdir(mode=0o700)
    database.touch(0o644)
    (data / "login.json").touch(0o600)
    assert level(machine.private(data, ("login.json",), str(database))) == OK
    for path, mode in ((data, 0o750), (data / "login.json", 0o640)):
        before = path.stat().st_mode
        path.chmod(mode)
        found = machine.private(data, ("login.json",), str(database))
        assert (level(found), str(path) in found.todo) == (WARN, True)
        path.chmod(before)
    elsewhere = tmp_path / "open"
    elsewhere.mkdir()
    elsewhere.chmod(0o755)
    (elsewhere / "creation.db").touch()
    (elsewhere / "creation.db").chmod(0o644)
    assert level(machine.private(data, (), str(elsewhere / "creation.db"))) == WARN


def test_what_the_command_line_makes_only_its_owner_reads(tmp_path):
    """A process of its own, started by someone whose files are open to everybody."""
    environment = {"PATH": os.environ["PATH"], "CREATION_DATA": str(tmp_path / "data")}
    command = [sys.executable, "-m", "flows.cli", "db", "upgrade"]
    subprocess.run(command, env=environment, check=True, capture_output=True, umask=0)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "data", tmp_path / "data" / "creation.db")}
    assert modes == {"data": 0o700, "creation.db": 0o600}


def test_the_disk_of_a_folder_not_made_yet_is_known(tmp_path):
    assert machine.free_space(tmp_path / "not" / "yet") > 0


def test_an_unreachable_database_is_told_without_its_password(engine, tmp_path):
    assert level(records.reachable(engine)) == OK
    absent = tmp_path / "absent.db"
    assert level(records.reachable(engine_for(f"sqlite:///{absent}"))) == FAIL
    assert not absent.exists(), "looking makes nothing"
    found = records.reachable(engine_for(f"postgresql+psycopg://office:secret@127.0.0.1:{free_port()}/creation"))
    assert level(found) == FAIL
    assert "secret" not in str(found)


def test_migrations(empty):
    with empty.begin() as connection:
        assert level(records.migrations(connection)) == OK
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0000'"))
        assert level(records.migrations(connection)) == FAIL
        connection.execute(sa.text("DELETE FROM alembic_version"))
        assert records.migrations(connection).found == "尚未建立"


def test_every_single_guard_is_missed(empty):
    dialect = empty.dialect.name
    for name in names(dialect):
        with empty.connect() as connection, connection.begin() as undone:
            assert level(records.guard_triggers(connection)) == OK
            table = name.removeprefix("guard_").rpartition("_")[0]
            connection.execute(sa.text(f"DROP TRIGGER {name}" + (f" ON {table}" if dialect == "postgresql" else "")))
            found = records.guard_triggers(connection)
            undone.rollback()
        assert (level(found), name in found.found) == (FAIL, True)


def test_a_changed_past_is_found(engine):
    with reading(engine) as session:
        assert level(records.history(session)) == OK
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TRIGGER guard_event_update"))
        connection.execute(sa.text("UPDATE event SET actor = '他人' WHERE stream = 'project:2023-S01' AND seq = 1"))
    with reading(engine) as session:
        found = records.history(session)
    assert level(found) == FAIL
    assert "project:2023-S01 第 1 条" in found.found


def test_rules_that_differ_from_the_code_are_found(engine):
    with reading(engine) as session:
        assert level(records.rules(session)) == OK
    with transaction(engine) as session:
        first = TRANSITIONS[-1]
        session.get(TransitionRule, (first.machine, first.source, first.event)).retired_on = TODAY
    with reading(engine) as session:
        found = records.rules(session)
    assert level(found) == FAIL
    assert "程序有而数据库没有 1 行" in found.found


@pytest.fixture
def worlds(engine):
    with reading(engine) as session:
        return [load_world(session, code) for code in ("2023", "2025")], load_calendar(session)


def test_years_without_published_make_up_days(engine, worlds):
    known, calendar = worlds
    assert level(plan.holidays(known[:1], calendar, TODAY)) == OK, "the first cohort ends within the published years"
    found = plan.holidays(known, calendar, TODAY)
    assert (level(found), "2027 年" in found.found, "2026" in found.found) == (WARN, True, False)
    office = Act("工作人员1", "command:test", TODAY)
    for day, whole, wanted in ((date(2027, 2, 6), False, WARN), (date(2027, 2, 14), True, OK), (date(2027, 10, 9), False, OK)):
        perform(engine, office, "set_day", day=day, working=True, basis="国办通知", year_complete=whole)
        with reading(engine) as session:
            assert level(plan.holidays(known, load_calendar(session), TODAY)) == wanted
    assert level(plan.holidays([], calendar, TODAY)) == OK


def test_the_busiest_day_against_the_quota(worlds):
    known, calendar = worlds
    counts = {day: len(mails) for day, mails in plan.mails_by_day(known, calendar, TODAY).items()}
    most = max(counts.values())
    assert {level(plan.quota(known, calendar, TODAY, limits)) for limits in (Limits(), Limits(per_day=most))} == {OK}
    found = plan.quota(known, calendar, TODAY, Limits(per_day=most - 1))
    assert (level(found), f"计划内约 {most} 封（回执、决定" in found.found, f"每日上限 {most - 1} 封" in found.found) == (WARN, True, True)
    assert min(counts) >= TODAY
    assert level(plan.quota([], Calendar(), TODAY, Limits(per_day=1))) == OK


def test_the_count_of_a_day_is_what_the_outbox_makes_up(engine, worlds):
    """The first day's mails, counted ahead, against the mails that scan and delivery really make."""
    from flows.steps.daily import scan
    from notifications.carrying import NowhereCarrier
    from notifications.delivery import deliver

    known, calendar = worlds
    ahead = len(plan.mails_by_day(known, calendar, TODAY)[TODAY])
    scan(engine, TODAY, "timetable:test")
    made = deliver(engine, NowhereCarrier(), "test").made_up
    assert ahead == made


def test_prefect_that_does_not_answer_is_a_fault_only_while_up():
    assert level(prefect_server.server(free_port(), "", up=False)) == WARN
    assert level(prefect_server.server(free_port(), "", up=True)) == FAIL


def test_a_run_is_orphaned_when_old_and_unheard_of():
    instant = datetime(2025, 11, 4, 12, 0, tzinfo=UTC)
    old = Running("a", "自查测评", instant - timedelta(hours=1, seconds=1))
    young = Running("b", "自查测评", instant - timedelta(hours=1))
    assert level(prefect_server.orphans([old, young], frozenset("a"), instant)) == OK
    assert level(prefect_server.orphans([young], frozenset(), instant)) == OK
    found = prefect_server.orphans([old, young], frozenset(), instant)
    assert (level(found), found.found.startswith("1 个")) == (WARN, True)


def test_failed_means_a_failure_not_a_warning():
    assert not failed([Finding("x", OK, "y"), Finding("x", WARN, "y", "z")])
    assert failed([Finding("x", OK, "y"), Finding("x", FAIL, "y", "z")])


def doctor(engine, folder, *words):
    environment = {
        "PATH": os.environ["PATH"], "COLUMNS": "200", "CREATION_DATABASE_URL": str(engine.url), "CREATION_DATA": str(folder),
        "CREATION_PREFECT_PORT": str(free_port()),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "flows.cli", "doctor", *words], env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_the_command_in_json_and_in_chinese(engine, tmp_path):
    before = Path(engine.url.database).read_bytes()
    code, text = doctor(engine, tmp_path, "--json")
    found = json.loads(text)
    assert code == 0
    assert {"name", "level", "found", "todo"} == set(found[0])
    assert len({one["name"] for one in found}) == len(found) >= 19
    faults = [one["name"] for one in found if one["level"] != "ok" and one["name"] != "Python"]
    assert faults == ["签名清单", "业务时钟", "节假日", "Prefect"]
    assert Path(engine.url.database).read_bytes() == before
    with only_one(tmp_path):  # somebody says it is up, yet Prefect does not answer
        code, text = doctor(engine, tmp_path)
    assert code == 1
    assert "安装检查" in text
    assert "异常" in text


def test_a_real_clock_is_not_called_moved(engine, tmp_path):
    with transaction(engine) as session:
        session.delete(session.get(Setting, CLOCK_ROW))
    found = json.loads(doctor(engine, tmp_path, "--json")[1])
    assert next(one["level"] for one in found if one["name"] == "业务时钟") == "ok"
