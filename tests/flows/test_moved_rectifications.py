"""The day of a rectification in the unit's calendar: it comes with the order, moves with an extension and with what is sent back (R53)."""

from datetime import date

import pytest
from sqlmodel import select

from flows.operate.demo import load_sample
from flows.steps.acts import perform
from flows.steps.daily import scan
from flows.steps.errors import ActError
from models.store import reading
from models.tables import Reminder
from notifications.delivery import deliver
from tests.mid_term import BRANCH, decide, enrol, on, score, subject, text_of
from tests.postman import BUSY, Postman, at, entries, morning, parsed

ROUND = f"2025:mid_term:rectify1:{BRANCH}:rectify"
UID = f"{ROUND}@university.example"
DUE, LATER = date(2027, 3, 18), date(2027, 4, 9)


@pytest.fixture
def failed(empty):
    """One project fails on 2026-12-18, and its order has left the next working day."""
    load_sample(empty)
    enrol(empty)
    score(empty, "2026-12-15", BRANCH, 50)
    decide(empty, "2026-12-18", {BRANCH: "failed"})
    return empty


def extend(engine, day, due_on):
    return perform(engine, on(day), "extend_rectification", project=BRANCH, due_on=due_on, basis="批示〔2027〕3号")


def posted(engine, day):
    at(engine, day, 10)
    deliver(engine, post := Postman(), "one")
    return {subject(raw).split("】")[0].strip("【"): raw for _, raw in post.carried}


def about_the_round(engine):
    with reading(engine) as session:
        return session.exec(select(Reminder).where(Reminder.duty == ROUND).order_by(Reminder.id)).all()


def test_the_order_brings_its_day_and_an_extension_moves_the_same_entry(failed):
    order = posted(failed, "2026-12-21")["限期整改"]
    assert entries(order) == {UID: (0, DUE)}
    extend(failed, "2027-03-01", LATER)
    moved = posted(failed, "2027-03-01")["延期通知"]
    assert entries(moved) == {UID: (1, LATER)}
    assert "整改报告（第1轮）：由2027年3月18日（星期四）调整为2027年4月9日（星期五）" in text_of(parsed(moved))
    assert "批示〔2027〕3号" in text_of(parsed(moved))


def test_what_waits_for_the_old_day_is_withdrawn_within_the_act(failed):
    posted(failed, "2026-12-21")
    at(failed, "2027-03-15")
    scan(failed, date(2027, 3, 15), "timetable:test")
    deliver(failed, Postman(BUSY), "one")
    [reminder] = about_the_round(failed)
    assert reminder.dropped_because is None
    with pytest.raises(ActError, match="须晚于原期限"):
        extend(failed, "2027-03-15", DUE)
    assert [line.dropped_because for line in about_the_round(failed)] == [None], "the control: refused, nothing has changed"
    extend(failed, "2027-03-15", LATER)
    [reminder, told] = about_the_round(failed)
    assert (reminder.dropped_because, told.kind) == ("时间调整：批示〔2027〕3号", "deadline_changed")
    told = {line.kind for line in morning(failed, "2027-03-16").told if line.project == BRANCH and not line.paper}
    assert told == {"deadline_changed"}, "one letter tells it, and no reminder of the old day"


def test_extended_twice_before_the_post_left_one_letter_names_what_the_unit_had_heard(failed):
    posted(failed, "2026-12-21")
    extend(failed, "2027-03-01", LATER)
    extend(failed, "2027-03-01", date(2027, 4, 20))
    moved = posted(failed, "2027-03-01")["延期通知"]
    assert "由2027年3月18日（星期四）调整为2027年4月20日（星期二）" in text_of(parsed(moved))
    assert entries(moved) == {UID: (2, date(2027, 4, 20))}


def test_a_day_that_is_over_is_not_granted(failed):
    with pytest.raises(ActError, match=r"新时间 2027-04-09 早于办理当天 2027-04-12.*请改为今后的日期"):
        extend(failed, "2027-04-12", LATER)


def test_what_is_sent_back_brings_its_day_whether_it_has_moved_or_not(failed):
    posted(failed, "2026-12-21")
    perform(failed, on("2027-01-11"), "answer_rectification", project=BRANCH, answers=["已整改"])
    perform(failed, on("2027-01-12"), "reopen_rectification", project=BRANCH, items=[1], note="不足")
    assert entries(posted(failed, "2027-01-13")["退回修改"]) == {UID: (0, DUE)}
    scan(failed, date(2027, 3, 15), "timetable:test")
    perform(failed, on("2027-03-17"), "answer_rectification", project=BRANCH, answers=["已整改"])
    perform(failed, on("2027-03-17"), "reopen_rectification", project=BRANCH, items=[1], note="仍不足")
    assert {line.dropped_because for line in about_the_round(failed)} == {"整改退回，另有新时限"}
    post = posted(failed, "2027-03-17")
    assert entries(post["退回修改"]) == {UID: (1, date(2027, 3, 22))}
    assert "延期通知" not in post, "the letter that sends it back names the day"


def test_a_returned_paper_brings_its_new_day(engine):
    paper, uid = "typical_case", "2023:summary:typical_case:2023-S08B01:hand_in@university.example"
    first = {uid: entry for _, raw in morning(engine, "2025-11-04").carried for uid, entry in entries(raw).items()}
    perform(engine, on("2025-11-10"), "hand_in", project="2023-S08B01", deliverable=paper, files=["a"])
    perform(engine, on("2025-11-11"), "return_paper", project="2023-S08B01", deliverable=paper, reasons=["缺章"], due_on=date(2025, 11, 25))
    assert entries(posted(engine, "2025-11-12")["退回修改"]) == {uid: (first[uid][0] + 1, date(2025, 11, 25))}
