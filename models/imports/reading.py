"""Reading a table from Excel: tolerant of layout, strict about content, writing nothing."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, TypeVar

from openpyxl.utils import get_column_letter

from config.loading import PlanError
from config.texts import NOT_IN_A_LINE, flaw_of_text, is_address, quoted
from config.vocabulary import Labelled
from models.imports.workbook import Wish, opened, rows_of

ROWS_MAX = 5000
EXCEL_EPOCH = date(1899, 12, 30)
DIGITS_MAX = 9
HEAD_WITHIN = 10
"""A merged title and a note may stand above the head."""
Reader = Callable[[Any], Any]
"""A cell's value → what the act gets; raises BadCellError."""
Row = TypeVar("Row")
Columns = Mapping[str, tuple[str, Reader]]
"""Heading → name of the value and its reader; the first heading must be there, it finds the head."""


class BadCellError(ValueError):
    """A cell cannot be read; the text says what was expected."""


def plain(value: Any) -> str:
    """Return a cell's text with full-width letters and digits made plain and spaces removed at both ends."""
    return "" if value is None else unicodedata.normalize("NFKC", str(value)).strip()


def whole(text: str, digits_max: int = DIGITS_MAX) -> int | None:
    """Return a whole number of not too many digits, or None: Python itself refuses to read very long ones."""
    return int(text) if text.isdecimal() and len(text) <= digits_max else None


def day_of(value: Any) -> date | None:
    """Read a date as people type it: a date cell, a serial number, 2023-10-01, 2023.10, 2023年10月."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = plain(value)
    if not text:
        return None
    text = re.sub(r"\s", "", text)
    if re.fullmatch(r"\d{5}(\.0)?", text):
        return EXCEL_EPOCH + timedelta(days=int(float(text)))
    found = re.fullmatch(r"(\d{4})[年./-](\d{1,2})(?:[月./-](\d{1,2})?[日号]?)?", text)
    if not found:
        raise BadCellError("日期，如 2023-10-01 或 2023.10")
    try:
        return date(int(found[1]), int(found[2]), int(found[3] or 1))
    except ValueError:
        raise BadCellError("存在的日期") from None


def word(kind: Iterable[Labelled], also: Mapping[str, StrEnum] = MappingProxyType({})) -> Reader:
    """Return the reader of a closed set of words, by label, stored value or another name."""

    def read(value: Any) -> StrEnum | None:
        text = plain(value).replace(" ", "").strip('“”"')
        if not text:
            return None
        for member in kind:
            if text in (member.label, member.value, member.label.replace("“", "").replace("”", "")):
                return member
        if text in also:
            return also[text]
        raise BadCellError("、".join(member.label for member in kind))

    return read


def needed(reader: Reader) -> Reader:
    """Return a reader that takes no empty cell."""

    def read(value: Any) -> Any:
        found = reader(value)
        if found is None:
            raise BadCellError("不能为空")
        return found

    return read


def switch(value: Any) -> bool:
    """Read yes or no; an empty cell says no."""
    text = plain(value)
    if text in ("是", "√", "✓", "1", "TRUE", "True", "有"):
        return True
    if text in ("", "否", "×", "0", "FALSE", "False", "无"):
        return False
    raise BadCellError("是或否")


def must(value: Any) -> str:
    """Read a text that may not be empty."""
    text = plain(value)
    if not text:
        raise BadCellError("不能为空")
    return text


def line(most: int, *, empty: bool = True) -> Reader:
    """Return the reader of a text that may come into a letter's head: a name, a title, a telephone; at most so many characters."""

    def read(value: Any) -> str:
        text = plain(value) if empty else must(value)
        if len(text) > most or NOT_IN_A_LINE.search(text):
            raise BadCellError(f"一行文字，不超过 {most} 字，不含换行和“=?”")
        return text

    return read


def address(value: Any) -> str:
    """Read a mailbox, or nothing."""
    text = plain(value).replace(" ", "")
    if text and not is_address(text):
        raise BadCellError("形如 name@university.example 的邮箱")
    return text


@dataclass(frozen=True, slots=True)
class Table(Generic[Row]):
    """What a sheet holds: row number and row; ``left_out`` are the flaws of the rows that are not among them."""

    rows: tuple[tuple[int, Row], ...]
    left_out: tuple[str, ...] = ()


