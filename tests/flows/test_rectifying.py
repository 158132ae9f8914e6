"""Rectification item by item on a real database, and its rounds (R51, R53)."""

from collections import Counter
from datetime import date

import pytest
from sqlmodel import select

from config.vocabulary import DutyKind, RectificationState
from flows.commands.text import duty_row
from flows.forms.choices import offered
from flows.forms.model import checked
from flows.operate.demo import load_sample
from flows.report.as_of import load_past
from flows.steps.acts import perform
from flows.steps.errors import ActError
from models.history import verify
from models.loading import load_calendar, load_world
from models.rules.duties import duties
from models.store import reading
from models.tables import Event, RectificationItem
from notifications.delivery import deliver
from tests.mid_term import BRANCH, decide, enrol, on, score, subject, text_of, world
from tests.postman import Postman, at, parsed


@pytest.fixture
def running(engine):
    return enrol(engine)


@pytest.fixture
def both(empty):
    load_sample(empty)
    return enrol(empty)


# rectification, item by item


@pytest.fixture
def failed(running):
    return fail(running)


def fail(engine):
    """One project fails on 2026-12-18, with two problems seen on the visit."""
    perform(engine, on("2026-12-10"), "visit", project=BRANCH, kind="实地抽查", findings="x", problems=["活动室闲置", "台账不全"])
    score(engine, "2026-12-15", BRANCH, 50)
    decide(engine, "2026-12-18", {BRANCH: "failed"})
    return engine


def items(engine, round_no=1):
    return [(item.number, item.standing, item.files) for item in world(engine).project(BRANCH).rectifications[round_no - 1].items]


def order(engine):
    return world(engine).project(BRANCH).rectifications[-1]


def test_what_the_visit_found_is_put_right_and_each_item_stands_by_itself(both):
    failed = fail(both)
    texts = [item.text for item in order(failed).items]
    assert texts[-3:-1] == ["实地抽查发现：活动室闲置", "实地抽查发现：台账不全"]
    assert len(texts) == 7
    perform(failed, on("2027-01-11"), "answer_item", project=BRANCH, item=5, answer="已启用", files=["照片.jpg", "登记.xlsx"])
    perform(failed, on("2027-01-12"), "verify_rectification", project=BRANCH, items=[5], note="属实")
    assert (order(failed).state, order(failed).items_open) == (RectificationState.OPEN, 6)
    with pytest.raises(ActError, match="第 6 项尚未答复，不能核实"):
        perform(failed, on("2027-01-12"), "verify_rectification", project=BRANCH, items=[6])
    with pytest.raises(ActError, match=r"第 5 项已核实.*无须再答复"):
        perform(failed, on("2027-01-12"), "answer_item", project=BRANCH, item=5, answer="再答")
    with pytest.raises(ActError, match=r"没有第 8 项整改事项.*1、2、3、4、5、6、7"):
        perform(failed, on("2027-01-12"), "answer_item", project=BRANCH, item=8, answer="x")
    with pytest.raises(ActError, match="有 6 项待答复，收到 2 项"):
        perform(failed, on("2027-01-12"), "answer_rectification", project=BRANCH, answers=["a", "b"])
    perform(failed, on("2027-01-13"), "answer_rectification", project=BRANCH, answers=["已整改"], files=["整改报告.docx"])
    assert Counter(standing for _, standing, _ in items(failed)) == {"已答复，待核实": 6, "已核实": 1}
    assert items(failed)[4] == (5, "已核实", 2)
    with reading(failed) as session:
        kept = session.exec(select(RectificationItem.files).where(RectificationItem.number == 1)).one()
        assert verify(session) == []
    assert kept == [{"name": "整改报告.docx", "sha256": ""}]


def test_an_item_sent_back_is_told_with_its_reason_and_gets_time_and_the_others_stay(failed):
    perform(failed, on("2027-03-17"), "answer_rectification", project=BRANCH, answers=["已整改"])
    perform(failed, on("2027-03-17"), "verify_rectification", project=BRANCH, items=[1], note="属实")
    with pytest.raises(ActError, match="须写明事项序号和理由"):
        perform(failed, on("2027-03-17"), "reopen_rectification", project=BRANCH, items=[6], note=" ")
    before = order(failed)
    perform(failed, on("2027-03-17"), "reopen_rectification", project=BRANCH, items=[6], note="仍缺两月")
    now = order(failed)
    assert (now.state, now.due_on, now.due_version - before.due_version) == (RectificationState.REOPENED, date(2027, 3, 22), 1)
    assert Counter(standing for _, standing, _ in items(failed)) == {"已核实": 1, "已答复，待核实": 5, "已退回，待重新整改": 1}
    at(failed, "2027-03-18")
    carried = Postman()
    deliver(failed, carried, "one")
    (letter,) = (parsed(raw) for _, raw in carried.carried if "【退回修改】" in subject(raw))
    assert "第6项“实地抽查发现：台账不全”：仍缺两月" in text_of(letter)
    assert "2027年3月22日" in text_of(letter)
    perform(failed, on("2027-03-18"), "answer_item", project=BRANCH, item=6, answer="已补齐", files=["台账.xlsx"])
    assert order(failed).state == RectificationState.ANSWERED
    perform(failed, on("2027-03-19"), "verify_rectification", project=BRANCH)
    assert (order(failed).state, order(failed).items_open) == (RectificationState.VERIFIED, 0)


