"""`creation duties` and `creation agenda`: filters, a past day, what moved and what is provisional."""

import json
from datetime import date, datetime

import pytest

from config.clock import BUSINESS_ZONE
from config.vocabulary import DutyKind
from flows.commands.text import duty_cells
from flows.steps.acts import perform
from models.business_clock import business_now, move_clock
from models.history import Act
from models.rules.creditors import CREDITORS
from models.store import transaction
from notifications import gate
from notifications.replies import ReplyClass
from tests.postman import BUSY, Postman, morning

WHEN = date(2025, 11, 17)


def read(answer):
    code, text = answer
    assert code == 0, text
    return json.loads(text)


def days(rows):
    return {row["days_left"] for row in rows}


def test_filters_by_days_late_by_days_ahead_and_by_who_owes(creation):
    """On 2025-11-20 the self-check is three days late, the branches' papers one day, the SOs have two days left."""
    every = read(creation("duties", "2023", "--on", "2025-11-20", "--json"))
    late = read(creation("duties", "2023", "--on", "2025-11-20", "--late", "--json"))
    assert late == [row for row in every if row["days_left"] < 0]
    assert days(late) == {-3, -1}
    assert days(read(creation("duties", "2023", "--on", "2025-11-20", "--late-by", "3", "--json"))) == {-3}
    assert days(read(creation("duties", "2023", "--on", "2025-11-20", "--within", "2", "--json"))) == {2}
    assert read(creation("duties", "2023", "--on", "2025-11-20", "--within", "1", "--json")) == []
    of_sos = read(creation("duties", "2023", "--on", "2025-11-20", "--owed-by", "so", "--json"))
    assert of_sos == [row for row in every if row["duty"] == "endorse"] != []


def test_filters_that_exclude_each_other_are_refused(creation):
    code, text = creation("duties", "2023", "--late", "--within", "3")
    assert (code, "--within 与 --late、--late-by 不能同时使用" in text) == (2, True)


def test_what_the_office_owes_stands_in_the_same_list(creation, engine):
    act = Act("工作人员1", "command:test", WHEN)
    perform(engine, act, "hand_in", project="2023-S01", deliverable="typical_case", pieces=2, files=["a.docx"])
    (row,) = read(creation("duties", "2023", "--on", "2025-11-18", "--owed-by", "office", "--json"))
    assert (row["duty"], row["owed_by"], row["unit"], row["since"], row["deadline"]) == (
        "check_paper", "office", "S01", "2025-11-17", "2025-11-20"
    )  # fmt: skip
    assert row["title"] == "《典型案例》有缺：应为 1 份，收到 2 份"
    assert duty_cells(row)[0::2] == ["组织部", "材料核对", "S01", "2025-11-20", ""]


def test_every_row_tells_to_whom_it_is_owed_and_since_when_it_is_late(creation):
    """On 2025-11-20 a branch's paper, due to its SO on the 19th, is late since today; what its SO owes the office is not yet."""
    rows = read(creation("duties", "2023", "--on", "2025-11-20", "--json"))
    mine = {row["duty"]: row for row in rows if (row["project"], row["deliverable"]) == ("2023-S08B01", "typical_case")}
    told = {duty: (row["owed_to"], row["owed_to_kind"], row["deadline"], row["late_since"]) for duty, row in mine.items()}
    assert told == {"hand_in": ("S08", "so", "2025-11-19", "2025-11-20"), "endorse": ("office", "office", "2025-11-22", None)}
    assert [duty_cells(mine[duty])[4] for duty in ("hand_in", "endorse")] == ["S08", "组织部"]
    assert {row["owed_to"] for row in rows if row["project"] == "2023-S01" and row["duty"] == "hand_in"} == {"office"}
    assert {(row["days_left"] < 0) == (row["late_since"] is not None) for row in rows} == {True}


def test_nobody_s_duty_is_without_a_creditor():
    assert set(CREDITORS) == set(DutyKind)


@pytest.mark.parametrize(("day", "owing"), [("2025-11-03", 0), ("2025-11-16", 1), ("2025-11-17", 0)])
def test_a_past_day_is_told_as_it_was_on_record(creation, engine, day, owing):
    """The paper came on the 17th: on the 16th it was owed, whatever has happened since; before the call nothing was."""
    perform(engine, Act("工作人员1", "command:test", WHEN), "tick_self_check", project="2023-S01")
    with transaction(engine) as session:
        move_clock(session, datetime(2025, 11, 20, 9, 0, tzinfo=BUSINESS_ZONE))
    rows = read(creation("duties", "2023", "--on", day, "--json"))
    assert len([row for row in rows if (row["project"], row["deliverable"]) == ("2023-S01", "self_check_form")]) == owing


def test_the_agenda_flags_provisional_years_and_a_rehearsal_says_so(creation):
    rows = read(creation("agenda", "2025", "--days", "400", "--json"))
    assert {row["on"][:4] for row in rows if row["provisional"]} == {"2027"}
    assert {"on", "at", "reason", "clause", "note", "provisional"} == set(rows[0])
    told = creation("agenda", "2025")[1]
    assert "注意：2027 年的调休尚未公布或未录完" in told
    assert "注意" not in creation("agenda", "2023")[1]


def test_the_agenda_tells_the_hour_and_what_the_outbox_does_next(creation, engine):
    """The letters of the first day go at half past eight; turned away, they wait, and while the account rests all with it."""

    def told(*days):
        return read(creation("agenda", "2023", "--days", *days, "--json"))

    every = told("400")
    assert {row["at"] for row in every if row["reason"].endswith("报送通知")} == {"08:30"}
    assert {row["at"] for row in every if row["reason"].endswith("逾期催办")} == {"11:00"}
    assert {row["at"] for row in every if row["reason"].endswith("到期")} == {""}
    assert not [row for row in every if row["reason"].startswith("发件箱")]
    morning(engine, "2025-11-04", Postman(BUSY))
    [waiting] = [row for row in told("1") if row["reason"].startswith("发件箱")]
    assert (waiting["on"], waiting["reason"][:8], waiting["note"]) == ("2025-11-04", "发件箱：报送通知", "")
    with transaction(engine) as session:
        until = gate.pause(session, ReplyClass.THROTTLE, "too fast", business_now(session))
    at = until.astimezone(BUSINESS_ZONE).strftime("%H:%M")
    resting = {row["reason"]: (row["at"], row["note"]) for row in told("1") if row["reason"].startswith("发件箱")}
    assert resting["发件箱：账号恢复发信"] == (at, f"{ReplyClass.THROTTLE.label}：too fast")
    assert resting[waiting["reason"]][0] >= at
    assert "发件箱：账号恢复发信" in creation("agenda", "2025", "--days", "1")[1]


def test_a_mailbox_is_given_and_taken_back_on_the_command_line(creation):
    assert "P01 评审专家1的邮箱已登记为 p01@university.example" in creation("admin", "email", "P01", "p01@university.example")[1]
    listed = {row["code"]: row["email"] for row in read(creation("admin", "list", "--json"))}
    assert (listed["P01"], listed["P02"]) == ("p01@university.example", "")
    assert creation("admin", "email", "P01", "不是邮箱")[0] == 2
    assert "P01 评审专家1不再收到提醒" in creation("admin", "email", "P01")[1]
