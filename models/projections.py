"""Rows that could be made again from the history, held against it: decisions, assessments, deadlines of rectifications."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlmodel import Session, col, select

from models.rules.outcomes import EVENTS
from models.rules.publicity import decision_body
from models.tables import Assessment, Decision, Event, Project, Rectification
from models.tables.columns import canonical

DECIDED = ("phase", "round_no", "outcome", "score", "reason", "meeting", "decided_on", "basis")
SCORED = ("phase", "part", "round_no", "assessor", "scores")
_DECIDING = frozenset(EVENTS.values())
Rows = Counter[tuple[str, str]]
"""(stream, canonical text of what counts) → how often."""


def differences(session: Session) -> Iterator[str]:
    """Yield, in Chinese, every such row that the history does not bear out, and every one that the history has and the table lacks."""
    names = {row.id: f"project:{row.code}" for row in session.exec(select(Project))}
    streams = _streams(session)
    kept: dict[str, Rows] = {
        "决定": Counter((names[row.project_id], _told(DECIDED, row.model_dump(mode="json"))) for row in session.exec(select(Decision))),
        "评分": Counter((names[row.project_id], _told(SCORED, row.model_dump(mode="json"))) for row in session.exec(select(Assessment))),
        "整改期限": Counter((f"rectification:{row.code}", f"{row.due_on}") for row in session.exec(select(Rectification))),
    }
    made = {
        "决定": _made(streams, "project:", _decisions),
        "评分": _made(streams, "project:", _assessments),
        "整改期限": _made(streams, "rectification:", _due),
    }
    for noun, rows in kept.items():
        yield from (f"{stream}：{noun} {text} 没有历史记录为证" for stream, text in sorted((rows - made[noun]).elements()))
        yield from (f"{stream}：历史记录中的{noun} {text} 不在数据表中" for stream, text in sorted((made[noun] - rows).elements()))


def _streams(session: Session) -> dict[str, list[Event]]:
    query = select(Event).where(col(Event.machine).in_(("project", "rectification"))).order_by(col(Event.stream), col(Event.seq))
    return {stream: list(events) for stream, events in groupby(session.exec(query), key=lambda event: event.stream)}


def _made(streams: Mapping[str, Sequence[Event]], prefix: str, of: Any) -> Rows:
    return Counter((stream, text) for stream, events in streams.items() if stream.startswith(prefix) for text in of(events))


def _told(names: Sequence[str], body: Mapping[str, Any]) -> str:
    return canonical({name: body.get(name) for name in names})


def _decisions(events: Sequence[Event]) -> Iterator[str]:
    """Yield the decisions that hold: made by a ballot, and not voided later."""
    voided = {event.payload.get("voids") for event in events}
    for event in events:
        if event.event in _DECIDING and event.seq not in voided and "ballot" in event.payload:
            yield _told(DECIDED, decision_body(event.payload) or event.payload)


def _assessments(events: Sequence[Event]) -> Iterator[str]:
    corrected = {event.payload.get("corrects") for event in events if event.event == "correct"}
    yield from (_told(SCORED, event.payload) for event in events if event.event == "assess" and event.seq not in corrected)


def _due(events: Sequence[Event]) -> Iterator[str]:
    yield [event.payload["due_on"] for event in events if event.event in ("order", "extend")][-1]
