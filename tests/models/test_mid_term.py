"""The mid-term's rules from hand-made situations: sittings, who is visited and what counts then, guidance, advice, rounds (R48–R53, R61)."""

from datetime import date

import pytest

from config.vocabulary import DutyKind, Outcome, PhaseKind, ProjectState, RectificationState
from models.rules import decisions
from models.rules.calendar import Calendar
from models.rules.defence import Sitting, arranged, as_minutes, given_slots, slots
from models.rules.office_duties import office_duties
from models.rules.office_work import OfficeWork
from models.rules.recommendations import noticed, open_recommendations, recommendations
from models.rules.rounds import same_panel
from models.rules.snapshot import Assessment, Rectification
from models.rules.spot_checks import applying, renormalised
from models.rules.supervision import period_of, periods, shown_on_desk, unrecorded
from tests.factories import BRANCH, changed, fact, load_plan, project, world

MID = PhaseKind.MID_TERM
RUBRIC = load_plan("2025").programme.rubric(MID, "model_branch")
SELECTED = fact("select", 2, date(2025, 12, 29), ballot="b", phase="declaration")
DRAWN = date(2026, 12, 2)


BASELINE = fact("record_baseline", 3, measures={"a": 1})


def building(number=1, *facts, **more):
    return project(
        changed(BRANCH, code=f"S01B{number:02d}"), more.pop("state", ProjectState.BUILDING), facts=(SELECTED, BASELINE, *facts), **more
    )


def sampled(*chosen, pool=("2025-S01B01", "2025-S01B02")):
    return fact("sample_spot_checks", 3, DRAWN, phase="mid_term", percent=30, seed="7", pool=list(pool), chosen=list(chosen))


def marks(number=0, assessors=("P1", "P2", "P3"), **percents):
    return tuple(
        Assessment(MID, part.key, number, who, {c.key: c.points * percents[part.key] / 100 for c in part.criteria})
        for part in RUBRIC.parts
        if part.key in percents
        for who in assessors
    )


# defence


