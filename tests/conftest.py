"""Fixtures: a sample university in a database of its own, on SQLite and, where one is given, on PostgreSQL."""

import os
import shutil
import sys
import tempfile
from contextlib import contextmanager
from datetime import date
from uuid import uuid4

os.environ["PREFECT_HOME"] = tempfile.mkdtemp(prefix="creation-tests-")  # before Prefect is imported: nobody's own settings

import pytest
import sqlalchemy as sa

from config.settings import settings
from flows.cli import main
from flows.operate.demo import load_sample
from flows.operate.player import PlainRunner, Player
from flows.operate.scenario import load_scenario
from models.database import engine_for
from models.history import Act
from models.upgrade import upgrade
from notifications.delivery import NowhereCarrier

POSTGRES = os.environ.get("CREATION_TEST_POSTGRES", "")


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """The sample university with both cohorts as of 2025-11-04, made once."""
    path = tmp_path_factory.mktemp("template") / "sample.db"
    engine = engine_for(f"sqlite:///{path}")
    load_sample(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def reviewed_file(template, tmp_path_factory):
    """The first cohort on the eve of its decision: every project scored. Tests that use it share an xdist group: one play for all."""
    path = tmp_path_factory.mktemp("reviewed") / "reviewed.db"
    shutil.copy(template, path)
    played = engine_for(f"sqlite:///{path}")
    Player(played, NowhereCarrier(), PlainRunner(played), load_scenario()).play(date(2025, 11, 4), date(2025, 12, 12))
    played.dispose()
    return path


@pytest.fixture
def engine(template, tmp_path):
    """A copy of the sample university for one test."""
    path = tmp_path / "test.db"
    shutil.copy(template, path)
    made = engine_for(f"sqlite:///{path}")
    yield made
    made.dispose()


@contextmanager
def new_postgresql():
    """An empty database at the current schema on the server that is given; skips where none is."""
    if not POSTGRES:
        pytest.skip("CREATION_TEST_POSTGRES names no server")
    name = f"creation_test_{uuid4().hex[:12]}"
    server = sa.create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    made = engine_for(sa.make_url(POSTGRES).set(database=name).render_as_string(hide_password=False))
    upgrade(made)
    yield made
    made.dispose()
    with server.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request, tmp_path):
    """An empty database at the current schema, on each kind."""
    if request.param == "sqlite":
        made = engine_for(f"sqlite:///{tmp_path / 'empty.db'}")
        upgrade(made)
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


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Keep the tests of an xdist group on one worker: xdist 3.8 notes the group where pytest 9.2 no longer looks."""
    for item in items if getattr(config.option, "loadgroup", False) else ():
        group = item.get_closest_marker("xdist_group")
        if group and not item.nodeid.endswith(f"@{group.args[0]}"):
            item._id = type(item._id).parse(f"{item.nodeid}@{group.args[0]}")


def pytest_terminal_summary(terminalreporter):
    """Print the figures that tests have found: how many kills, how many copies."""
    reports = [report for state in ("passed", "failed") for report in terminalreporter.stats.get(state, [])]
    for report in reports:
        for name, text in report.user_properties if report.when == "call" else ():
            if name == "figures":
                terminalreporter.write_line(text)
