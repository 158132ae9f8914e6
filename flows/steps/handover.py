"""The hand-over sheet (交接单): what somebody who leaves still has open, by when, and where it is done."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from sqlmodel import Session, select

from config.settings import settings
from config.vocabulary import DutyKind, PersonRole, UnitKind
from flows.steps.daily import open_cohorts
from flows.steps.errors import refuse
from flows.steps.people import person_in_office
from models.loading import load_calendar, load_world, unit_row
from models.office_work import read_work
from models.rules.calendar import Calendar
from models.rules.duties import cached_duties, outstanding
from models.rules.office_duties import OfficeDuty, office_duties, task_duties
from models.rules.snapshot import World
from models.tables import Person, Unit
from notifications.papers.sheets import Column, Sheet, workbook_of
from notifications.typeset import full_day

Row = tuple[Any, ...]
WAYS = {
    DutyKind.HAND_IN: "回复通知邮件并附材料",
    DutyKind.ENDORSE: "审核签署意见后统一报送",
    DutyKind.DECLARE: "组织党支部申报，或说明理由免于申报",
    DutyKind.RECTIFY: "报送整改报告和佐证材料",
}
"""How a unit does what it owes."""
OFFICE_WAY = "管理界面“今日工作台”中的相应表单"


def handover_sheet(session: Session, who: str, on: date) -> bytes:
    """Return the sheet for a unit's contact or secretary (unit code), an admin or a panel member (person code), as of a day."""
    if session.exec(select(Unit).where(Unit.code == who)).first() is not None:
        name, rows = _of_unit(session, who, on)
    elif session.exec(select(Person).where(Person.code == who)).first() is not None:
        person = person_in_office(session, who)
        name, rows = f"{person.code} {person.name}", list(_of_person(session, person, on))
    else:
        raise refuse(f"没有党组织或人员“{who}”", "请写党组织代码（如 S01B01）或人员代码（如 A01）")
    columns = (
        Column("序号", 6), Column("批次", 8), Column("事项", 34), Column("项目或单位", 30), Column("时限", 13), Column("现状", 14),
        Column("如何办理", 34), Column("移交说明", 24, entry=True),
    )  # fmt: skip
    signed = "移交人：　　　　　　　　接收人：　　　　　　　　监交人：　　　　　　　　日期：　　　年　　月　　日"
    note = f"截至{full_day(on)}，未办结 {len(rows)} 项。联系：{settings().office_name} {settings().office_phone}\n{signed}"
    numbered = [(number, *row, "") for number, row in enumerate(sorted(rows, key=lambda row: str(row[3])), start=1)]
    return workbook_of(Sheet("交接单", f"{name}工作交接单", note, columns, numbered))


def _worlds(session: Session) -> Iterator[World]:
    return (load_world(session, code) for code in open_cohorts(session))


def _of_unit(session: Session, code: str, on: date) -> tuple[str, list[Row]]:
    """Return what a unit owes, and for an SO also what its branches owe."""
    unit, calendar = unit_row(session, code), load_calendar(session)
    rows = []
    for world in _worlds(session):
        mine = {code, *(branch.code for branch in world.units.values() if unit.kind == UnitKind.SO and branch.parent == code)}
        for duty in outstanding(cached_duties(world, calendar)):
            if duty.unit in mine and duty.since <= on:
                owner = world.project(duty.project).unit if duty.project else world.units[duty.unit]
                what = f"{duty.name}（{duty.kind.label}）"
                rows.append((world.plan.cohort.cohort, what, owner.name, duty.due_on, _left(duty.due_on, on), WAYS[duty.kind]))
    return unit.name, rows


def _of_person(session: Session, person: Person, on: date) -> Iterator[Row]:
    """Yield a panel member's missing scores, or everything that the office has to do: it is one desk for all."""
    calendar = load_calendar(session)
    for world in _worlds(session):
        own = (duty for duty in office_duties(world, calendar, read_work(session, on)) if duty.since <= on)
        if person.role == PersonRole.PANEL:
            own = (duty for duty in own if duty.kind == DutyKind.SCORE and person.code in duty.persons)
        yield from _office_rows(world, own, on)
    if person.role == PersonRole.ADMIN:
        yield from _tasks(session, calendar, on)


def _tasks(session: Session, calendar: Calendar, on: date) -> Iterator[Row]:
    """Yield the open tasks, which belong to no batch."""
    world = next(_worlds(session), None)
    for duty in task_duties(world, calendar, read_work(session, on).tasks) if world else ():
        yield "", duty.title, "", duty.due_on, _left(duty.due_on, on), "“办结待办”"


def _office_rows(world: World, duties: Iterable[OfficeDuty], on: date) -> Iterator[Row]:
    for duty in duties:
        about = f"{duty.project} {world.project(duty.project).unit.name}" if duty.project else ""
        title = f"{duty.title}（{duty.detail}）" if duty.detail else duty.title
        yield world.plan.cohort.cohort, title, about, duty.due_on, _left(duty.due_on, on), OFFICE_WAY


def _left(due_on: date, on: date) -> str:
    days = (due_on - on).days
    return f"逾期 {-days} 天" if days < 0 else "今天到期" if days == 0 else f"还有 {days} 天"
