"""A sample university: 30 SOs, 180 branches, all invented, with the one fact behind each refusal of the demo."""

from datetime import date
from typing import NamedTuple

from sqlmodel import Session

from config.vocabulary import (
    BranchKind,
    ContactRole,
    HonourKind,
    Level,
    PersonRole,
    UnitKind,
)
from flows.steps.people import register_person
from flows.steps.register import enrol
from models.history import Act, record_event
from models.tables import Contact, Honour, Unit

COLLEGES = (
    "云杉", "青石", "海棠", "星河", "晨曦", "白桦", "松涛", "兰亭", "沧浪", "雪原",
    "金穗", "碧波", "长风", "明德", "知远", "启航", "丹霞", "听雨", "望岳", "流萤",
    "木铎", "素问", "天工", "弘毅", "春晖", "秋实", "南山", "北辰", "东篱", "西窗",
)  # fmt: skip
BRANCHES = (
    (BranchKind.TEACHER, "教师第一党支部"),
    (BranchKind.TEACHER, "教师第二党支部"),
    (BranchKind.STUDENT, "本科生第一党支部"),
    (BranchKind.STUDENT, "研究生第一党支部"),
    (BranchKind.JOINT, "师生联合党支部"),
    (BranchKind.STAFF, "机关党支部"),
)
FIRST_COHORT_SOS = ("S01", "S02", "S03")
FIRST_COHORT_BRANCHES = tuple(f"S{number:02d}B01" for number in range(4, 18))
PANEL_NUMBERS = (*range(1, 8), *range(21, 26))
"""Two panels of six in the demo."""
PANEL_HOMES = {"P06": "S05", "P24": "S22"}
"""Panel members who belong to an SO and so do not assess what is of it; the others come from outside."""
ESTABLISHED = date(2015, 9, 1)
REGISTERED = date(2025, 11, 3)


class Oddity(NamedTuple):
    """A fact that differs from the rule of the sample."""

    founded_on: date = ESTABLISHED
    planned_end_on: date | None = None
    dual_leader: bool = True
    honoured: bool = True


ODDITIES = {
    "S11B02": Oddity(dual_leader=False),
    "S12": Oddity(honoured=False),
    "S14B02": Oddity(founded_on=date(2023, 6, 1)),
    "S15B02": Oddity(founded_on=date(2023, 5, 1)),
    "S16B04": Oddity(founded_on=date(2025, 3, 1)),
    "S17B03": Oddity(planned_end_on=date(2026, 7, 1)),
    "S18B03": Oddity(honoured=False),
}
"""One fact each behind: R22, R24, R28 (refused; waived), R29, R30, R32."""


def build_university(session: Session, act: Act) -> None:
    """Load units, contacts, honours and people; every unit with its first event."""
    for number, college in enumerate(COLLEGES, start=1):
        so = Unit(code=f"S{number:02d}", name=f"{college}学院党委", kind=UnitKind.SO, founded_on=ESTABLISHED)
        _add(session, act, so)
        for index, (kind, title) in enumerate(BRANCHES, start=1):
            code = f"{so.code}B{index:02d}"
            odd = ODDITIES.get(code, Oddity())
            branch = Unit(
                code=code, name=f"{college}学院{title}", kind=UnitKind.BRANCH, branch_kind=kind, parent_id=so.id,
                founded_on=odd.founded_on, planned_end_on=odd.planned_end_on,
                secretary_is_dual_leader=odd.dual_leader if kind == BranchKind.TEACHER else None,
            )  # fmt: skip
            _add(session, act, branch)
    email = "office@university.example"
    session.add(Contact(unit_id=None, role=ContactRole.CONTACT, name="值班人员", email=email, phone="0000-0000000", valid_from=REGISTERED))
    for n in range(1, 6):
        register_person(session, act, f"A{n:02d}", f"工作人员{n}")
    for n in PANEL_NUMBERS:
        code = f"P{n:02d}"
        register_person(session, act, code, f"评审专家{n}", PersonRole.PANEL, unit=PANEL_HOMES.get(code))


def _add(session: Session, act: Act, unit: Unit) -> None:
    record_event(session, unit, "list", act, {"name": unit.name})
    session.flush()
    box = unit.code.lower()
    for role, label in ((ContactRole.CONTACT, "contact"), (ContactRole.SECRETARY, "secretary")):
        name = f"{unit.name[:2]}{role.label}"
        email = f"{box}-{label}@university.example"
        session.add(
            Contact(unit_id=unit.id, role=role, name=name, email=email, phone=f"0000-{box[1:3]}{box[-2:]}000", valid_from=REGISTERED)
        )
    if ODDITIES.get(unit.code, Oddity()).honoured:
        session.add(
            Honour(
                unit_id=unit.id or 0,
                kind=HonourKind.COMMENDATION,
                level=Level.SCHOOL,
                title="先进基层党组织",
                awarded_on=date(2024, 6, 28),
            )
        )


def enrol_first_cohort(session: Session, act: Act, cohort: str) -> None:
    """Enrol the 3 SOs and 14 branches of the first cohort as they stand: building (R1)."""
    for code in (*FIRST_COHORT_SOS, *FIRST_COHORT_BRANCHES):
        enrol(session, act, cohort, code)
