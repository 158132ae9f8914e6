"""Item by item: targets of the own declaration, standards, measures, demonstration, outputs → what the committee reads (R5–R9, R13, R17, R57)."""

from datetime import date

import pytest

from config.vocabulary import Achievement, AwardKind, Outcome, PhaseKind, ProjectState
from models.rules import achievements, decisions
from tests.factories import BRANCH, SO, changed, fact, project, world
from tests.stories.test_decisions import LOOKED_AT, marks


def result(number, state="achieved", said="做到", evidence=""):
    return {"number": number, "state": state, "result": said, "evidence": evidence}


def standard(key, state="achieved", text=""):
    return fact("assess_standards", 12, standards={key: {"state": state, "text": text}})


TARGETS = (fact("set_targets", 10, targets=["甲", "乙", "丙"]),)
RESULTS = (fact("record_results", 11, results=[result(1), result(2, "partly"), result(3, "not_achieved")]),)


def reviewed(*facts, unit=BRANCH, percent=95):
    one = project(unit, ProjectState.UNDER_ACCEPTANCE, "2023", (*LOOKED_AT, *facts))
    rubric = marks("2023", "review", percent)
    one = changed(one, assessments=rubric)
    return decisions.propose(world(one, cohort="2023"), one, PhaseKind.REVIEW)


def test_targets_keep_their_order_and_the_newest_word():
    again = fact("record_results", 12, results=[result(3, "achieved", "补做", "台账")])
    found = achievements.targets(project(cohort="2023", facts=(*TARGETS, *RESULTS, again)))
    assert [(t.number, t.text, t.state, t.result, t.evidence) for t in found] == [
        (1, "甲", Achievement.ACHIEVED, "做到", ""), (2, "乙", Achievement.PARTLY, "做到", ""), (3, "丙", Achievement.ACHIEVED, "补做", "台账"),
    ]  # fmt: skip


def test_new_targets_void_what_was_said_about_the_old_ones():
    new = fact("set_targets", 13, targets=["丁"])
    assert [t.state for t in achievements.targets(project(facts=(*TARGETS, *RESULTS, new)))] == [None]


def test_a_cohort_without_targets_reads_nothing_about_them():
    assert reviewed().reasons == ("综合得分 95，达到“优秀”标准（90 分及以上）",)
    assert reviewed().blockers == ()


def test_the_committee_reads_targets_in_few_words():
    assert "目标 3 项，达到 1 项、部分达到 1 项、未达到 1 项" in reviewed(*TARGETS, *RESULTS).reasons
    assert reviewed(*TARGETS, *RESULTS).blockers == ()


def test_without_the_results_the_targets_block_until_a_reason_is_given():
    """The deciding fact removed: what was no matter becomes one."""
    assert reviewed(*TARGETS).blockers == ("申报目标第 1、2、3 项未登记完成情况",)
    assert reviewed(*TARGETS, fact("record_results", 11, results=[result(1), result(3)])).blockers == ("申报目标第 2 项未登记完成情况",)


@pytest.mark.parametrize(
    ("unit", "keys", "listed"), [(SO, "leadership", "五个到位"), (BRANCH, "unite", "七个有力")], ids=["five_in_place", "seven_strong"]
)
def test_one_standard_not_reached_is_not_excellent(unit, keys, listed):
    """R6, R7; the control beside it: reached in part, or without the fact, the score decides."""
    failed = reviewed(standard(keys, "not_achieved", "差距"), unit=unit)
    assert failed.outcome == Outcome.QUALIFIED
    assert any(listed in reason and "不宜评为优秀" in reason for reason in failed.reasons)
    for other in (reviewed(standard(keys, "partly", "差距"), unit=unit), reviewed(unit=unit)):
        assert other.outcome == Outcome.EXCELLENT


def test_a_standard_of_the_other_kind_says_nothing():
    assert reviewed(standard("leadership", "not_achieved", "差距"), unit=BRANCH).outcome == Outcome.EXCELLENT


def test_every_kind_of_award_has_its_list():
    programme = world(cohort="2023").plan.programme
    assert {kind: len(programme.standards_of(kind)) for kind in AwardKind} == {AwardKind.BENCHMARK_ORG: 5, AwardKind.MODEL_BRANCH: 7}


def test_measures_demonstration_and_outputs_are_counted():
    """R8, R9, R17: three measures and three sides of demonstration, outputs by level, promotion with its count."""
    said = fact("report_aspects", 12, aspects={"measures.system": "专班", "demonstration.papers": "见清单"})
    rows = [
        {"kind": "paper", "level": "provincial", "on": "2025-06-30", "title": "甲", "link": ""},
        {"kind": "carrier", "level": "school", "on": "2024-06-30", "title": "乙", "link": "校园网"},
    ]
    facts = (said, fact("record_outputs", 13, outputs=rows), fact("record_promotion", 14, text="推广"), fact("record_publicity", 15))
    assert reviewed(*facts).reasons[1:] == (
        "重要举措落实情况、示范作用发挥情况：已说明 2/6 项", "成果 2 项（省级 1、校级 1）", "推广成效已说明，登记宣传 1 次",
    )  # fmt: skip
    one = project(cohort="2023", facts=facts)
    assert [(o.title, o.on) for o in achievements.outputs(one)] == [("乙", date(2024, 6, 30)), ("甲", date(2025, 6, 30))]
    assert [a.key for a in achievements.aspects(world(one, cohort="2023"), one) if a.text] == ["measures.system", "demonstration.papers"]


def test_only_acceptance_reads_them():
    one = project(state=ProjectState.BUILDING, facts=(*TARGETS, *RESULTS), assessments=marks("2025", "mid_term", 80))
    assert list(achievements.grounds(world(one), one, PhaseKind.MID_TERM)) == []
