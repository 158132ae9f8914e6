"""Sheets that come back: written by us, opened and saved by LibreOffice as another format and back, read exactly as they were meant."""

import io
from datetime import date

import pytest
from openpyxl import Workbook, load_workbook

from config.vocabulary import AwardKind, PhaseKind
from flows.steps.exporting import roster_sheet
from flows.steps.sheets import ballot_sheet, hand_in_sheet, target_sheet
from models.imports.ballots import read_ballot
from models.imports.hand_ins import read_hand_ins
from models.imports.records import read_contacts, read_honours
from models.imports.rosters import PROJECT_COLUMNS, UNIT_COLUMNS, read_projects, read_units
from models.imports.scores import read_scores
from models.imports.targets import read_targets
from models.store import reading
from models.tables import Ballot
from notifications.papers.score_sheets import ScorePage, ScoreRow, score_workbook
from tests.factories import load_plan
from tests.papers import rendering as r

pytestmark = [r.NEEDS_LIBREOFFICE, pytest.mark.xdist_group("libreoffice")]
LINES = [
    {"project": "2025-S05", "label": "2025-S05 晨曦学院党委", "kind": "标杆二级党组织", "rank": 1, "score": 82.5, "outcome": "selected",
     "reasons": ["综合得分 82.5"], "blockers": [], "options": ["selected", "not_selected"]},
    {"project": "2025-S06", "label": "2025-S06 白桦学院党委", "kind": "标杆二级党组织", "rank": 2, "score": None, "outcome": None,
     "reasons": [], "blockers": ["尚无评分"], "options": ["selected", "not_selected"]},
]  # fmt: skip
PART = load_plan("2023").programme.rubric(PhaseKind.REVIEW, AwardKind.MODEL_BRANCH).parts[0]
SCORES = ScorePage(PART, "评分表", [ScoreRow("2023-S04B01/review/key_tasks/0/P01", "2023-S04B01", "星河学院教师第一党支部", "样板党支部")])
UNITS = [
    ("S01", "云杉学院党委", "二级党组织", "", "", date(2015, 9, 1), "张三", "a@university.example", "0000-0101000", "李四", ""),
    ("S01B01", "云杉学院教师第一党支部", "党支部", "S01", "教师党支部", "2015.9", "=cmd()", "b@university.example", "00123", "", ""),
]


EXPORTED = {"all_units": "党组织", "all_projects": "项目", "all_honours": "荣誉", "all_contacts": "联系人"}
"""What the sample university has; earlier approvals it has none of."""


@pytest.fixture(scope="module")
def returned(template, tmp_path_factory):
    """Name → the sheet after people and LibreOffice have had it: filled in, saved as .ods, saved as .xlsx again."""
    from models.database import engine_for

    folder = tmp_path_factory.mktemp("sheets")
    engine = engine_for(f"sqlite:///{template}")
    with reading(engine) as session:
        hand_ins = filled(
            hand_in_sheet(session, "2023", "typical_case"), {"D4": date(2025, 11, 18), "E4": 2, "F4": "2025-11-20", "G4": "甲.docx\n乙.pdf"}
        )
        targets = filled(target_sheet(session, "2023"), {"C4": "=制度修订 3 项", "D4": "达到", "E4": "00123", "F4": "会议记录\n第 2 册"})
        exported = {name: roster_sheet(session, chosen, "2023") for name, chosen in EXPORTED.items()}
    engine.dispose()
    scores = filled(score_workbook("P01 评审专家1", [SCORES]), {"F4": 40.5, "G4": "３０", "I4": "=记录完整"})
    ballot = filled(
        ballot_sheet(Ballot(code="2025-declaration-1", cohort_id=1, phase="declaration", lines=LINES), "表决单"),
        {"H5": "未入选", "I5": "=缓"},
    )
    files = {
        "hand_ins": hand_ins,
        "ballot": ballot,
        "units": roster(UNIT_COLUMNS, UNITS),
        **exported,
        "targets": targets,
        "scores": scores,
        "projects": roster(PROJECT_COLUMNS, [("S01", "-强基")]),
    }
    for name, content in files.items():
        (folder / f"{name}.xlsx").write_bytes(content)
    others = r.office(folder, folder, [folder / f"{name}.xlsx" for name in files], "ods")
    back = folder / "back"
    back.mkdir()
    return {path.stem: (folder / path.name, path) for path in r.office(folder, back, others, "xlsx")}


def filled(content, cells):
    """What a person types into a sheet of ours."""
    book = load_workbook(io.BytesIO(content))
    for place, value in cells.items():
        book.active[place] = value
        if isinstance(value, str):
            book.active[place].data_type = "s"
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def roster(columns, rows):
    book = Workbook()
    for number, row in enumerate([tuple(columns), *rows], start=1):
        for index, value in enumerate(row, start=1):
            cell = book.active.cell(number, index, value)
            if isinstance(value, str):
                cell.data_type = "s"
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


READERS = {
    "hand_ins": read_hand_ins,
    "ballot": lambda path: read_ballot(path, "2025-declaration-1"),
    "units": read_units,
    "projects": read_projects,
    "targets": read_targets,
    "scores": lambda path: read_scores(path, lambda _key: PART),
    "all_units": read_units,
    "all_projects": read_projects,
    "all_honours": lambda path: read_honours(path).rows,
    "all_contacts": lambda path: read_contacts(path).rows,
}


@pytest.mark.parametrize("name", READERS)
def test_a_sheet_that_libreoffice_has_saved_reads_as_it_was_filled_in(returned, name):
    sent, back = returned[name]
    assert READERS[name](back) == READERS[name](sent) != []


def test_what_was_typed_arrives_exactly(returned):
    [row] = read_hand_ins(returned["hand_ins"][1])
    assert (row.received_on, row.pieces, row.so_endorsed_on, row.files) == (
        date(2025, 11, 18),
        2,
        date(2025, 11, 20),
        ("甲.docx", "乙.pdf"),
    )
    first, second = READERS["ballot"](returned["ballot"][1])
    assert (first.decision, second.decision, second.reason) == ("入选培育创建", "未入选", "=缓")
    assert READERS["targets"](returned["targets"][1])["2023-S01"][0].text == "=制度修订 3 项"
    [sheet] = READERS["scores"](returned["scores"][1])
    assert (list(sheet.scores.values()), sheet.opinion) == ([40.5, 30.0], "=记录完整")
    so, branch = read_units(returned["units"][1])
    assert (so.founded_on, branch.founded_on, branch.contact, branch.phone) == (date(2015, 9, 1), date(2015, 9, 1), "=cmd()", "00123")
    assert read_projects(returned["projects"][1])[0].title == "-强基"
