"""Fixtures: a local page over a folder of its own."""

import pytest

from config.settings import settings
from notifications.local_page.server import LocalPage
from tests.page_reader import Reader


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
