"""Three levels in their order: own evaluation against the frozen baseline, comparison among peers, determination (R56, R57, R66)."""

import sqlite3
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.vocabulary import BranchKind, Outcome, PhaseKind, ProjectState, RectificationState, SubmissionState, UnitKind
from models.rules import decisions
from models.rules.snapshot import Rectification, Submission, Unit
from models.rules.value_added import (
    FIRST_LEVEL,
    SECOND_LEVEL,
    comparison_words,
    course,
    evaluation,
    kind_of,
    missing_level,
    narrative,
    peer_comparison,
    percentiles,
)  # fmt: skip
from tests.factories import BRANCH, SO, changed, fact, project, world
from tests.stories.test_decisions import PAPER, marks

PLAN = world().plan
MID, END = date(2026, 11, 20), date(2027, 11, 19)
"""Before and after the mid-term phase closes."""


NEWER = f"{FIRST_LEVEL}：自评后又登记或更正了数据，须重新自评"


def branch(number, kind=BranchKind.TEACHER):
    return Unit(f"S01B{number:02d}", f"云杉学院第{number}党支部", UnitKind.BRANCH, kind, "S01", date(2015, 9, 1))


def grown(unit, end, start=10.0, middle=None, state=ProjectState.UNDER_ACCEPTANCE, **more):
    """A project whose one measure went from ``start`` to ``end`` and that has evaluated itself; ``end`` None: no baseline."""
    facts = [] if end is None else [fact("record_baseline", 2, measures={"a": start})]
    facts += [fact("record_measures", 3, MID, measures={"a": middle})] if middle is not None else []
    facts += [fact("record_measures", 4, END, measures={"a": end})] if end is not None else []
    one = project(unit, state, facts=facts, submissions=PAPER, **more)
    return with_fact(one, "self_evaluate", 7, **evaluation(one, course(PLAN, one), "自评"))


def with_fact(one, event, seq, **payload):
    return changed(one, facts=(*one.facts, fact(event, seq, END, **payload)))


def without(one, event):
    return changed(one, facts=tuple(known for known in one.facts if known.event != event))


def compared(one):
    return with_fact(one, "compare_peers", 9, **peer_comparison(world(one))[one.code])


def test_a_course_has_the_newest_figures_of_each_stage():
    facts = (
        fact("record_baseline", 2, measures={"a": 10, "b": 0, "c": 5}),
        fact("record_measures", 3, date(2026, 6, 1), measures={"a": 11, "b": 1}),
        fact("record_measures", 4, MID, measures={"a": 12}),
        fact("record_measures", 5, END, measures={"a": 15, "extra": 9}),
    )
    rows = course(PLAN, project(facts=facts))
    assert [(m.name, m.baseline, m.mid_term, m.final, m.delta, m.percent) for m in rows] == [
        ("a", 10, 12, 15, 5, 50.0), ("b", 0, 1, None, 1, None), ("c", 5, None, None, None, None),
    ]  # fmt: skip
    assert course(PLAN, project()) is None


def test_the_draft_tells_each_measure_and_the_mean():
    facts = (
        fact("record_baseline", 2, measures={"支部活动": 24, "获奖": 4}), fact("record_measures", 3, MID, measures={"支部活动": 30}),
        fact("record_measures", 4, END, measures={"支部活动": 33, "获奖": 3}),
    )  # fmt: skip
    assert narrative(course(PLAN, project(facts=facts))) == (
        "与立项基线相比，支部活动由 24 变为 33（中期 30），增加 9（+37.5%）；获奖由 4 变为 3，减少 1（-25%）。各项指标平均增幅 +6.25%。"
    )
    assert narrative(None) == "无基线数据，不适用。"
    assert "尚无新的数据" in narrative(course(PLAN, project(facts=(fact("record_baseline", 2, measures={"a": 1}),))))


def proposal(one):
    one = changed(one, assessments=marks("2025", "consolidation", 95))
    return decisions.propose(world(one), one, PhaseKind.CONSOLIDATION)


def test_each_level_waits_for_the_one_before_and_is_named():
    """Taking away the fact of a level takes the recommendation away; the whole chain recommends."""
    whole = compared(grown(BRANCH, 15))
    assert proposal(whole).outcome == Outcome.EXCELLENT
    assert proposal(whole).missing_level == ""
    for one, named in (
        (changed(whole, submissions={}), f"{FIRST_LEVEL}：缺少增值自评表"),
        (without(whole, "self_evaluate"), f"{FIRST_LEVEL}：尚未登记增值自评"),
        (without(whole, "compare_peers"), f"{SECOND_LEVEL}：尚未与同类项目对比"),
        (with_fact(whole, "record_measures", 10, measures={"a": 99}), NEWER),
        (with_fact(whole, "record_baseline", 10, measures={"a": 9}), NEWER),
        (without(whole, "record_baseline"), NEWER),
        (with_fact(whole, "self_evaluate", 10, gain=1, measures=[], text=""), f"{SECOND_LEVEL}：尚未与同类项目对比"),
    ):
        found = proposal(one)
        assert (found.outcome, found.missing_level) == (None, named)
        assert named in found.blockers


