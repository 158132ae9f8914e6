"""Reading rosters from Excel: tolerant of layout, strict about content, writing nothing."""

import re
import unicodedata
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from config.loading import PlanError
from config.vocabulary import BranchKind, Labelled, UnitKind

MEMBERS_MAX, UNPACKED_MAX, ROWS_MAX = 500, 100 * 1024 * 1024, 5000
EXCEL_EPOCH = date(1899, 12, 30)
HEAD_WITHIN = 10
"""A merged title and a note may stand above the head."""


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One organisation of a roster."""

    code: str
    name: str
    kind: UnitKind
    parent: str | None
    branch_kind: BranchKind | None
    founded_on: date | None
    contact: str
    email: str
    phone: str
    secretary: str
    secretary_email: str


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """One project that is already being built."""

    unit: str
    title: str


class _BadCellError(ValueError):
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
        raise _BadCellError("日期，如 2023-10-01 或 2023.10")
    try:
        return date(int(found[1]), int(found[2]), int(found[3] or 1))
    except ValueError:
        raise _BadCellError("存在的日期") from None


def _word(kind: type[Labelled]) -> Callable[[Any], Any]:
    def read(value: Any) -> StrEnum | None:
        text = plain(value)
        if not text:
            return None
        for member in kind:
            if text in (member.label, member.value):
                return member
        raise _BadCellError("、".join(member.label for member in kind))

    return read


def _must(value: Any) -> str:
    text = plain(value)
    if not text:
        raise _BadCellError("不能为空")
    return text


Reader = Callable[[Any], Any]
UNIT_COLUMNS: Mapping[str, tuple[str, Reader]] = {
    "组织代码": ("code", _must),
    "名称": ("name", _must),
    "类型": ("kind", _word(UnitKind)),
    "上级代码": ("parent", lambda value: plain(value) or None),
    "支部类型": ("branch_kind", _word(BranchKind)),
    "成立时间": ("founded_on", day_of),
    "联系人": ("contact", plain),
    "联系人邮箱": ("email", plain),
    "电话": ("phone", plain),
    "书记": ("secretary", plain),
    "书记邮箱": ("secretary_email", plain),
}
PROJECT_COLUMNS: Mapping[str, tuple[str, Reader]] = {"组织代码": ("unit", _must), "项目名称": ("title", plain)}


def read_units(path: Path) -> list[UnitRow]:
    """Return a roster; raises PlanError with every flaw by sheet and cell."""
    return [UnitRow(**row) for row in _read(path, UNIT_COLUMNS)]


def read_projects(path: Path) -> list[ProjectRow]:
    """Return a list of projects; raises PlanError with every flaw by sheet and cell."""
    return [ProjectRow(**row) for row in _read(path, PROJECT_COLUMNS)]


def _read(path: Path, columns: Mapping[str, tuple[str, Reader]]) -> list[dict[str, Any]]:
    _refuse_bomb(path)
    book = load_workbook(path, read_only=True, data_only=True)
    sheet = book.worksheets[0]
    rows: list[dict[str, Any]] = []
    flaws: list[str] = []
    head: dict[int, str] = {}
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        if number > ROWS_MAX:
            raise PlanError(f"{path.name}：超过 {ROWS_MAX} 行；请删去空行或分批导入")
        if not head:
            head = _head(cells, columns)
            if not head and number >= HEAD_WITHIN:
                raise PlanError(f"{path.name} 工作表“{sheet.title}”：前 {HEAD_WITHIN} 行没有表头；应含 {'、'.join(columns)}")
        elif any(plain(cell.value) for cell in cells):
            rows.append(_row(path, sheet.title, cells, head, columns, flaws))
    book.close()
    if flaws:
        raise PlanError("\n".join(flaws))
    return rows


def _head(cells: tuple[Any, ...], columns: Mapping[str, Any]) -> dict[int, str]:
    found = {index: plain(cell.value).replace(" ", "") for index, cell in enumerate(cells)}
    known = {index: text for index, text in found.items() if text in columns}
    return known if next(iter(columns)) in known.values() else {}


def _row(
    path: Path, sheet: str, cells: tuple[Any, ...], head: Mapping[int, str], columns: Mapping[str, tuple[str, Reader]], flaws: list[str]
) -> dict[str, Any]:
    row = dict.fromkeys(name for name, _ in columns.values())
    for index, title in head.items():
        name, reader = columns[title]
        value = cells[index].value if index < len(cells) else None
        try:
            row[name] = reader(value)
        except _BadCellError as bad:
            where = getattr(cells[index], "coordinate", f"第 {index + 1} 列")
            flaws.append(f"{path.name} 工作表“{sheet}” {where}（{title}）：读到“{plain(value)[:40]}”，应为{bad}")
    return {
        name: "" if value is None and name in ("title", "contact", "email", "phone", "secretary", "secretary_email") else value
        for name, value in row.items()
    }


def _refuse_bomb(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError):
        raise PlanError(f"{path.name}：不是 .xlsx 文件，或文件已损坏；请另存为 .xlsx 后再试") from None
    if len(members) > MEMBERS_MAX or sum(member.file_size for member in members) > UNPACKED_MAX:
        raise PlanError(f"{path.name}：内容异常庞大；请核对文件来源")
