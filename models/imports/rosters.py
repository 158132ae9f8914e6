"""Rosters from Excel: units with their contacts, and projects that are already being built."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from config.vocabulary import BranchKind, UnitKind
from models.imports.reading import Columns, address, day_of, line, must, plain, read_table, switch, word


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
    dual_leader: bool | None = None
    planned_end_on: date | None = None


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """One project that is already being built."""

    unit: str
    title: str


UNIT_COLUMNS: Columns = {
    "组织代码": ("code", line(40, empty=False)),
    "名称": ("name", line(100, empty=False)),
    "类型": ("kind", word(UnitKind)),
    "上级代码": ("parent", lambda value: plain(value) or None),
    "支部类型": ("branch_kind", word(BranchKind)),
    "成立时间": ("founded_on", day_of),
    "联系人": ("contact", line(60)),
    "联系人邮箱": ("email", address),
    "电话": ("phone", line(40)),
    "书记": ("secretary", line(60)),
    "书记邮箱": ("secretary_email", address),
    "双带头人|书记是否双带头人": ("dual_leader", lambda value: switch(value) if plain(value) else None),
    "计划撤并时间": ("planned_end_on", day_of),
}
PROJECT_COLUMNS: Columns = {"组织代码": ("unit", must), "项目名称": ("title", line(200))}


def read_units(path: Path) -> list[UnitRow]:
    """Return a roster; raises PlanError with every flaw by sheet and cell."""
    return [UnitRow(**row) for _, row in read_table(path, UNIT_COLUMNS)]


def read_projects(path: Path) -> list[ProjectRow]:
    """Return a list of projects; raises PlanError with every flaw by sheet and cell."""
    return [ProjectRow(**row) for _, row in read_table(path, PROJECT_COLUMNS)]
