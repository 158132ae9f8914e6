"""Legal or impossible: every pair of state and event, in Python and by raw SQL, on both databases; the past stays as it was."""

from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from config.identity import PersonState
from config.vocabulary import AuthMethod, CohortState, Machine, ProjectState, RectificationState, SubmissionState, UnitState
from models import guards
from models.history import Act, RepeatedCommandError, digest, record_event, verify
from models.rules.lifecycle import TRANSITIONS, IllegalMoveError, allowed_events, next_state, transition
from models.store import reading, transaction
from models.tables import Event, TransitionRule, Unit
from models.upgrade import SchemaError, assert_guards, load_rules, upgrade

NOW = datetime(2025, 11, 4, tzinfo=UTC)
STATES = {
    Machine.COHORT: CohortState, Machine.UNIT: UnitState, Machine.PROJECT: ProjectState, Machine.SUBMISSION: SubmissionState,
    Machine.RECTIFICATION: RectificationState, Machine.PERSON: PersonState,
}  # fmt: skip
LEGAL = {(row.machine, row.source, row.event): row.target for row in TRANSITIONS}
EVENTS = sorted({row.event for row in TRANSITIONS})
PAIRS = [(machine, str(state), event) for machine, states in STATES.items() for state, event in product(states, EVENTS)]


def test_every_pair_is_allowed_or_refused_as_the_table_says():
    assert len(PAIRS) > 1500
    for machine, state, event in PAIRS:
        if (machine, state, event) in LEGAL:
            assert next_state(machine, state, event) == LEGAL[machine, state, event]
            assert event in allowed_events(machine, state)
        else:
            with pytest.raises(IllegalMoveError, match="可以："):
                transition(machine, state, event)


def path_to(machine, state):
    """The shortest chain of rows from nothing to a state."""
    paths = {"new": ()}
    frontier = ["new"]
    while frontier:
        source = frontier.pop(0)
        for row in (r for r in TRANSITIONS if r.machine == machine and r.source == source and r.target not in paths):
            paths[row.target] = (*paths[row.source], row)
            frontier.append(row.target)
    return paths[state]


def entry(stream, machine, source, event, target, previous=None, **other):
    made = Event(
        stream=stream, seq=previous.seq + 1 if previous else 1, prev_seq=previous.seq if previous else None, machine=machine, source=source,
        event=event, target=target, prev_hash=previous.hash if previous else None, hash="", command_id=f"{stream}/{event}/{other.pop('n', 0)}",
        actor="x", auth_method=AuthMethod.DECLARED, origin="command:test", payload={}, effective_on=date(2025, 11, 4),
        recorded_at=NOW, clause="I",
    )  # fmt: skip
    for name, value in other.items():
        setattr(made, name, value)
    made.hash = digest(made)
    return made


def insert(connection, event):
    """Raw SQL: nothing of ours stands between it and the database."""
    row = event.model_dump()
    row |= {"machine": str(event.machine), "auth_method": "declared", "payload": "{}", "recorded_at": "2025-11-04 00:00:00"}
    columns = ", ".join(row)
    connection.execute(sa.text(f"INSERT INTO event ({columns}) VALUES ({', '.join(f':{name}' for name in row)})"), row)


def chain(connection, machine, state):
    """Insert the chain to a state; returns its last event."""
    last = None
    for row in path_to(machine, state):
        last = entry(f"{machine}:to-{state}", machine, row.source, row.event, row.target, last, n=last.seq if last else 0)
        insert(connection, last)
    return last


def test_the_database_refuses_every_illegal_pair_by_itself(empty):
    """Every pair, from every state that can be reached, by raw SQL: accepted exactly when the table has the row."""
    wrong = []
    with empty.connect() as connection:
        for machine, states in STATES.items():
            for state in states:
                last = chain(connection, machine, str(state)) if state != "new" else None
                for event in EVENTS:
                    target = LEGAL.get((machine, str(state), event), str(state))
                    tried = entry(f"{machine}:to-{state}", machine, str(state), event, target, last, n="tried")
                    if accepted(connection, tried) != ((machine, str(state), event) in LEGAL):
                        wrong.append((machine, state, event))
        connection.rollback()
    assert wrong == []


def accepted(connection, event):
    point = connection.begin_nested()
    try:
        insert(connection, event)
    except (sa.exc.IntegrityError, sa.exc.OperationalError, sa.exc.DatabaseError):
        return False
    else:
        return True
    finally:
        point.rollback()


MOVE = {"source": "building", "event": "visit", "target": "building"}


