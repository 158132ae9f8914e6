"""Phases run plainly: what is refused, what follows from a fact, and jumping from due day to due day."""

import shutil
from datetime import date, time

import pytest
from sqlmodel import select

from config.clock import business_instant
from config.vocabulary import AuthMethod, PhaseKind
from flows.operate.player import PlainRunner, Player
from flows.steps.acts import perform
from flows.steps.advance import Advance, stage_for
from flows.steps.daily import scan
from flows.steps.errors import ActError
from flows.steps.ledger import lines
from flows.steps.phases import run_phase
from models.business_clock import move_clock
from models.database import engine_for
from models.history import Act, count_events
from models.loading import load_calendar, load_world
from models.rules.agenda import agenda, next_day
from models.rules.calendar import Calendar
from models.store import reading, transaction
from models.tables import Contact, Event, Reminder, Submission, Task, Unit
from notifications.carrying import NowhereCarrier


def at(engine, day, hour=9):
    with transaction(engine) as session:
        move_clock(session, business_instant(date.fromisoformat(day), time(hour)))


def on(day):
    return Act("工作人员1", "command:test", date.fromisoformat(day))


def stage(engine, kind, cohort="2023", **more):
    return stage_for(engine, PhaseKind(kind), Advance(cohort=cohort, **more), "command:test")


def test_a_request_is_checked_against_plan_and_day(engine):
    at(engine, "2025-11-11")
    with pytest.raises(ActError, match="没有“管理考核”阶段；该批次的阶段：self_check、summary、review"):
        stage(engine, "mid_term")
    with pytest.raises(ActError, match="晚于今天 2025-11-11"):
        stage(engine, "self_check", on=date(2025, 11, 12))
    assert stage(engine, "self_check", on=date(2025, 11, 10)).on == date(2025, 11, 10)


def test_who_submitted_the_form_is_named_and_where_nobody_did_the_system(engine):
    at(engine, "2025-11-18")
    label = "A01 工作人员1"
    named, by_itself = stage(engine, "summary", recorded_by=label).act, stage(engine, "summary").act
    assert (named.actor, named.auth_method) == ("A01", AuthMethod.DECLARED)
    assert (by_itself.actor, by_itself.auth_method) == ("系统", AuthMethod.SYSTEM)
    with pytest.raises(ActError, match="没有人员“A99”"):
        stage(engine, "summary", recorded_by="A99 某人")
    perform(engine, on("2025-11-18"), "hand_in", project="2023-S01", deliverable="typical_case", files=["a"])
    run_phase(engine, stage(engine, "summary", recorded_by=label))
    with reading(engine) as session:
        assert set(session.exec(select(Event.actor).where(Event.event == "complete"))) == {"A01"}


def test_a_paper_in_order_is_complete_and_one_out_of_order_is_told(engine):
    for pieces, project in ((1, "2023-S01"), (2, "2023-S02")):
        perform(engine, on("2025-11-18"), "hand_in", project=project, deliverable="typical_case", pieces=pieces, files=["a"])
    at(engine, "2025-11-18")
    board = run_phase(engine, stage(engine, "summary"))
    assert board.transitions == 1
    assert "2023-S02 典型案例：应为 1 份，收到 2 份" in board.attention
    with reading(engine) as session:
        states = {paper.code: paper.state for paper in session.exec(select(Submission))}
    assert states == {"2023-S01/typical_case/v1": "complete", "2023-S02/typical_case/v1": "handed_in"}


def test_a_phase_run_twice_does_nothing_the_second_time(engine):
    at(engine, "2025-11-18")
    first = run_phase(engine, stage(engine, "self_check"))
    second = run_phase(engine, stage(engine, "self_check"))
    assert first.planned > 0
    assert (second.planned, second.transitions) == (0, 0)


def test_a_project_whose_papers_are_all_in_enters_acceptance(engine):
    survey = {"issued": 40, "returned": 40, "valid": 38, "questions": [[30, 6, 2, 0]]}
    perform(engine, on("2025-11-12"), "record_survey", project="2023-S01", **survey)
    for paper in ("acceptance_application", "typical_case", "negative_list_statement"):
        perform(engine, on("2025-11-18"), "hand_in", project="2023-S01", deliverable=paper, files=["a"])
    at(engine, "2025-11-18")
    run_phase(engine, stage(engine, "summary"))
    with reading(engine) as session:
        assert load_world(session, "2023").project("2023-S01").state == "under_acceptance"


def test_an_extension_of_one_unit_silences_the_general_chase(engine):
    perform(
        engine,
        on("2025-11-12"),
        "extend",
        cohort="2023",
        subject="2023-S01",
        deliverable="typical_case",
        due_on=date(2025, 12, 5),
        basis="批示",
    )
    at(engine, "2025-11-21")
    scan(engine, date(2025, 11, 21), "timetable:2025-11-21")
    with reading(engine) as session:
        chased = set(session.exec(select(Reminder.project).where(Reminder.deliverable == "typical_case", Reminder.rung == "T-1")))
    assert "2023-S02" in chased, "the control"
    assert "2023-S01" not in chased


def play(engine, last, jumping):
    player = Player(engine, NowhereCarrier(), PlainRunner(engine))
    if not jumping:
        player._next_day = lambda day, _last, **_: player.calendar.shift(day, 1)  # every working day
    stops = []
    player.on_day = stops.append
    player.play(date(2025, 11, 4), last)
    with reading(engine) as session:
        return lines(session), len(stops), count_events(session)


def test_jumping_from_due_day_to_due_day_is_the_same_as_walking(template, tmp_path):
    """Nobody hands anything in, until the second batch's declaration is over and chased."""
    found = {}
    for jumping in (True, False):
        path = tmp_path / f"{jumping}.db"
        shutil.copy(template, path)
        found[jumping] = play(engine_for(f"sqlite:///{path}"), date(2025, 12, 12), jumping)
    assert found[True][0] == found[False][0]
    assert found[True][2] == found[False][2]
    assert found[True][1] < found[False][1], "the walk stops more often"


def test_the_agenda_names_what_falls_due(engine):
    with reading(engine) as session:
        world, calendar = load_world(session, "2023"), load_calendar(session)
    days = [occasion.on for occasion in agenda(world, calendar)]
    assert days == sorted(days)
    assert next_day(world, calendar, date(2025, 11, 4)) == date(2025, 11, 10)
    assert next_day(world, calendar, date(2025, 12, 31)) is None
    friday = {occasion.reason for occasion in agenda(world, Calendar()) if occasion.on == date(2025, 11, 21)}
    assert "典型案例（报送）到期" in friday, "the last working day before the Saturday"


def test_a_unit_without_address_leaves_a_task_and_stops_nothing(engine):
    with transaction(engine) as session:
        unit = session.exec(select(Unit).where(Unit.code == "S02")).one()
        for contact in session.exec(select(Contact).where(Contact.unit_id == unit.id)):
            session.delete(contact)
    player = Player(engine, NowhereCarrier(), PlainRunner(engine))
    player.play_day(date(2025, 11, 4))
    with reading(engine) as session:
        tasks = session.exec(select(Task)).all()
        sent = session.exec(select(Reminder).where(Reminder.mail_id.is_not(None))).all()
    assert [task.unit for task in tasks] == ["S02"]
    assert "请补充联系人" in tasks[0].text
    assert "2023-S01" in {line.project for line in sent}
