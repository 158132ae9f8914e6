"""Decisions under publicity on a real database: what moves when, who is written to when, what an objection does (R18, R47)."""

import subprocess
import sys
from datetime import date

import pytest
from sqlmodel import select

from config.vocabulary import DocumentKind, MailKind, PhaseKind, ProjectState, TaskKind
from flows.steps import ballots, judging
from flows.steps.acts import perform
from flows.steps.daily import scan
from flows.steps.documents import document
from flows.steps.errors import ActError
from flows.steps.publicity_notice import notice_text, notice_values
from flows.why.explaining import explain_now
from models.database import engine_for
from models.history import count_events, verify
from models.office_work import waiting_ballots
from models.store import reading, transaction
from models.tables import Ballot, Decision, Event, Project, Reminder, Task
from tests.flows import publicity_scene as scene
from tests.flows.publicity_scene import FIRST, SECOND, THIRD, WEAK, answered, at, decide, morning, objected, states
from tests.notifications.test_word import text_of

RESULTS = (MailKind.RESULT_SELECTED, MailKind.RESULT_NOT_SELECTED)


eve, office, either = scene.eve, scene.office, scene.either


def letters(engine):
    with reading(engine) as session:
        rows = session.exec(select(Reminder.project, Reminder.kind, Reminder.planned_on).where(Reminder.kind.in_(RESULTS)))
        return sorted((project, str(kind), str(day)) for project, kind, day in rows)


def decided(engine):
    with reading(engine) as session:
        assert verify(session) == []
        return {code: str(outcome) for code, outcome in session.exec(select(Project.code, Decision.outcome).join(Decision))}


HELD = {FIRST: "selected", SECOND: "selected", THIRD: "selected", WEAK: "not_selected"}


def test_a_proposed_decision_moves_nothing_tells_nobody_and_is_applied_once(office):
    with transaction(office) as session:
        ballot = judging.make_ballot(session, at("2025-12-22"), "2025", PhaseKind.DECLARATION)
    answer = {
        **{ballots.field_name(line["project"]): "入选培育创建" if line["outcome"] == "selected" else "未入选" for line in ballot.lines},
        "meeting": "党委会", "decided_on": "2025-12-22", "basis": "纪要", "recorded_by": "A01", "reasons": "",
    }  # fmt: skip
    settled = ballots.settle(office, at("2025-12-22"), ballot.code, 0, answer)
    assert settled.outcomes.count("入选培育创建（拟定，公示至 2025-12-29）") == 3
    with reading(office) as session:
        before = count_events(session)
        assert waiting_ballots(session) == ()
    assert ballots.settle(office, at("2025-12-22"), ballot.code, 0, answer) == settled, "resumed twice: told the same"
    with reading(office) as session:
        assert count_events(session) == before
    assert (set(states(office).values()), decided(office), letters(office)) == ({"shortlisted"}, {}, [])


def test_it_holds_on_the_working_day_after_its_period_and_then_the_letters_go(either):
    assert decide(either) == 4
    assert [morning(either, day) for day in ("2025-12-23", "2025-12-29")] == [0, 0]
    assert (decided(either), letters(either)) == ({}, [])
    assert [morning(either, day) for day in ("2025-12-30", "2025-12-30", "2025-12-31")] == [4, 0, 0]
    assert decided(either) == HELD
    assert states(either) == {FIRST: "building", SECOND: "building", THIRD: "building", WEAK: "not_selected"}
    assert letters(either) == [(code, f"result_{outcome}", "2025-12-30") for code, outcome in HELD.items()]


def test_late_is_not_lost_and_the_daily_scan_is_enough(office):
    decide(office)
    scan(office, date(2026, 1, 9), "timetable:2026-01-09")
    assert (decided(office), len(letters(office))) == (HELD, 4)
    with reading(office) as session:
        found = session.exec(select(Event).where(Event.event == "select", Event.stream == f"project:{FIRST}")).one()
    assert (found.effective_on, found.origin, found.payload["meeting"]) == (
        date(2026, 1, 9),
        "timetable:2026-01-09",
        "党委会2025年第22次会议",
    )


KILLED = """
import os, sys
from sqlalchemy import event
from models.database import engine_for
from tests.flows.publicity_scene import morning
engine = engine_for(sys.argv[1])
event.listen(engine, "commit", lambda connection: os._exit(9))
morning(engine, "2025-12-30")
"""


