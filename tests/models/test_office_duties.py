"""What the office and the panel owe, from hand-made situations: since when, by when, who."""

from dataclasses import replace
from datetime import date

import pytest

from config.vocabulary import AwardKind, DutyKind, Outcome, OwedBy, PhaseKind, ProjectState, RectificationState, SubmissionState, TaskKind
from models.rules.calendar import Calendar
from models.rules.digest import panel_due, panel_rungs
from models.rules.office_duties import office_duties, owed, task_duties
from models.rules.office_work import OfficeWork, OpenTask, Panellist, WaitingBallot
from models.rules.snapshot import Assessment, Rectification
from tests.factories import BRANCH, SO, changed, fact, load_plan, project, world
from tests.situations import handed, paper

CALENDAR = Calendar()
PANEL = (Panellist("P01"), Panellist("P02", "S01"), Panellist("P03"))
D = DutyKind


def own(*projects, cohort="2025", **waiting):
    return office_duties(world(*projects, cohort=cohort), CALENDAR, OfficeWork(panel=PANEL, **waiting))


def told(*projects, **more):
    return [(duty.kind, duty.title, duty.since, duty.due_on) for duty in own(*projects, **more)]


def test_a_declared_project_is_reviewed_within_five_working_days_of_the_deadline_or_of_its_declaration():
    early, late = (project(facts=(fact("declare", 2, day),)) for day in (date(2025, 11, 28), date(2025, 12, 10)))
    early = replace(early, submissions=handed(paper("declaration_form", SubmissionState.COMPLETE)))
    assert told(early) == [(D.INITIAL_REVIEW, "待初审", date(2025, 11, 28), date(2025, 12, 12))], "counted from 12-05"
    assert told(late) == [(D.INITIAL_REVIEW, "待初审", date(2025, 12, 10), date(2025, 12, 17))]
    assert told(replace(early, state=ProjectState.SHORTLISTED))[0][0] == D.SCORE


def test_no_day_lies_beyond_the_phase_nor_before_its_ground():
    last = project(facts=(fact("declare", 2, date(2025, 12, 29)),))
    assert told(last) == [(D.INITIAL_REVIEW, "待初审", date(2025, 12, 29), date(2025, 12, 31))]
    after = project(facts=(fact("declare", 2, date(2026, 1, 6)),))
    assert told(after)[0][3] == date(2026, 1, 6)


def test_a_paper_with_defects_is_dealt_with_in_three_working_days_and_one_in_order_by_itself():
    def running(pieces):
        arrived = paper("typical_case", SubmissionState.HANDED_IN, endorsed_on=date(2025, 11, 24), pieces=pieces)
        return project(SO, ProjectState.BUILDING, "2023", submissions=handed(arrived))

    assert told(running(2), cohort="2023") == [
        (D.CHECK_PAPER, "《典型案例》有缺：应为 1 份，收到 2 份", date(2025, 11, 24), date(2025, 11, 27))
    ]
    assert told(running(1), cohort="2023") == []


def reviewed(*facts, **more):
    return project(SO, ProjectState.UNDER_ACCEPTANCE, "2023", (fact("enter_acceptance", 5, date(2025, 11, 26)), *facts), **more)


def test_before_the_first_acceptance_every_project_is_visited_and_checked():
    found = told(reviewed(), cohort="2023")
    looks = {(kind, title) for kind, title, since, due in found if (since, due) == (date(2025, 11, 26), date(2025, 12, 10))}
    assert {(D.VISIT, "尚无实地考察记录"), (D.CHECK_NEGATIVE_LIST, "负面清单待核查")} <= looks
    done = (fact("visit", 6, kind="x", findings="y"), fact("check_negative_list", 7, hits=[]))
    assert {D.VISIT, D.CHECK_NEGATIVE_LIST}.isdisjoint(kind for kind, *_ in told(reviewed(*done), cohort="2023"))


def score(part, assessor, phase=PhaseKind.REVIEW, number=0):
    return Assessment(phase, part, number, assessor, {})


