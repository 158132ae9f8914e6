"""What became of the lines of a ballot: decided at once, or proposed and under publicity; read from the history, so that a void counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from config.vocabulary import Outcome
from models.rules.outcomes import EVENTS
from models.rules.publicity import PROPOSED, decision_body
from models.tables import Ballot, Event

DECIDING = frozenset({*EVENTS.values(), PROPOSED})
"""Events by which a line of a ballot takes effect."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What was entered about one project: its outcome, by whom, and until when it is before the public (None: it holds)."""

    project: str
    round_no: int
    outcome: Outcome
    ballot: str
    meeting: str
    decided_on: str
    recorded_by: str
    until_on: str | None = None

    @property
    def label(self) -> str:
        """Return the outcome as people read it."""
        return f"{self.outcome.label}（拟定，公示至 {self.until_on}）" if self.until_on else self.outcome.label


def since_ballot(session: Session, ballot: Ballot, on: date | None = None) -> tuple[Applied, ...]:
    """Return what was decided or proposed in a ballot's phase about its projects since it was made, by this ballot or another.

    Each project once, by the first such fact: what a proposal becomes later is the same decision.
    """
    seen = {line["project"]: line["seq"] for line in ballot.lines}
    query = select(Event).where(col(Event.stream).in_([f"project:{code}" for code in seen]), col(Event.event).in_(DECIDING))
    events = session.exec((query if on is None else query.where(Event.effective_on <= on)).order_by(Event.stream, col(Event.seq)))
    found: dict[str, Applied] = {}
    for event in events:
        code, body = event.stream.partition(":")[2], decision_body(event.payload)
        if body and event.seq > seen[code] and body["phase"] == ballot.phase and code not in found:
            found[code] = _applied(event, code, body)
    return tuple(found[code] for code in seen if code in found)


def of_ballot(session: Session, ballot: Ballot) -> tuple[Applied, ...]:
    """Return what a ballot itself brought; empty while it has not been answered."""
    return tuple(row for row in since_ballot(session, ballot) if row.ballot == ballot.code)


def _applied(event: Event, code: str, body: Mapping[str, Any]) -> Applied:
    return Applied(
        code, body["round_no"], Outcome(body["outcome"]), body["ballot"], body["meeting"], body["decided_on"], event.actor,
        event.payload.get("until_on"),
    )  # fmt: skip


def reasons_of(line: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the grounds of a line with what decided its rank at equal totals; a ballot of old does not know the latter."""
    return tuple(dict.fromkeys((*line["reasons"], *filter(None, (line.get("standing"),)))))