def test_whoever_dies_before_the_commit_has_let_nothing_hold(office):
    decide(office)
    url = office.url.render_as_string(hide_password=False)
    assert subprocess.run([sys.executable, "-c", KILLED, url], check=False).returncode == 9
    assert (decided(office), letters(office)) == ({}, [])
    assert morning(office, "2025-12-30") == 4
    assert len(letters(office)) == 4


def test_an_open_objection_holds_back_its_project_alone_until_it_is_answered(either):
    decide(either)
    objected(either, FIRST, raised_by="教师党员张某")
    assert morning(either, "2025-12-30") == 3
    assert states(either)[FIRST] == "shortlisted"
    answered(either, FIRST, "2025-12-31", upheld=False)
    assert morning(either, "2026-01-05") == 1
    assert (states(either)[FIRST], decided(either)) == ("building", HELD)


def test_one_that_is_upheld_brings_the_project_before_the_committee_again(office):
    decide(office)
    objected(office, FIRST)
    answered(office, FIRST, upheld=True)
    with pytest.raises(ActError, match=f"{FIRST} 是重新决定：原拟定“入选培育创建”公示中异议成立.*请写明理由"):
        decide(office, "2025-12-26", outcomes={FIRST: "not_selected"})
    assert decide(office, "2025-12-26", "党委会2025年第23次会议", outcomes={FIRST: "not_selected"}, reasons={FIRST: "材料不实"}) == 1
    assert states(office)[FIRST] == "not_selected", "nobody is named in public: it holds at once"
    assert letters(office) == [(FIRST, "result_not_selected", "2025-12-26")]
    assert morning(office, "2025-12-30") == 3
    assert decided(office) == {**HELD, FIRST: "not_selected"}
    with reading(office) as session:
        told = "\n".join(link.text for link in explain_now(session, FIRST, date(2025, 12, 30)))
    for words in (
        "党委决定：未入选",
        "拟定“入选培育创建”，公示 2025-12-23 至 2025-12-29：异议成立，作废",
        "异议（匿名）：",
        "成立（A03）",
    ):
        assert words in told


def test_decided_again_as_selected_it_is_made_public_again(office):
    decide(office)
    objected(office, FIRST)
    answered(office, FIRST, upheld=True)
    decide(office, "2025-12-26", outcomes={FIRST: "selected"}, reasons={FIRST: "更正材料后仍符合条件"})
    assert (morning(office, "2025-12-30"), states(office)[FIRST]) == (3, "shortlisted")
    assert [morning(office, day) for day in ("2026-01-05", "2026-01-06")] == [0, 1], "12-29, 12-30, 12-31, the worked Sunday 01-04, 01-05"
    assert states(office)[FIRST] == "building"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"received_on": date(2025, 12, 21)}, "早于拟定决定的 2025-12-22"),
        ({"received_on": date(2026, 1, 1)}, "晚于今天"),
        ({"text": " "}, "异议必须写明内容"),
        ({"project": "2023-S01"}, "2023-S01 没有公示中的拟定决定"),
    ],
)
def test_an_objection_that_cannot_be_is_refused_and_changes_nothing(office, fields, told):
    decide(office)
    with reading(office) as session:
        before = count_events(session)
    with pytest.raises(ActError, match=told):
        perform(office, at("2025-12-24"), "record_objection", **{"project": FIRST, "text": "反映", **fields})
    with reading(office) as session:
        assert count_events(session) == before


def test_too_late_needs_a_reason_and_after_the_decision_holds_only_what_came_in_time_is_taken(office):
    decide(office)
    with pytest.raises(ActError, match="公示期至 2025-12-29，异议收到于 2025-12-30；确需受理的，请填写例外理由"):
        objected(office, FIRST, "2025-12-30")
    objected(office, FIRST, "2025-12-30", despite="邮路延误，邮戳在期内")
    assert morning(office, "2025-12-30") == 3
    with pytest.raises(ActError, match="决定已生效"):
        objected(office, SECOND, "2025-12-31", despite="想起来了")
    objected(office, SECOND, "2025-12-31", received_on=date(2025, 12, 29))
    answered(office, SECOND, "2026-01-05", upheld=True)
    assert states(office)[SECOND] == "building", "what holds is not voided by an answer: the committee must"


