"""Rows that could be made again from the history, held against it; and what else of them the history lets one check."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from config.vocabulary import AWARD_OF
from models import made_again
from models.loading import EVERYONE
from models.made_again import ASSIGNED, DUE, ITEM, PAPER, told
from models.rules.outcomes import EVENTS
from models.rules.publicity import decision_body
from models.tables import (
    Assessment,
    Assignment,
    Cohort,
    Deadline,
    Decision,
    Event,
    Project,
    Rectification,
    RectificationItem,
    Submission,
    Unit,
)
from models.tables.columns import canonical

DECIDED = ("phase", "round_no", "outcome", "score", "reason", "meeting", "decided_on", "basis")
SCORED = ("phase", "part", "round_no", "assessor", "scores")
DAY = ("due_on",)
TORN = "（记录的内容残缺，无法还原）"
_DECIDING = frozenset(EVENTS.values())
Rows = Counter[tuple[str, str]]
"""(stream, canonical text of what counts) → how often."""
Streams = Mapping[str, Sequence[Event]]


def differences(session: Session) -> Iterator[str]:
    """Yield, in Chinese, every such row that the history does not bear out, and every one that the history has and the table lacks."""
    streams = _streams(session)
    cohorts = {row.id: row for row in session.exec(select(Cohort))}
    kept, made = _kept(session, cohorts), _made_again(streams, cohorts.values())
    for noun, rows in kept.items():
        yield from (f"{stream}：{noun} {text} 没有历史记录为证" for stream, text in sorted((rows - made[noun]).elements()))
        yield from (f"{stream}：历史记录中的{noun} {text} 不在数据表中" for stream, text in sorted((made[noun] - rows).elements()))
    yield from _fixed(session, streams, cohorts)


def _streams(session: Session) -> dict[str, list[Event]]:
    wanted = sa.or_(col(Event.machine).in_(("project", "rectification", "submission", "cohort")), col(Event.event) == "extend")
    query = select(Event).where(wanted).order_by(col(Event.stream), col(Event.seq))
    return {stream: list(events) for stream, events in groupby(session.exec(query), key=lambda event: event.stream)}


def _kept(session: Session, cohorts: Mapping[int | None, Cohort]) -> dict[str, Rows]:
    projects = {row.id: f"project:{row.code}" for row in session.exec(select(Project))}
    orders = session.exec(select(Rectification)).all()
    rounds = {row.id: f"rectification:{row.code}" for row in orders}
    declared = set(projects.values())

    def of(rows: Iterable[Any], stream: Callable[[Any], str], names: Sequence[str]) -> Rows:
        return Counter((stream(row), told(names, row.model_dump(mode="json"))) for row in rows)

    def of_project(table: Any, names: Sequence[str]) -> Rows:
        return of(session.exec(select(table)), lambda row: projects.get(row.project_id, "project:"), names)

    def subject(row: Deadline) -> str:
        if row.subject == EVERYONE:
            return f"cohort:{cohorts[row.cohort_id].code}"
        project = f"project:{row.subject}"
        return project if project in declared else f"unit:{row.subject}"

    return {
        "决定": of_project(Decision, DECIDED),
        "评分": of_project(Assessment, SCORED),
        "分工": of_project(Assignment, ASSIGNED),
        "整改期限": of(orders, lambda row: rounds[row.id], DAY),
        "整改事项": of(session.exec(select(RectificationItem)), lambda row: rounds.get(row.rectification_id, "rectification:"), ITEM),
        "材料": of(session.exec(select(Submission)), lambda row: f"submission:{row.code}", PAPER),
        "时间要求": of(session.exec(select(Deadline)), subject, DUE),
    }


def _made_again(streams: Streams, cohorts: Any) -> dict[str, Rows]:
    plans = {f"cohort:{row.code}": row.plan for row in cohorts}
    return {
        "决定": _made(streams, "project:", _decisions),
        "评分": _made(streams, "project:", _assessments),
        "分工": _made(streams, "project:", made_again.assignments),
        "整改期限": _made(streams, "rectification:", _due),
        "整改事项": _made(streams, "rectification:", made_again.items),
        "材料": _made(streams, "submission:", lambda events: made_again.paper(events[0].stream, events)),
        "时间要求": Counter(row for name, events in streams.items() for row in _deadlines(name, events, plans.get(name))),
    }


def _of(streams: Streams, prefix: str) -> Iterator[tuple[str, Sequence[Event]]]:
    return ((name, events) for name, events in streams.items() if name.startswith(prefix))


def _made(streams: Streams, prefix: str, of: Any) -> Rows:
    return Counter((name, text) for name, events in _of(streams, prefix) for text in _read(of, events))


def _read(of: Callable[[Sequence[Event]], Iterator[Any]], events: Sequence[Event], torn: Any = TORN) -> list[Any]:
    """Return what a stream says; ``torn`` where somebody has put in an event that says nothing."""
    try:
        return list(of(events))
    except (KeyError, ValueError, TypeError, AttributeError, IndexError):
        return [torn]


def _deadlines(stream: str, events: Sequence[Event], plan: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    if stream.startswith("rectification:"):
        return []  # a round has its day in its own row
    return _read(lambda rows: made_again.deadlines(stream, rows, plan), events, (stream, TORN))


def _fixed(session: Session, streams: Streams, cohorts: Mapping[int | None, Cohort]) -> Iterator[str]:
    """Yield what never changes and is not what it was: the pinned plan of a cohort, and whose project of which kind one is."""
    for row in cohorts.values():
        opened: Mapping[str, Any] = next((event.payload for event in streams.get(f"cohort:{row.code}", ()) if event.event == "open"), {})
        now = {"plan_sha256": row.plan_sha256, "kept_sha256": kept_hash(row.plan)}
        if any(opened.get(name, found) != found for name, found in now.items()):
            yield f"cohort:{row.code}：方案与建立批次时登记的不同"
    units = {row.id: row for row in session.exec(select(Unit))}
    for project in session.exec(select(Project)):
        cohort, unit = cohorts.get(project.cohort_id), units.get(project.unit_id)
        if not cohort or not unit or project.code != f"{cohort.code}-{unit.code}" or project.award_kind != AWARD_OF[unit.kind]:
            yield f"project:{project.code}：批次、党组织或创建类别与登记的不同"


def kept_hash(plan: Any) -> str:
    """Return the SHA-256 of a plan as it is kept in its cohort's row."""
    return hashlib.sha256(canonical(plan).encode()).hexdigest()


def _decisions(events: Sequence[Event]) -> Iterator[str]:
    """Yield the decisions that hold: made by a ballot, and not voided later."""
    voided = {event.payload.get("voids") for event in events}
    for event in events:
        if event.event in _DECIDING and event.seq not in voided and "ballot" in event.payload:
            yield told(DECIDED, decision_body(event.payload) or event.payload)


def _assessments(events: Sequence[Event]) -> Iterator[str]:
    corrected = {event.payload.get("corrects") for event in events if event.event == "correct"}
    yield from (told(SCORED, event.payload) for event in events if event.event == "assess" and event.seq not in corrected)


def _due(events: Sequence[Event]) -> Iterator[str]:
    yield told(DAY, [event.payload for event in events if event.event in ("order", "extend")][-1])