def test_projects_fill_the_sittings_one_after_the_other_and_none_half():
    given = (Sitting(date(2026, 12, 14), "09:00", "09:40", "甲"), Sitting(date(2026, 12, 15), "14:00", "14:15", "乙"))
    found = [(s.project, s.number, f"{s.day:%d}", s.starts, s.ends, s.place) for s in arranged(("c", "a", "b", "d"), given, 15)]
    assert found == [
        ("c", 1, "14", "09:00", "09:15", "甲"), ("a", 2, "14", "09:15", "09:30", "甲"), ("b", 3, "15", "14:00", "14:15", "乙"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["9", "24:00", "09:60", "九点", "-1:00", "09:0x"])
def test_a_time_that_is_none_is_refused_with_what_is_expected(text):
    with pytest.raises(ValueError, match="时间应写成 09:00"):
        as_minutes(text)


def test_who_leaves_after_the_draw_keeps_the_number_and_nobody_moves_up():
    facts = (
        fact("draw_defence", 3, DRAWN, order=["2025-S01B02", "2025-S01B01"], seed="7", number=1, apart=True, reason="", phase="mid_term"),
        fact("schedule_defence", 4, DRAWN, minutes=15, sittings=[{"day": "2026-12-14", "starts": "09:00", "ends": "10:00", "place": "甲"}]),
    )
    both = world(building(1), building(2, state=ProjectState.WITHDRAWN), facts=facts)
    assert [(slot.project, slot.number, slot.starts) for slot in slots(both)] == [("2025-S01B01", 2, "09:15")]
    assert len(given_slots(both)) == 2
    assert slots(changed(both, facts=facts[:1])) == ()


# spot checks


def test_before_the_sample_everybody_is_scored_on_every_part_and_nobody_owes_a_visit():
    one = building()
    assert len(applying(world(one), RUBRIC, one, 0)) == 3
    assert duties(one) == {(DutyKind.SCORE, "答辩汇报待评分"), (DutyKind.SCORE, "实地抽查待评分"), (DutyKind.SCORE, "过程监管待评分")}


def duties(*projects, facts=()):
    return {
        (d.kind, d.title) for d in office_duties(world(*projects, facts=facts), Calendar(), OfficeWork()) if d.project == projects[0].code
    }


def test_who_was_not_drawn_is_scored_on_the_other_parts_in_proportion():
    one, other = building(1, assessments=marks(defence=84, supervision=70)), building(2)
    seen = world(one, other, facts=(sampled("2025-S01B02"),))
    proposal = decisions.propose(seen, one, MID)
    assert (proposal.score, proposal.outcome, proposal.blockers) == (80.0, Outcome.PASSED, ()), "(84 × 50 + 70 × 20) / 70"
    assert proposal.reasons[1] == "未列入实地抽查，其余部分按权重折算：答辩汇报 71.4%、过程监管 28.6%"
    assert {title for _, title in duties(building(1), other, facts=(sampled("2025-S01B02"),))} == {"答辩汇报待评分", "过程监管待评分"}


def test_who_was_drawn_is_visited_within_ten_working_days_and_the_visit_is_scored():
    one = building(1, assessments=marks(defence=84, spot_check=80, supervision=70))
    seen = world(one, building(2), facts=(sampled("2025-S01B01"),))
    (visit,) = (d for d in office_duties(seen, Calendar(), OfficeWork()) if d.kind == DutyKind.VISIT)
    assert (visit.project, visit.since, visit.due_on) == (one.code, DRAWN, date(2026, 12, 16))
    proposal = decisions.propose(seen, one, MID)
    assert (proposal.score, proposal.blockers) == (80.0, ("已列入实地抽查，尚无考察记录",))
    early, done = (building(1, fact("visit", 5, on, kind="x", findings="y")) for on in (date(2026, 12, 1), DRAWN))
    assert (DutyKind.VISIT, "尚无实地考察记录") in duties(early, facts=(sampled("2025-S01B01"),)), "a visit before the draw"
    assert (DutyKind.VISIT, "尚无实地考察记录") not in duties(done, facts=(sampled("2025-S01B01"),))


def test_a_project_chosen_by_a_person_owes_a_visit_though_not_drawn():
    one = building(1, fact("choose_spot_check", 4, date(2026, 12, 3), phase="mid_term", reason="群众反映"))
    found = duties(one, facts=(sampled("2025-S01B02"),))
    assert {(DutyKind.VISIT, "尚无实地考察记录"), (DutyKind.SCORE, "实地抽查待评分")} <= found


def test_on_a_reassessment_everybody_is_visited():
    one = building()
    seen = world(one, facts=(sampled("2025-S01B02"),))
    assert renormalised(RUBRIC, applying(seen, RUBRIC, one, 0)) != ""
    assert renormalised(RUBRIC, applying(seen, RUBRIC, one, 1)) == ""


# guidance


def entry(seq, on):
    return fact("supervise", seq, date.fromisoformat(on), text="正常")


def test_a_quarter_counts_for_who_was_building_when_it_began():
    """The phase opens on 2025-12-01: the last quarter of 2025 is none; a project selected on 02-10 is expected from the second on."""
    late = changed(building(2), facts=(fact("select", 2, date(2026, 2, 10)),))
    seen = world(building(1, entry(3, "2026-04-01")), late)
    begun = periods(seen, date(2026, 7, 1))
    assert [period.title for period in begun] == ["2026年第1季度", "2026年第2季度", "2026年第3季度"]
    assert [[p.code for p in unrecorded(seen, period)] for period in begun] == [
        ["2025-S01B01"], ["2025-S01B02"], ["2025-S01B01", "2025-S01B02"],
    ]  # fmt: skip
    assert periods(seen, date(2026, 3, 31))[-1].last == date(2026, 3, 31)


@pytest.mark.parametrize(("months", "first", "last"), [(1, 11, 11), (2, 11, 12), (3, 10, 12), (4, 9, 12), (6, 7, 12), (12, 1, 12)])
def test_periods_are_counted_from_january(months, first, last):
    period = period_of(months, date(2026, 11, 30))
    assert (period.first, period.last) == (date(2026, first, 1), date(2026, last, {11: 30}.get(last, 31)))


def test_the_desk_names_a_gap_in_the_last_working_days_of_a_quarter_only():
    """20 working days up to 2026-06-30, of which 06-19 is none: from 06-02 on."""
    seen = world(building())
    assert shown_on_desk(seen, Calendar(), date(2026, 6, 1)) is None
    assert shown_on_desk(seen, Calendar(), date(2026, 6, 2)).title == "2026年第2季度"
    assert shown_on_desk(seen, Calendar(), date(2026, 7, 1)) is None
    assert shown_on_desk(seen, Calendar(), date(2027, 3, 31)) is None, "the phase is over"


# advice and rounds


def test_what_a_visit_has_found_and_advice_still_open_are_before_the_committee_once():
    visit = fact("visit", 5, DRAWN, kind="实地抽查", findings="x", problems=["活动室闲置"])
    advice = fact("recommend", 6, DRAWN, items=["凝练制度", "补齐台账"])
    followed = fact("follow_recommendation", 7, DRAWN, number=2, text="已补齐")
    one = building(1, visit, advice, followed)
    assert list(noticed(one)) == ["实地抽查发现：活动室闲置", "凝练制度"]
    assert [(row.number, row.text, row.followed) for row in recommendations(one)] == [(1, "凝练制度", ""), (2, "补齐台账", "已补齐")]
    decided = changed(one, facts=(*one.facts, fact("pass_mid_term", 8, DRAWN, ballot="c", phase="mid_term")))
    assert list(noticed(decided)) == []
    assert [row.text for row in open_recommendations(decided)] == ["凝练制度"]


def rectified(round_no, state, percent, assessors=("P1", "P2", "P3")):
    orders = tuple(
        Rectification(f"x/{n}", n, Outcome.FAILED, state, date(2026, 12, 18), date(2027, 3, 18), 1, 0) for n in range(1, round_no + 1)
    )
    scores = {part.key: percent for part in RUBRIC.parts}
    before = marks(round_no - 1, **scores)
    return building(state=ProjectState.RECTIFYING, rectifications=orders, assessments=(*before, *marks(round_no, assessors, **scores)))


@pytest.mark.parametrize(
    ("round_no", "state", "percent", "outcome", "ground"),
    [
        (1, "verified", 60, "continued", "达到“继续支持建设”标准"),
        (1, "verified", 59, "another_round", "整改以 2 轮为限，建议再次限期整改"),
        (1, "failed", 59, "terminated", "第 1 轮整改未按期完成"),
        (2, "verified", 59, "terminated", "已整改 2 轮，达到 2 轮的限度"),
        (3, "verified", 59, "terminated", "已整改 3 轮，达到 2 轮的限度"),
    ],
)
def test_another_round_is_recommended_while_rounds_are_left_and_the_committee_is_always_free(round_no, state, percent, outcome, ground):
    one = rectified(round_no, RectificationState(state), percent)
    proposal = decisions.propose(world(one), one, MID)
    assert (proposal.outcome, proposal.round_no) == (Outcome(outcome), round_no)
    assert ground in "；".join(proposal.reasons)
    assert decisions.allowed_outcomes(MID, one.state) == (Outcome.CONTINUED, Outcome.ANOTHER_ROUND, Outcome.TERMINATED)


@pytest.mark.parametrize(
    ("assessors", "told"),
    [
        (("P1", "P2", "P3"), "复核由上一轮的评审人员进行"),
        (("P1", "P2", "P4"), "复核由与上一轮部分不同的评审人员进行"),
        (("P4", "P5", "P6"), "复核由另一组评审人员进行"),
    ],
)
def test_a_reassessment_says_whether_the_same_people_made_it(assessors, told):
    one = rectified(1, RectificationState.VERIFIED, 70, assessors)
    assert same_panel(one, MID, 1) == told
    assert told in decisions.propose(world(one), one, MID).reasons
    assert same_panel(one, MID, 0) == ""
