"""Databases for victims."""

import tempfile
from pathlib import Path

import pytest

from models.database import engine_for
from models.upgrade import upgrade
from tests.conftest import new_postgresql

MEMORY = "/dev/shm"  # noqa: S108 - a folder of our own in it


@pytest.fixture
def office(request):
    """An empty database where kill -9 is what it always is and a disk costs nothing: in memory, or without waiting for the server's disk."""
    if request.param == "sqlite":
        with tempfile.TemporaryDirectory(dir=MEMORY if Path(MEMORY).is_dir() else None) as folder:
            made = engine_for(f"sqlite:///{folder}/office.db")
            upgrade(made)
            yield made
            made.dispose()
        return
    with new_postgresql() as made:
        yield made
