"""Values read from a database, kept until its history grows: worlds, and what large cohorts are owed."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy.engine import Engine
from sqlmodel import Session, col, func, select

from models.tables import Event

Value = TypeVar("Value")

_STAMP = "history"
_KEPT: WeakKeyDictionary[Engine, dict[Hashable, tuple[object, Any]]] = WeakKeyDictionary()


def kept(session: Session, key: Hashable, make: Callable[[], Value], *given: object) -> Value:
    """Return what ``make`` gave for a key as long as the history and what else was ``given`` are the same; else make it anew."""
    known = _KEPT.setdefault(session.get_bind().engine, {})
    stamp = (*_stamp(session), *given)
    if key not in known or known[key][0] != stamp:
        known[key] = stamp, make()
    value: Value = known[key][1]
    return value


def _stamp(session: Session) -> tuple[Any, ...]:
    """Return what differs as soon as the history has grown: nothing that rules see changes without an event.

    Who only looks is told once: what is made of later rows is then kept under an older stamp, which nobody asks for again.
    """
    if not session.connection().get_execution_options().get("reading", False):
        return _counted(session)
    if _STAMP not in session.info:
        session.info[_STAMP] = _counted(session)
    told: tuple[Any, ...] = session.info[_STAMP]
    return told


def _counted(session: Session) -> tuple[Any, ...]:
    number = select(func.count()).select_from(Event).scalar_subquery()
    newest = select(func.max(col(Event.recorded_at))).scalar_subquery()
    return tuple(session.execute(select(number, newest)).one())
