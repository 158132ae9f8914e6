"""Fixtures: a sample university in a database of its own, on SQLite and, where one is given, on PostgreSQL."""

import atexit
import os
import shutil
import sqlite3
import sys
import tempfile
from contextlib import closing, contextmanager
from datetime import date
from functools import lru_cache
from pathlib import Path
from shutil import disk_usage
from uuid import uuid4

# In memory where there are 4 GB: every commit waits for the disk three times over, and a killed process loses nothing there. None is about power cuts.
os.environ["TMPDIR"] = "/dev/shm" if Path("/dev/shm").is_dir() and disk_usage("/dev/shm").free > 4 << 30 else tempfile.gettempdir()  # noqa: S108
os.environ["PYTEST_DEBUG_TEMPROOT"] = os.environ["TMPDIR"]
os.environ["PREFECT_HOME"] = (HOME := tempfile.TemporaryDirectory(dir=os.environ["TMPDIR"])).name  # before Prefect is imported

import pytest
import sqlalchemy as sa
from filelock import FileLock

from config.settings import files_in, settings
from flows.cli import main
from flows.operate.demo import FIRST, LAST, load_sample
from flows.operate.player import PlainRunner, Player
from flows.operate.scenario import load_scenario
from models.database import engine_for
from models.history import Act
from models.upgrade import upgrade
from notifications.carrying import NowhereCarrier
from tests.trust_report import write_report

POSTGRES = os.environ.get("CREATION_TEST_POSTGRES", "")
EVENINGS = tuple(map(date.fromisoformat, ("2025-11-04", "2025-11-19", "2025-12-10", "2025-12-12", "2025-12-18", "2025-12-30")))
"""The day of the notice; before the first deadline; before and on the eve of the first decision; after it; after the selection."""


@pytest.fixture(scope="session")
def once(tmp_path_factory):
    """Make a folder of files once for all workers of a run: the first to ask makes it, the others wait for it."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent

    def made(name, make):
        folder = shared / name
        with FileLock(shared / f"{name}.lock"):
            if not (folder / "made").exists():
                shutil.rmtree(folder, ignore_errors=True)  # what a failed attempt has left
                folder.mkdir()
                make(folder)
                (folder / "made").touch()
        return folder

    return made


@pytest.fixture(scope="session")
def template(once):
    """The sample university with both cohorts as of 2025-11-04, made once."""

    def make(folder):
        engine = engine_for(f"sqlite:///{folder / 'sample.db'}")
        load_sample(engine)
        engine.dispose()

    return once("template", make) / "sample.db"


@pytest.fixture(scope="session")
def evening(template, once):
    """The demo's first weeks, played once: day → the database as it stood on the evening of one of ``EVENINGS``."""

    def make(folder):
        path = folder / "played.db"
        shutil.copy(template, path)
        engine = engine_for(f"sqlite:///{path}")
        player = Player(engine, NowhereCarrier(), PlainRunner(engine), load_scenario())
        player.on_day = lambda day: day in EVENINGS and keep(path, folder / f"{day}.db")
        with files_in(folder):
            player.play(EVENINGS[0], EVENINGS[-1])
        keep(path, folder / f"{EVENINGS[-1]}.db")  # nothing need fall due on the last day
        engine.dispose()

    return lambda day: once("evenings", make) / f"{day}.db"


@pytest.fixture(scope="session")
def whole_story(template, once):
    """The demo played plainly to the end of both cohorts, made once: half a minute, so for the long suite."""

    def make(folder):
        shutil.copy(template, folder / "story.db")
        engine = engine_for(f"sqlite:///{folder / 'story.db'}")
        with files_in(folder):
            Player(engine, NowhereCarrier(), PlainRunner(engine), load_scenario()).play(FIRST, LAST)
        engine.dispose()

    return once("story", make) / "story.db"


def keep(path, copy):
    """Copy a database that is in use."""
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)


@pytest.fixture
def engine(template, tmp_path):
    """A copy of the sample university for one test."""
    path = tmp_path / "test.db"
    shutil.copy(template, path)
    made = engine_for(f"sqlite:///{path}")
    yield made
    made.dispose()


@lru_cache(maxsize=1)
def blank_file():
    """A migrated SQLite file, made once per process: migrating takes longer than most tests."""
    path = Path(HOME.name) / "blank.db"
    engine = engine_for(f"sqlite:///{path}")
    upgrade(engine)
    engine.dispose()
    return path


