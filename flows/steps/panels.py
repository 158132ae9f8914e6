"""Acts about the panels: who sits on them, and from whose projects a member keeps away (R46, 6.12)."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from config.identity import PersonState
from config.vocabulary import PersonRole, PhaseKind
from flows.steps.errors import ConflictError, refuse
from models.history import Act, record_event, stream_of
from models.loading import cohort_of, cohort_row, unit_row
from models.office_work import panellists
from models.rules.office_work import Panellist
from models.rules.recusal import ground, refusal
from models.rules.snapshot import Unit
from models.tables import Assignment, Cohort, Event, Person, Project
from models.tables import Unit as UnitRow

NAME_LENGTH = 30


@dataclass(frozen=True, slots=True)
class Told:
    """What an act leaves to be read beside its being on record: one line each."""

    told: tuple[str, ...] = ()


def form_panel(session: Session, act: Act, cohort: str, panel: str, members: Sequence[str]) -> Told:
    """Form a panel of a cohort under a name, or form it anew: the newest members count, what was assigned stays."""
    name = panel.strip()
    if not 0 < len(name) <= NAME_LENGTH:
        raise refuse("联评组名称不能为空，最长 30 个字", "如 第一组")
    people = [member_in_office(session, code) for code in dict.fromkeys(members)]
    if not people:
        raise refuse(f"{name}没有成员", "请至少选一位评审人员")
    batch = cohort_row(session, cohort)
    record_event(session, batch, "form_panel", act, {"panel": name, "members": [person.code for person in people]})
    return Told((f"{name}：{'、'.join(person.label for person in people)}",))


def panels_of(session: Session, cohort: Cohort) -> dict[str, tuple[str, ...]]:
    """Return name → codes of the members of each panel of a cohort, in the order in which the panels were first formed."""
    query = select(Event).where(Event.stream == stream_of(cohort), Event.event == "form_panel").order_by(col(Event.seq))
    return {event.payload["panel"]: tuple(event.payload["members"]) for event in session.exec(query)}


def members_of(session: Session, cohort: Cohort, panel: str) -> tuple[str, ...]:
    """Return the codes of a panel's members; refused when the cohort has none of that name."""
    known = panels_of(session, cohort)
    if panel not in known:
        raise refuse(f"批次 {cohort.code} 没有联评组“{panel}”", f"现有：{'、'.join(known) or '无'}；请先组建联评组")
    return known[panel]


def declare_tie(session: Session, act: Act, who: str, unit: str, reason: str) -> Told:
    """Record that a member has a tie to a unit and does not assess it, its branches, nor the SO above it."""
    row, about = _person(session, who), unit_row(session, unit)
    if not reason.strip():
        raise refuse("回避关系必须写明理由", "请填写")
    if any(tie.unit == unit for tie in member(session, who).ties):
        raise refuse(f"{who} {row.name}与{about.name}的回避关系已登记", "不必再登记；理由有误请先解除再登记")
    record_event(session, row, "declare_tie", act, {"unit": unit, "reason": reason.strip()})
    return Told(tuple(f"{project} 已分派给 {who} {row.name}，请撤销后另派" for project in _assigned_in_conflict(session, who)))


def end_tie(session: Session, act: Act, who: str, unit: str, reason: str) -> None:
    """Record that a tie no longer holds, or was recorded by mistake."""
    row, about = _person(session, who), unit_row(session, unit)
    if not reason.strip():
        raise refuse("解除回避关系必须写明理由", "请填写")
    if all(tie.unit != unit for tie in member(session, who).ties):
        raise refuse(f"{who} {row.name}没有登记与{about.name}的回避关系", "请核对")
    record_event(session, row, "end_tie", act, {"unit": unit, "reason": reason.strip()})


def member(session: Session, code: str) -> Panellist:
    """Return a person with what keeps them from assessing a unit, in office or not; refused when there is none."""
    (found,) = panellists(session, [_person(session, code)])
    return found


def member_in_office(session: Session, code: str) -> Panellist:
    """Return a panel member in office; refused for others."""
    row = _person(session, code)
    if row.role != PersonRole.PANEL:
        raise refuse(f"{code} {row.name}是{row.role.label}，不是联评组成员", "请选择评审人员")
    if row.state != PersonState.LISTED:
        raise refuse(f"{code} {row.name}{row.state.label}，不能评审", "请另派评审人员")
    return member(session, code)


def refuse_conflict(session: Session, assessor: str, project: Project, phase: PhaseKind, part: str) -> None:
    """Refuse an assessor who has retired or may not assess the unit of a project; the error names the ground (R46)."""
    row = _person(session, assessor)
    who, unit = member(session, assessor), unit_of(session, project)
    if why := ground(who, unit):
        refused = refusal(who, project.code, unit)
        body = {"how": "assess", "phase": phase.value, "part": part, "assessor": assessor, "refused": [refused]}
        raise ConflictError(f"{row.name}{why} {project.code}；请另派评审人员", cohort_of(session, project).code, body)
    if row.state != PersonState.LISTED:
        raise refuse(f"{assessor} {row.name}{row.state.label}，不能评审 {project.code}", "请另派评审人员")


def unit_of(session: Session, project: Project) -> Unit:
    """Return a project's unit as rules look at it."""
    row = session.get_one(UnitRow, project.unit_id)
    parent = session.get(UnitRow, row.parent_id) if row.parent_id else None
    return Unit(row.code, row.name, row.kind, parent=parent.code if parent else None)


def _assigned_in_conflict(session: Session, who: str) -> list[str]:
    """Return the codes of projects on which a member sits though they may not."""
    person = member(session, who)
    query = select(Project).join(Assignment).where(Assignment.assessor == who).distinct().order_by(col(Project.code))
    return [row.code for row in session.exec(query) if ground(person, unit_of(session, row))]


def _person(session: Session, code: str) -> Person:
    row = session.exec(select(Person).where(Person.code == code)).first()
    if row is None:
        raise refuse(f"没有评审人员“{code}”", "请先登记人员")
    return row
