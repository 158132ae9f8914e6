"""Prefect events for what a run moved: ``creation.<machine>.<event>``, so that automations can follow the programme.

The history is the truth; these are its echo. An event has the id of its row, so that a repeated run tells nothing twice.
"""

from collections.abc import Iterable, Mapping
from uuid import NAMESPACE_URL, uuid5

from prefect.events import emit_event
from prefect.runtime import flow_run
from sqlmodel import Session, col, select

from config.vocabulary import Machine
from models.rules.lifecycle import MOVES
from models.tables import Event, Project, Unit

PREFIX = "creation"
_MOVING = frozenset((row.machine, row.source, row.event) for row in MOVES)


def moves_of(session: Session, origin: str) -> list[Event]:
    """Return the moving events that a run has made, in order."""
    rows = session.exec(select(Event).where(Event.origin == origin).order_by(col(Event.recorded_at), col(Event.stream), col(Event.seq)))
    return [row for row in rows if (row.machine, row.source, row.event) in _MOVING]


def names_of(session: Session, moves: Iterable[Event]) -> Mapping[str, str]:
    """Return the name of the unit behind each project that moves are about."""
    codes = {_project(row) for row in moves}
    query = select(Project.code, Unit.name).join(Unit, col(Unit.id) == Project.unit_id).where(col(Project.code).in_(codes))
    return dict(session.exec(query).all())


def emit_moves(session: Session, origin: str) -> int:
    """Emit one event per move of a run; a thread of Prefect's sends them. Returns how many."""
    moves = moves_of(session, origin)
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
        id=uuid5(NAMESPACE_URL, f"{PREFIX}:{row.hash}"),
    )


def _related(row: Event) -> list[dict[str, str]]:
    found = [{"prefect.resource.id": f"prefect.flow-run.{flow_run.id}", "prefect.resource.role": "flow-run"}]
    if row.machine in (Machine.SUBMISSION, Machine.RECTIFICATION):
        found.append({"prefect.resource.id": f"{PREFIX}.{Machine.PROJECT}.{_project(row)}", "prefect.resource.role": Machine.PROJECT.value})
    return found
