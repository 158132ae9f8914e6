"""The same order again, another under its id, a decision on what has moved meanwhile: by command and by form."""

import inspect
from datetime import date

import pytest
from sqlmodel import select

from config.identity import ON_WHAT_WAS_SEEN
from config.settings import settings
from flows.forms.people import person_fields
from flows.records import record_once
from flows.steps.acts import ACTS, perform
from flows.steps.daily import scan
from flows.steps.erasing import ERASED, Traces, _wipe_answers
from flows.steps.errors import ActError
from flows.steps.repeating import keep_answer
from models.history import Act, MovedError, RepeatedCommandError, record_event
from models.store import SimultaneousError, reading, transaction
from models.tables import Assessment, Command, Event, Project, Unit
from tests.crash.midterm import prepare
from tests.crash.story import MARK, ONE, meet

FINDING = ("record", "record_finding", "project=2023-S01", "text=台账齐全")


def findings(engine, event="record_finding"):
    with reading(engine) as session:
        return session.exec(select(Event.seq).where(Event.stream == "project:2023-S01", Event.event == event)).all()


def test_the_same_order_again_gets_the_same_answer(creation, engine):
    first = creation(*FINDING, "--command", "7f3a")
    assert first[0] == 0
    assert creation(*FINDING, "--command", "7f3a") == first
    assert len(findings(engine)) == 1
    assert creation(*FINDING, "--command", "7f3b")[0] == 0
    assert creation(*FINDING)[0] == creation(*FINDING)[0] == 0
    assert len(findings(engine)) == 4, "another id is another order, and so is one without"


@pytest.mark.parametrize("words", [(*FINDING[:3], "text=台账不全"), ("record", "suspend", "project=2023-S01", "reason=台账齐全")])
def test_another_order_under_its_id_is_refused(creation, engine, words):
    creation(*FINDING, "--command", "7f3a")
    code, told = creation(*words, "--command", "7f3a")
    assert (code, "操作编号 7f3a 已用于其他内容" in told) == (2, True)
    assert (len(findings(engine)), findings(engine, "suspend")) == (1, [])


def test_an_order_that_was_refused_can_be_given_again(creation, engine):
    assert creation("record", "suspend", "project=2023-S01", "reason= ", "--command", "7f3a")[0] == 2
    assert creation("record", "suspend", "project=2023-S01", "reason=整顿", "--command", "7f3a")[0] == 0


def test_what_was_said_is_compared_not_what_would_be_written_by_now(empty):
    """A mark is of the round in which it was given: after the decision the same act would write another."""
    prepare(empty)
    day = date(2026, 9, 9)
    given, given_mark = Act("A01", "command:test", day, command="one"), {"project": ONE} | MARK
    perform(empty, given, "assess", **given_mark)
    scan(empty, day, f"timetable:{day}")
    meet(empty, Act("A01", "command:meeting", day, command="two"), {ONE: "failed"})
    assert perform(empty, given, "assess", **given_mark) is None
    with pytest.raises(RepeatedCommandError, match="已用于其他内容"):
        perform(empty, given, "assess", **given_mark | {"scores": {"process": 90}})
    with reading(empty) as session:
        assert session.exec(select(Assessment.round_no)).all() == [0]


def test_who_decides_names_what_they_saw(creation, engine):
    creation(*FINDING)
    code, told = creation("record", "suspend", "project=2023-S01", "reason=整顿", "--seen", "1")
    assert (code, " ".join(told.split())) == (
        2,
        "未办理：2023-S01 与您查看时不同：您看到第 1 条，最新为 2025-11-04 的第 2 条，A01 登记；请重新查看后再办理",
    )
    assert findings(engine, "suspend") == []
    assert creation("record", "suspend", "project=2023-S01", "reason=整顿", "--seen", "2")[0] == 0
    code, told = creation(*FINDING, "--seen", "3")
    assert (code, "只用于对一个项目作出决定的事项" in "".join(told.split())) == (2, True)


def test_the_acts_that_take_it_are_about_one_project_and_their_forms_ask():
    for act in ON_WHAT_WAS_SEEN:
        assert "project" in inspect.signature(ACTS[act]).parameters
        assert "seen" in person_fields(act, 98)
    assert "seen" not in person_fields("hand_in", 98)


@pytest.fixture
def form(engine, monkeypatch):
    """Fill in a form as a run of its own would, without a server; returns what the act leaves to be read."""
    monkeypatch.setenv("CREATION_DATABASE_URL", str(engine.url))
    settings.cache_clear()

    def fill(run, act, **typed):
        monkeypatch.setenv("PREFECT__RUNTIME__FLOW_RUN__ID", run)
        return record_once(act, {"recorded_by": "A01 工作人员1", **typed})

    yield fill
    settings.cache_clear()


def test_a_run_that_comes_again_finds_its_answer_whatever_the_form_offers_by_then(form, engine):
    withdrawn = {"project": "2023-S01 云杉学院党委", "reason": "撤并", "seen": 1}
    first = form("run-1", "withdraw", **withdrawn)
    assert form("run-1", "withdraw", **withdrawn) == first == ()
    assert findings(engine, "withdraw") == [2]
    with pytest.raises(RepeatedCommandError, match="已用于其他内容"):
        form("run-1", "withdraw", **withdrawn | {"reason": "别的"})


def test_a_form_filled_in_on_what_has_moved_is_refused(form, engine):
    form("run-1", "record_finding", project="2023-S01", text="台账齐全")
    with pytest.raises(MovedError, match="请重新查看后再办理"):
        form("run-2", "withdraw", project="2023-S01", reason="撤并", seen=1)
    assert findings(engine, "withdraw") == []


def test_an_act_of_several_events_is_not_stopped_by_its_own(engine, act):
    one = act.having_seen("2023-S01", 1)
    with transaction(engine) as session:
        project = session.exec(select(Project).where(Project.code == "2023-S01")).one()
        assert [record_event(session, project, "visit", one, {"n": n}).seq for n in range(3)] == [2, 3, 4]
    with pytest.raises(MovedError), transaction(engine) as session:
        record_event(session, session.exec(select(Project).where(Project.code == "2023-S01")).one(), "visit", one)


def test_a_key_of_the_acts_own_that_is_taken_is_not_told_as_this_orders(engine):
    def act_and_answer(session):
        session.add(Unit(code="S01", name="另一个", kind="so"))
        keep_answer(session, "7f3a", "x", {}, ())

    with pytest.raises(SimultaneousError), transaction(engine) as session:
        act_and_answer(session)
    with transaction(engine) as session:
        keep_answer(session, "7f3a", "x", {}, ())
    with pytest.raises(ActError, match="操作编号 7f3a 刚刚由另一次提交办理"), transaction(engine) as session:
        keep_answer(session, "7f3a", "x", {}, ())


def test_an_erased_person_is_erased_from_answers_too(creation, engine):
    creation(*FINDING, "--command", "7f3a")
    with transaction(engine) as session:
        session.get(Command, "7f3a").answer = ["评审专家王五 已登记", "其他"]
    with transaction(engine) as session:
        _wipe_answers(session, Traces("P09", "评审专家王五", "", "", shared=False))
        assert session.get(Command, "7f3a").answer == [f"{ERASED} 已登记", "其他"]