@lru_cache(maxsize=1)
def blank_postgresql():
    """The name of a migrated database on the server, made once per process and dropped with it."""
    name = f"creation_blank_{uuid4().hex[:12]}"
    on_server(f"CREATE DATABASE {name}")
    atexit.register(on_server, f"DROP DATABASE {name} WITH (FORCE)")
    engine = engine_for(sa.make_url(POSTGRES).set(database=name).render_as_string(hide_password=False))
    upgrade(engine)
    engine.dispose()
    return name


def on_server(*statements):
    server = sa.create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
    server.dispose()


@contextmanager
def new_postgresql():
    """An empty database at the current schema on the server that is given; skips where none is."""
    if not POSTGRES:
        pytest.skip("CREATION_TEST_POSTGRES names no server")
    name = f"creation_test_{uuid4().hex[:12]}"
    unwatched = f"ALTER DATABASE {name} SET synchronous_commit TO off"  # nobody pulls the plug
    on_server(f"CREATE DATABASE {name} TEMPLATE {blank_postgresql()}", unwatched)
    made = engine_for(sa.make_url(POSTGRES).set(database=name).render_as_string(hide_password=False))
    yield made
    made.dispose()
    on_server(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request, tmp_path):
    """An empty database at the current schema, on each kind."""
    with migrated(request.param, tmp_path) as made:
        yield made


@contextmanager
def migrated(kind, folder):
    """An empty database at the current schema, on SQLite or PostgreSQL."""
    if kind == "sqlite":
        shutil.copy(blank_file(), folder / "empty.db")
        made = engine_for(f"sqlite:///{folder / 'empty.db'}")
        yield made
        made.dispose()
        return
    with new_postgresql() as made:
        yield made


@pytest.fixture
def figures(record_property):
    """Keep a text for the summary: what a test has found is told after the run, also by parallel workers."""
    return lambda text: record_property("figures", text)


@pytest.fixture
def data_folder(tmp_path, monkeypatch):
    """A data folder of the test's own, which the settings name while it runs."""
    monkeypatch.setenv("CREATION_DATA", str(tmp_path / "data"))
    settings.cache_clear()
    yield tmp_path / "data"
    settings.cache_clear()


@pytest.fixture
def act():
    """Someone of the office on the day of the notice."""
    return Act("工作人员1", "command:test", date(2025, 11, 4))


@pytest.fixture
def creation(engine, monkeypatch, capfd, tmp_path):
    """Run the command line on the test's database; returns (code, what it said)."""

    def run(*words, url=str(engine.url)):
        monkeypatch.setenv("CREATION_DATABASE_URL", url)
        monkeypatch.setenv("CREATION_DATA", str(tmp_path / "data"))
        monkeypatch.setenv("CREATION_BY", "A01")
        monkeypatch.setattr(sys, "argv", ["creation", *words])
        settings.cache_clear()
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        settings.cache_clear()
        return ended.value.code or 0, "".join(capfd.readouterr())

    return run


def pytest_sessionstart():
    """End `make trust` at once where PostgreSQL cannot be reached: half of what it tries would be left out without a word."""
    if not os.environ.get("CREATION_TRUST_REPORT"):
        return
    if not POSTGRES:
        pytest.exit("make trust needs CREATION_TEST_POSTGRES, the address of a PostgreSQL server", returncode=2)
    try:
        on_server("SELECT 1")
    except sa.exc.SQLAlchemyError as error:
        pytest.exit(f"make trust cannot reach the server of CREATION_TEST_POSTGRES: {error}", returncode=2)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Keep the tests of an xdist group on one worker: xdist 3.8 notes the group where pytest 9.2 no longer looks."""
    for item in items if getattr(config.option, "loadgroup", False) else ():
        group = item.get_closest_marker("xdist_group")
        if group and not item.nodeid.endswith(f"@{group.args[0]}"):
            item._id = type(item._id).parse(f"{item.nodeid}@{group.args[0]}")


def pytest_terminal_summary(terminalreporter):
    """Print the figures that tests have found: how many kills, how many copies; ``make trust`` also keeps them."""
    passed = [report for report in terminalreporter.stats.get("passed", []) if report.when == "call"]
    for report in passed + terminalreporter.stats.get("failed", []):
        for name, text in report.user_properties if report.when == "call" else ():
            if name == "figures":
                terminalreporter.write_line(text)
    page = os.environ.get("CREATION_TRUST_REPORT")
    if page and not any(terminalreporter.stats.get(state) for state in ("failed", "error")):
        write_report(page, passed)