def test_a_command_that_comes_again_finds_its_work_done(failed):
    for _ in range(2):
        perform(failed, on("2027-01-11", "a"), "answer_rectification", project=BRANCH, answers=["已整改"])
        perform(failed, on("2027-01-12", "b"), "reopen_rectification", project=BRANCH, items=[2], note="不足")
    for _ in range(2):
        perform(failed, on("2027-01-13", "c"), "answer_item", project=BRANCH, item=2, answer="补齐")
    for _ in range(2):
        perform(failed, on("2027-01-14", "d"), "verify_rectification", project=BRANCH, items=[1, 3], note="属实")
    with reading(failed) as session:
        names = session.exec(select(Event.event).where(Event.machine == "rectification").order_by(Event.seq)).all()
    assert list(names) == ["order", "answer", "reopen", "answer_item", "answer", "verify_item"]
    assert Counter(standing for _, standing, _ in items(failed)) == {"已核实": 2, "已答复，待核实": 5}


def test_a_past_day_counts_the_items_that_were_open_then(failed):
    perform(failed, on("2027-01-11"), "answer_rectification", project=BRANCH, answers=["已整改"])
    perform(failed, on("2027-01-12"), "verify_rectification", project=BRANCH, items=[1, 2, 3])
    perform(failed, on("2027-01-14"), "reopen_rectification", project=BRANCH, items=[3], note="不实")
    with reading(failed) as session:
        past = [load_past(session, "2025", date(2027, 1, day)).world.project(BRANCH).rectifications[0].items_open for day in (11, 12, 14)]
    assert past == [7, 4, 5] == [*past[:2], order(failed).items_open]


def test_the_duty_tells_how_many_items_are_open(failed):
    def told(day):
        with reading(failed) as session:
            past = load_past(session, "2025", date.fromisoformat(day)).world if day < "2027-01-14" else load_world(session, "2025")
            [duty] = [one for one in duties(past, load_calendar(session)) if one.kind == DutyKind.RECTIFY and not one.done]
            return duty_row(past, duty, date.fromisoformat(day))["title"]

    assert told("2027-01-14") == "整改报告（第 1 轮）（7 项中 7 项未完成）"
    perform(failed, on("2027-01-11"), "answer_item", project=BRANCH, item=2, answer="已整改")
    perform(failed, on("2027-01-13"), "verify_rectification", project=BRANCH, items=[2])
    assert told("2027-01-14") == "整改报告（第 1 轮）（7 项中 6 项未完成）"
    assert told("2027-01-12") == "整改报告（第 1 轮）（7 项未完成）"


def test_rounds_end_in_the_committees_free_decision(failed):
    """After the first round another is recommended; after the last none, and the committee may order one nevertheless, with a reason."""
    for number, (day, decided) in enumerate(
        (("2027-01-20", "another_round"), ("2027-03-20", "another_round"), ("2027-05-20", "continued"))
    ):
        perform(failed, on(day), "answer_rectification", project=BRANCH, answers=["已整改"])
        perform(failed, on(day), "verify_rectification", project=BRANCH)
        score(failed, day, BRANCH, 55)
        recommended = "another_round" if number == 0 else "terminated"
        if decided != recommended:
            with pytest.raises(ActError, match="请写明理由"):
                decide(failed, day, {BRANCH: decided})
        (line,) = decide(failed, day, {BRANCH: decided}, reasons={BRANCH: "新任书记到任，再给机会"} if decided != recommended else {})
        assert (line["outcome"], line["round_no"]) == (recommended, number + 1)
        assert "another_round" in line["options"]
    assert [row.round_no for row in world(failed).project(BRANCH).rectifications] == [1, 2, 3]
    assert world(failed).project(BRANCH).state == "building"


def test_the_form_offers_what_waits_for_an_answer(failed):
    perform(failed, on("2027-01-11"), "answer_item", project=BRANCH, item=1, answer="x")
    perform(failed, on("2027-01-11"), "verify_rectification", project=BRANCH, items=[1])
    with reading(failed) as session:
        labels = offered(session, "rectification_item")
        assert list(labels.values()) == [(BRANCH, number) for number in range(2, 8)]
        typed = checked(session, "answer_item", {"matter": next(iter(labels)), "answer": "已整改"})
        assert (typed["project"], typed["item"]) == (BRANCH, 2)
        text = "2026-12-14 9:00-11:30 行政楼 301\n２０２６-12-15 14:00—16:00　报告厅"
        typed = checked(session, "schedule_defence", {"cohort": "2025", "sittings": text})
        assert typed["sittings"][1] == {"day": "2026-12-15", "starts": "14:00", "ends": "16:00", "place": "报告厅"}
        with pytest.raises(ActError, match="场次：第 1 行应为：日期 起止时间 地点"):
            checked(session, "schedule_defence", {"cohort": "2025", "sittings": "12月14日上午 行政楼"})
