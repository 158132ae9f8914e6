"""A cohort as it stood at the end of a day: rebuilt from its events, so that a report can be made again for any day."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from config.clock import business_day
from config.vocabulary import Machine, Outcome, PhaseKind, ProjectState, RectificationState, SubmissionState
from models import tables as t
from models.loading import load_world
from models.rules import snapshot as s
from models.rules.replay import replay

Streams = Mapping[str, Sequence[t.Event]]
"""Events of a stream up to the day, oldest first."""


@dataclass(frozen=True, slots=True)
class Past:
    """What was on record at the end of a day."""

    world: s.World
    streams: Streams
    papers: Mapping[str, Sequence[t.Submission]]
    """Every version of every paper, by project code, oldest first."""


def load_past(session: Session, cohort: str, day: date, known_at: datetime | None = None) -> Past:
    """Return a cohort as it was on record at the end of a day; raises UnknownCodeError.

    An event counts from the day on which it took effect: what arrived earlier but was recorded later is not seen. With ``known_at``
    what was recorded later than that moment is not seen either, and what was known by then to be wrong is left out (models.rules.replay).
    """
    now = load_world(session, cohort)
    streams = _streams(session, cohort, day, known_at)
    papers = _papers(session, now, streams)
    projects = tuple(
        _project(project, streams, papers.get(project.code, ())) for project in now.projects if f"project:{project.code}" in streams
    )
    last_set = day if known_at is None else min(day, business_day(known_at))
    deadlines = tuple(row for row in now.deadlines if row.set_on <= last_set)
    exempt = now.exempt & _exempt(session, cohort, day, known_at)
    facts = _facts(session, now, day, known_at)
    return Past(replace(now, projects=projects, deadlines=deadlines, exempt=exempt, facts=facts), streams, papers)


def _facts(session: Session, now: s.World, day: date, known_at: datetime | None) -> tuple[s.Fact, ...]:
    """Return what was on record about the cohort itself."""
    if known_at is None:
        return tuple(fact for fact in now.facts if fact.effective_on <= day)
    stream = f"{Machine.COHORT}:{now.plan.cohort.cohort}"
    events = session.exec(select(t.Event).where(t.Event.stream == stream).order_by(col(t.Event.seq)))
    return tuple(s.Fact(e.seq, e.event, e.effective_on, e.payload) for e in replay(events, day, known_at))


def _streams(session: Session, cohort: str, day: date, known_at: datetime | None) -> Streams:
    found: defaultdict[str, list[t.Event]] = defaultdict(list)
    stream = col(t.Event.stream)
    for machine in (Machine.PROJECT, Machine.SUBMISSION, Machine.RECTIFICATION):
        mine = sa.and_(stream >= f"{machine}:{cohort}-", stream < f"{machine}:{cohort}.")  # a range, so the key's index serves
        query = select(t.Event).where(mine).order_by(stream, col(t.Event.seq))
        for event in session.exec(query if known_at else query.where(col(t.Event.effective_on) <= day)):
            found[event.stream].append(event)
    if known_at is None:
        return found
    return {name: kept for name, events in found.items() if (kept := replay(events, day, known_at))}


def _papers(session: Session, world: s.World, streams: Streams) -> dict[str, list[t.Submission]]:
    rows = session.exec(
        select(t.Submission).join(t.Project).join(t.Cohort).where(t.Cohort.code == world.plan.cohort.cohort)
        .order_by(col(t.Submission.version))
    )  # fmt: skip
    found: defaultdict[str, list[t.Submission]] = defaultdict(list)
    for row in rows:
        if f"submission:{row.code}" in streams:
            found[row.code.partition("/")[0]].append(row)
    return found


def _exempt(session: Session, cohort: str, day: date, known_at: datetime | None) -> frozenset[str]:
    query = select(t.Event).where(t.Event.event == "exempt", col(t.Event.effective_on) <= day)
    events = session.exec(query.where(col(t.Event.recorded_at) <= known_at) if known_at else query)
    return frozenset(event.stream.partition(":")[2] for event in events if event.payload.get("cohort") == cohort)


def _project(now: s.Project, streams: Streams, papers: Sequence[t.Submission]) -> s.Project:
    events = streams[f"project:{now.code}"]
    corrected = {event.payload["corrects"] for event in events if event.event == "correct" and "corrects" in event.payload}
    voided = {event.payload["voids"] for event in events if "voids" in event.payload}
    facts = tuple(s.Fact(e.seq, e.event, e.effective_on, e.payload) for e in events if e.seq not in corrected)
    orders = (_order(order, streams.get(f"rectification:{order.code}", ())) for order in now.rectifications)
    return replace(
        now,
        state=ProjectState(events[-1].target),
        seq=events[-1].seq,
        submissions={row.deliverable: _submission(row, streams[f"submission:{row.code}"]) for row in papers},
        facts=facts,
        assessments=tuple(_assessment(fact) for fact in facts if fact.event == "assess"),
        rectifications=tuple(order for order in orders if order is not None),
        decisions=tuple(_decision(event) for event in events if "ballot" in event.payload and event.seq not in voided),
    )


def _submission(row: t.Submission, events: Sequence[t.Event]) -> s.Submission:
    endorsed = any(event.event == "endorse" for event in events)
    return s.Submission(
        row.deliverable, row.version, SubmissionState(events[-1].target), row.received_on, row.endorsed_on if endorsed else None,
        row.pieces, len(row.files),
    )  # fmt: skip


def _assessment(fact: s.Fact) -> s.Assessment:
    body = fact.payload
    return s.Assessment(PhaseKind(body["phase"]), body["part"], body["round_no"], body["assessor"], body["scores"])


def _decision(event: t.Event) -> s.Decision:
    body = event.payload
    return s.Decision(PhaseKind(body["phase"]), body["round_no"], Outcome(body["outcome"]), date.fromisoformat(body["decided_on"]))


def _order(now: s.Rectification, events: Sequence[t.Event]) -> s.Rectification | None:
    if not events:
        return None
    state = RectificationState(events[-1].target)
    dues = [event.payload["due_on"] for event in events if event.event in ("order", "extend")]
    due_on = date.fromisoformat(dues[-1])
    open_items = 0 if state == RectificationState.VERIFIED else len(open_items_of(events))
    moved_on = max((event.effective_on for event in events if event.event == "extend"), default=None)
    return replace(now, state=state, due_on=due_on, due_version=len(dues), items_open=open_items, items=(), moved_on=moved_on)


def open_items_of(events: Sequence[t.Event]) -> tuple[str, ...]:
    """Return the texts of a round's items that are not verified: all at first, then fewer, more again when some are sent back."""
    texts: list[str] = next(event.payload["items"] for event in events if event.event == "order")
    verified: set[int] = set()
    for event in events:
        if event.event == "verify_item":
            verified |= set(event.payload["items"])
        elif event.event == "reopen":
            verified -= set(event.payload["items"])
    if any(event.event == "verify" for event in events):
        return ()
    return tuple(text for number, text in enumerate(texts, start=1) if number not in verified)
