"""Two hundred random panels: what the rules make of them is what plain SQL makes of them (R46, R47)."""

import random
from datetime import date

import pytest

from config.rubrics import RubricPart, TieRule
from config.vocabulary import AwardKind, Outcome, PhaseKind, ProjectState, UnitKind
from models.rules import decisions
from models.rules.ranking import Mark, Runner, places
from models.rules.scoring import project_score
from models.rules.severity import severities
from models.rules.snapshot import Assessment, Decision, Unit
from tests.factories import BRANCH, SO, changed, load_plan, project, world
from tests.models.panel_sql import reckoned
from tests.stories.test_decisions import proposed

DECLARATION = PhaseKind.DECLARATION
PANELS = 200
PARTS = (
    ("panel", (("basis", 40), ("features", 30), ("plan", 30))),
    ("talk", (("clear", 7), ("depth", 5))),
)
QUOTAS = {AwardKind.BENCHMARK_ORG: 2, AwardKind.MODEL_BRANCH: 3}


def cohort_with(rubric, *projects):
    """The second cohort with another rubric and small quotas."""
    known = world(*projects)
    programme = known.plan.programme
    rubrics = tuple(rubric if row.key == rubric.key else row for row in programme.rubrics)
    plan = known.plan.model_copy(
        update={
            "programme": programme.model_copy(update={"rubrics": rubrics}),
            "cohort": known.plan.cohort.model_copy(update={"quotas": QUOTAS}),
        }
    )
    return changed(known, plan=plan)


def rubric_of(chance):
    """A rubric of one or two parts by one of the three methods."""
    base = load_plan("2025").programme.rubric(DECLARATION, AwardKind.MODEL_BRANCH)
    chosen = PARTS[: chance.choice((1, 2))]
    weights = (100,) if len(chosen) == 1 else chance.choice(((70, 30), (50, 50)))
    parts = tuple(
        RubricPart(
            key=key, title=key, weight=weight, assessors_min=chance.choice((1, 2, 3)), clause="P.panel",
            criteria=[{"key": name, "title": name, "points": points} for name, points in lines],
        )
        for (key, lines), weight in zip(chosen, weights, strict=True)
    )  # fmt: skip
    ties = (TieRule(by="part", clause="P.panel"), TieRule(by="criterion", clause="P.panel"))
    return base.model_copy(update={"parts": parts, "method": chance.choice(("mean", "trimmed_mean", "median")), "ties": ties})


def tenths_of(chance, points):
    """Coarse points, so that equal totals are frequent, some with a decimal."""
    return chance.choice((points * 10, points * 8, points * 8 + chance.choice((0, 5)), points * 7, chance.randint(0, points * 10)))


def sheets_of(chance, rubric):
    """A part of a project's sheets: (part, criterion, assessor, tenths)."""
    return [
        (part.key, line.key, f"P{number}", tenths_of(chance, line.points))
        for part in rubric.parts
        for number in range(chance.randint(1, 8))
        for line in part.criteria
    ]


def panel_of(seed):
    chance = random.Random(seed)
    rubric = rubric_of(chance)
    projects, rows = [], []
    for number in range(chance.randint(3, 12)):
        unit = changed(SO, code=f"S{number:02d}") if chance.random() < 0.4 else changed(BRANCH, code=f"S{number:02d}B01")
        mine = rows[-1][1] if rows and chance.random() < 0.3 else sheets_of(chance, rubric)  # the same sheets: a tie
        if chance.random() < 0.3:
            mine = swapped(mine)
        marks = {}
        for part, line, assessor, tenths in mine:
            marks.setdefault((part, assessor), {})[line] = tenths / 10
        assessments = tuple(Assessment(DECLARATION, part, 0, assessor, scores) for (part, assessor), scores in marks.items())
        projects.append(project(unit, ProjectState.SHORTLISTED, assessments=assessments))
        rows.append((projects[-1], mine))
    before = [earlier_of(chance, number) for number in range(chance.choice((0, 0, 1, 2, 4)))]
    projects += [run for run, _ in before]
    chance.shuffle(projects)
    flat = [(run.code, run.award_kind.value, *row) for run, mine in rows for row in mine]
    return rubric, projects, flat, [(run.award_kind.value, stands) for run, stands in before]


STATES = {
    "selected": ProjectState.BUILDING, "public": ProjectState.SHORTLISTED, "not_selected": ProjectState.NOT_SELECTED,
    "withdrawn": ProjectState.WITHDRAWN,
}  # fmt: skip


def earlier_of(chance, number):
    """A project of which something was decided before: (project, how it stands)."""
    stands = chance.choice(sorted(STATES))
    unit = changed(SO, code=f"T{number:02d}") if chance.random() < 0.4 else changed(BRANCH, code=f"T{number:02d}B01")
    if stands == "public":
        return project(unit, STATES[stands], facts=(proposed(),)), stands
    outcome = Outcome.NOT_SELECTED if stands == "not_selected" else Outcome.SELECTED
    return project(unit, STATES[stands], decisions=(Decision(DECLARATION, 0, outcome, date(2025, 12, 22)),)), stands


def swapped(rows):
    """The same sum on each sheet, otherwise divided between two criteria of equal points: only the criteria differ."""
    names = {"features": "plan", "plan": "features"}
    return [(part, names.get(line, line), assessor, tenths) for part, line, assessor, tenths in rows]


