"""The business clock: the real time, unless a demo or rehearsal database has moved it (one row, so every process sees it)."""

from datetime import datetime

from sqlmodel import Session

from config import clock
from models.tables import Setting

DEMO_MARK = "made_by"
CLOCK_ROW = "business_now"


class ClockError(RuntimeError):
    """The clock of a real database may not be moved."""


def business_now(session: Session) -> datetime:
    """Return the instant that counts for duties and letters (aware)."""
    row = session.get(Setting, CLOCK_ROW)
    return clock.now() if row is None else datetime.fromisoformat(row.value)


def mark_as_demo(session: Session) -> None:
    """Mark a fresh database as made by the demo or a rehearsal; only such a clock can be moved."""
    session.add(Setting(key=DEMO_MARK, value="demo"))


def is_demo(session: Session) -> bool:
    """Return whether this database's clock may be moved."""
    return session.get(Setting, DEMO_MARK) is not None


def move_clock(session: Session, instant: datetime) -> None:
    """Set the business clock; refused unless the database was made by the demo or a rehearsal."""
    if not is_demo(session):
        msg = "这是正式数据库，业务时钟不能拨动；演示请用 creation demo，推演请用 creation rehearse"
        raise ClockError(msg)
    row = session.get(Setting, CLOCK_ROW) or Setting(key=CLOCK_ROW, value="")
    row.value = instant.isoformat()
    session.add(row)
