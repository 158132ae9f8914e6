"""A sheet as plain rows of text, for forms whose layout is not a table: merged cells filled, hidden rows marked, CSV as good as Excel."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from config.loading import PlanError
from models.imports.reading import ROWS_MAX, plain
from models.imports.workbook import COLUMNS_MAX, Wish, opened, rows_of

CSV_MAX = 5 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its number in the sheet, its cells as text, whether it is hidden."""

    number: int
    cells: tuple[str, ...]
    hidden: bool = False

    def place(self, index: int) -> str:
        """Return what people call a cell of this row, such as ``C7``."""
        return f"{get_column_letter(index + 1)}{self.number}{'（隐藏行）' if self.hidden else ''}"


@dataclass(frozen=True, slots=True)
class Grid:
    """One sheet of a file; empty rows are left out."""

    where: str
    lines: tuple[Line, ...]


def read_grids(path: Path) -> list[Grid]:
    """Return every sheet that says something, or the one of a CSV file; raises PlanError for what cannot be read or is too large."""
    grids = [_of_csv(path)] if path.suffix.lower() == ".csv" else list(_of_workbook(path))
    grids = [grid for grid in grids if grid.lines]
    if not grids:
        raise PlanError(f"{path.name}：没有内容；请核对文件")
    return grids


def _of_workbook(path: Path) -> Iterator[Grid]:
    with opened(path, Wish.WHOLE) as book:
        for sheet in book.worksheets:
            if sheet.max_row > ROWS_MAX or sheet.max_column > COLUMNS_MAX:
                raise PlanError(f"{path.name} 工作表“{sheet.title}”：超过 {ROWS_MAX} 行或 {COLUMNS_MAX} 列；请删去空行空列")
            yield Grid(f"{path.name} 工作表“{sheet.title}”", tuple(_lines(path, sheet)))


def _lines(path: Path, sheet: Worksheet) -> Iterator[Line]:
    filled = merged_values(sheet)
    for number, cells in enumerate(rows_of(path, sheet), start=1):
        texts = tuple(plain(filled.get(cell.coordinate, cell.value)) for cell in cells)
        if any(texts):
            yield Line(number, texts, bool(sheet.row_dimensions[number].hidden))


def merged_values(sheet: Worksheet) -> Mapping[str, Any]:
    """Return coordinate → value for every cell that a merge hides: that of its first cell."""
    found = {}
    for area in sheet.merged_cells.ranges:
        value = sheet.cell(area.min_row, area.min_col).value
        for row, column in area.cells:
            found[f"{get_column_letter(column)}{row}"] = value
    return found


def _of_csv(path: Path) -> Grid:
    if path.stat().st_size > CSV_MAX:
        raise PlanError(f"{path.name}：超过 {CSV_MAX // 1024 // 1024} MB；请核对文件")
    text = _decoded(path)
    try:
        rows = list(csv.reader(text.splitlines()))
    except csv.Error:
        raise PlanError(f"{path.name}：不是正确的 CSV，或有过长的格；请另存为 .xlsx 后再试") from None
    if len(rows) > ROWS_MAX or any(len(row) > COLUMNS_MAX for row in rows):
        raise PlanError(f"{path.name}：超过 {ROWS_MAX} 行或 {COLUMNS_MAX} 列；请核对文件")
    lines = (Line(number, tuple(plain(cell) for cell in row)) for number, row in enumerate(rows, start=1))
    return Grid(path.name, tuple(line for line in lines if any(line.cells)))


def _decoded(path: Path) -> str:
    content = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise PlanError(f"{path.name}：文字编码无法识别；请另存为 UTF-8 或 .xlsx")
