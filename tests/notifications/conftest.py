"""Fixtures: a local page over a folder of its own; the sample university once everyone has been called."""

import shutil

import pytest

from config.settings import settings
from models.database import engine_for
from notifications.local_page.server import LocalPage
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
