"""Reading a table from Excel: tolerant of layout, strict about content, writing nothing."""

import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from config.loading import PlanError
from config.vocabulary import Labelled

MEMBERS_MAX, UNPACKED_MAX, ROWS_MAX = 500, 100 * 1024 * 1024, 5000
EXCEL_EPOCH = date(1899, 12, 30)
HEAD_WITHIN = 10
"""A merged title and a note may stand above the head."""
Reader = Callable[[Any], Any]
"""A cell's value → what the act gets; raises BadCellError."""
Columns = Mapping[str, tuple[str, Reader]]
"""Heading → name of the value and its reader; the first heading must be there, it finds the head."""


class BadCellError(ValueError):
    """A cell cannot be read; the text says what was expected."""


def plain(value: Any) -> str:
    """Return a cell's text with full-width letters and digits made plain and spaces removed at both ends."""
    return "" if value is None else unicodedata.normalize("NFKC", str(value)).strip()


def day_of(value: Any) -> date | None:
    """Read a date as people type it: a date cell, a serial number, 2023-10-01, 2023.10, 2023年10月."""
    if isinstance(value, datetime):
        return value.date()
    text = plain(value)
    if not text:
        return None
    if re.fullmatch(r"\d{5}(\.0)?", text):
        return EXCEL_EPOCH + timedelta(days=int(float(text)))
    found = re.fullmatch(r"(\d{4})[年./-](\d{1,2})(?:[月./-](\d{1,2})?日?)?", text)
    if not found:
        raise BadCellError("日期，如 2023-10-01 或 2023.10")
    try:
        return date(int(found[1]), int(found[2]), int(found[3] or 1))
    except ValueError:
        raise BadCellError("存在的日期") from None


def word(kind: type[Labelled]) -> Reader:
    """Return the reader of a closed set of words, by label or stored value."""

    def read(value: Any) -> StrEnum | None:
        text = plain(value)
        if not text:
            return None
        for member in kind:
            if text in (member.label, member.value):
                return member
        raise BadCellError("、".join(member.label for member in kind))

    return read


def must(value: Any) -> str:
    """Read a text that may not be empty."""
    text = plain(value)
    if not text:
        raise BadCellError("不能为空")
    return text


def read_table(path: Path, columns: Columns) -> list[tuple[int, dict[str, Any]]]:
    """Return row number and values of every row that says something; raises PlanError with every flaw by sheet and cell."""
    refuse_bomb(path)
    book = load_workbook(path, read_only=True, data_only=True)
    try:
        flaws: list[str] = []
        rows = list(_rows(path, book.worksheets[0], columns, flaws))
    finally:
        book.close()
    if flaws:
        raise PlanError("\n".join(flaws))
    return rows


def _rows(path: Path, sheet: Any, columns: Columns, flaws: list[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    head: dict[int, str] = {}
    where = f"{path.name} 工作表“{sheet.title}”"
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        if number > ROWS_MAX:
            raise PlanError(f"{path.name}：超过 {ROWS_MAX} 行；请删去空行或分批导入")
        if not head:
            head = _head(cells, columns)
            if not head and number >= HEAD_WITHIN:
                raise PlanError(f"{where}：前 {HEAD_WITHIN} 行没有表头；应含 {'、'.join(columns)}")
        elif any(plain(cell.value) for cell in cells):
            yield number, _row(where, number, cells, head, columns, flaws)


def _head(cells: tuple[Any, ...], columns: Columns) -> dict[int, str]:
    found = {index: plain(cell.value).replace(" ", "") for index, cell in enumerate(cells)}
    known = {index: text for index, text in found.items() if text in columns}
    return known if next(iter(columns)) in known.values() else {}


def _row(where: str, number: int, cells: tuple[Any, ...], head: Mapping[int, str], columns: Columns, flaws: list[str]) -> dict[str, Any]:
    at = {title: index for index, title in head.items()}
    row = {}
    for title, (name, reader) in columns.items():
        index = at.get(title)
        value = cells[index].value if index is not None and index < len(cells) else None
        try:
            row[name] = reader(value)
        except BadCellError as bad:
            cell = getattr(cells[index], "coordinate", "") if index is not None and index < len(cells) else ""
            flaws.append(f"{where} {cell or f'第 {number} 行'}（{title}）：读到“{plain(value)[:40]}”，应为{bad}")
    return row


def refuse_bomb(path: Path, unpacked_max: int = UNPACKED_MAX) -> None:
    """Refuse a file that is no workbook or would unpack to more bytes than that; raises PlanError."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError):
        raise PlanError(f"{path.name}：不是 .xlsx 文件，或文件已损坏；请另存为 .xlsx 后再试") from None
    if len(members) > MEMBERS_MAX or sum(member.file_size for member in members) > unpacked_max:
        raise PlanError(f"{path.name}：内容异常庞大；请核对文件来源")
