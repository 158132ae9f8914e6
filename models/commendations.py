"""Reading what organisations and members were commended for: facts of the units' streams (R63)."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from config.vocabulary import Level, Machine
from models.naming import names_of
from models.rules.awards import Commendation
from models.tables import Event


def commendations(session: Session, cohort: str) -> tuple[Commendation, ...]:
    """Return the commendations that were recorded for a cohort and not taken back, by unit and number; ``member`` is a reference."""
    return tuple(_standing(session.exec(_query()), cohort))


def by_name(session: Session, cohort: str) -> tuple[Commendation, ...]:
    """Return the commendations of a cohort as people read them: ``member`` is the name on record."""
    found = commendations(session, cohort)
    names = names_of(session, {row.member for row in found})
    return tuple(replace(row, member=names[row.member]) for row in found)


def commendations_of(session: Session, unit: str) -> tuple[Commendation, ...]:
    """Return the commendations of a unit and its members that were not taken back, of all cohorts, by number."""
    return tuple(_standing(session.exec(_query().where(Event.stream == f"{Machine.UNIT}:{unit}"))))


def _query() -> SelectOfScalar[Event]:
    wanted = (Event.machine == Machine.UNIT, col(Event.event).in_(("commend", "correct")))
    return select(Event).where(*wanted).order_by(col(Event.stream), col(Event.seq))


def _standing(events: Iterable[Event], cohort: str | None = None) -> Iterator[Commendation]:
    known = tuple(events)
    gone = {(event.stream, event.payload["corrects"]) for event in known if event.event == "correct"}
    for event in known:
        body = event.payload
        if event.event == "commend" and cohort in (None, body["cohort"]) and (event.stream, event.seq) not in gone:
            yield Commendation(
                event.stream.partition(":")[2], event.seq, body["title"], Level(body["level"]), body["member"], body["document"],
                date.fromisoformat(body["commended_on"]),
            )  # fmt: skip