@pytest.mark.parametrize("tens", range(10))
def test_scores_ranks_and_quotas_are_those_of_plain_sql(tens):
    ties = full = 0
    for seed in range(tens * PANELS // 10, (tens + 1) * PANELS // 10):
        rubric, projects, flat, before = panel_of(seed)
        proposals = decisions.propose_all(cohort_with(rubric, *projects), DECLARATION)
        parts = [(p.key, p.weight, p.assessors_min, [(c.key, c.points) for c in p.criteria]) for p in rubric.parts]
        expected = reckoned(parts, flat, rubric.method, 7500, {kind.value: number for kind, number in QUOTAS.items()}, before)
        found = {
            row.project: (None if row.score is None else round(row.score * 100), row.rank, row.outcome.value if row.outcome else None)
            for row in proposals
        }
        assert found == expected, seed
        ties += sum(bool(row.standing) for row in proposals)
        full += sum("此前已用" in reason for row in proposals for reason in row.reasons)
    assert ties > 5, "the panels must put the rules for equal totals to the test"
    assert full > 0, "and the places that were given before"


def test_a_sum_that_floats_spoil_is_exact():
    """32.1 + 20.2 + 29.7 of three sheets with a third each: 82 on the dot, also at the edge of rounding."""
    rubric = load_plan("2025").programme.rubric(DECLARATION, AwardKind.MODEL_BRANCH)

    def score(*sheets):
        keys = ("basis", "features", "plan")
        return project_score(
            rubric, [Assessment(DECLARATION, "panel", 0, f"P{n}", dict(zip(keys, sheet, strict=True))) for n, sheet in enumerate(sheets)]
        ).total

    assert score((32.1, 20.2, 29.7), (32.1, 20.2, 29.7), (32.1, 20.2, 29.7)) == 82
    assert rubric.method == "trimmed_mean"
    assert score((40, 30, 30), (1.1, 2.2, 78.71), (0, 0, 0)) == 82.01, "the highest and the lowest are left out"


def test_a_tie_is_told_with_what_decided_it():
    runners = [
        Runner("2025-S02", 82.0, (Mark("联评组评审", 82.0), Mark("工作基础", 80.0))),
        Runner("2025-S01", 82.0, (Mark("联评组评审", 82.0), Mark("工作基础", 75.0))),
        Runner("2025-S03", 90.0, (Mark("联评组评审", 90.0), Mark("工作基础", 90.0))),
        Runner("2025-S04", None, ()),
    ]
    assert {name: tuple(place) for name, place in places(runners).items()} == {
        "2025-S03": (1, ""),
        "2025-S02": (2, "与第 3 名 2025-S01 同分，依“工作基础”得分率（80 比 75）列前"),
        "2025-S01": (3, "与第 2 名 2025-S02 同分，依“工作基础”得分率（75 比 80）列后"),
        "2025-S04": (4, ""),
    }


def test_who_misses_a_place_by_a_tie_is_told_why():
    rubric = load_plan("2025").programme.rubric(DECLARATION, AwardKind.BENCHMARK_ORG)
    sheet = {"basis": 32, "features": 24, "plan": 24}
    marks = tuple(Assessment(DECLARATION, "panel", 0, f"P{n}", sheet) for n in range(3))
    runs = [project(changed(SO, code=f"S{n:02d}"), ProjectState.SHORTLISTED, assessments=marks) for n in (3, 1, 2)]
    last = decisions.propose_all(cohort_with(rubric, *runs), DECLARATION)[-1]
    assert (last.project, last.outcome, last.rank) == ("2025-S03", Outcome.NOT_SELECTED, 3)
    assert last.reasons[-2:] == ("标杆二级党组织名额 2 个，名次 3", "与第 2 名 2025-S02 同分，各项也相同，依项目编号列后")


def test_severity_by_hand():
    """P1 gives 10 and 4 points more than the others' mean, P3 is alone at the bottom twice."""

    def sheet(who, percent):
        return Assessment(DECLARATION, "panel", 0, who, {"basis": percent * 0.4, "features": percent * 0.3, "plan": percent * 0.3})

    one = project(BRANCH, ProjectState.SHORTLISTED, assessments=(sheet("P1", 90), sheet("P2", 90), sheet("P3", 70)))
    other = project(
        Unit("S02B01", "第二", UnitKind.BRANCH, parent="S02"), ProjectState.SHORTLISTED,
        assessments=(sheet("P1", 84), sheet("P2", 85), sheet("P3", 75)),
    )  # fmt: skip
    alone = project(Unit("S03B01", "第三", UnitKind.BRANCH, parent="S03"), ProjectState.SHORTLISTED, assessments=(sheet("P3", 50),))
    found = {row.person: row for row in severities(world(one, other, alone), DECLARATION)}
    first, third = found["P1"], found["P3"]
    assert (first.sheets, first.compared, first.deviation, first.spread, first.highest, first.lowest) == (2, 2, 7.0, 3.0, 0, 0)
    assert (found["P2"].highest, found["P2"].lowest) == (1, 0), "two who share the top are both no extreme"
    assert (third.sheets, third.compared, third.deviation, third.lowest, third.average) == (3, 2, -14.75, 2, 65.0)
