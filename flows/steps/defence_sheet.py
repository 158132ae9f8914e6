"""The order of the defence as a sheet: for the door, the chair and the panel (R49)."""

from datetime import date

from sqlmodel import Session

from flows.steps.errors import refuse
from models.loading import load_world
from models.rules.defence import draw, slots
from notifications.papers.sheets import Column, Sheet, workbook_of
from notifications.typeset import WEEKDAYS

COLUMNS = (
    Column("顺序号", 8), Column("项目编号", 16), Column("单位", 32), Column("类型", 16), Column("日期", 14), Column("星期", 8),
    Column("时间", 16), Column("地点", 24), Column("签到", 16, entry=True), Column("备注", 20, entry=True),
)  # fmt: skip


def defence_sheet(session: Session, cohort: str) -> bytes:
    """Return the order with day, hours and place; refused before both have been laid down."""
    world = load_world(session, cohort)
    lots, known = draw(world), slots(world)
    if lots is None or not known:
        raise refuse(f"批次 {cohort} 尚无答辩顺序和场次", "请先办理“答辩抽签”和“答辩安排”")
    rows = []
    for slot in known:
        project = world.project(slot.project)
        weekday = f"星期{WEEKDAYS[slot.day.weekday()]}"
        hours = f"{slot.starts}—{slot.ends}"
        rows.append((slot.number, slot.project, project.unit.name, project.award_kind.label, slot.day, weekday, hours, slot.place, "", ""))
    note = f"第 {lots.payload['number']} 次抽签（{_told(lots.effective_on)}），种子“{lots.payload['seed']}”；顺序可用同一种子复核。"
    return workbook_of(Sheet("答辩顺序", f"{world.plan.cohort.title}中期考核答辩顺序表", note, COLUMNS, rows))


def _told(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
