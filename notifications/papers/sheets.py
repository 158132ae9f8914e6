"""Excel sheets that people fill in, or read: a title, a head that repeats in print, drop-downs, no formula from data."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import ceil
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from notifications.typeset import width

TITLE_ROW, NOTE_ROW, HEAD_ROW = 1, 2, 3
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""With which a formula begins, in Excel or in a program that makes wide characters plain."""
LIST_MAX = 250
"""Characters of a drop-down that Excel takes inline."""
A3, A4 = 8, 9
"""Numbers of the paper sizes."""
A4_WIDTH = 200
"""What of columns can still be read on a sheet of A4 across."""
THIN = Side(style="thin", color="B8B2A6")
BODY_FONT, TITLE_FONT, HEAD_FONT = "宋体", "方正小标宋简体", "黑体"
"""As offices are used to it; a machine without one of them takes its own."""
BOX = Border(left=THIN, right=THIN, top=THIN, bottom=THIN)
TITLE, NOTE, BODY = Font(name=TITLE_FONT, size=18), Font(name=BODY_FONT, size=10, color="666666"), Font(name=BODY_FONT, size=11)
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
    row_height: float | None = None
    """Points; None: as tall as the text needs."""


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
        page.row_dimensions[number].height = sheet.row_height or _height(sheet.columns, values)
    _drop_downs(page, sheet)
    _print_set_up(page, sheet)


def saved(book: Workbook) -> bytes:
    """Return a workbook as bytes."""
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def _height(columns: Sequence[Column], values: Sequence[Any]) -> float:
    """Return the points that a row needs: not every program makes a row as tall as its text when it opens a file."""
    return max(_lines(str(value), column.width) for column, value in zip(columns, values, strict=True)) * LINE_PT + PADDING_PT


def _lines(text: str, columns: int) -> int:
    """Return how many lines a text takes in so many columns of half a Chinese character; one character may have to move down."""
    return sum(max(1, ceil(width(line) / max(1, columns - 2))) for line in text.split("\n"))


LINE_PT, PADDING_PT, MARGIN_INCH = 15.0, 7.0, 0.5


def _head(page: Worksheet, sheet: Sheet) -> None:
    last = len(sheet.columns)
    for row, text, font in (
        (TITLE_ROW, sheet.title, Font(name=TITLE_FONT, size=18)),
        (NOTE_ROW, sheet.note, Font(name=BODY_FONT, size=10, color="666666")),
    ):
        page.merge_cells(start_row=row, end_row=row, start_column=1, end_column=last)
        title: Any = page.cell(row, 1)
        _put(title, text)
        title.font = font
        title.alignment = Alignment(horizontal="center" if row == TITLE_ROW else "left", vertical="center", wrap_text=True)
    across = sum(column.width for column in sheet.columns)
    page.row_dimensions[TITLE_ROW].height = 36
    page.row_dimensions[NOTE_ROW].height = _lines(sheet.note, across) * LINE_PT + PADDING_PT
    page.row_dimensions[HEAD_ROW].height = _height(sheet.columns, [column.head for column in sheet.columns])
    for index, column in enumerate(sheet.columns, start=1):
        cell: Any = page.cell(HEAD_ROW, index)
        _put(cell, column.head)
        cell.font, cell.fill, cell.border = Font(name=HEAD_FONT, size=11), HEAD_FILL, BOX
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        page.column_dimensions[get_column_letter(index)].width = column.width
    page.freeze_panes = f"A{HEAD_ROW + 1}"


def _put(cell: Any, value: Any) -> None:
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", value) if isinstance(value, str) else value  # what no workbook can hold
    if isinstance(value, str):
        cell.data_type = "s"  # "=…" from data must not become a formula
        cell.quotePrefix = value.startswith(FORMULA)  # nor when somebody edits the cell


def _cell(page: Worksheet, row: int, index: int, column: Column, value: Any) -> None:
    cell: Any = page.cell(row, index)
    _put(cell, value)
    if isinstance(value, date):
        cell.number_format = "yyyy-mm-dd"
    cell.border, cell.font = BOX, BODY
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
    page.print_options.horizontalCentered = True
    page.page_margins.left = page.page_margins.right = page.page_margins.top = MARGIN_INCH
    page.oddFooter.center.text = "第 &P 页，共 &N 页"  # type: ignore[union-attr]