def test_an_objection_is_recorded_once_and_answered_once(office):
    decide(office)
    first = objected(office, FIRST)
    with pytest.raises(ActError, match="这条异议已登记"):
        objected(office, FIRST)
    second = objected(office, FIRST, raised_by="李某")
    with pytest.raises(ActError, match=f"有 2 条待答复的异议；请写明是第几条；待答复的：{first}、{second}"):
        answered(office, FIRST, upheld=False)
    answered(office, FIRST, upheld=False, objection=first)
    with pytest.raises(ActError, match="已于 2025-12-25 答复"):
        answered(office, FIRST, upheld=True, objection=first)
    assert morning(office, "2025-12-30") == 3, "the other is open"


def test_of_two_who_enter_the_same_decision_the_second_is_told(office):
    with transaction(office) as session:
        other = judging.make_ballot(session, at("2025-12-22", "A02"), "2025", PhaseKind.DECLARATION)
    decide(office)
    with transaction(office) as session:
        assert len(ballots.void_if_moved(session, at("2025-12-22", "A02"), session.get(Ballot, other.id))) == 4
    with reading(office) as session:
        task = session.exec(select(Task).where(Task.kind == TaskKind.DECISION_REPEATED)).one()
    assert "A01 已登记 2025-12-22 党委会2025年第22次会议对 4 个项目的决定" in task.text


def test_who_leaves_meanwhile_is_not_selected_afterwards(office):
    decide(office)
    perform(office, at("2025-12-24"), "withdraw", project=FIRST, reason="党支部撤并")
    perform(office, at("2025-12-24"), "suspend", project=SECOND, reason="换届")
    assert morning(office, "2025-12-30") == 2
    perform(office, at("2025-12-31"), "resume", project=SECOND, reason="完成")
    assert (morning(office, "2026-01-05"), states(office)[FIRST], states(office)[SECOND]) == (1, ProjectState.WITHDRAWN, "building")


def test_the_notice_names_who_is_to_be_selected_and_nobody_else(office):
    decide(office)
    objected(office, FIRST)
    answered(office, FIRST, upheld=True)
    with reading(office) as session:
        values = notice_values(session, "2025-declaration-1")
        said = text_of(document(session, DocumentKind.PUBLICITY_NOTICE, "2025-declaration-1", date(2025, 12, 25)))
        with pytest.raises(ActError, match="没有表决单“x”"):
            notice_values(session, "x")
    for text in (notice_text(values), said):
        assert "2025年12月23日至2025年12月29日（5个工作日）" in text
        assert "1. 青石学院本科生第一党支部" in text
        assert "云杉学院" not in text, "void"
        assert "星河学院" not in text, "not to be selected"


def test_a_decision_is_not_corrected_like_a_fact(office):
    decide(office)
    with reading(office) as session:
        seq = session.exec(select(Event.seq).where(Event.event == "propose_decision", Event.stream == f"project:{FIRST}")).one()
    with pytest.raises(ActError, match="党委的决定不能以更正记录改写"):
        perform(office, at("2025-12-23"), "correct", project=FIRST, seq=seq, reason="手误")


def test_a_wrong_answer_is_corrected_and_the_proposal_stands_again(office):
    decide(office)
    objected(office, FIRST)
    answered(office, FIRST, upheld=True)
    with reading(office) as session:
        seq = session.exec(select(Event.seq).where(Event.event == "answer_objection")).one()
    perform(office, at("2025-12-26"), "correct", project=FIRST, seq=seq, reason="结论填反")
    assert morning(office, "2025-12-30") == 3, "the objection is open again"
    answered(office, FIRST, "2025-12-30", upheld=False)
    assert morning(office, "2025-12-31") == 1


def test_the_rehearsal_plays_it_by_itself(evening):
    """As the demo tells it: one objection upheld and decided again, one not; the letters of the others on the day it holds."""
    played = engine_for(f"sqlite:///{evening(date(2025, 12, 30))}")
    assert (states(played)["2025-S27B03"], states(played)["2025-S20B03"]) == ("not_selected", "building")
    found = letters(played)
    assert {day for _, _, day in found} == {"2025-12-26", "2025-12-30"}
    assert [row for row in found if row[2] == "2025-12-26"] == [("2025-S27B03", "result_not_selected", "2025-12-26")]
    assert len(found) == 32 == len(decided(played)) - 17, "each project of the second batch once; the first batch has no publicity"
    played.dispose()
