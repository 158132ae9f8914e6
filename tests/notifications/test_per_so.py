"""CREATION_MAIL_PER_SO: the branches' lines go to their SO in one mail; decisions still go to the branch."""

import shutil
from collections import Counter
from datetime import date

import pytest
from sqlmodel import select

from config.mail_accounts import Limits
from config.settings import settings
from config.vocabulary import UnitKind
from flows.operate.doctor import plan
from flows.operate.doctor.finding import Level
from flows.steps.acts import perform
from flows.steps.daily import scan
from models.history import Act
from models.loading import load_calendar, load_world
from models.store import reading
from models.tables import Unit
from notifications.delivery import deliver
from tests.notifications.test_invitation import BRANCH_BOX, SO_BOX, entries
from tests.postman import Postman, at, morning, parsed, told

DAY = date(2025, 11, 4)


@pytest.fixture
def together(monkeypatch):
    monkeypatch.setenv("CREATION_MAIL_PER_SO", "1")
    settings.cache_clear()
    yield
    settings.cache_clear()


def units(engine):
    """Branch code → the code of its SO."""
    with reading(engine) as session:
        rows = {row.id: row for row in session.exec(select(Unit))}
    return {row.code: rows[row.parent_id].code for row in rows.values() if row.kind == UnitKind.BRANCH}


def text_of(post, box, kind, batch=""):
    found = [parsed(raw) for to, raw in post.carried if to == box and {line.kind for line in told(to, raw)} == {kind}]
    [letter] = [one for one in found if batch in one["Subject"]]
    return "".join(letter.get_body(("plain",)).get_content().split())


def test_without_the_setting_each_branch_has_its_own(called_file):
    """The control."""
    found = [(box, line) for box, raw in called_file[1].carried for line in told(box, raw) if line.kind == "call"]
    assert {box for box, line in found if line.project == "2023-S04B01"} == {SO_BOX, BRANCH_BOX}


def test_one_call_per_so_lists_its_branches_and_nobody_else_s(engine, together):
    post = morning(engine, "2025-11-04")
    lines = [(box, line) for box, raw in post.carried for line in told(box, raw)]
    parents = units(engine)
    assert {box for box, _ in lines if "b0" in box} == set()
    assert all(box == f"{parents.get(line.unit, line.unit).lower()}-contact@university.example" for box, line in lines)
    per_box = Counter((box, told(box, raw)[0].kind, parsed(raw)["X-Creation-Line"].split(";")[1].strip()) for box, raw in post.carried)
    assert set(per_box.values()) == {1}
    letter = text_of(post, SO_BOX, "call", "首批")
    assert letter.startswith("关于按时完成首批")
    assert "星河学院党委：" in letter
    assert "请贵单位及所属党支部按时完成" in letter
    assert (
        "星河学院教师第一党支部：《典型案例》（报送），时限为11月19日（星期三）；二级党组织审核后报学校的时限为11月22日（星期六）" in letter
    )
    assert "星河学院教师第一党支部：《典型案例》（审核报送），时限为11月22日（星期六）" in letter
    assert "以上所列属于所属党支部的，请贵单位及时转知有关党支部" in letter
    assert "附：星河学院党委及所属党支部各项任务情况" in letter
    assert "云杉" not in letter


def test_an_extension_a_calendar_and_the_late_rungs_follow(called_file, engine, together):
    shutil.copy(called_file[0], engine.url.database)
    act = Act("工作人员1", "command:test", date(2025, 11, 5))
    extension = {"cohort": "2023", "subject": "2023-S04B01", "deliverable": "typical_case", "due_on": date(2025, 12, 5), "basis": "批示"}
    perform(engine, act, "extend", **extension)
    at(engine, "2025-11-05", 10)
    deliver(engine, post := Postman(), "one")
    assert {box for box, _ in post.carried} == {SO_BOX}
    letter = text_of(post, SO_BOX, "deadline_changed")
    assert "1.审核星河学院教师第一党支部《典型案例》：由2025年11月22日（星期六）调整为2025年12月5日（星期五）" in letter
    assert "2.星河学院教师第一党支部《典型案例》：由2025年11月19日（星期三）调整为2025年12月2日（星期二）" in letter
    days = {str(event["SUMMARY"]): event["DTSTART"].dt for event in entries(post, SO_BOX).values()}
    assert days == {
        "审核星河学院教师第一党支部《典型案例》（审核报送时限）": date(2025, 12, 5),
        "星河学院教师第一党支部《典型案例》（报送时限）": date(2025, 12, 2),
    }
    late = morning(engine, "2025-11-20", hour=11)  # T+3 of the survey: without the setting the branch's secretary would be written to
    assert {line.mailbox for line in late.told if line.kind == "overdue" and line.unit == "S04B01"} == {SO_BOX}
    assert {line.mailbox for line in late.told if line.kind == "overdue" and line.unit == "S01"} == {"s01-secretary@university.example"}


def test_a_decision_and_a_receipt_still_go_to_the_branch(engine, together):
    at(engine, "2025-11-04")
    act = Act("工作人员1", "command:test", DAY)
    perform(engine, act, "hand_in", project="2023-S04B01", deliverable="self_check_form")
    perform(engine, act, "hand_in", project="2023-S04B01", deliverable="typical_case", files=["a"])
    perform(
        engine, act, "return_paper", project="2023-S04B01", deliverable="typical_case", reasons=["缺少盖章页"], due_on=date(2025, 11, 12)
    )
    deliver(engine, post := Postman(), "one")
    assert {(line.kind, line.mailbox) for line in post.told} == {("returned", BRANCH_BOX), ("receipt", BRANCH_BOX)}


def test_the_doctor_counts_what_the_outbox_makes_up_and_proposes_the_setting(engine, monkeypatch):
    with reading(engine) as session:
        known, calendar = [load_world(session, code) for code in ("2023", "2025")], load_calendar(session)
    apart = plan.mails_by_day(known, calendar, DAY)
    assert "CREATION_MAIL_PER_SO" in plan.quota(known, calendar, DAY, Limits(per_day=1)).todo
    monkeypatch.setenv("CREATION_MAIL_PER_SO", "1")
    settings.cache_clear()
    joined = plan.mails_by_day(known, calendar, DAY)
    assert "CREATION_MAIL_PER_SO" not in plan.quota(known, calendar, DAY, Limits(per_day=1)).todo
    scan(engine, DAY, "timetable:test")
    made = deliver(engine, Postman(), "one").made_up
    settings.cache_clear()
    assert len(joined[DAY]) == made < len(apart[DAY])


def test_the_busiest_day_against_what_may_leave_in_an_hour(engine):
    """Half as many in an hour as the day has: two hours. So few that the office's hours do not suffice: some wait for the next day."""
    with reading(engine) as session:
        known, calendar = [load_world(session, code) for code in ("2023", "2025")], load_calendar(session)
    most = max(len(mails) for mails in plan.mails_by_day(known, calendar, DAY).values())
    half = plan.quota(known, calendar, DAY, Limits(per_hour=-(-most // 2), per_day=most))
    assert (half.level, half.found.endswith(f"每小时上限 {-(-most // 2)} 封，约需 2 小时发完")) == (Level.OK, True)
    assert "小时发完" not in plan.quota(known, calendar, DAY, Limits(per_hour=most)).found
    few = plan.quota(known, calendar, DAY, Limits(per_hour=most // 10))
    assert (few.level, f"每小时上限 {most // 10} 封，共" in few.found) == (Level.WARN, True)