def test_scores_are_lacking_per_part_and_whoever_may_score_can_close_the_gap():
    """P02 belongs to S01 and must not score it (R46); P01 has scored once; the visit's marks are the office's own."""
    found = {d.title: d for d in own(reviewed(assessments=(score("measures", "P01"),)), cohort="2023") if d.kind == D.SCORE}
    assert {title: (d.detail, d.owed_by, d.persons) for title, d in found.items()} == {
        "重点任务完成情况待评分": ("还缺 3 人", OwedBy.PANEL, ("P01", "P03")),
        "重要举措落实情况待评分": ("还缺 2 人", OwedBy.PANEL, ("P03",)),
        "示范作用发挥情况待评分": ("还缺 3 人", OwedBy.PANEL, ("P01", "P03")),
        "实地考察待评分": ("还缺 1 人", OwedBy.OFFICE, ()),
    }
    assert {d.due_on for d in found.values()} == {date(2025, 12, 10)}


def test_the_mid_term_is_scored_after_the_reports_deadline_though_the_project_has_long_been_building():
    building = project(state=ProjectState.BUILDING, facts=(fact("select", 4, date(2025, 12, 26)),))
    scores = [d for d in own(building) if d.kind == D.SCORE]
    assert {(d.since, d.due_on) for d in scores} == {(date(2026, 12, 1), date(2026, 12, 15))}
    assert {d.title for d in scores} == {"答辩汇报待评分", "实地抽查待评分", "过程监管待评分"}
    seen, work = world(building), OfficeWork(panel=PANEL)
    assert [d for d in owed(seen, CALENDAR, work, date(2026, 11, 30)) if d.kind == D.SCORE] == []
    assert len([d for d in owed(seen, CALENDAR, work, date(2026, 12, 1)) if d.kind == D.SCORE]) == 3


def rectified(state):
    order = Rectification("2025-S01B01/failed/1", 1, Outcome.FAILED, state, date(2026, 12, 25), date(2027, 3, 25), 1, 2)
    marks = tuple(score(part, f"P{n}", PhaseKind.MID_TERM) for part in ("defence", "spot_check", "supervision") for n in range(3))
    return project(state=ProjectState.RECTIFYING, rectifications=(order,), assessments=marks)


def test_an_answered_rectification_is_verified_and_what_is_verified_is_scored_anew():
    answered = {"2025-S01B01/failed/1": date(2027, 3, 1)}
    waiting = own(rectified(RectificationState.ANSWERED), answered_on=answered)
    assert [(d.kind, d.title, d.detail, d.since, d.due_on) for d in waiting] == [
        (D.VERIFY, "整改答复待核实（第 1 轮）", "2 项", date(2027, 3, 1), date(2027, 3, 8))
    ]
    again = own(rectified(RectificationState.VERIFIED), answered_on=answered)
    assert {(d.kind, d.since, d.due_on) for d in again} == {(D.SCORE, date(2027, 3, 1), date(2027, 3, 15))}
    assert {d.detail for d in again if d.owed_by == OwedBy.PANEL} == {"还缺 3 人"}, "the first round's scores do not count"


def complete(unit=BRANCH):
    rubric = load_plan("2025").programme.rubric(PhaseKind.DECLARATION, AwardKind.MODEL_BRANCH)
    full = {c.key: c.points for c in rubric.parts[0].criteria}
    marks = tuple(Assessment(PhaseKind.DECLARATION, "panel", 0, f"P0{n}", full) for n in range(3))
    return project(
        unit, ProjectState.SHORTLISTED, facts=(fact("propose", 3, date(2025, 12, 17), phase="declaration", round_no=0),), assessments=marks
    )


def test_what_is_ready_is_put_before_the_committee_and_what_is_on_a_ballot_is_decided():
    assert told(complete()) == [(D.PROPOSE, "可提请党委决定", date(2025, 12, 17), date(2025, 12, 24))]
    ballot = WaitingBallot("2025-declaration-1", "2025", PhaseKind.DECLARATION, ("2025-S01B01",), date(2025, 12, 18))
    assert told(complete(), ballots=(ballot,)) == [
        (D.BALLOT, "表决单 2025-declaration-1 待填写会议决定", date(2025, 12, 18), date(2025, 12, 23))
    ]
    assert told(project(state=ProjectState.BUILDING), ballots=(ballot,))[0][0] == D.SCORE, "overtaken: nothing of it is up for decision"


