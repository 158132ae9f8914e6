"""Rosters as sheets in exactly the layout of their import: take out, edit, bring back (6.3). Who has left or was erased is not listed."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from sqlmodel import Session, col, select

from config.vocabulary import WRITTEN_TO, ContactRole, UnitKind
from flows.steps.errors import refuse
from models.imports.reading import Columns
from models.imports.records import CONTACT_COLUMNS, HONOUR_COLUMNS, RECOGNITION_COLUMNS
from models.imports.rosters import PROJECT_COLUMNS, UNIT_COLUMNS
from models.loading import cohort_row
from models.tables import Contact, Honour, Project, Recognition, Unit
from notifications.papers.sheets import Column, Sheet, workbook_of

YES_NO: Mapping[bool | None, str] = {True: "是", False: "否", None: ""}
WIDE, NARROW = 26, 15
Row = tuple[Any, ...]


class Roster(NamedTuple):
    """A roster: the columns of its import, its rows, and the command that brings it back."""

    columns: Columns
    rows: Callable[[Session, str], Iterator[Row]]
    command: str


def roster_sheet(session: Session, name: str, cohort: str = "") -> bytes:
    """Return a roster as it stands, by its Chinese name; 项目 needs a cohort. Refused where there is none, or nothing in it."""
    if name not in ROSTERS:
        raise refuse(f"没有名单“{name}”", f"可用：{'、'.join(ROSTERS)}")
    roster = ROSTERS[name]
    rows = list(roster.rows(session, cohort))
    if not rows:
        raise refuse(f"名单“{name}”没有内容", "登记或导入后再导出")
    heads = [labels.partition("|")[0] for labels in roster.columns]
    columns = tuple(Column(head, WIDE if head in ("名称", "项目名称", "邮箱") else NARROW, entry=True) for head in heads)
    note = f"改后用 {roster.command} 导入；表头不改，行可增删，删去的行不影响已有登记。"
    return workbook_of(Sheet(name, f"{name}名单", note, columns, rows))


def _units(session: Session, _cohort: str) -> Iterator[Row]:
    """Yield every unit, SOs before their branches, as an import takes them in."""
    units = session.exec(select(Unit)).all()
    codes, people = {unit.id: unit.code for unit in units}, _people(session)
    for unit in sorted(units, key=lambda unit: (unit.kind == UnitKind.BRANCH, unit.code)):
        contact, secretary = (people.get((unit.id, role)) for role in WRITTEN_TO)
        yield (
            unit.code, unit.name, unit.kind.label, codes.get(unit.parent_id, ""), unit.branch_kind.label if unit.branch_kind else "",
            unit.founded_on, contact.name if contact else "", contact.email if contact else "", contact.phone if contact else "",
            secretary.name if secretary else "", secretary.email if secretary else "", YES_NO[unit.secretary_is_dual_leader],
            unit.planned_end_on,
        )  # fmt: skip


def _people(session: Session) -> dict[tuple[int | None, ContactRole], Contact]:
    current = select(Contact).where(col(Contact.valid_until).is_(None), col(Contact.role).in_(WRITTEN_TO)).order_by(col(Contact.id))
    return {(row.unit_id, row.role): row for row in session.exec(current)}


def _projects(session: Session, cohort: str) -> Iterator[Row]:
    if not cohort:
        raise refuse("导出项目名单须写明批次", "如 creation sheet roster 项目 --cohort 2023")
    mine = select(Unit.code, Project.title).join(Unit).where(Project.cohort_id == cohort_row(session, cohort).id)
    yield from session.exec(mine.order_by(col(Project.code)))


def _honours(session: Session, _cohort: str) -> Iterator[Row]:
    query = select(Unit.code, Honour).join(Unit, col(Honour.unit_id) == Unit.id).order_by(col(Unit.code), col(Honour.id))
    for code, row in session.exec(query):
        yield (code, row.kind.label, row.level.label, row.title, row.awarded_on, YES_NO[row.to_secretary])


def _recognitions(session: Session, _cohort: str) -> Iterator[Row]:
    query = select(Unit.code, Recognition).join(Unit, col(Recognition.unit_id) == Unit.id).order_by(col(Unit.code), col(Recognition.id))
    for code, row in session.exec(query):
        yield (code, row.kind.label, row.level.label, row.approved_on)


def _contacts(session: Session, _cohort: str) -> Iterator[Row]:
    codes = dict(session.exec(select(Unit.id, Unit.code)).all())
    for (unit, role), row in sorted(_people(session).items(), key=lambda item: (codes.get(item[0][0], ""), item[0][1])):
        if unit is not None:
            yield (codes[unit], role.label, row.name, row.email, row.phone)


ROSTERS: Mapping[str, Roster] = {
    "党组织": Roster(UNIT_COLUMNS, _units, "creation import units"),
    "项目": Roster(PROJECT_COLUMNS, _projects, "creation import projects"),
    "荣誉": Roster(HONOUR_COLUMNS, _honours, "creation import honours"),
    "已获批": Roster(RECOGNITION_COLUMNS, _recognitions, "creation import recognitions"),
    "联系人": Roster(CONTACT_COLUMNS, _contacts, "creation import contacts"),
}
"""Name → roster."""
