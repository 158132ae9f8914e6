"""Figures of a report, computed by hand for small situations; no database."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.vocabulary import AwardKind, BranchKind, Outcome, PhaseKind, ProjectState, RectificationState, SubmissionState, UnitKind
from flows.report.brief import brief
from flows.report.comparison import comparisons
from flows.report.effect import effect
from flows.report.funnel import funnel
from flows.report.growth import growths, slopes
from flows.report.papers import papers
from flows.report.reading import Arrival, Reminded
from flows.report.results import grades, orders
from flows.report.timeline import timeline
from flows.report.timeline_chart import _extent, _flags, _rows, _span_text, _x
from flows.report.wall import wall
from models.rules.calendar import Calendar
from models.rules.snapshot import Assessment, Decision, Rectification, Submission, Unit
from tests.factories import SO, changed, fact, project, world

CALENDAR = Calendar()
PAPERS = ("acceptance_application", "typical_case")
DAY = date(2025, 11, 26)
"""Four calendar days after the deadline of 2025-11-22."""


def branch(number):
    return Unit(f"S01B{number:02d}", f"云杉学院第{number}党支部", UnitKind.BRANCH, BranchKind.TEACHER, "S01", date(2015, 9, 1))


def paper(key, state="complete", received="2025-11-18", endorsed="2025-11-20"):
    return Submission(key, 1, SubmissionState(state), date.fromisoformat(received), endorsed and date.fromisoformat(endorsed), 1, 1)


def handed(*given):
    return {one.deliverable: one for one in given}


def building(number, *given, **more):
    more.setdefault("state", ProjectState.BUILDING)
    facts = (fact("enrol"), *more.pop("facts", ()))
    return project(branch(number), cohort="2023", submissions=handed(*given), facts=facts, **more)


def first_cohort(*projects):
    return world(*projects, cohort="2023", units=(SO,))


SITUATION = first_cohort(
    building(1, *(paper(key) for key in PAPERS)),
    building(2, paper(PAPERS[0], endorsed="2025-11-25"), paper(PAPERS[1], "awaiting_endorsement", endorsed=None)),
    building(3, paper(PAPERS[0], "returned")),
    building(4, state=ProjectState.WITHDRAWN),
)


def cells(found, today=DAY, keys=PAPERS):
    chart = wall(found, CALENDAR, papers(found, CALENDAR, today), today)
    places = [[column.key for column in chart.columns].index(key) for key in keys]
    return {row.project: [f"{row.marks[n].sign}{row.marks[n].word}" for n in places] for group in chart.groups for row in group.rows}


def test_a_paper_counts_from_its_endorsement_and_is_late_by_calendar_days():
    assert cells(SITUATION) == {
        "2023-S01B01": ["✓按时", "✓按时"],
        "2023-S01B02": ["✓迟 3 天", "×逾期 4 天"],
        "2023-S01B03": ["×逾期 4 天", "×逾期 4 天"],
        "2023-S01B04": ["—", "—"],
    }


def test_before_the_deadline_it_is_watched_once_its_ladder_has_begun():
    """Internal deadline of the branch 11-19, first rung five working days before: 11-12."""
    nothing = first_cohort(building(1))
    assert cells(nothing, date(2025, 11, 11)) == {"2023-S01B01": ["○未到", "○未到"]}
    assert cells(nothing, date(2025, 11, 12)) == {"2023-S01B01": ["△剩 10 天", "△剩 10 天"]}
    assert cells(SITUATION, date(2025, 11, 21))["2023-S01B03"] == ["△退回", "△剩 1 天"]
    assert cells(SITUATION, date(2025, 11, 21))["2023-S01B02"][1] == "△待审核"


def test_the_counts_at_a_deadline():
    first, second = timeline(SITUATION, CALENDAR, papers(SITUATION, CALENDAR, DAY), DAY).nodes
    assert (first.on, first.owed, first.done, first.overdue) == (date(2025, 11, 17), 6, 0, 6), "two papers of three projects"
    assert (second.on, second.owed, second.done, second.late, second.overdue) == (date(2025, 11, 22), 9, 3, 1, 6)


def test_the_three_sentences():
    extent, progress, decide = brief(SITUATION, CALENDAR, papers(SITUATION, CALENDAR, DAY), DAY)
    assert "建设单位 4 个（标杆二级党组织 0 个、样板党支部 4 个）" in extent
    assert "正在进行总结验收、审查评估" in extent
    assert "到期应报材料 15 份，已报 3 份（其中迟报 1 份）；逾期未报 12 份" in progress
    assert "涉及 3 个单位（云杉学院第1党支部、云杉学院第2党支部、云杉学院第3党支部）" in progress
    assert decide == "目前没有需要学校党委决定的事项。"


def scored(number, percent, round_no=0, **more):
    phase = PhaseKind.MID_TERM
    rubric = world().plan.programme.rubric(phase, AwardKind.MODEL_BRANCH)
    given = tuple(
        Assessment(phase, part.key, round_no, f"P{n}", {c.key: c.points * percent / 100 for c in part.criteria})
        for part in rubric.parts
        for n in range(3)
    )
    more.setdefault("state", ProjectState.BUILDING)
    facts = (fact("create"), fact("declare"), fact("pass_initial_review"), fact("select"), *more.pop("facts", ()))
    return project(branch(number), assessments=given, facts=facts, **more)


def order(number, state="open", due="2027-03-18"):
    code = f"2025-S01B{number:02d}/failed/1"
    return Rectification(code, 1, Outcome.FAILED, RectificationState(state), date(2026, 12, 18), date.fromisoformat(due), 1, 2)


def decision(outcome, round_no=0, phase="mid_term"):
    return Decision(PhaseKind(phase), round_no, Outcome(outcome), date(2026, 12, 18))


FAILED = {"state": ProjectState.RECTIFYING, "decisions": (decision("failed"),)}
MID_TERM = world(
    scored(1, 84),
    scored(2, 50, **FAILED, rectifications=(order(2),)),
    scored(3, 50, **FAILED, rectifications=(order(3, "answered"),)),
    scored(4, 50, **FAILED, rectifications=(order(4, "verified"),)),
    scored(5, 80, decisions=(decision("passed"),), facts=(fact("pass_mid_term"),)),
    scored(6, 50, round_no=1, **FAILED, rectifications=(order(6, "failed"),)),
)


def mid_term_cells(today):
    chart = wall(MID_TERM, CALENDAR, papers(MID_TERM, CALENDAR, today), today)
    places = [n for n, column in enumerate(chart.columns) if column.phase == "mid_term" and column.key in ("decision", "rectification")]
    return [[f"{row.marks[n].sign}{row.marks[n].word}" for n in places] for row in chart.groups[0].rows]


def test_decisions_and_rectifications_in_the_chart():
    assert mid_term_cells(date(2027, 3, 10)) == [
        ["◇待决定", "—"], ["×不合格", "△剩 8 天"], ["×不合格", "△待核实"], ["△复评中", "✓属实"], ["✓合格", "—"], ["◇待复核", "×未完成"],
    ]  # fmt: skip
    assert mid_term_cells(date(2027, 3, 20))[1] == ["×不合格", "×逾期 2 天"]


def test_what_is_to_be_decided_is_told():
    today = date(2027, 3, 10)
    decide = brief(MID_TERM, CALENDAR, papers(MID_TERM, CALENDAR, today), today)[2]
    assert decide == (
        "需要学校党委决定的事项：中期考核 2 个项目；评审尚未完成 1 个项目；正在整改 1 个项目，期限为2027年3月18日；待组织部核实整改 1 个项目。"
    )


def test_grades_count_the_newest_decision_of_a_phase():
    again = (decision("failed"), decision("continued", 1))
    rows = grades(world(scored(1, 84, decisions=(decision("passed"),)), scored(2, 50, decisions=again)))
    assert [(row.title, row.kind, dict(row.outcomes), row.rectified) for row in rows] == [
        ("中期考核", AwardKind.MODEL_BRANCH, {Outcome.PASSED: 1, Outcome.CONTINUED: 1}, 1)
    ]


def test_a_rectification_is_told_with_what_is_open_and_what_was_decided():
    both = (decision("failed"), decision("terminated", 1))
    done = scored(7, 50, state=ProjectState.TERMINATED, decisions=both, rectifications=(order(7, "failed"),))
    rows = orders(world(done, scored(2, 50, **FAILED, rectifications=(order(2),))), {"2025-S01B02/failed/1": ("台账不全",)}, DAY)
    assert [(row.project, row.round_no, row.items, row.items_open, row.state, row.decided) for row in rows] == [
        ("2025-S01B02", 1, ("台账不全",), 2, "整改中", ""), ("2025-S01B07", 1, (), 2, "整改未完成", "终止支持建设"),
    ]  # fmt: skip


def test_the_funnel_adds_up_by_hand():
    """Six came to building; one passed. One declaration was withdrawn, one benchmark has only been prepared."""
    gone = project(branch(8), state=ProjectState.WITHDRAWN, facts=(fact("create"), fact("withdraw")))
    stages = funnel(world(*MID_TERM.projects, gone, project(SO, state=ProjectState.DRAFT, facts=(fact("create"),))))
    assert [(stage.title, stage.total, stage.waiting, dict(stage.left)) for stage in stages[:6]] == [
        ("组织申报", 8, 1, {"退出": 1}), ("材料齐全", 6, 0, {}), ("初审通过", 6, 0, {}), ("遴选入选", 6, 5, {}), ("中期考核合格", 1, 1, {}),
        ("进入验收", 0, 0, {}),
    ]  # fmt: skip
    assert stages[0].reached == {AwardKind.BENCHMARK_ORG: 1, AwardKind.MODEL_BRANCH: 7}


@pytest.mark.parametrize(
    ("arrived", "rung"),
    [("2025-11-03", "none"), ("2025-11-04", "call"), ("2025-11-11", "call"), ("2025-11-12", "T-5"), ("2025-11-28", "T+3")],
)
def test_a_paper_came_after_the_last_reminder_that_had_left(arrived, rung):
    """The mail of a day leaves in the morning: what comes that day came after it."""
    sent = (("call", date(2025, 11, 4)), ("T+3", date(2025, 11, 25)), ("T-5", date(2025, 11, 12)))
    lines = [Reminded("2023-S01B01", "typical_case", name, on) for name, on in sent]
    lines.append(Reminded("2023-S01B02", "typical_case", "T+5", date(2025, 11, 2)))
    found = effect(first_cohort(), lines, [Arrival("2023-S01B01", "typical_case", date.fromisoformat(arrived))])
    assert [(row.title, dict(row.by_rung)) for row in found.rows] == [("典型案例", {rung: 1})]
    assert found.late == (rung == "T+3")


def test_rungs_stand_in_their_order():
    arrivals = [Arrival(f"p{n}", "typical_case", DAY) for n in range(6)]
    lines = [Reminded(f"p{n}", "typical_case", rung, DAY) for n, rung in enumerate(("T+1", "T0", "T-10", "call", "T-3"))]
    assert effect(first_cohort(), lines, arrivals).rungs == ("none", "call", "T-10", "T-3", "T0", "T+1")


def test_growth_from_the_baseline():
    def grown(number, before, after):
        facts = (fact("record_baseline", 2, measures={"a": before, "b": 0}),)
        facts += (fact("record_measures", 3, measures={"a": after, "b": 2}),) if after else ()
        return scored(number, 80, facts=facts)

    rows = growths(world(grown(1, 10, 15), grown(2, 20, 21), grown(3, 30, None), scored(4, 80)))
    assert [[(c.measure, c.before, c.after, c.percent) for c in row.changes] for row in rows] == [
        [("a", 10, 15, 50.0), ("b", 0, 2, None)], [("a", 20, 21, 5.0), ("b", 0, 2, None)], [("a", 30, None, None), ("b", 0, None, None)],
    ]  # fmt: skip
    assert [(s.measure, s.pairs, s.before, s.after) for s in slopes(rows)] == [
        ("a", ((10, 15, 1), (20, 21, 1)), 15, 18), ("b", ((0, 2, 2),), 0, 2),
    ]  # fmt: skip


def grown(number, *ends, kind=BranchKind.TEACHER, place=None):
    """A project whose measure was 10 and then as given at the mid-term and at the end."""
    facts = [fact("record_baseline", 2, measures={"a": 10})]
    days = (date(2026, 11, 20), date(2027, 11, 19))
    facts += [fact("record_measures", 3 + n, on, measures={"a": end}) for n, (end, on) in enumerate(zip(ends, days, strict=False))]
    facts += [fact("compare_peers", 9, percentile=place, measures={"a": {"percentile": place}}, note="")] if place is not None else []
    return changed(scored(number, 80, facts=tuple(facts)), unit=changed(branch(number), branch_kind=kind))


def test_projects_stand_with_their_own_kind_only_the_highest_growth_first():
    student = BranchKind.STUDENT
    found = comparisons(world(grown(1, 11, 12, place=25.0), grown(2, 12, 15, place=75.0), grown(3, 9, kind=student), grown(4)))
    assert [(one.kind, one.compared, [(row.project, row.points) for row in one.standings]) for one in found] == [
        ("教师党支部", True, [("2025-S01B02", ((0, 0.0), (1, 20.0), (2, 50.0))), ("2025-S01B01", ((0, 0.0), (1, 10.0), (2, 20.0)))]),
        ("学生党支部", False, [("2025-S01B03", ((0, 0.0), (1, -10.0)))]),
    ]  # fmt: skip
    assert found[0].measures == ("a",)


def test_the_middle_half_is_told_of_enough_projects():
    (few,), (many,) = (comparisons(world(*(grown(n, 10 + n) for n in range(1, count)))) for count in (4, 6))
    assert (few.middle_half(1), many.middle_half(1)) == (None, (20.0, 40.0))


def free(line, flags):
    """No text touches another in its row, no mast goes through a text."""
    rows = _rows(line, flags)
    spans = [(row, *_extent(line, on, text), _x(line, on)) for row, (on, text, _) in zip(rows, flags, strict=True)]
    for n, (row, start, end, _) in enumerate(spans):
        for other, begins, ends, mast in spans[:n] + spans[n + 1 :]:
            assert row != other or end <= begins or ends <= start, "two texts in one row"
            assert other <= row or not start < mast < end, "a mast through a text"


@pytest.mark.parametrize("cohort", ["2023", "2025"])
@pytest.mark.parametrize("today", ["2025-11-05", "2025-12-20", "2026-12-21", "2027-12-31"])
def test_no_flag_of_the_time_line_covers_another(cohort, today):
    dues = ("2026-12-01", "2027-03-18", "2027-03-25", "2027-10-28")
    failed = scored(2, 50, **FAILED, rectifications=tuple(order(2, due=due) for due in dues))
    line = timeline(world(*((failed,) if cohort == "2025" else ()), cohort=cohort), CALENDAR, (), date.fromisoformat(today))
    free(line, list(_flags(line)))


@pytest.mark.parametrize(("cohort", "with_year"), [("2023", False), ("2025", True)])
def test_days_of_a_batch_over_several_years_are_told_with_their_year(cohort, with_year):
    line = timeline(world(cohort=cohort), CALENDAR, (), date(2025, 12, 1))
    texts = [text for _, text, _ in _flags(line)] + [_span_text(line, span) for span in line.spans]
    assert {"年" in text for text in texts} == {with_year}


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(1, 40)), max_size=8))
def test_flags_find_room_wherever_they_fall(days):
    line = timeline(world(), CALENDAR, (), date(2026, 1, 1))
    free(line, [(line.starts_on + timedelta(days=day), "文" * length, "") for day, length in sorted(days)])


def test_an_so_that_owes_a_declaration_stands_in_the_chart_without_a_project():
    silent = Unit("S02", "青石学院党委", UnitKind.SO)
    found = changed(world(units=(SO, silent)), exempt=frozenset({"S01"}))
    found = changed(found, deadlines=(*found.deadlines, changed(found.deadlines[0], deliverable="declare", ladder="declare")))
    chart = wall(found, CALENDAR, (), date(2025, 12, 8))
    assert [(group.name, group.declare.word, group.rows) for group in chart.groups] == [
        ("云杉学院党委", "免于申报", ()), ("青石学院党委", "未申报，逾期 3 天", ()),
    ]  # fmt: skip
