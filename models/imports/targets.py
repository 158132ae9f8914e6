"""Targets of earlier declarations from Excel, with what came of them: one sheet for many projects, one target a row (R5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.loading import PlanError
from config.vocabulary import Achievement
from models.imports.reading import BadCellError, Columns, must, plain, read_table, word


@dataclass(frozen=True, slots=True)
class TargetRow:
    """One target; ``state`` None: nothing is said yet about how far it is reached."""

    number: int
    project: str
    text: str
    state: Achievement | None
    result: str
    evidence: str


SAID_OTHERWISE = {"完成": "达到", "部分完成": "部分达到", "未完成": "未达到"}
"""How people also say how far something is reached."""
TEXT_MAX = 300
"""Characters of one target."""


def _code(value: Any) -> str:
    """Take the code alone, also from a cell that carries the name behind it."""
    return must(value).split()[0]


def _state(value: Any) -> Any:
    text = plain(value)
    return word(Achievement)(SAID_OTHERWISE.get(text, text))


def _line(value: Any) -> str:
    """Read a text of one cell; a line break within a target would make two of it wherever targets are listed by line."""
    text = " ".join(plain(value).split())
    if len(text) > TEXT_MAX:
        raise BadCellError(f"不超过 {TEXT_MAX} 字的目标")
    return text


TARGET_COLUMNS: Columns = {
    "项目编号": ("project", _code),
    "目标": ("text", _line),
    "完成情况": ("state", _state),
    "结果": ("result", plain),
    "佐证": ("evidence", plain),
}


def read_targets(path: Path) -> dict[str, list[TargetRow]]:
    """Return the targets by project, in the order of the sheet; rows of one project need not stand together, unfilled ones do not count.

    Raises PlanError with every flaw by sheet and row.
    """
    rows = [TargetRow(number, **row) for number, row in read_table(path, TARGET_COLUMNS) if any((*row.values(),)[1:])]
    if not rows:
        raise PlanError(f"{path.name}：没有一条目标；请在表头“{'、'.join(TARGET_COLUMNS)}”之下每行写一条")
    found: dict[str, list[TargetRow]] = {}
    for row in rows:
        found.setdefault(row.project, []).append(row)
    if flaws := [*_unfinished(path, rows), *_twice(path, found)]:
        raise PlanError("\n".join(flaws))
    return found


def _unfinished(path: Path, rows: Iterable[TargetRow]) -> list[str]:
    """Return what is wanting in a row whose other cells say something."""
    states = "、".join(member.label for member in Achievement)
    wanting = [
        (row.number, head, expected)
        for row in rows
        for head, empty, expected in (
            ("目标", not row.text, "申报时提出的目标"),
            ("结果", row.state is not None and not row.result, "做到了什么"),
            ("完成情况", row.state is None and bool(row.result or row.evidence), states),
        )
        if empty
    ]
    return [f"{path.name} 第 {number} 行（{head}）：读到“”，应为{expected}" for number, head, expected in wanting]


def _twice(path: Path, found: dict[str, list[TargetRow]]) -> list[str]:
    flaws = []
    for project, rows in found.items():
        first: dict[str, int] = {}
        for row in rows:
            if row.text in first:
                flaws.append(f"{path.name} 第 {row.number} 行：{project} 的目标“{row.text[:40]}”与第 {first[row.text]} 行重复；请删去一行")
            first.setdefault(row.text, row.number)
    return flaws
