"""Scores and facts → what the committee is recommended (R10, R17–R19, R46, R47, R49, R51–R53, R57, R62); R56 stands in test_value_added."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.vocabulary import MailKind, Outcome, PhaseKind, ProjectState, RectificationState, SubmissionState
from models.rules import decisions, publicity, quotas, rounds, scoring
from models.rules.calendar import Calendar
from models.rules.snapshot import Assessment, Decision, Fact, Rectification, Submission
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


def proposed(seq=10):
    told = {"phase": "declaration", "round_no": 0, "outcome": "selected", "ballot": "2025-declaration-1"}
    period = {"from_on": "2025-12-23", "until_on": "2025-12-29"}
    return Fact(seq, publicity.PROPOSED, date(2025, 12, 22), {"event": "select", "decision": told, **period})


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


@pytest.mark.parametrize(("on", "counts"), [("2023-10-01", True), ("2023-09-30", False), ("2015-05-05", False)])
def test_a_hit_from_before_the_building_period_does_not_count_at_acceptance(on, counts):
    hit = (fact("check_negative_list", 5, hits=[{"item": "党员违纪", "on": on}]), LOOKED_AT[1])
    proposal = recommended("review", 95, ProjectState.UNDER_ACCEPTANCE, "2023", hit)
    assert (proposal.outcome, bool(proposal.blockers)) == ((Outcome.DEFERRED, True) if counts else (Outcome.EXCELLENT, False))


def test_at_the_selection_the_years_before_the_declaration_count():
    def found(on):
        hit = fact("check_negative_list", 5, hits=[{"item": "党员违纪", "on": on}])
        return recommended("declaration", 90, ProjectState.SHORTLISTED, facts=(hit,)).outcome

    assert (found("2022-12-04"), found("2022-12-05")) == (Outcome.SELECTED, Outcome.NOT_SELECTED)


OWN = {"item": "党员违纪", "on": "2027-03-01"}
CHECKED = fact("check_negative_list", 20, date(2027, 12, 3), hits=[])


def accepted(*facts):
    known = (*SELF_EVALUATED, *facts)
    return recommended("consolidation", 95, ProjectState.UNDER_ACCEPTANCE, facts=known, submissions=PAPER)


def test_what_a_unit_says_itself_stands_against_it_at_the_second_acceptance():
    assert (accepted(CHECKED).outcome, accepted(CHECKED).blockers) == (Outcome.EXCELLENT, ())
    said = accepted(CHECKED, fact("answer_negative_list", 21, hits=[OWN]))
    assert said.outcome == Outcome.DEFERRED
    assert said.blockers == ("单位自报负面清单事项：党员违纪，须由党委写明理由后决定",)
    assert "单位自报负面清单事项：党员违纪" in said.reasons
    told = accepted(CHECKED, fact("answer_negative_list", 21, hits=[], explained=[{**OWN, "text": "已结案"}]))
    assert (told.outcome, told.blockers) == (Outcome.EXCELLENT, ("单位说明的负面清单事项：党员违纪（已结案），须由党委写明理由后决定",))
    assert accepted(CHECKED, fact("answer_negative_list", 21, hits=[{**OWN, "on": "2025-11-03"}])).blockers == (), "before the period"


def test_a_check_that_did_not_confirm_it_leaves_the_decision_to_the_committee():
    said = accepted(fact("answer_negative_list", 19, hits=[OWN]), CHECKED)
    assert said.outcome == Outcome.EXCELLENT
    assert said.blockers == ("单位自报负面清单事项，组织部核查未认定：党员违纪，须由党委写明理由后决定",)
    both = changed(CHECKED, payload={"hits": [OWN]})
    assert accepted(fact("answer_negative_list", 19, hits=[OWN]), both).blockers == ("负面清单核查发现：党员违纪，须由党委写明理由后决定",)


def test_the_check_at_the_selection_is_not_that_of_the_second_acceptance():
    early = changed(CHECKED, effective_on=date(2026, 10, 31))
    assert accepted(early).blockers == ("尚未核查负面清单",)
    assert accepted(changed(early, effective_on=date(2026, 11, 1))).blockers == ()


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


def test_places_given_before_are_subtracted_from_the_quota():
    """Five benchmarks may be selected: four are, or are before the public, so one place is left for the two that are up."""
    done = (Decision(PhaseKind.DECLARATION, 0, Outcome.SELECTED, date(2025, 12, 22)),)
    so = [changed(SO, code=f"S{n:02d}") for n in range(1, 8)]
    chosen = [project(unit, ProjectState.BUILDING, decisions=done) for unit in so[:3]]
    public = project(so[3], ProjectState.SHORTLISTED, facts=(proposed(),))
    up = [project(unit, ProjectState.SHORTLISTED, assessments=marks("2025", "declaration", 80 + n)) for n, unit in enumerate(so[4:6])]

    def outcomes(*earlier):
        return [p.outcome for p in decisions.propose_all(world(*earlier, *up), PhaseKind.DECLARATION)]

    assert outcomes(*chosen, public) == [Outcome.SELECTED, Outcome.NOT_SELECTED]
    assert outcomes(*chosen, changed(public, state=ProjectState.SUSPENDED)) == [Outcome.SELECTED, Outcome.NOT_SELECTED]
    assert outcomes(*chosen) == outcomes(*chosen, changed(public, state=ProjectState.WITHDRAWN)) == [Outcome.SELECTED] * 2
    left = decisions.propose_all(world(*chosen, public, *up), PhaseKind.DECLARATION)[-1]
    assert left.reasons[-1] == "标杆二级党组织名额 5 个（此前已用 4 个），名次 2"


def test_the_share_of_the_excellent_counts_over_the_whole_cohort():
    """Two of three are excellent already: the fourth is over 30 %, and so is what the committee granted against the recommendation."""
    units = [changed(BRANCH, code=f"S{n:02d}B01") for n in range(1, 5)]

    def done(unit, outcome):
        decided = (Decision(PhaseKind.REVIEW, 0, outcome, date(2025, 12, 15)),)
        return project(unit, ProjectState.ACCEPTED, "2023", decisions=decided)

    best = project(units[3], ProjectState.UNDER_ACCEPTANCE, "2023", LOOKED_AT, assessments=marks("2023", "review", 95))
    good = changed(best, assessments=marks("2023", "review", 80))
    earlier = [done(unit, Outcome.EXCELLENT) for unit in units[:2]] + [done(units[2], Outcome.QUALIFIED)]
    note = "已定优秀 2 个、建议优秀 1 个，超过 30% 的参考比例（共 4 个项目），请党委斟酌"
    (proposal,) = decisions.propose_all(world(*earlier, best, cohort="2023"), PhaseKind.REVIEW)
    assert (proposal.outcome, proposal.reasons[-1]) == (Outcome.EXCELLENT, note)
    (other,) = decisions.propose_all(world(*earlier, good, cohort="2023"), PhaseKind.REVIEW)
    assert not any("参考比例" in reason for reason in other.reasons), "it is told of the excellent only"
    granted = quotas.excellent_note(world(*earlier, good, cohort="2023"), PhaseKind.REVIEW, {good.code: Outcome.QUALIFIED})
    assert granted == "已定优秀 2 个，超过 30% 的参考比例（共 4 个项目），请党委斟酌"
    few = [done(units[0], Outcome.EXCELLENT), *(done(unit, Outcome.QUALIFIED) for unit in units[1:3])]
    assert quotas.excellent_note(world(*few, cohort="2023"), PhaseKind.REVIEW, {}) != "", "one of three"
    four = world(*few, done(units[3], Outcome.QUALIFIED), cohort="2023")
    assert quotas.excellent_note(four, PhaseKind.REVIEW, {}) == "", "one of four"


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
