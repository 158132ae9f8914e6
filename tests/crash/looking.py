"""What a stopped process holds: a transaction, leased mails, mails between intent and record. Seen from outside, without its help."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from tests.crash.victims import application_name, worker_name

RESERVED = 0x40000001
"""SQLite: who has locked this byte of the file for writing is in a transaction that writes."""
OWNED = "SELECT state, count(*) FROM mail WHERE lease_owner = :owner GROUP BY state"


@dataclass(frozen=True)
class Held:
    """What a process held when it was stopped."""

    transaction: bool = False
    leased: int = 0
    sending: int = 0

    @property
    def counts(self):
        """Whether killing it now can do harm."""
        return self.transaction or bool(self.leased or self.sending)

    @property
    def word(self):
        """The bar of the histogram."""
        if self.sending:
            return "between intent and record" + (", writing" if self.transaction else "")
        if self.leased:
            return "leased" + (", writing" if self.transaction else "")
        return "writing" if self.transaction else "nothing"


class SqliteEye:
    """Looks at the kernel's table of file locks, and at the mails as last committed."""

    def __init__(self, engine):
        self._file = engine.url.database
        self._inode = str(Path(self._file).stat().st_ino)

    def look(self, pid):
        writing = self._writes(pid)
        try:
            connection = sqlite3.connect(self._file, timeout=0.05)
            try:
                owned = dict(connection.execute(OWNED, {"owner": worker_name(pid)}).fetchall())
            finally:
                connection.close()
        except sqlite3.OperationalError:  # it is just committing: nobody may read
            owned = {}
        return Held(writing, owned.get("leased", 0), owned.get("sending", 0))

    def _writes(self, pid):
        rows = (row.split() for row in Path("/proc/locks").read_text().splitlines())
        mine = (row for row in rows if row[-4] == str(pid) and row[-3].rpartition(":")[2] == self._inode and row[-5] == "WRITE")
        return any(int(row[-2]) <= RESERVED <= (int(row[-1]) if row[-1] != "EOF" else RESERVED) for row in mine)


class PostgresEye:
    """Looks at the server's list of sessions, and at the mails as last committed."""

    def __init__(self, engine):
        self._engine = engine

    def look(self, pid):
        active = sa.text("SELECT count(*) FROM pg_stat_activity WHERE application_name = :name AND backend_xid IS NOT NULL")
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            writing = connection.execute(active, {"name": application_name(pid)}).scalar_one() > 0
            owned = dict(connection.execute(sa.text(OWNED), {"owner": worker_name(pid)}).fetchall())
        return Held(writing, owned.get("leased", 0), owned.get("sending", 0))


def eye(engine):
    """The eye for a database."""
    return PostgresEye(engine) if engine.dialect.name == "postgresql" else SqliteEye(engine)
