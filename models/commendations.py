"""Reading what organisations and members were commended for: facts of the units' streams (R63)."""

from collections.abc import Iterable
from datetime import date

from sqlmodel import Session, col, select

from config.vocabulary import Level, Machine
from models.rules.awards import Commendation
from models.tables import Event


def commendations(session: Session, cohort: str) -> tuple[Commendation, ...]:
    """Return the commendations that were recorded for a cohort and not taken back, by unit and number."""
    wanted = (Event.machine == Machine.UNIT, col(Event.event).in_(("commend", "correct")))
    return tuple(_standing(session.exec(select(Event).where(*wanted).order_by(Event.stream, col(Event.seq))).all(), cohort))


def _standing(events: Iterable[Event], cohort: str) -> Iterable[Commendation]:
    known = tuple(events)
    gone = {(event.stream, event.payload["corrects"]) for event in known if event.event == "correct"}
    for event in known:
        body = event.payload
        if event.event == "commend" and body["cohort"] == cohort and (event.stream, event.seq) not in gone:
            yield Commendation(
                event.stream.partition(":")[2], event.seq, body["title"], Level(body["level"]), body["member"], body["document"],
                date.fromisoformat(body["commended_on"]),
            )  # fmt: skip
