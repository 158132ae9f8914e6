"""A wrong programme or cohort file is refused with file, row and remedy, and nothing is half-read."""

import shutil
from datetime import date

import pytest

from config.loading import FOLDER, PlanError, load_plan, read_yaml
from models.plans import load_checked_plan
from models.rules.calendar import Calendar


@pytest.fixture
def files(tmp_path):
    """A copy of the shipped programme and cohorts that a test may spoil."""
    for name in ("programmes", "cohorts"):
        shutil.copytree(FOLDER / name, tmp_path / name)
    return tmp_path


def spoil(files, name, old, new):
    path = files / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return files / "cohorts" / ("2025.yaml" if "2025" in name else "2023.yaml")


C23, C25, PROGRAMME = "cohorts/2023.yaml", "cohorts/2025.yaml", "programmes/yirong_shuanggao.yaml"
DUE = "deliverable: typical_case, due_on: 2025-11-22"
SPOILED = [
    (C23, "has_baseline: false", "has_baselin: false", "has_baselin", "没有此项；请核对拼写或删除"),
    (C23, "title: 首批", "title: x\ntitle: 首批", "键 title 重复", "请删除其中一处"),
    (C23, DUE, "deliverable: typical_case, due_on: 2026-02-01", "typical_case", "请改日期或阶段"),
    (C23, DUE, f"{DUE}, call_on: 2025-11-19", "早于开始日 2025-11-19", "请换较短的阶梯或提前开始"),
    (C23, "ends_on: 2025-12-31", "ends_on: 2025-11-25", "2025-11-25", "请"),
    (C23, "{phase: summary, deliverable: typical_case", "{phase: summary, deliverable: atypical_case", "atypical_case", "请"),
    (C23, "issued_on: 2025-11-04\n  clause: I", "issued_on: 2025-11-04\n  clause: IX", "没有条款 'IX'", "config/clauses.yaml"),
    (C23, "deliverable: negative_list_statement, due_on: 2025-11-22, ladder: short_weekend, clause: I.2.4",
     "deliverable: negative_list_statement, due_on: 2025-11-22, ladder: short_weekend", "negative_list_statement", "缺少此项；请补充"),
    (C23, 'cohort: "2023"', 'cohort: &a "2023"', "锚点", "请把内容写全"),
    (C23, 'cohort: "2023"', "cohort: !!python/object:os.system x", "标签", "请删除"),
    (C23, "starts_on:", "on:", "不是文字", "请加引号"),
    (PROGRAMME, "{offset: -3, mail: urgent_reminder}", "{offset: -3, mail: urgent_remainder}", "ladders[standard]", "请改正"),
    (PROGRAMME, "{offset: 3, mail: overdue, reach: 1}", "{offset: 0, mail: overdue, reach: 1}", "ladders[standard]", "请"),
    (PROGRAMME, "weight: 50", "weight: 60", "mid_term_assessment", "100"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "where", "remedy"), SPOILED, ids=[f"{n}:{row[2][:30]}" for n, row in enumerate(SPOILED)])
def test_a_wrong_file_is_refused_with_file_row_and_remedy(files, name, old, new, where, remedy):
    cohort = spoil(files, name, old, new)
    with pytest.raises(PlanError) as refused:
        load_checked_plan(cohort)
    text = str(refused.value)
    assert where in text
    assert remedy in text
    assert ".yaml" in text or "批次 2023" in text


def test_the_shipped_files_are_right(files):
    """Negative control: the same copies, unspoiled, load; what is noted is the Saturday and the unpublished year."""
    _, notes = load_checked_plan(files / C23)
    assert [str(note).split("：")[0] for note in notes] == [
        f"deadlines[{d}]" for d in ("acceptance_application", "typical_case", "negative_list_statement")
    ]
    _, notes = load_checked_plan(files / C25)
    assert any("调休安排尚未公布" in str(note) for note in notes)


def test_two_rungs_on_one_day_are_refused():
    """A Saturday: the rung of the day itself moves to Friday, where the day before already is."""
    plan = load_plan("2023")
    row = next(d for d in plan.cohort.deadlines if d.deliverable == "typical_case").model_copy(update={"ladder": "short"})
    cohort = plan.cohort.model_copy(update={"deadlines": (row,)})
    from models.rules.plan_check import check_plan

    problems = check_plan(plan.model_copy(update={"cohort": cohort}), Calendar())
    assert ["T-1 与 T0 都落在 2025-11-21" in str(p) for p in problems if p.fatal] == [True]


def test_an_alias_bomb_is_refused_before_it_unfolds(tmp_path):
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"] + [
        f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    path = tmp_path / "bomb.yaml"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(PlanError, match="锚点"):
        read_yaml(path)


def test_a_huge_file_is_refused_unread(tmp_path):
    path = tmp_path / "huge.yaml"
    path.write_text("#" * 300_000, encoding="utf-8")
    with pytest.raises(PlanError, match="256 KB"):
        read_yaml(path)


def test_the_first_acceptance_is_as_announced():
    cohort = load_plan("2023").cohort
    assert {kind.value: number for kind, number in cohort.expected.items()} == {"benchmark_org": 3, "model_branch": 14}
    assert {row.deliverable: row.due_on for row in cohort.deadlines}["satisfaction_survey"] == date(2025, 11, 17)


def test_the_second_batch_is_as_announced():
    cohort = load_plan("2025").cohort
    assert {row.due_on for row in cohort.deadlines if row.phase == "declaration"} == {date(2025, 12, 5)}
    assert {row.due_on for row in cohort.deadlines if row.phase == "mid_term"} == {date(2026, 11, 30)}
    assert {row.due_on for row in cohort.deadlines if row.phase == "consolidation"} == {date(2027, 11, 30)}
    assert cohort.declare.at_least == 1