@pytest.mark.parametrize(
    "change",
    [
        {"prev_hash": "0" * 64},
        {"seq": 3, "prev_seq": 2},
        {"seq": 2, "prev_seq": None},
        {"source": "new"},
        {"target": "accepted"},
        {"machine": Machine.UNIT},
    ],
    ids=str,
)
def test_a_row_that_does_not_follow_the_last_is_refused(empty, change):
    with empty.connect() as connection:
        last = chain(connection, Machine.PROJECT, "building")
        good = entry(last.stream, Machine.PROJECT, **MOVE, previous=last, n="good")
        assert accepted(connection, good), "the control"
        assert not accepted(connection, entry(last.stream, **{"machine": Machine.PROJECT, **MOVE, **change}, previous=last, n="bad"))
        connection.rollback()


def planted(engine, statement):
    """Take the guards away, change the past, put nothing back."""
    with engine.begin() as connection:
        for name in guards.names("sqlite"):
            connection.execute(sa.text(f"DROP TRIGGER {name}"))
        connection.execute(sa.text("PRAGMA foreign_keys = OFF"))
        connection.execute(sa.text(statement))
    with reading(engine) as session:
        return verify(session)


def test_verify_is_silent_on_a_whole_history_and_tells_a_planted_change(engine):
    with reading(engine) as session:
        assert verify(session) == []
    flaws = planted(engine, "UPDATE event SET actor = 'other' WHERE stream = 'project:2023-S01'")
    assert flaws == ["project:2023-S01 第 1 条：内容与校验值不符"]


def test_verify_tells_a_state_that_history_does_not_bear_out(engine):
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE project SET state = 'accepted' WHERE code = '2023-S01'"))
    with reading(engine) as session:
        assert verify(session) == ["project:2023-S01：当前状态 accepted 与历史记录不一致"]


def test_a_database_upgraded_twice_is_the_same(empty):
    upgrade(empty)
    with empty.connect() as connection:
        assert_guards(connection)
        assert connection.execute(sa.select(sa.func.count()).select_from(TransitionRule)).scalar() == len(TRANSITIONS)


def test_a_rule_may_be_retired_but_not_rewritten(empty, monkeypatch):
    kept = tuple(row for row in TRANSITIONS if row.event != "lapse")
    monkeypatch.setattr("models.upgrade.TRANSITIONS", kept)
    with transaction(empty) as session:
        load_rules(session)
    with reading(empty) as session:
        assert session.exec(select(TransitionRule).where(col(TransitionRule.retired_on).is_not(None))).one().event == "lapse"
    monkeypatch.setattr("models.upgrade.TRANSITIONS", (*kept[:-1], kept[-1]._replace(target="open")))
    with pytest.raises(SchemaError, match="只能停用"), transaction(empty) as session:
        load_rules(session)


def test_one_command_is_one_event_on_both_databases(empty):
    by = Act("x", "command:test", date(2025, 11, 4), command="once")
    for _ in range(2):
        with transaction(empty) as session:
            unit = session.exec(select(Unit)).first() or Unit(code="S01", name="云杉学院党委", kind="so")
            record_event(session, unit, "list", by, {"name": "云杉"})
    with pytest.raises(RepeatedCommandError), transaction(empty) as session:
        record_event(session, session.exec(select(Unit)).one(), "list", by, {"name": "别的"})
    with reading(empty) as session:
        assert len(session.exec(select(Event)).all()) == 1


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_two_different_events_share_a_digest(data):
    """Length prefixes keep neighbouring fields apart."""
    text = st.text(alphabet="ab|:1", max_size=4)
    one, two = (
        entry("s", Machine.UNIT, "listed", "x", "listed", actor=data.draw(text), origin=data.draw(text), clause=data.draw(text))
        for _ in "ab"
    )
    same = (one.actor, one.origin, one.clause) == (two.actor, two.origin, two.clause)
    assert (one.hash == two.hash) == same


def test_recorded_time_never_goes_back(empty, monkeypatch):
    by = Act("x", "command:test", date(2025, 11, 4))
    with transaction(empty) as session:
        record_event(session, Unit(code="S01", name="云杉学院党委", kind="so"), "list", by)
    monkeypatch.setattr("models.history.clock.now", lambda: NOW - timedelta(days=3650))
    with transaction(empty) as session:
        unit = session.exec(select(Unit).where(Unit.code == "S01")).one()
        made = record_event(session, unit, "change_contact", by, {})
        first = session.get(Event, (made.stream, 1))
    assert made.recorded_at > first.recorded_at
