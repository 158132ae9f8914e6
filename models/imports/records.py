"""Records of units from Excel: honours, earlier recognitions, contacts. Headings may be named otherwise, years may lack a day."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from config.vocabulary import WRITTEN_TO, ContactRole, HonourKind, Level, RecognitionKind
from models.imports.reading import Columns, Reader, Table, address, day_of, line, must, needed, plain, read_rows, switch, word


@dataclass(frozen=True, slots=True)
class HonourRow:
    """One commendation or good grade of a unit or its secretary (R24, R32)."""

    unit: str
    kind: HonourKind
    level: Level
    title: str
    awarded_on: date
    to_secretary: bool


@dataclass(frozen=True, slots=True)
class RecognitionRow:
    """One earlier approval (R42)."""

    unit: str
    kind: RecognitionKind
    level: Level
    approved_on: date


@dataclass(frozen=True, slots=True)
class ContactRow:
    """Who is written to at a unit."""

    unit: str
    role: ContactRole
    name: str
    email: str
    phone: str


def _code(value: Any) -> str:
    """Take the code alone, also from a cell that carries the name behind it."""
    return must(value).split()[0]


def _or(default: Any, reader: Reader) -> Reader:
    return lambda value: default if not plain(value) else reader(value)


def _email(value: Any) -> str:
    return address(must(value))


ALSO = {"表彰": HonourKind.COMMENDATION, "述职评议": HonourKind.APPRAISAL_GOOD, "述职评议好": HonourKind.APPRAISAL_GOOD}
"""Other names of what counts for R24 and R32."""
HONOUR_COLUMNS: Columns = {
    "组织代码|党组织代码|代码": ("unit", _code),
    "类别|荣誉类别|类型": ("kind", _or(HonourKind.COMMENDATION, word(HonourKind, ALSO))),
    "级别|等级|荣誉级别": ("level", needed(word(Level))),
    "名称|荣誉名称|表彰名称": ("title", line(200, empty=False)),
    "时间|授予时间|表彰时间|获奖时间|评议时间": ("awarded_on", needed(day_of)),
    "授予书记|是否授予书记": ("to_secretary", switch),
}  # fmt: skip
RECOGNITION_COLUMNS: Columns = {
    "组织代码|党组织代码|代码": ("unit", _code),
    "类别|获批类别|类型": ("kind", needed(word(RecognitionKind))),
    "级别|等级|获批级别": ("level", needed(word(Level))),
    "时间|获批时间|批准时间": ("approved_on", needed(day_of)),
}
CONTACT_COLUMNS: Columns = {
    "组织代码|党组织代码|代码": ("unit", _code),
    "角色|职务": ("role", _or(ContactRole.CONTACT, word(WRITTEN_TO))),
    "姓名|联系人": ("name", line(60, empty=False)),
    "邮箱|电子邮箱|联系人邮箱": ("email", _email),
    "电话|联系电话|手机": ("phone", line(40)),
}


def read_honours(path: Path, *, partial: bool = False) -> Table[HonourRow]:
    """Return the honours of a sheet with what was left out; raises PlanError with every flaw unless ``partial``."""
    return read_rows(path, HONOUR_COLUMNS, HonourRow, partial=partial)


def read_recognitions(path: Path, *, partial: bool = False) -> Table[RecognitionRow]:
    """Return the earlier approvals of a sheet with what was left out; raises PlanError with every flaw unless ``partial``."""
    return read_rows(path, RECOGNITION_COLUMNS, RecognitionRow, partial=partial)


def read_contacts(path: Path, *, partial: bool = False) -> Table[ContactRow]:
    """Return the contacts of a sheet with what was left out; raises PlanError with every flaw unless ``partial``."""
    return read_rows(path, CONTACT_COLUMNS, ContactRow, partial=partial)