def test_tasks_are_owed_by_the_office_within_two_working_days():
    task = OpenTask("telephone:x", TaskKind.TELEPHONE, "S01", "请致电", date(2025, 11, 28))
    (found,) = task_duties(world(), CALENDAR, [task])
    assert (found.kind, found.owed_by, found.unit, found.title, found.due_on) == (
        D.TASK, OwedBy.OFFICE, "S01", "电话联系：请致电", date(2025, 12, 2)
    )  # fmt: skip


def test_one_view_holds_units_sos_office_and_panel_by_due_day():
    declaring = project(state=ProjectState.DRAFT)
    other = project(changed(BRANCH, code="S01B02"), facts=(fact("declare", 2, date(2025, 11, 28)),))
    third = project(changed(BRANCH, code="S01B03"), ProjectState.SHORTLISTED)
    found = owed(world(declaring, other, third), CALENDAR, OfficeWork(panel=PANEL), date(2025, 12, 1))
    assert {(d.kind, d.owed_by) for d in found} == {
        (D.HAND_IN, OwedBy.UNIT), (D.ENDORSE, OwedBy.SO), (D.INITIAL_REVIEW, OwedBy.OFFICE), (D.SCORE, OwedBy.PANEL)
    }  # fmt: skip
    assert [d.due_on for d in found] == sorted(d.due_on for d in found)


def test_a_programme_that_does_not_say_how_long_asks_at_once():
    plan = load_plan("2025")
    silent = plan.model_copy(update={"programme": plan.programme.model_copy(update={"office_duties": (), "digest": None})})
    seen = changed(world(project(facts=(fact("declare", 2, date(2025, 12, 10)),))), plan=silent)
    assert [d.due_on for d in office_duties(seen, CALENDAR, OfficeWork())] == [date(2025, 12, 10)]
    assert panel_rungs(seen, CALENDAR, office_duties(seen, CALENDAR, OfficeWork(panel=PANEL))) == ()


RUNGS = {"T-3": "12-05", "T-1": "12-09", "T+1": "12-11", "T+3": "12-15", "T+8": "12-22", "T+13": "12-29"}
"""Scores of the first acceptance are due on Wednesday 2025-12-10, ten working days after 11-26; by hand from the calendar."""


@pytest.mark.parametrize("person", ["P01", "P03"])
def test_the_panel_is_reminded_on_the_days_computed_by_hand(person):
    seen = world(reviewed(), cohort="2023")
    rungs = panel_rungs(seen, CALENDAR, own(reviewed(), cohort="2023"))
    assert {(r.rung, str(r.planned_on)) for r in rungs if r.person == person} == {(rung, f"2025-{day}") for rung, day in RUNGS.items()}
    assert [r.rung for r in panel_due(seen, rungs, date(2025, 12, 18)) if r.person == person] == ["T+3"], (
        "after a downtime the newest alone"
    )
    assert panel_due(seen, rungs, date(2026, 1, 1)) == (), "after the cohort's end nobody is written to"


def test_who_must_not_score_is_not_reminded():
    assert {rung.person for rung in panel_rungs(world(reviewed(), cohort="2023"), CALENDAR, own(reviewed(), cohort="2023"))} == {
        "P01",
        "P03",
    }


def test_no_reminder_lies_before_its_ground():
    """Entered on 12-29, due with the phase on 12-31: T-3 is past by then, T-1 (12-30) is the first."""
    late = project(SO, ProjectState.UNDER_ACCEPTANCE, "2023", (fact("enter_acceptance", 5, date(2025, 12, 29)),))
    rungs = panel_rungs(world(late, cohort="2023"), CALENDAR, own(late, cohort="2023"))
    assert {(rung.rung, str(rung.planned_on)) for rung in rungs} == {("T-1", "2025-12-30")}
