"""A sheet of what arrived, one paper a row; made prefilled by ``notifications.papers.sheets``."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from config.loading import PlanError
from models.imports.reading import BadCellError, Columns, day_of, must, plain, read_table, whole


@dataclass(frozen=True, slots=True)
class HandInRow:
    """One paper that arrived; ``deliverable`` is its title or key."""

    number: int
    project: str
    deliverable: str
    received_on: date
    pieces: int
    so_endorsed_on: date | None
    files: tuple[str, ...]
    kept_at: str


DIGITS_MAX = 4
"""Of a number of copies."""


def _code(value: Any) -> str:
    """Take the code alone, also from a cell that carries the name behind it."""
    return must(value).split()[0]


def _count(value: Any) -> int:
    number = whole(plain(value).removesuffix(".0") or "1", DIGITS_MAX)
    if number is None:
        raise BadCellError("整数份数")
    return number


def _names(value: Any) -> tuple[str, ...]:
    return tuple(name.strip() for name in plain(value).replace(";", "\n").replace("、", "\n").splitlines() if name.strip())


def _or(default: str) -> Callable[[Any], str]:
    return lambda value: plain(value) or default


HAND_IN_COLUMNS: Columns = {
    "项目编号": ("project", _code),
    "材料": ("deliverable", must),
    "收到日期": ("received_on", day_of),
    "份数": ("pieces", _count),
    "二级党组织审核日期": ("so_endorsed_on", day_of),
    "文件": ("files", _names),
    "原件存放处": ("kept_at", _or("部门邮箱")),
}


def read_hand_ins(path: Path) -> list[HandInRow]:
    """Return the rows in which something arrived; rows without a date of receipt that carry nothing else are left out.

    Raises PlanError with every flaw by sheet and cell.
    """
    rows = read_table(path, HAND_IN_COLUMNS)
    undated = [number for number, row in rows if row["received_on"] is None and (row["files"] or row["so_endorsed_on"])]
    if undated:
        raise PlanError(f"{path.name}：第 {'、'.join(map(str, undated))} 行登记了文件或审核日期，但没有收到日期；请补填")
    return [HandInRow(number, **row) for number, row in rows if row["received_on"] is not None]
