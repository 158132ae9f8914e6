"""Writers in Prefect's SQLite: two that overlap both come through under our server; under Prefect's own one is refused at once."""

import asyncio

import pytest
import sqlalchemy as sa
from prefect.server.database.configurations import AioSqliteConfiguration

from flows.operate.prefect_server import lock_at_the_beginning

OVERLAP_SECONDS = 0.3


@pytest.fixture
def prefects_own(monkeypatch):
    """Whatever a test makes of Prefect's class, it is put back."""
    monkeypatch.setattr(AioSqliteConfiguration, "begin_transaction", AioSqliteConfiguration.begin_transaction)


async def session_of(database):
    return await database.session(await database.engine())


async def write(database, name):
    async with await session_of(database) as session, database.begin_transaction(session):
        await session.execute(sa.text("INSERT INTO runs VALUES (:name)"), {"name": name})


async def overlap(path):
    """A form's transaction reads, then another comes to write, then the form's writes; returns what is on record."""
    database = AioSqliteConfiguration(connection_url=f"sqlite+aiosqlite:///{path}")
    engine = await database.engine()
    try:
        async with engine.begin() as connection:
            await connection.execute(sa.text("CREATE TABLE runs (name TEXT)"))
        async with await session_of(database) as session, database.begin_transaction(session):
            await session.execute(sa.text("SELECT count(*) FROM runs"))
            other = asyncio.create_task(write(database, "other"))
            await asyncio.wait([other], timeout=OVERLAP_SECONDS)
            await session.execute(sa.text("INSERT INTO runs VALUES ('form')"))
        await other
        async with engine.connect() as connection:
            return (await connection.execute(sa.text("SELECT name FROM runs"))).scalars().all()
    finally:
        await engine.dispose()


def test_overlapping_writers_wait_for_one_another(prefects_own, tmp_path):
    lock_at_the_beginning()
    assert asyncio.run(overlap(tmp_path / "prefect.db")) == ["form", "other"]


def test_the_control_prefect_alone_refuses_one(prefects_own, tmp_path):
    with pytest.raises(sa.exc.OperationalError, match="database is locked"):
        asyncio.run(overlap(tmp_path / "prefect.db"))
