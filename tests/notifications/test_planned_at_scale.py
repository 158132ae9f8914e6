"""Lines that many get are planned by one statement: once each, whoever has one already and whoever plans beside; both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from time import sleep

import pytest
import sqlalchemy as sa
from sqlmodel import select

from config.vocabulary import ProjectState
from models.loading import load_calendar
from models.planning import due
from models.store import reading, transaction
from models.tables import Reminder
from notifications.outbox import is_unplanned, plan_shared
from tests.models.test_planning import COHORT, DAYS, FIRST, PAPERS, UNITS, put

ON = date(2026, 10, 27)
PROJECT = {"state": ProjectState.BUILDING, "made": FIRST, **{paper: [] for paper in PAPERS}}
DEADLINE = {"deliverable": PAPERS[0], "subject": "*", "due_on": date(2026, 10, 30), "internal_days": 0, "call_on": FIRST, "ladder": "one",
            "endorse_ladder": "one", "set_on": FIRST}  # fmt: skip
CASE = {
    "projects": dict.fromkeys(UNITS, PROJECT), "deadlines": [DEADLINE], "orders": {}, "ladders": {"one": ((-5, -3), 5, 1), "two": ((0,), 1, 0)},
    "quiet": [], "odd": {}, "ends_on": DAYS[-1], "at_least": 1,
}  # fmt: skip


@pytest.fixture
def shared(empty):
    """The line with most debtors, on a database that has none of its rows yet."""
    with transaction(empty) as session:
        put(session, CASE)
    with reading(empty) as session:
        lines = due(session, COHORT, "mid_term", load_calendar(session), ON).shared
        return max(lines, key=lambda line: len(session.execute(line.rows).all()))


def on_record(engine):
    with reading(engine) as session:
        return sorted(session.exec(select(Reminder.key)))


def wanted(engine, line):
    with reading(engine) as session:
        return sorted(row.key for row in session.execute(line.rows))


def test_everybody_gets_the_line_once(empty, shared):
    with transaction(empty) as session:
        assert plan_shared(session, shared) == len(wanted(empty, shared)) >= len(UNITS) // 2
    assert on_record(empty) == wanted(empty, shared)
    with transaction(empty) as session:
        assert plan_shared(session, shared) == 0
    with reading(empty) as session:
        assert not is_unplanned(session, shared)


def test_who_has_the_line_already_keeps_it(empty, shared):
    last = wanted(empty, shared)[-1]
    with transaction(empty) as session:
        plan_shared(session, shared)
        session.execute(sa.delete(Reminder).where(Reminder.key != last))
        session.execute(sa.update(Reminder).values(dropped_because="已办"))
    with transaction(empty) as session:
        assert plan_shared(session, shared) == len(wanted(empty, shared)) - 1
    assert on_record(empty) == wanted(empty, shared)
    with reading(empty) as session:
        assert session.exec(select(Reminder.dropped_because).where(Reminder.key == last)).one() == "已办"


def test_who_plans_beside_finds_it_done(empty, shared):
    def beside():
        with transaction(empty) as session:
            return plan_shared(session, shared)

    with ThreadPoolExecutor(1) as threads:
        with transaction(empty) as session:
            plan_shared(session, shared)
            other = threads.submit(beside)
            sleep(0.5)  # long enough to wait for this one, in the middle of its statement
        assert other.result() == 0
    assert on_record(empty) == wanted(empty, shared)
