"""Several people decide about one project at the same moment: one decision holds, the others are told (figures: ``make trust``)."""

import queue
import threading
from collections import Counter
from dataclasses import replace
from datetime import date
from multiprocessing import get_context

import pytest
from sqlmodel import select

from flows.steps.acts import ACTS
from flows.steps.errors import ActError
from flows.steps.repeating import answered, keep_answer
from models.database import engine_for
from models.history import Act, MovedError, RepeatedCommandError, record_event
from models.rules.lifecycle import IllegalMoveError
from models.store import reading, transaction
from models.tables import Cohort, Event, Project, Unit
from tests.marks import IS_LONG, size

RACES = size(40, 5_000)
"""On each database: 10,000 in the long suite."""
DAY = date(2025, 12, 1)
ACT = Act("A01", "test", DAY)
VERDICTS = ("suspend", "withdraw", "terminate")
"""One per contender; the second and the third are legal after the first, so the table of moves alone does not refuse them."""
SEEN = 2
LOSES = (MovedError, IllegalMoveError)
"""Both are told in Chinese; a key violation as the database words it would end the test."""


@pytest.fixture
def projects(empty):
    """As many projects as races, each with two records."""
    with transaction(empty) as session:
        session.add(Cohort(code="2025", title="第二批", plan={}, plan_sha256="", opened_on=DAY))
        session.flush()
        for number in range(RACES):
            unit = Unit(code=f"U{number}", name="党支部", kind="branch")
            session.add(unit)
            session.flush()
            row = Project(code=f"2025-U{number}", cohort_id=1, unit_id=unit.id, award_kind="model_branch")
            record_event(session, row, "enrol", ACT)
            record_event(session, row, "visit", ACT)
    return empty


def contend(url, verdict, races, barrier, told, *, looking):
    """Decide each project as soon as all are ready; tells how it ended."""
    engine = engine_for(url)
    for number in range(races):
        act = Act(f"A-{verdict}", "test", DAY).having_seen(f"2025-U{number}", SEEN if looking else None)
        barrier.wait(60)
        try:
            with transaction(engine) as session:
                row = session.exec(select(Project).where(Project.code == f"2025-U{number}")).one()
                record_event(session, row, verdict, act)
        except LOSES as lost:
            told.put((number, verdict, type(lost).__name__))
        else:
            told.put((number, verdict, "won"))
    engine.dispose()


def race(engine, races, *, apart):
    """Run the contenders as threads, or as processes of their own; returns (number, verdict, how it ended) of each try."""
    kit = get_context("spawn") if apart else threading
    told = kit.Queue() if apart else queue.Queue()
    barrier = kit.Barrier(len(VERDICTS))
    start = kit.Process if apart else threading.Thread
    url = engine.url.render_as_string(hide_password=False)
    runners = [
        start(target=contend, args=(url, verdict, races, barrier, told), kwargs={"looking": True}, daemon=True) for verdict in VERDICTS
    ]
    for runner in runners:
        runner.start()
    ended = [told.get(timeout=120) for _ in range(races * len(VERDICTS))]
    for runner in runners:
        runner.join(60)
    return ended


def written(engine):
    """Stream → events after what everybody had seen."""
    with reading(engine) as session:
        rows = session.exec(select(Event.stream, Event.event).where(Event.machine == "project", Event.seq > SEEN)).all()
    found = {}
    for stream, event in rows:
        found.setdefault(stream, []).append(event)
    return found


@pytest.mark.trust
@pytest.mark.timeout(600)
def test_of_several_decisions_at_once_exactly_one_holds(projects, figures):
    ended = race(projects, RACES, apart=IS_LONG)
    winners = {number: verdict for number, verdict, how in ended if how == "won"}
    losers = Counter(how for _, _, how in ended if how != "won")
    assert len(winners) == RACES
    assert losers.total() == RACES * (len(VERDICTS) - 1)
    assert written(projects) == {f"project:2025-U{number}": [verdict] for number, verdict in winners.items()}
    kinds = "、".join(f"{how} {number}" for how, number in sorted(losers.items()))
    figures(
        f"concurrent decisions on {projects.dialect.name}: {RACES} races of {len(VERDICTS)} {'processes' if IS_LONG else 'threads'}, "
        f"exactly one winner each; losers: {kinds}"
    )


@pytest.mark.parametrize(("looking", "winners"), [(True, 1), (False, 2)])
def test_without_having_looked_a_later_decision_overrides_an_earlier_one(projects, looking, winners):
    """The control: who does not name what they saw decides over the other's head."""
    told = queue.Queue()
    for verdict in VERDICTS[:2]:
        contend(projects.url.render_as_string(hide_password=False), verdict, 3, threading.Barrier(1), told, looking=looking)
    ended = [told.get_nowait() for _ in range(6)]
    assert Counter(number for number, _, how in ended if how == "won") == dict.fromkeys(range(3), winners)


def order(engine, told, barrier, fields):
    act = replace(ACT, command="one")
    barrier.wait(60)
    try:
        with transaction(engine) as session:
            if (lines := answered(session, "one", "withdraw", fields)) is None:
                ACTS["withdraw"](session, act, **fields)
                keep_answer(session, "one", "withdraw", fields, lines := ("done",))
        told.append(lines)
    except (RepeatedCommandError, ActError, *LOSES) as refused:
        told.append(type(refused).__name__)


def test_one_order_given_by_several_at_once_is_carried_out_once(projects):
    told, barrier = [], threading.Barrier(3)
    fields = {"project": "2025-U0", "reason": "撤并"}
    others = [threading.Thread(target=order, args=(projects, told, barrier, fields)) for _ in range(3)]
    for one in others:
        one.start()
    for one in others:
        one.join()
    order(projects, told, threading.Barrier(1), fields)
    order(projects, told, threading.Barrier(1), fields | {"reason": "别的"})
    assert told[-2:] == [("done",), "RepeatedCommandError"]
    assert told.count(("done",)) >= 2
    assert written(projects) == {"project:2025-U0": ["withdraw"]}
