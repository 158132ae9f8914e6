"""Score sheets of one panel member: a page for each part of a rubric, a row for each project, a column for each criterion (6.12)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from config.rubrics import RubricPart
from notifications.papers.sheets import HEAD_ROW, Column, Sheet, fill_page, saved

KEY_HEAD, PROJECT_HEAD, OPINION_HEAD = "核对码", "项目编号", "评审意见"
"""Headings by which a sheet is read again; the first column is hidden."""
ROW_PT = 30.0
"""Points of a row: not by its text, the longest of which is the hidden key."""
FIRST_CRITERION = 6
"""After key, number, project, unit and kind (counted from 1)."""
SIGNATURE = "评审人签名：________________　　　　日期：______年____月____日"


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One project to be scored; ``key`` says exactly what the row is about."""

    key: str
    project: str
    unit: str
    kind: str


@dataclass(frozen=True, slots=True)
class ScorePage:
    """The projects that a member scores for one part."""

    part: RubricPart
    title: str
    rows: Sequence[ScoreRow]


def head_of(title: str, points: int) -> str:
    """Return the heading of a criterion's column."""
    return f"{title}（{points}分）"


def score_workbook(member: str, pages: Sequence[ScorePage]) -> bytes:
    """Return a member's workbook: protected but for the cells to fill in, each of which takes only points within its range."""
    book = Workbook()
    for number, page in enumerate(pages):
        sheet: Any = book.active if number == 0 else book.create_sheet()
        fill_page(sheet, _sheet(member, page))
        _open_cells(sheet, page)
        _sum_up(sheet, page)
        _sign(sheet, page)
        _protect(sheet)
    return saved(book)


def _sheet(member: str, page: ScorePage) -> Sheet:
    columns = (
        Column(KEY_HEAD, 4), Column("序号", 6), Column(PROJECT_HEAD, 16), Column("单位", 28), Column("类型", 16),
        *(Column(head_of(line.title, line.points), 14, entry=True) for line in page.part.criteria),
        Column("合计", 8), Column(OPINION_HEAD, 34, entry=True),
    )  # fmt: skip
    rows = [
        (row.key, number, row.project, row.unit, row.kind, *(None for _ in page.part.criteria), None, "")
        for number, row in enumerate(page.rows, start=1)
    ]
    note = (
        f"评审人：{member}。请在浅黄格内填写得分，各列最高分见表头，可带小数；暂不评的整行留空。"
        "填好后打印签名，并把本文件交组织部放入收件箱，用“按表登记评分”办理。"
    )
    return Sheet(page.part.title, page.title, note, columns, rows, row_height=ROW_PT)


def _open_cells(sheet: Worksheet, page: ScorePage) -> None:
    first, last = HEAD_ROW + 1, HEAD_ROW + len(page.rows)
    opinion = FIRST_CRITERION + len(page.part.criteria) + 1
    for row in range(first, last + 1):
        for column in (*range(FIRST_CRITERION, opinion - 1), opinion):
            cell: Any = sheet.cell(row, column)
            cell.protection = Protection(locked=False)
    for column, line in enumerate(page.part.criteria, start=FIRST_CRITERION):
        rule = DataValidation(type="decimal", operator="between", formula1="0", formula2=str(line.points), allow_blank=True)
        rule.showErrorMessage, rule.errorTitle, rule.error = True, "得分不在范围", f"“{line.title}”应为 0 至 {line.points} 之间的数"
        rule.showInputMessage, rule.prompt = True, f"0 至 {line.points} 分"
        letter = get_column_letter(column)
        rule.add(f"{letter}{first}:{letter}{last}")
        sheet.add_data_validation(rule)


def _sum_up(sheet: Worksheet, page: ScorePage) -> None:
    total = FIRST_CRITERION + len(page.part.criteria)
    left, right = get_column_letter(FIRST_CRITERION), get_column_letter(total - 1)
    for row in range(HEAD_ROW + 1, HEAD_ROW + 1 + len(page.rows)):
        cells = f"{left}{row}:{right}{row}"
        cell: Any = sheet.cell(row, total)
        cell.value = f'=IF(COUNT({cells})=0,"",SUM({cells}))'


def _sign(sheet: Worksheet, page: ScorePage) -> None:
    """Leave a line for the signature under the table, within what is printed."""
    row, last = HEAD_ROW + len(page.rows) + 2, FIRST_CRITERION + len(page.part.criteria) + 1
    sheet.merge_cells(start_row=row, end_row=row, start_column=2, end_column=last)
    cell: Any = sheet.cell(row, 2, SIGNATURE)
    cell.font, cell.alignment = Font(size=12), Alignment(horizontal="right", vertical="center")
    sheet.row_dimensions[row].height = 32
    sheet.print_area = f"A1:{get_column_letter(last)}{row}"


def _protect(sheet: Worksheet) -> None:
    """Hide the key and lock everything else; without a password, so that the office can help itself."""
    sheet.column_dimensions["A"].hidden = True
    sheet.protection.sheet = True
    sheet.protection.formatColumns = sheet.protection.formatRows = False
