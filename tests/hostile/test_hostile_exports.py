"""Text that begins like a formula leaves in every sheet as text, reads back as it was, and LibreOffice keeps it so."""

import io
from random import Random

import pytest
from openpyxl import Workbook, load_workbook

from config.rubrics import Criterion, RubricPart
from flows.steps.sheets import ballot_sheet
from models.tables import Ballot
from notifications.papers.score_sheets import ScorePage, ScoreRow, score_workbook
from notifications.papers.sheets import Column, Sheet, workbook_of
from tests.hostile.workbooks import parts_of, saved
from tests.marks import size
from tests.papers import rendering as r

pytestmark = pytest.mark.trust
NUMBER = size(20, 2000)
BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'=", " =", "=-", "%", "|", ";", "\0=", "\x0b=", "\ufeff=")
REST = (
    "1+1",
    "cmd|'/c calc'!A0",
    'HYPERLINK("http://x.example","点")',
    "SUM(A1:A9)",
    "组织部",
    "",
    "1e5",
    "_x003D_1",
    "<f>1</f>",
    "WEBSERVICE(A1)",
    "a" * 300,
)


def hostile_name(random):
    return random.choice(BEGINNINGS) + random.choice(REST)


def formulas(content):
    return sum(part.count(b"<f>") + part.count(b"<f ") for name, part in parts_of(content).items() if name.startswith("xl/worksheets/"))


def values(content, column):
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    return [sheet.cell(row, column).value for row in range(4, sheet.max_row + 1)]


def kept(text):
    """What a workbook can hold of a text: XML has no control characters, and one line break."""
    return "".join(char for char in text if char >= " " or char in "\t\r\n").replace("\r\n", "\n").replace("\r", "\n")


def sheet_with(names):
    columns = (Column("=单位", 20), Column("说明", 20, entry=True))
    return workbook_of(Sheet("表", "=标题()", "+说明()", columns, [(name, name) for name in names]))


def test_no_text_leaves_as_a_formula(figures):
    names = [hostile_name(Random(number)) for number in range(NUMBER)]
    made = sheet_with(names)
    assert formulas(made) == 0
    assert [kept(value or "") for value in values(made, 1)] == [kept(name) for name in names]
    figures(f"{NUMBER} texts that begin like a formula: 0 formulas written, all read back as they were")


def test_ballots_and_score_sheets_hold_no_formula_but_our_own():
    names = [hostile_name(Random(number)) for number in range(NUMBER)]
    line = {"project": "2025-S05", "kind": "标杆", "rank": 1, "score": None, "outcome": None, "blockers": [], "options": []}
    lines = [{**line, "label": f"2025-S05 {name}", "reasons": [name]} for name in names]
    assert formulas(ballot_sheet(Ballot(code="b", cohort_id=1, phase="declaration", lines=lines), names[0])) == 0
    part = RubricPart(key="p", title="部分", weight=100, clause="P.1", criteria=(Criterion(key="c", title="基础", points=50),))
    rows = [ScoreRow(name, name, name, name) for name in names]
    assert formulas(score_workbook(names[0], [ScorePage(part, names[0], rows)])) == len(rows)  # the sum of each row


def test_a_plain_cell_would_be_a_formula():
    """Negative control: what openpyxl does with the same text."""
    book = Workbook()
    book.active["A4"] = "=1+1"
    assert formulas(saved(book)) == 1


@r.NEEDS_LIBREOFFICE
@pytest.mark.xdist_group("libreoffice")
def test_libreoffice_keeps_text_as_text(tmp_path):
    names = [beginning + "1+1" for beginning in BEGINNINGS]
    (tmp_path / "a.xlsx").write_bytes(sheet_with(names))
    back = tmp_path / "back"
    back.mkdir()
    [ods] = r.office(tmp_path, tmp_path, [tmp_path / "a.xlsx"], "ods")
    [path] = r.office(tmp_path, back, [ods], "xlsx")
    assert formulas(path.read_bytes()) == 0
    assert [kept(value or "").strip() for value in values(path.read_bytes(), 1)] == [kept(name).strip() for name in names]
