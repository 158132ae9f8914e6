"""Fixtures: a local page; the sample university once everyone has been called; a database that tests of what comes in share."""

import shutil

import pytest
import sqlalchemy as sa

from config.settings import settings
from models.database import engine_for
from notifications.local_page.server import LocalPage
from tests.conftest import migrated
from tests.page_reader import Reader
from tests.postman import morning


@pytest.fixture
def page(tmp_path):
    served = LocalPage(tmp_path, tmp_path / "mail").start()
    yield Reader(served.port, tmp_path)
    served.stop()


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("CREATION_DATA", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


@pytest.fixture(scope="session")
def called_file(template, tmp_path_factory):
    """The sample university after the morning of the notice: every call has left. Played once, copied for each test."""
    path = tmp_path_factory.mktemp("called") / "called.db"
    shutil.copy(template, path)
    played = engine_for(f"sqlite:///{path}")
    post = morning(played, "2025-11-04")
    played.dispose()
    return path, post


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request, tmp_path_factory):
    """One database of each kind for all tests: making one takes longer than any of them."""
    with migrated(request.param, tmp_path_factory.mktemp("inbound")) as made:
        yield made


@pytest.fixture
def office(database):
    yield database
    with database.begin() as connection:
        for table in ("inboundfile", "inboundplace", "inbound", "task", "mail"):
            connection.execute(sa.text(f"DELETE FROM {table}"))
