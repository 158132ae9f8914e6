"""Scores and facts → what the committee is recommended (R10, R17–R19, R46, R47, R49, R51–R53, R57, R62); R56 stands in test_value_added."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.vocabulary import MailKind, Outcome, PhaseKind, ProjectState, RectificationState, SubmissionState
from models.rules import decisions, rounds, scoring
from models.rules.calendar import Calendar
from models.rules.snapshot import Assessment, Decision, Rectification, Submission
from tests.factories import BRANCH, SO, changed, fact, project, world


def marks(cohort, phase, percent, assessors=3, round_no=0):
    rubric = world(cohort=cohort).plan.programme.rubric(PhaseKind(phase), "model_branch")
    return tuple(
        Assessment(PhaseKind(phase), part.key, round_no, f"P{n}", {c.key: c.points * percent / 100 for c in part.criteria})
        for part in rubric.parts
        for n in range(assessors)
    )


LOOKED_AT = (fact("check_negative_list", 5, hits=[]), fact("visit", 6, kind="实地考察", findings="相符"))
SELF_EVALUATED = (
    fact("self_evaluate", 7, gain=None, measures=[], text="自评"), fact("compare_peers", 8, gain=None, note="无基线数据，不适用"),
)  # fmt: skip
PAPER = {"value_added_self_evaluation": Submission("value_added_self_evaluation", 1, SubmissionState.COMPLETE, None, None, 1, 1)}


def recommended(phase, percent, state, cohort="2025", facts=LOOKED_AT, **more):
    run = project(BRANCH, state, cohort, facts, assessments=marks(cohort, phase, percent, more.pop("assessors", 3)), **more)
    return decisions.propose(world(run, cohort=cohort), run, PhaseKind(phase))


@pytest.mark.parametrize(
    ("phase", "cohort", "state", "percent", "outcome"),
    [
        ("review", "2023", "under_acceptance", 90, "excellent"),
        ("review", "2023", "under_acceptance", 89.9, "qualified"),
        ("review", "2023", "under_acceptance", 59.9, "deferred"),
        ("declaration", "2025", "shortlisted", 75, "selected"),
        ("declaration", "2025", "shortlisted", 74.9, "not_selected"),
        ("mid_term", "2025", "building", 60, "passed"),
        ("mid_term", "2025", "building", 59.9, "failed"),
        ("consolidation", "2025", "under_acceptance", 95, "excellent"),
    ],
)
def test_the_score_chooses_the_outcome(phase, cohort, state, percent, outcome):
    proposal = recommended(phase, percent, ProjectState(state), cohort, (*LOOKED_AT, *SELF_EVALUATED), submissions=PAPER)
    assert proposal.outcome == outcome


def test_too_few_assessors_recommend_nothing():
    proposal = recommended("declaration", 90, ProjectState.SHORTLISTED, assessors=2)
    assert proposal.outcome is None
    assert proposal.blockers == ("联评组评审评分不足 3 人（现 2 人）",)


def test_a_negative_list_hit_keeps_a_project_from_passing():
    hit = (fact("check_negative_list", 5, hits=[{"item": "违纪", "on": "2024-01-01"}]), LOOKED_AT[1])
    proposal = recommended("review", 95, ProjectState.UNDER_ACCEPTANCE, "2023", hit)
    assert proposal.outcome == Outcome.DEFERRED
    assert any("负面清单" in text for text in proposal.blockers)


def test_a_review_without_a_visit_is_not_ready():
    assert "尚无实地考察记录" in recommended("review", 95, ProjectState.UNDER_ACCEPTANCE, "2023", LOOKED_AT[:1]).blockers


def test_low_satisfaction_is_not_excellent():
    survey = fact("record_survey", 7, issued=40, returned=40, valid=40, questions=[[10, 10, 15, 5]])
    assert recommended("review", 95, ProjectState.UNDER_ACCEPTANCE, "2023", (*LOOKED_AT, survey)).outcome == Outcome.QUALIFIED


def test_after_a_rectification_the_committee_continues_or_ends_support():
    order = Rectification("x", 1, Outcome.FAILED, RectificationState.VERIFIED, date(2026, 12, 18), date(2027, 3, 18), 1, 0)
    run = project(BRANCH, ProjectState.RECTIFYING, rectifications=(order,), assessments=marks("2025", "mid_term", 70, round_no=1))
    seen = world(run)
    assert decisions.decidable(seen, PhaseKind.MID_TERM) == (run,)
    assert decisions.propose(seen, run, PhaseKind.MID_TERM).outcome == Outcome.CONTINUED
    weak = changed(run, assessments=marks("2025", "mid_term", 50, round_no=1))
    assert decisions.propose(world(weak), weak, PhaseKind.MID_TERM).outcome == Outcome.ANOTHER_ROUND, "one round of two"
    undone = changed(weak, rectifications=(changed(order, state=RectificationState.FAILED),))
    assert decisions.propose(world(undone), undone, PhaseKind.MID_TERM).outcome == Outcome.TERMINATED
    assert Outcome.ANOTHER_ROUND in decisions.allowed_outcomes(PhaseKind.MID_TERM, ProjectState.RECTIFYING)


def test_what_was_decided_is_not_up_again():
    done = (Decision(PhaseKind.MID_TERM, 0, Outcome.PASSED, date(2026, 12, 18)),)
    run = project(BRANCH, ProjectState.BUILDING, assessments=marks("2025", "mid_term", 70), decisions=done)
    assert decisions.decidable(world(run), PhaseKind.MID_TERM) == ()


def test_the_quota_goes_by_rank():
    so = [changed(SO, code=f"S{n:02d}") for n in range(1, 8)]
    runs = [project(unit, ProjectState.SHORTLISTED, assessments=marks("2025", "declaration", 76 + n)) for n, unit in enumerate(so)]
    outcomes = [p.outcome for p in decisions.propose_all(world(*runs), PhaseKind.DECLARATION)]
    assert outcomes == [Outcome.SELECTED] * 5 + [Outcome.NOT_SELECTED] * 2


def test_rectification_ends_three_months_later_on_a_working_day():
    plan = world().plan
    due = rounds.rectification_due(plan, Outcome.FAILED, date(2026, 12, 18), Calendar().shift)
    assert due == date(2027, 3, 18)


def test_failures_open_a_rectification_and_excellence_brings_funds():
    assert [o for o in Outcome if decisions.opens_rectification(o)] == [Outcome.FAILED, Outcome.ANOTHER_ROUND, Outcome.DEFERRED]
    assert decisions.result_mail(Outcome.EXCELLENT) == MailKind.RESULT_EXCELLENT


@given(st.floats(0, 100), st.floats(0, 100))
def test_a_higher_score_never_recommends_worse(one, other):
    order = [Outcome.DEFERRED, Outcome.QUALIFIED, Outcome.EXCELLENT]
    low, high = sorted((one, other))
    got = [order.index(recommended("review", p, ProjectState.UNDER_ACCEPTANCE, "2023").outcome) for p in (low, high)]
    assert got[0] <= got[1]


def test_score_sheets_are_checked():
    rubric = world().plan.programme.rubric(PhaseKind.DECLARATION, "model_branch")
    found = scoring.score_problems(rubric, "panel", {"basis": 41, "plan": -1, "x": 1})
    assert found == (
        "没有评分点 x",
        "缺少评分点特色做法",
        "工作基础为 41，应在 0 至 40 之间",
        "创建规划可检验可操作为 -1，应在 0 至 30 之间",
    )
