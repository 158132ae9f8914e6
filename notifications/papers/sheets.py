"""Excel sheets that people fill in, or read: a title, a head that repeats in print, drop-downs, no formula from data."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import ceil
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

TITLE_ROW, NOTE_ROW, HEAD_ROW = 1, 2, 3
LIST_MAX = 250
"""Characters of a drop-down that Excel takes inline."""
WIDE = 2.2
"""Width of a bold Chinese character in the unit of column widths."""
LINE_HEIGHT = 15
A3, A4 = 8, 9
"""Numbers of the paper sizes."""
A4_WIDTH = 200
"""What of columns can still be read on a sheet of A4 across."""
FORMULA_STARTS = ("=", "+", "-", "@")
THIN = Side(style="thin", color="B8B2A6")
BOX = Border(left=THIN, right=THIN, top=THIN, bottom=THIN)
HEAD_FILL, ENTRY_FILL = PatternFill("solid", fgColor="EFE9DC"), PatternFill("solid", fgColor="FFFBEA")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: heading, width in characters, whether people fill it in, and what they may choose."""

    head: str
    width: int
    entry: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: to be filled in, or to be read."""

    name: str
    title: str
    note: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Any]]
    choices_by_row: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """Index of a row → what may be chosen there, where it differs (for the first column that has choices)."""


def workbook_of(sheet: Sheet, *more: Sheet) -> bytes:
    """Return the workbook of one or several sheets as bytes; text stays text whatever it begins with."""
    book = Workbook()
    fill_page(book.active, sheet)  # type: ignore[arg-type]
    for one in more:
        fill_page(book.create_sheet(), one)
    return saved(book)


def fill_page(page: Worksheet, sheet: Sheet) -> None:
    """Put a sheet on a page of a workbook."""
    page.title = sheet.name[:31]
    _head(page, sheet)
    for number, values in enumerate(sheet.rows, start=HEAD_ROW + 1):
        for index, (column, value) in enumerate(zip(sheet.columns, values, strict=True), start=1):
            _cell(page, number, index, column, value)
        if (lines := _lines(sheet, values)) > 1:
            page.row_dimensions[number].height = lines * LINE_HEIGHT
    _drop_downs(page, sheet)
    _print_set_up(page, sheet)


def saved(book: Workbook) -> bytes:
    """Return a workbook as bytes."""
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def _head(page: Worksheet, sheet: Sheet) -> None:
    last = len(sheet.columns)
    for row, text, font in ((TITLE_ROW, sheet.title, Font(bold=True, size=16)), (NOTE_ROW, sheet.note, Font(size=10, color="666666"))):
        page.merge_cells(start_row=row, end_row=row, start_column=1, end_column=last)
        title: Any = page.cell(row, 1)
        _put(title, text)
        title.font = font
        title.alignment = Alignment(horizontal="center" if row == TITLE_ROW else "left", vertical="center", wrap_text=True)
    page.row_dimensions[TITLE_ROW].height, page.row_dimensions[NOTE_ROW].height = 30, 34
    for index, column in enumerate(sheet.columns, start=1):
        cell: Any = page.cell(HEAD_ROW, index, column.head)
        cell.font, cell.fill, cell.border = Font(bold=True), HEAD_FILL, BOX
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        page.column_dimensions[get_column_letter(index)].width = column.width
    if any(WIDE * len(column.head) > column.width for column in sheet.columns):
        page.row_dimensions[HEAD_ROW].height = 32
    page.freeze_panes = f"A{HEAD_ROW + 1}"


def _lines(sheet: Sheet, values: Sequence[Any]) -> int:
    """Return how many lines the longest text of a row takes: not every program finds that out by itself."""
    texts = [(column.width, value) for column, value in zip(sheet.columns, values, strict=True) if isinstance(value, str)]
    return max((sum(ceil(WIDE * len(line) / width) or 1 for line in text.splitlines() or [""]) for width, text in texts), default=1)


def _put(cell: Any, value: Any) -> None:
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"  # "=…" from data must not become a formula
        cell.quotePrefix = value.startswith(FORMULA_STARTS)  # nor when somebody edits the cell in Excel or WPS


def _cell(page: Worksheet, row: int, index: int, column: Column, value: Any) -> None:
    cell: Any = page.cell(row, index)
    _put(cell, value)
    if isinstance(value, date):
        cell.number_format = "yyyy-mm-dd"
    cell.border = BOX
    cell.alignment = Alignment(vertical="center", wrap_text=True, horizontal=None if isinstance(value, str) else "center")
    if column.entry:
        cell.fill = ENTRY_FILL


def _drop_downs(page: Worksheet, sheet: Sheet) -> None:
    for index, column in enumerate(sheet.columns, start=1):
        if not column.choices and not (column.entry and sheet.choices_by_row and column.head in CHOSEN):
            continue
        for offset in range(len(sheet.rows)):
            options = sheet.choices_by_row.get(offset, column.choices)
            text = f'"{",".join(options)}"'
            if options and len(text) <= LIST_MAX:
                rule = DataValidation(type="list", formula1=text, allow_blank=True, showErrorMessage=True)
                rule.error, rule.errorTitle = f"请从下拉列表中选择：{'、'.join(options)}"[:220], "不在可选范围"
                page.add_data_validation(rule)
                rule.add(page.cell(HEAD_ROW + 1 + offset, index))


CHOSEN = ("决定",)
"""Headings whose choices differ by row."""


def _print_set_up(page: Worksheet, sheet: Sheet) -> None:
    page.print_title_rows = f"{TITLE_ROW}:{HEAD_ROW}"
    wide = sum(column.width for column in sheet.columns) > A4_WIDTH
    page.page_setup.orientation, page.page_setup.paperSize = "landscape", A3 if wide else A4
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr.fitToPage = True  # type: ignore[union-attr]
    page.print_area = f"A1:{get_column_letter(len(sheet.columns))}{HEAD_ROW + max(1, len(sheet.rows))}"
    page.oddFooter.center.text = "第 &P 页，共 &N 页"  # type: ignore[union-attr]
