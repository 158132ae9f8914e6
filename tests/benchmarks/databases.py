"""Databases for benchmarks: one made once on each kind, and copies of it for every round."""

import os
import shutil
from contextlib import contextmanager, suppress
from uuid import uuid4

import sqlalchemy as sa

from models.database import engine_for

POSTGRES = os.environ.get("CREATION_TEST_POSTGRES", "")
KINDS = ("sqlite", "postgresql") if POSTGRES else ("sqlite",)


class Sqlite:
    """A file, copied."""

    def __init__(self, folder):
        self._folder = folder
        self.base = engine_for(f"sqlite:///{folder / 'base.db'}")

    @contextmanager
    def copy(self):
        """Give an engine on a copy, which is gone afterwards."""
        self.base.dispose()
        path = self._folder / f"{uuid4().hex}.db"
        shutil.copy(self._folder / "base.db", path)
        engine = engine_for(f"sqlite:///{path}")
        yield engine
        engine.dispose()
        path.unlink()

    def close(self):
        """Let go."""
        self.base.dispose()


class Postgres:
    """A database, copied as a template."""

    def __init__(self):
        self._server = sa.create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
        self._name = f"creation_bench_{uuid4().hex[:12]}"
        self._say(f"CREATE DATABASE {self._name}")
        self.base = self._engine(self._name)

    def _engine(self, name):
        return engine_for(sa.make_url(POSTGRES).set(database=name).render_as_string(hide_password=False))

    def _say(self, sql):
        with self._server.connect() as connection:
            connection.execute(sa.text(sql))

    @contextmanager
    def copy(self):
        """Give an engine on a copy, which is gone afterwards."""
        self.base.dispose()
        name = f"{self._name}_{uuid4().hex[:8]}"
        self._say(f"CREATE DATABASE {name} TEMPLATE {self._name}")
        engine = self._engine(name)
        try:
            yield engine
        finally:
            engine.dispose()
            self._say(f"DROP DATABASE {name}")

    def close(self):
        """Drop what was made."""
        self.base.dispose()
        with suppress(sa.exc.SQLAlchemyError):
            self._say(f"DROP DATABASE {self._name}")
        self._server.dispose()


@contextmanager
def database(kind, folder):
    """Give an empty database of a kind that can be copied."""
    place = folder / kind
    place.mkdir(parents=True)
    made = Sqlite(place) if kind == "sqlite" else Postgres()
    try:
        yield made
    finally:
        made.close()
