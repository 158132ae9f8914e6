"""Lists for printing and filing: summary, ledger, who is missing, who signs in. Nothing comes back from them, nothing is recorded."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from config.clock import business_day
from config.identity import PersonState
from config.vocabulary import DutyKind, ListKind, MailState, PersonRole, RecipientRole, SubmissionState, UnitKind
from flows.steps.errors import refuse
from models.loading import load_calendar, load_world, unit_row
from models.rules.duties import Duty, cached_duties, outstanding
from models.rules.snapshot import Project, Unit, World
from models.tables import Mail, Person, Reminder
from models.tables import Unit as UnitRow
from notifications.addresses import Address, resolve_all
from notifications.papers.sheets import Column, Sheet, workbook_of
from notifications.typeset import full_day

BLANK_ROWS = 5
"""Lines left free at the end of a sheet that people sign."""
SIGN_HEIGHT = 30.0
NUMBER = Column("序号", 6)
CONTACT, SECRETARY = RecipientRole.CONTACT, RecipientRole.SECRETARY


@dataclass(frozen=True, slots=True)
class Asked:
    """A list of one cohort on one day, of all units or of one SO with its branches; everything read once."""

    session: Session
    world: World
    duties: tuple[Duty, ...]
    on: date
    so: str

    def has(self, unit: Unit) -> bool:
        """Return whether a unit belongs to the list."""
        return not self.so or self.so in (unit.code, unit.parent)

    @property
    def projects(self) -> tuple[Project, ...]:
        """Return the projects of the list, each SO before its branches."""
        return tuple(sorted((p for p in self.world.projects if self.has(p.unit)), key=lambda p: p.code))

    def home(self, unit: Unit) -> str:
        """Return the name of the SO to which a unit belongs."""
        return self.world.units[unit.parent].name if unit.parent else unit.name

    def people(self, units: Iterable[str]) -> Mapping[tuple[str | None, RecipientRole], Address | None]:
        """Return contact and secretary of units, in a few queries."""
        return resolve_all(self.session, [(unit, role) for unit in units for role in (CONTACT, SECRETARY)], self.on, leave_tasks=False)

    def titled(self, what: str) -> str:
        """Return the title of a list."""
        whose = self.world.units[self.so].name if self.so else ""
        return f"{self.world.plan.cohort.title}{whose}{what}"


def list_sheet(session: Session, kind: ListKind, cohort: str, on: date, so: str = "") -> bytes:
    """Return a list of a cohort as an Excel sheet; ``so`` narrows it to one SO and its branches. Refused where it would be empty."""
    world = load_world(session, cohort)
    if so and unit_row(session, so).kind != UnitKind.SO:
        raise refuse(f"{so} 不是二级党组织", "请选择二级党组织，或不选")
    asked = Asked(session, world, cached_duties(world, load_calendar(session)), on, so)
    sheet = MAKERS[kind](asked)
    if not sheet.rows:
        raise refuse(f"{asked.titled(kind.label)}没有可列的内容", "请核对批次和二级党组织")
    return workbook_of(sheet)


def list_kind(text: str) -> ListKind:
    """Return the kind that a label or a value names; refused when there is none."""
    for kind in ListKind:
        if text.strip() in (kind.label, kind.value):
            return kind
    raise refuse(f"没有表格“{text}”", f"可用：{'、'.join(kind.label for kind in ListKind)}")


def _summary(asked: Asked) -> Sheet:
    people = asked.people(project.unit.code for project in asked.projects)
    owed = _owed_by_project(asked.duties)
    rows = []
    for number, project in enumerate(asked.projects, start=1):
        mine = [duty for duty in owed[project.code] if duty.since <= asked.on]
        missing = [duty.name for duty in mine if not duty.done]
        complete = "—" if not mine else "否" if missing else "是"
        code = project.unit.code
        rows.append((
            number, project.unit.name, project.award_kind.label, asked.home(project.unit), _name(people[code, SECRETARY]),
            _name(people[code, CONTACT]), _phone(people[code, CONTACT]), project.state.label, complete,
            f"缺{'、'.join(missing)}" if missing else "",
        ))  # fmt: skip
    columns = (
        NUMBER, Column("单位", 28), Column("类型", 17), Column("所属二级党组织", 18), Column("书记", 11), Column("联系人", 11),
        Column("电话", 15), Column("现状", 10), Column("材料齐全", 9), Column("备注", 30),
    )  # fmt: skip
    note = f"截至{full_day(asked.on)}，共 {len(rows)} 个。“材料齐全”指已布置的材料均已报送。"
    return Sheet("汇总表", asked.titled("汇总表"), note, columns, rows)


def _owed_by_project(duties: Iterable[Duty]) -> Mapping[str | None, list[Duty]]:
    owed: defaultdict[str | None, list[Duty]] = defaultdict(list)
    for duty in duties:
        if duty.kind == DutyKind.HAND_IN:
            owed[duty.project].append(duty)
    return owed


def _ledger(asked: Asked) -> Sheet:
    owed = {(duty.project, duty.deliverable): duty for duty in asked.duties if duty.kind == DutyKind.HAND_IN}
    wanted = {deliverable for _, deliverable in owed}
    papers = [rule for rule in asked.world.plan.programme.deliverables if rule.key in wanted]
    rows = []
    for number, project in enumerate(asked.projects, start=1):
        cells = (_standing(owed.get((project.code, rule.key)), project, rule.key, asked.on) for rule in papers)
        rows.append((number, project.code, project.unit.name, project.state.label, *cells))
    columns = (NUMBER, Column("项目编号", 15), Column("单位", 24), Column("现状", 10), *(Column(rule.title, 17) for rule in papers))
    note = f"截至{full_day(asked.on)}。日期为收到日期；“迟”按该材料的时限计算；“—”为无须报送。"
    return Sheet("台账", asked.titled("材料台账"), note, columns, rows)


def _standing(duty: Duty | None, project: Project, deliverable: str, on: date) -> str:
    """Return how one paper of one project stands, in two short lines at most."""
    paper = project.submissions.get(deliverable)
    if paper is None:
        return "—" if duty is None else f"未报\n{_due(duty, on)}"
    if paper.received_on is None or paper.state == SubmissionState.RELEASED:
        return paper.state.label
    late = (paper.received_on - duty.due_on).days if duty else 0
    word = f"{paper.state.label}\n{paper.received_on}"
    return f"{word} 迟{late}天" if late > 0 and paper.state != SubmissionState.RETURNED else word


def _due(duty: Duty, on: date) -> str:
    left = duty.days_left(on)
    return f"{duty.due_on} 到期" if left >= 0 else f"{duty.due_on} 逾期{-left}天"


def _missing(asked: Asked) -> Sheet:
    units = asked.world.units
    owed = [d for d in outstanding(asked.duties) if d.since <= asked.on and d.in_turn and asked.has(units[d.unit])]
    people, told = asked.people(duty.unit for duty in owed), _told(asked)
    rows = []
    for number, duty in enumerate(sorted(owed, key=lambda d: (d.due_on, d.unit, d.key)), start=1):
        owner = asked.world.project(duty.project).unit if duty.project else units[duty.unit]
        about = "" if owner.code == duty.unit else f"（{owner.name}）"
        contact = people[duty.unit, CONTACT]
        rows.append((
            number, units[duty.unit].name, f"{duty.name}{duty.kind.label if duty.deliverable and duty.project else ''}{about}", duty.due_on,
            max(0, -duty.days_left(asked.on)) or "", _name(contact), _phone(contact), _name(people[duty.unit, SECRETARY]),
            "　".join(told[duty.key]) or "未提醒",
        ))  # fmt: skip
    columns = (
        NUMBER, Column("单位", 24), Column("未完成的任务", 30), Column("时限", 12), Column("逾期天数", 9), Column("联系人", 11),
        Column("电话", 15), Column("书记", 11), Column("提醒记录", 32),
    )  # fmt: skip
    note = f"截至{full_day(asked.on)}，共 {len(rows)} 项，其中逾期 {sum(1 for row in rows if row[4])} 项。提醒记录为已发出的邮件。"
    return Sheet("未报名单", asked.titled("未完成任务名单"), note, columns, rows)


def _told(asked: Asked) -> Mapping[str, list[str]]:
    """Return duty → the letters about it that have left, one line each."""
    sent = (Reminder.cohort == asked.world.plan.cohort.cohort, col(Reminder.duty).is_not(None), Mail.state == MailState.SENT)
    query = select(Reminder, col(Mail.sent_at), col(Mail.send_on)).join(Mail).where(*sent).order_by(col(Mail.send_on), col(Mail.id))
    found: defaultdict[str, list[str]] = defaultdict(list)
    for line, sent_at, send_on in asked.session.exec(query):
        told = f"{business_day(sent_at) if sent_at else send_on:%m-%d} {line.kind.label}"
        if told not in found[line.duty or ""]:
            found[line.duty or ""].append(told)
    return found


def _panel(asked: Asked) -> Sheet:
    query = select(Person.name, UnitRow.name).outerjoin(UnitRow, col(Person.unit_id) == UnitRow.id)
    known = asked.session.exec(query.where(Person.role == PersonRole.PANEL, Person.state == PersonState.LISTED).order_by(col(Person.code)))
    return _to_sign(asked, ListKind.PANEL_SIGN_IN, [(name, unit or "", "评审专家") for name, unit in known])


def _meeting(asked: Asked) -> Sheet:
    units = list(dict.fromkeys(project.unit.code for project in asked.projects))
    people = asked.people(units)
    rows = [(_name(people[code, SECRETARY]), asked.world.units[code].name, "书记") for code in units]
    return _to_sign(asked, ListKind.MEETING_SIGN_IN, rows)


def _to_sign(asked: Asked, kind: ListKind, people: Sequence[tuple[str, str, str]]) -> Sheet:
    rows = [(number, *person, "", "") for number, person in enumerate(people, start=1)]
    rows += [(number, "", "", "", "", "") for number in range(len(rows) + 1, len(rows) + 1 + BLANK_ROWS)] if rows else []
    columns = (NUMBER, Column("姓名", 14), Column("单位", 30), Column("职务或身份", 14), Column("签名", 22), Column("备注", 18))
    note = "会议时间：　　　　年　　月　　日　　　　地点：　　　　　　　　　　　　主持人：　　　　　　　　"
    return Sheet(kind.label, asked.titled(kind.label), note, columns, rows, row_height=SIGN_HEIGHT)


def _name(person: Address | None) -> str:
    return person.person if person else "未登记"


def _phone(person: Address | None) -> str:
    return person.phone if person else ""


MAKERS: Mapping[ListKind, Callable[[Asked], Sheet]] = {
    ListKind.SUMMARY: _summary,
    ListKind.LEDGER: _ledger,
    ListKind.MISSING: _missing,
    ListKind.PANEL_SIGN_IN: _panel,
    ListKind.MEETING_SIGN_IN: _meeting,
}
