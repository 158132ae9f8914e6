"""What is on record about units, from sheets: honours, recognitions, contacts; and a unit's facts changed (R22, R24, R30, R32, R42).

The same sheet twice changes nothing. All or nothing, or ``partial``: what was left out is told row by row.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from sqlmodel import Session, col, select

from config.vocabulary import BranchKind, ProjectState, UnitState
from flows.steps.errors import REFUSALS, refuse
from flows.steps.filing import from_inbox
from flows.steps.rechecking import recheck
from flows.steps.standing import change_contact
from models.history import Act, record_event
from models.imports.reading import Table
from models.imports.records import ContactRow, HonourRow, RecognitionRow, read_contacts, read_honours, read_recognitions
from models.loading import unit_row
from models.rules.lifecycle import ACTIVE
from models.tables import Contact, Honour, Project, Recognition, Unit

Row = TypeVar("Row", HonourRow, RecognitionRow, ContactRow)


@dataclass(slots=True)
class Brought:
    """What a sheet brought in."""

    added: int
    known: int
    left_out: tuple[str, ...]

    def told(self) -> str:
        """Return the sentence for who brought it in."""
        lines = [f"新登记 {self.added} 条，已有 {self.known} 条，未导入 {len(self.left_out)} 处", *self.left_out]
        return "\n".join(lines)


def import_honours(session: Session, act: Act, sheet: str, partial: bool = False) -> str:
    """Bring in commendations and good grades of units and secretaries (R24, R32)."""
    return bring_honours(session, act, read_honours(from_inbox(sheet), partial=partial), partial=partial).told()


def import_recognitions(session: Session, act: Act, sheet: str, partial: bool = False) -> str:
    """Bring in earlier approvals, which exclude a unit from declaring (R42)."""
    return bring_recognitions(session, act, read_recognitions(from_inbox(sheet), partial=partial), partial=partial).told()


def import_contacts(session: Session, act: Act, sheet: str, partial: bool = False) -> str:
    """Bring in contacts and secretaries; who is on record with the same name, address and telephone stays as they are."""
    return bring_contacts(session, act, read_contacts(from_inbox(sheet), partial=partial), partial=partial).told()


def bring_honours(session: Session, act: Act, table: Table[HonourRow], *, partial: bool) -> Brought:
    """Record honours that are new, one event a unit."""

    def entry(unit: Unit, row: HonourRow) -> Honour:
        return Honour(
            unit_id=unit.id or 0, kind=row.kind, level=row.level, title=row.title, awarded_on=row.awarded_on, to_secretary=row.to_secretary
        )

    return _bring(session, act, table, entry, "record_honours", ("kind", "level", "title", "awarded_on", "to_secretary"), partial=partial)


def bring_recognitions(session: Session, act: Act, table: Table[RecognitionRow], *, partial: bool) -> Brought:
    """Record earlier approvals that are new, one event a unit."""

    def entry(unit: Unit, row: RecognitionRow) -> Recognition:
        return Recognition(unit_id=unit.id or 0, kind=row.kind, level=row.level, approved_on=row.approved_on)

    return _bring(session, act, table, entry, "record_recognitions", ("kind", "level", "approved_on"), partial=partial)


def _bring(  # noqa: PLR0913 - both tables go one way
    session: Session, act: Act, table: Table[Row], entry: Callable[[Unit, Row], Any], event: str, columns: Sequence[str], *, partial: bool
) -> Brought:
    units = _units_of(session, table)
    flaws: dict[int, str] = _refused(table, units, act.on)
    if flaws and not partial:
        raise refuse("有错，全部未导入：\n" + "\n".join(flaws.values()), "请改正后重新导入，或选“部分导入”")
    new: dict[str, list[dict[str, str]]] = {}
    known = 0
    for row in (row for number, row in table.rows if number not in flaws):
        unit = units[row.unit]
        made = entry(unit, row)
        values = {name: getattr(made, name) for name in columns}
        if session.exec(select(type(made)).filter_by(unit_id=unit.id, **values)).first():
            known += 1
            continue
        session.add(made)
        session.flush()
        new.setdefault(row.unit, []).append({name: str(value) for name, value in values.items()})
    for code, entries in new.items():
        record_event(session, units[code], event, act, {"entries": entries})
    return Brought(sum(map(len, new.values())), known, (*table.left_out, *flaws.values()))


def _units_of(session: Session, table: Table[Row]) -> dict[str, Unit]:
    wanted = sorted({row.unit for _, row in table.rows})
    return {code: unit for code in wanted if (unit := session.exec(select(Unit).where(Unit.code == code)).first())}


def _refused(table: Table[Row], units: Mapping[str, Unit], today: date) -> dict[int, str]:
    """Return row number → why a row cannot be taken: its unit is unknown, its day lies ahead."""
    flaws = {}
    for number, row in table.rows:
        day = _day_of(row)
        if row.unit not in units:
            flaws[number] = f"第 {number} 行：没有编号为“{row.unit}”的党组织，请核对代码"
        elif day is not None and day > today:
            flaws[number] = f"第 {number} 行：时间 {day} 晚于今天，请核对"
    return flaws


def _day_of(row: Any) -> date | None:
    day: date | None = getattr(row, "awarded_on", None) or getattr(row, "approved_on", None)
    return day


def bring_contacts(session: Session, act: Act, table: Table[ContactRow], *, partial: bool) -> Brought:
    """Record contacts that differ from those on record; every refusal is named, and keeps all out unless ``partial``."""
    added, flaws = 0, []
    twice = _twice((row.unit, row.role) for _, row in table.rows)
    for number, row in table.rows:
        if (row.unit, row.role) in twice:
            flaws.append(f"第 {number} 行：{row.unit} 的{row.role.label}在表中不止一行，只能有一行")
            continue
        try:
            with session.begin_nested():
                added += _set(session, act, row)
        except REFUSALS as error:
            flaws.append(f"第 {number} 行：{error}")
    if flaws and not partial:
        raise refuse("有错，全部未导入：\n" + "\n".join(flaws), "请改正后重新导入，或选“部分导入”")
    return Brought(added, len(table.rows) - added - len(flaws), (*table.left_out, *flaws))


def _twice(keys: Iterable[tuple[Any, Any]]) -> set[tuple[Any, Any]]:
    listed = list(keys)
    return {key for key in listed if listed.count(key) > 1}


def _set(session: Session, act: Act, row: ContactRow) -> bool:
    unit = unit_row(session, row.unit)
    query = select(Contact).where(Contact.unit_id == unit.id, Contact.role == row.role, Contact.name == row.name)
    same = query.where(Contact.email == row.email, Contact.phone == row.phone, Contact.valid_until.is_(None))  # type: ignore[union-attr]
    if session.exec(same).first():
        return False
    change_contact(session, act, row.unit, row.role, row.name, row.email, row.phone)
    return True


def change_unit(  # noqa: PLR0913 - the fields of the form
    session: Session,
    act: Act,
    unit: str,
    basis: str,
    dual_leader: bool | None = None,
    planned_end_on: date | None = None,
    founded_on: date | None = None,
    stays: bool = False,
) -> str:
    """Change a unit's facts, empty ones stay; ``stays`` takes back a planned end. Running projects are looked at anew (R22, R30)."""
    row = unit_row(session, unit)
    if not basis.strip():
        raise refuse("变更党组织信息必须写明依据", "请填写文件名称或批准人")
    if dual_leader is not None and row.branch_kind != BranchKind.TEACHER:
        raise refuse(f"{row.name}不是教师党支部", "“双带头人”只登记教师党支部书记")
    wanted = {"secretary_is_dual_leader": dual_leader, "planned_end_on": planned_end_on, "founded_on": founded_on}
    changes: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None and value != getattr(row, name)}
    if stays and row.planned_end_on is not None:
        changes["planned_end_on"] = None
    if not changes:
        return f"{row.name}的信息没有变化"
    for name, value in changes.items():
        setattr(row, name, value)
    body = {name: value.isoformat() if isinstance(value, date) else value for name, value in changes.items()}
    record_event(session, row, "change_unit", act, {**body, "basis": basis})
    unmet = recheck(session, row, act.on)
    return f"{row.name}；{'；'.join(unmet) if unmet else '在建项目仍符合条件'}"


def dissolve_unit(session: Session, act: Act, unit: str, basis: str) -> str:
    """Record that a unit has been dissolved or merged into another (R28, R30): from then on it counts no more and declares nothing.

    Refused while a project of it runs, or a branch of it stands; what its SO's projects rest on is looked at anew (R22).
    """
    row = unit_row(session, unit)
    if not basis.strip():
        raise refuse("撤销党组织必须写明依据", "请填写文件名称或批准人")
    if row.state == UnitState.DISSOLVED:
        raise refuse(f"{row.name}已撤销")
    running = select(Project.code).where(Project.unit_id == row.id, col(Project.state).in_((*ACTIVE, ProjectState.SUSPENDED)))
    if codes := sorted(session.exec(running)):
        raise refuse(f"{row.name}还有在办项目：{'、'.join(codes)}", "请先办理退出或终止")
    branches = select(Unit.code).where(Unit.parent_id == row.id, Unit.state != UnitState.DISSOLVED)
    if codes := sorted(session.exec(branches)):
        raise refuse(f"{row.name}还有党支部：{'、'.join(codes)}", "请先逐个撤销")
    record_event(session, row, "dissolve", act, {"basis": basis})
    unmet = recheck(session, row, act.on)
    return "；".join((row.name, *unmet))