def test_a_returned_form_takes_the_first_level_back_and_a_released_one_does_not():
    paper = PAPER["value_added_self_evaluation"]
    for state, missing in ((SubmissionState.RETURNED, True), (SubmissionState.RELEASED, False), (SubmissionState.HANDED_IN, False)):
        one = changed(compared(grown(BRANCH, 15)), submissions={paper.deliverable: changed(paper, state=state)})
        assert bool(missing_level(one)) == missing, state


def test_after_a_rectification_the_levels_are_not_asked_for_again():
    one = without(compared(grown(BRANCH, 15)), "compare_peers")
    order = Rectification("x", 1, Outcome.DEFERRED, RectificationState.VERIFIED, END, END, 1, 0)
    again = changed(one, state=ProjectState.RECTIFYING, rectifications=(order,), assessments=marks("2025", "consolidation", 80, round_no=1))
    assert decisions.propose(world(again), again, PhaseKind.CONSOLIDATION).outcome == Outcome.QUALIFIED


def test_kinds_are_never_compared_with_each_other():
    """A benchmark, teacher and student branches: each kind is alone among the others, whatever they gained."""
    members = [
        grown(SO, 11), grown(branch(1), 30), grown(branch(2), 20), grown(branch(3), 10), grown(branch(4, BranchKind.STUDENT), 90),
        grown(branch(5, BranchKind.STUDENT), 12),
    ]  # fmt: skip
    found = peer_comparison(world(*members))
    assert {code: (body["kind"], body["percentile"], body["peers"]) for code, body in found.items()} == {
        "2025-S01": ("标杆二级党组织", None, 0), "2025-S01B01": ("教师党支部", 83.3, 2), "2025-S01B02": ("教师党支部", 50.0, 2),
        "2025-S01B03": ("教师党支部", 16.7, 2), "2025-S01B04": ("学生党支部", 75.0, 1), "2025-S01B05": ("学生党支部", 25.0, 1),
    }  # fmt: skip
    without_students = peer_comparison(world(*members[:4]))
    assert {code: found[code] for code in without_students} == without_students


def test_few_peers_are_noted_and_no_baseline_is_no_zero():
    four = [grown(branch(n), 10 + n) for n in range(1, 5)]
    assert {body["note"] for body in peer_comparison(world(*four)).values()} == {""}
    assert {body["note"] for body in peer_comparison(world(*four[:3])).values()} == {"同类可比项目仅 2 个，百分位仅供参考"}
    bare = grown(branch(9), None)
    found = peer_comparison(world(*four, bare))
    assert (found[bare.code]["gain"], found[bare.code]["percentile"], found[bare.code]["note"]) == (None, None, "无基线数据，不适用")
    assert found[four[0].code] == peer_comparison(world(*four))[four[0].code], "one without figures is nobody's peer"


def test_who_has_not_evaluated_itself_is_not_compared_and_who_was_decided_early_stays_a_peer():
    silent = without(grown(branch(1), 30), "self_evaluate")
    early = grown(branch(2), 20, state=ProjectState.ACCEPTED)
    found = peer_comparison(world(silent, early, grown(branch(3), 10)))
    assert list(found) == ["2025-S01B03"]
    assert (found["2025-S01B03"]["percentile"], found["2025-S01B03"]["peers"]) == (25.0, 1)


def test_the_committee_reads_gain_place_and_publicity():
    one = compared(grown(BRANCH, 15))
    assert comparison_words(one) == "增值平均 +50%（没有同类项目可比）"
    told = proposal(with_fact(one, "record_publicity", 11, title="经验", channel="校园网")).reasons
    assert "信息平台参与情况：登记宣传 1 次" in told
    assert "信息平台参与情况：登记宣传 0 次" in proposal(one).reasons
    assert comparison_words(one) in told


def test_joint_branches_are_a_kind_of_their_own():
    assert [kind_of(project(branch(1, kind))) for kind in BranchKind] == [kind.label for kind in BranchKind]


SQL = """
SELECT one.code,
       CASE WHEN one.value IS NULL OR (SELECT count(value) FROM given) < 2 THEN NULL ELSE
         100.0 * ((SELECT count(*) FROM given WHERE value < one.value) + 0.5 * (SELECT count(*) FROM given WHERE value = one.value))
         / (SELECT count(value) FROM given) END
FROM given AS one
"""


@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.none() | st.integers(-50, 50).map(lambda n: n / 4), max_size=40))
def test_percentiles_are_those_of_plain_sql(values):
    with sqlite3.connect(":memory:") as database:
        database.execute("CREATE TABLE given (code TEXT, value REAL)")
        database.executemany("INSERT INTO given VALUES (?, ?)", values.items())
        expected = dict(database.execute(SQL).fetchall())
    database.close()
    found = percentiles(values)
    assert found.keys() == expected.keys()
    assert all(found[code] == (value if value is None else pytest.approx(value, abs=0.051)) for code, value in expected.items())


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30))
def test_who_gained_more_never_stands_lower(gains):
    ranks = percentiles({str(n): gain for n, gain in enumerate(gains)})
    assert all(
        ranks[str(a)] <= ranks[str(b)] for a in range(len(gains)) for b in range(len(gains)) if gains[a] <= gains[b]
    )  # fmt: skip


def test_a_paper_of_another_kind_is_no_evaluation():
    other = {"summary_report": Submission("summary_report", 1, SubmissionState.COMPLETE, None, None, 1, 1)}
    assert missing_level(changed(compared(grown(BRANCH, 15)), submissions=other)).startswith(FIRST_LEVEL)
