"""`creation duties` and `creation agenda`: filters, a past day, what moved and what is provisional."""

import json
from datetime import date

import pytest

from flows.commands.text import duty_cells
from flows.steps.acts import perform
from models.history import Act

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
    assert duty_cells(row)[0::2] == ["组织部", "材料核对", "2025-11-17", "2"]


@pytest.mark.parametrize(("day", "owing"), [("2025-11-03", 0), ("2025-11-16", 1), ("2025-11-17", 0)])
def test_a_past_day_is_told_as_it_was_on_record(creation, engine, day, owing):
    """The paper came on the 17th: on the 16th it was owed, whatever has happened since; before the call nothing was."""
    from datetime import datetime

    from config.clock import BUSINESS_ZONE
    from models.business_clock import move_clock
    from models.store import transaction

    perform(engine, Act("工作人员1", "command:test", WHEN), "tick_self_check", project="2023-S01")
    with transaction(engine) as session:
        move_clock(session, datetime(2025, 11, 20, 9, 0, tzinfo=BUSINESS_ZONE))
    rows = read(creation("duties", "2023", "--on", day, "--json"))
    assert len([row for row in rows if (row["project"], row["deliverable"]) == ("2023-S01", "self_check_form")]) == owing


def test_the_agenda_flags_provisional_years_and_a_rehearsal_says_so(creation):
    rows = read(creation("agenda", "2025", "--days", "400", "--json"))
    assert {row["on"][:4] for row in rows if row["provisional"]} == {"2027"}
    assert {"on", "reason", "clause", "note", "provisional"} == set(rows[0])
    told = creation("agenda", "2025")[1]
    assert "注意：2027 年的调休尚未公布或未录入" in told
    assert "注意" not in creation("agenda", "2023")[1]


def test_a_mailbox_is_given_and_taken_back_on_the_command_line(creation):
    assert "P01 评审专家1的邮箱已登记为 p01@university.example" in creation("admin", "email", "P01", "p01@university.example")[1]
    listed = {row["code"]: row["email"] for row in read(creation("admin", "list", "--json"))}
    assert (listed["P01"], listed["P02"]) == ("p01@university.example", "")
    assert creation("admin", "email", "P01", "不是邮箱")[0] == 2
    assert "P01 评审专家1不再收到提醒" in creation("admin", "email", "P01")[1]