def read_rows(path: Path, columns: Columns, row: Callable[..., Row], *, partial: bool = False) -> Table[Row]:
    """Return a sheet's rows as values of a kind; raises PlanError with every flaw, or with ``partial`` leaves flawed rows out."""
    flaws: dict[int, list[str]] = {}
    found = [(number, given) for number, given in _read(path, columns, flaws) if number not in flaws]
    told = tuple(flaw for number in sorted(flaws) for flaw in flaws[number])
    if told and not partial:
        raise PlanError("\n".join(told))
    return Table(tuple((number, row(**given)) for number, given in found), told)


def read_table(path: Path, columns: Columns) -> list[tuple[int, dict[str, Any]]]:
    """Return row number and values of every row that says something; raises PlanError with every flaw by sheet and cell."""
    return list(read_rows(path, columns, dict[str, Any]).rows)


def _read(path: Path, columns: Columns, flaws: dict[int, list[str]]) -> list[tuple[int, dict[str, Any]]]:
    with opened(path, Wish.PREFERABLY_WHOLE) as book:
        return list(_rows(path, book.worksheets[0], columns, flaws))


def _rows(path: Path, sheet: Any, columns: Columns, flaws: dict[int, list[str]]) -> Iterator[tuple[int, dict[str, Any]]]:
    head: dict[str, int] = {}
    where = f"{path.name} 工作表“{sheet.title}”"
    filled = merged_below(sheet)
    for number, cells in enumerate(rows_of(path, sheet), start=1):
        if number > ROWS_MAX:
            raise PlanError(f"{path.name}：超过 {ROWS_MAX} 行；请删去空行或分批导入")
        if not head:
            head = _head(cells, columns)
            if not head and number >= HEAD_WITHIN:
                raise PlanError(f"{where}：前 {HEAD_WITHIN} 行没有表头；应含 {'、'.join(map(first_name, columns))}")
        elif any(plain(cell.value) for cell in cells):
            yield number, _row(_Place(where, number, _is_hidden(sheet, number)), cells, head, columns, filled, flaws)
    if not head:
        raise PlanError(f"{where}：没有表头；应含 {'、'.join(map(first_name, columns))}")


class _Place(NamedTuple):
    where: str
    number: int
    hidden: bool

    def cell(self, cell: Any, title: str) -> str:
        name = getattr(cell, "coordinate", "") or f"第 {self.number} 行"
        return f"{self.where} {name}{'（隐藏行）' if self.hidden else ''}（{title}）"


def _is_hidden(sheet: Any, number: int) -> bool:
    """Rows that a filter hides count like all others; a flaw there says so, or nobody would find it."""
    dimensions = getattr(sheet, "row_dimensions", None)
    return bool(dimensions and number in dimensions and dimensions[number].hidden)


def merged_below(sheet: Any) -> Mapping[str, Any]:
    """Return coordinate → value for cells that are merged with one above: one unit over several of its rows."""
    found: dict[str, Any] = {}
    for area in getattr(getattr(sheet, "merged_cells", None), "ranges", ()):
        if area.min_col == area.max_col:
            value = sheet.cell(area.min_row, area.min_col).value
            found |= {f"{get_column_letter(column)}{row}": value for row, column in area.cells}
    return found


def first_name(heading: str) -> str:
    """Return the name by which a heading is told; others behind ``|`` are taken as well."""
    return heading.partition("|")[0]


def _head(cells: tuple[Any, ...], columns: Columns) -> dict[str, int]:
    """Return heading → index where the first heading is there; stars, notes in brackets and line breaks are no part of a heading."""
    found: dict[str, int] = {}
    for index, cell in enumerate(cells):
        text = re.sub(r"\(.*?\)|[\s*:]", "", plain(cell.value))
        for heading in columns:
            if text in heading.split("|"):
                found.setdefault(heading, index)
    return found if next(iter(columns)) in found else {}


def _read_cell(reader: Reader, value: Any) -> Any:
    if flaw := flaw_of_text(plain(value)):
        raise BadCellError(f"可见的文字（{flaw}）")
    return reader(value)


def _row(
    place: _Place, cells: tuple[Any, ...], head: Mapping[str, int], columns: Columns, filled: Mapping[str, Any], flaws: dict[int, list[str]]
) -> dict[str, Any]:
    row = {}
    for heading, (name, reader) in columns.items():
        index = head.get(heading)
        cell = cells[index] if index is not None and index < len(cells) else None
        value = None if cell is None else cell.value if cell.value is not None else filled.get(getattr(cell, "coordinate", ""))
        try:
            row[name] = _read_cell(reader, value)
        except BadCellError as bad:
            flaw = f"{place.cell(cell, first_name(heading))}：读到“{quoted(plain(value))}”，应为{bad}"
            flaws.setdefault(place.number, []).append(flaw)
    return row
