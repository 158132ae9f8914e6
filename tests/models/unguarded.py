"""A connection for which nothing keeps the past: what somebody with the machine's password can do."""

import sqlite3
from contextlib import closing, contextmanager

import psycopg


@contextmanager
def unguarded(engine):
    """Give a driver's connection (autocommit) past triggers and keys, which work again for others afterwards."""
    if engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(engine.url.database, isolation_level=None)) as raw:  # foreign keys are off by default
            kept = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for name, _ in kept:
                raw.execute(f"DROP TRIGGER {name}")
            try:
                yield raw
            finally:
                for _, sql in kept:
                    raw.execute(sql)
        return
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as raw:
        raw.execute("SET session_replication_role = replica")
        yield raw
