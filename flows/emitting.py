"""Prefect events for what moved: ``creation.<machine>.<event>``, so that automations can follow the programme.

The history is the truth; these are its echo. An event has the id of its row, so that what is told by its run, and once more by
the minute's look at the history, is one event.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from prefect.events import emit_event
from prefect.variables import Variable
from sqlalchemy.engine import Engine
from sqlmodel import Session, col, select

from config.clock import now
from config.vocabulary import Machine
from models.office_work import RUN
from models.rules.lifecycle import MOVES
from models.store import reading
from models.tables import Event, Project, Unit

PREFIX = "creation"
TOLD_UNTIL = "creation_events_told_until"
"""Prefect's variable for the instant up to which the history has been told: whoever wipes Prefect's database wipes both."""
FIRST = timedelta(days=1)
"""How far back the first look goes, where nothing has been told yet."""
OVERLAP = timedelta(minutes=10)
"""How long a transaction may take between recording a row and committing it, by far: its row is not passed over."""
_MOVING = frozenset((row.machine, row.source, row.event) for row in MOVES)


def moves_of(session: Session, origin: str) -> list[Event]:
    """Return the moving events that a run has made, in order."""
    rows = session.exec(select(Event).where(Event.origin == origin).order_by(col(Event.recorded_at), col(Event.stream), col(Event.seq)))
    return _moving(rows)


def moves_since(session: Session, instant: datetime) -> list[Event]:
    """Return the moving events recorded since an instant, whoever made them, in order."""
    query = select(Event).where(col(Event.recorded_at) >= instant)
    return _moving(session.exec(query.order_by(col(Event.recorded_at), col(Event.stream), col(Event.seq))))


def names_of(session: Session, moves: Iterable[Event]) -> Mapping[str, str]:
    """Return the name of the unit behind each project that moves are about."""
    codes = {_project(row) for row in moves}
    query = select(Project.code, Unit.name).join(Unit, col(Unit.id) == Project.unit_id).where(col(Project.code).in_(codes))
    return dict(session.exec(query).all())


def emit_moves(session: Session, origin: str) -> int:
    """Emit one event per move of a run; a thread of Prefect's sends them. Returns how many."""
    return _emit_all(session, moves_of(session, origin))


class Echo:
    """Tells Prefect from minute to minute what has moved since, also by the timetable and by commands, which are no runs."""

    def __init__(self) -> None:
        """Have told nothing yet: after a restart the overlap is told again, under the same ids."""
        self._told: frozenset[str] = frozenset()

    def tell(self, engine: Engine) -> int:
        """Emit what has not been told; returns how many. The database is let go of before Prefect is told how far that is."""
        known = Variable.get(TOLD_UNTIL)
        until = datetime.fromisoformat(str(known)) if known else now() - FIRST
        with reading(engine) as session:
            moves = moves_since(session, until - OVERLAP)
            emitted = _emit_all(session, [row for row in moves if row.hash not in self._told])
        self._told = frozenset(row.hash for row in moves)
        if emitted:
            Variable.set(TOLD_UNTIL, max(until, *(row.recorded_at for row in moves)).isoformat(), overwrite=True)
        return emitted


def event_id(row: Event) -> UUID:
    """Return the id of the event about a row of the history."""
    return uuid5(NAMESPACE_URL, f"{PREFIX}:{row.hash}")


def _moving(rows: Iterable[Event]) -> list[Event]:
    return [row for row in rows if (row.machine, row.source, row.event) in _MOVING]


def _emit_all(session: Session, moves: Sequence[Event]) -> int:
    names = names_of(session, moves) if moves else {}
    for row in moves:
        _emit(row, names.get(_project(row), ""))
    return len(moves)


def _project(row: Event) -> str:
    return row.stream.partition(":")[2].partition("/")[0]


def _emit(row: Event, unit: str) -> None:
    code = row.stream.partition(":")[2]
    emit_event(
        event=f"{PREFIX}.{row.machine.value}.{row.event}",
        resource={"prefect.resource.id": f"{PREFIX}.{row.machine.value}.{code}", "prefect.resource.name": f"{code} {unit}".strip()},
        related=_related(row),
        payload={"from": row.source, "to": row.target, "clause": row.clause, "actor": row.actor, "on": row.effective_on.isoformat()},
        occurred=row.recorded_at,
        id=event_id(row),
    )


def _related(row: Event) -> list[dict[str, str]]:
    found = []
    if row.origin.startswith(RUN):
        found.append({"prefect.resource.id": f"prefect.flow-run.{row.origin.removeprefix(RUN)}", "prefect.resource.role": "flow-run"})
    if row.machine in (Machine.SUBMISSION, Machine.RECTIFICATION):
        found.append({"prefect.resource.id": f"{PREFIX}.{Machine.PROJECT}.{_project(row)}", "prefect.resource.role": Machine.PROJECT.value})
    return found
