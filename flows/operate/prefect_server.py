"""Prefect's server, with writers that wait for one another on SQLite.

Prefect begins a transaction as a reader and asks for the write lock when it comes to its first write. If another has written
in between, SQLite refuses at once, whatever the timeout: a form is then answered with 503, and its page does not ask again.
Here each transaction asks for the lock at its beginning, as Prefect's own do that read for an update.
See docs/decisions/0033.
"""

import runpy
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from prefect.server.database.configurations import AioSqliteConfiguration
from sqlalchemy.ext.asyncio import AsyncSession, AsyncSessionTransaction


def lock_at_the_beginning() -> None:
    """Make every transaction of Prefect's on SQLite one that may write; PostgreSQL is left as it is."""
    begin = AioSqliteConfiguration.begin_transaction

    @asynccontextmanager
    async def begin_as_writer(
        made: AioSqliteConfiguration, session: AsyncSession, with_for_update: bool = True
    ) -> AsyncGenerator[AsyncSessionTransaction, None]:
        del with_for_update
        async with begin(made, session, with_for_update=True) as transaction:
            yield transaction

    AioSqliteConfiguration.begin_transaction = begin_as_writer  # type: ignore[assignment, method-assign]


if __name__ == "__main__":
    lock_at_the_beginning()
    runpy.run_module("prefect", run_name="__main__", alter_sys=True)
