"""Word documents about a project or a ballot, filled from what is on record; nothing is recorded by writing them (R14, R43, R67)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import itemgetter
from types import MappingProxyType
from typing import Any

from sqlmodel import Session, col, select

from config.settings import settings
from config.vocabulary import DocumentKind, DutyKind, Machine, Outcome, OutcomeForm, PhaseKind, RecipientRole
from flows.steps import acceptance_papers
from flows.steps.errors import refuse
from flows.steps.publicity_notice import notice_values
from models.balloting import reasons_of
from models.loading import cohort_of, load_calendar, load_plan, load_world, project_row
from models.naming import name_of
from models.rules.decisions import opens_rectification
from models.rules.duties import cached_duties
from models.rules.eligibility import check_declared
from models.rules.snapshot import Project as Known
from models.rules.snapshot import World
from models.tables import Ballot, Decision, Event, Project, Rectification, RectificationItem
from notifications.addresses import known_address
from notifications.papers.word.filling import fill, form_of
from notifications.typeset import full_day

UNKNOWN = "　"
"""What stands where nothing is on record: room to write."""
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Matter:
    """What a document is about, read once."""

    session: Session
    row: Project
    world: World
    project: Known


def document(session: Session, kind: DocumentKind, about: str, on: date) -> bytes:
    """Return a document about a project's or a ballot's code, signed on a day; refused where there is nothing to say.

    Raises FormError where the office's own form cannot be used.
    """
    if kind in ABOUT_A_BALLOT:
        return filled(kind, on, ABOUT_A_BALLOT[kind](session, about))
    world = load_world(session, cohort_of(session, project_row(session, about)).code)
    return document_about(session, world, kind, about, on)


def document_about(session: Session, world: World, kind: DocumentKind, code: str, on: date, told: Mapping[str, Any] = NOTHING) -> bytes:
    """Return a document about a project of a world that is known; ``told`` is what a letter says of the one act it is about."""
    matter = Matter(session, project_row(session, code), world, world.project(code))
    own = _returned(told) if told and kind == DocumentKind.RETURN_LETTER else VALUES[kind](matter)
    return filled(kind, on, {**of_cohort(world), **_who(matter, on), **own})


def filled(kind: DocumentKind, on: date, values: Mapping[str, Any]) -> bytes:
    """Return the office's form, or ours, with these values and the office's signature; raises FormError where it cannot be used."""
    return fill(form_of(settings().data / "forms", kind), {**_signature(on), **values})


def document_kind(text: str) -> DocumentKind:
    """Return the kind that a label or a value names; refused when there is none."""
    for kind in DocumentKind:
        if text.strip() in (kind.label, kind.value):
            return kind
    raise refuse(f"没有文书“{text}”", f"可用：{'、'.join(kind.label for kind in DocumentKind)}")


def document_name(kind: DocumentKind, about: str, on: date) -> str:
    """Return the file name of a document."""
    return f"{kind.label}-{about}-{on:%Y%m%d}.docx"


def _signature(on: date) -> dict[str, str]:
    given = settings()
    return {
        "office": given.office_name,
        "office_phone": given.office_phone,
        "office_email": given.office_email,
        "signed_on": full_day(on),
    }


def of_cohort(world: World) -> dict[str, str]:
    """Return what a document says of the batch."""
    return {"notice": world.plan.cohort.notice.title, "cohort": world.plan.cohort.title}


def _who(matter: Matter, on: date) -> dict[str, str]:
    """Return the unit and its people as they are on a day."""
    unit, units = matter.project.unit, matter.world.units
    contact, secretary = (known_address(matter.session, unit.code, role, on) for role in (RecipientRole.CONTACT, RecipientRole.SECRETARY))
    return {
        "project": matter.row.code,
        "unit": unit.name,
        "so": units[unit.parent].name if unit.parent else unit.name,
        "award": matter.project.award_kind.label,
        "secretary": secretary.person if secretary else UNKNOWN,
        "contact": contact.person if contact else UNKNOWN,
        "phone": contact.phone if contact and contact.phone else UNKNOWN,
    }


def _declaration(matter: Matter) -> dict[str, Any]:
    if matter.world.plan.cohort.declare is None:
        raise refuse(f"批次 {matter.world.plan.cohort.cohort} 不接受申报", "申报书只用于申报批次")
    checks = check_declared(matter.world, matter.row.code)
    owed = _papers(matter, PhaseKind.DECLARATION)
    named, planned = matter.project.latest("name_secretary_project"), matter.project.latest("plan_outcomes")
    outcomes = planned.payload["outcomes"] if planned else ()
    return {
        **({"secretary": name_of(matter.session, named.payload["secretary"])} if named else {}),
        "title": named.payload["title"] if named else matter.row.title or UNKNOWN,
        "outcomes": [{"form": OutcomeForm(row["form"]).label, "target": row["target"], "central": row["central"]} for row in outcomes],
        "checks": [
            {
                "title": c.title, "verdict": c.verdict.label, "reason": c.reason,
                "evidence": c.evidence or "无记录", "reference_on": full_day(c.reference_on),
            }
            for c in checks
        ],
        "papers": owed,
    }  # fmt: skip


def _papers(matter: Matter, phase: PhaseKind) -> list[dict[str, str]]:
    mine = [
        duty
        for duty in cached_duties(matter.world, load_calendar(matter.session))
        if duty.project == matter.row.code and duty.kind == DutyKind.HAND_IN and duty.phase_kind == phase
    ]
    return [
        {"title": f"《{duty.title}》", "due_on": full_day(duty.due_on)} for duty in sorted(mine, key=lambda duty: (duty.due_on, duty.key))
    ]


def _application(matter: Matter) -> dict[str, Any]:
    return acceptance_papers.application(matter.world, matter.project)


def _value_added(matter: Matter) -> dict[str, Any]:
    return acceptance_papers.value_added_values(matter.world, matter.project)


def _result_notice(matter: Matter) -> dict[str, Any]:
    decision = next(iter(_decisions(matter)), None)
    if decision is None:
        raise refuse(f"{matter.row.code} 还没有党委决定", "请先登记决定")
    reason = (decision.reason,) if decision.reason else ()
    return {
        "phase": decision.phase.label,
        "outcome": decision.outcome.label,
        "meeting": decision.meeting,
        "decided_on": full_day(decision.decided_on),
        "basis": decision.basis,
        "reasons": [text.rstrip("。；") for text in (*_grounds(matter, decision), *reason)],
    }


def _decisions(matter: Matter) -> Sequence[Decision]:
    """Return the committee's decisions about the project, newest first."""
    query = select(Decision).where(Decision.project_id == matter.row.id).order_by(col(Decision.id).desc())
    return matter.session.exec(query).all()


def _grounds(matter: Matter, decision: Decision) -> Iterable[str]:
    """Return the grounds of the line on which the committee decided."""
    ballot = matter.session.get(Ballot, decision.ballot_id) if decision.ballot_id else None
    line = next((line for line in ballot.lines if line["project"] == matter.row.code), None) if ballot else None
    return line["reasons"] if line else ()


def _return_letter(matter: Matter) -> dict[str, Any]:
    returned = col(Event.stream).startswith(f"{Machine.SUBMISSION}:{matter.row.code}/", autoescape=True)
    event = matter.session.exec(select(Event).where(returned, Event.event == "return").order_by(col(Event.recorded_at).desc())).first()
    if event is None:
        raise refuse(f"{matter.row.code} 没有退回的材料", "请先办理“退回修改”")
    rule = matter.world.plan.programme.deliverable(event.stream.split("/")[1])
    return _returned({**event.payload, "paper": rule.title})


def _returned(told: Mapping[str, Any]) -> dict[str, Any]:
    reasons = [text.rstrip("。；") for text in told["reasons"]]
    return {"paper": told["paper"], "reasons": reasons, "due_on": full_day(told["due_on"])}


def _rectification_order(matter: Matter) -> dict[str, Any]:
    query = select(Rectification).where(Rectification.project_id == matter.row.id).order_by(col(Rectification.id).desc())
    order = matter.session.exec(query).first()
    if order is None:
        raise refuse(f"{matter.row.code} 没有整改任务", "党委决定限期整改后自动生成")
    decision = next(d for d in _decisions(matter) if opens_rectification(d.outcome) and d.round_no == order.round_no - 1)
    items = matter.session.exec(
        select(RectificationItem).where(RectificationItem.rectification_id == order.id).order_by(col(RectificationItem.number))
    )
    return {
        "round_no": order.round_no,
        "meeting": decision.meeting,
        "outcome": decision.outcome.label,
        "matters": [{"number": item.number, "text": item.text.rstrip("。；")} for item in items],
        "due_on": full_day(order.due_on),
    }


VALUES: Mapping[DocumentKind, Callable[[Matter], dict[str, Any]]] = {
    DocumentKind.DECLARATION: _declaration,
    DocumentKind.APPLICATION: _application,
    DocumentKind.VALUE_ADDED: _value_added,
    DocumentKind.RESULT_NOTICE: _result_notice,
    DocumentKind.RETURN_LETTER: _return_letter,
    DocumentKind.RECTIFICATION_ORDER: _rectification_order,
}
"""Kind → its own values, about a project."""


def _agenda(session: Session, code: str) -> dict[str, Any]:
    ballot = session.exec(select(Ballot).where(Ballot.code == code)).first()
    if ballot is None:
        known = "、".join(session.exec(select(Ballot.code).order_by(col(Ballot.id).desc()).limit(5))) or "无"
        raise refuse(f"没有表决单“{code}”", f"最近的表决单：{known}；会议议题须写表决单编号")
    plan = load_plan(cohort_of(session, ballot))
    lines = [_agenda_line(line) for line in ballot.lines]
    kinds = [{"kind": kind, "lines": list(mine)} for kind, mine in groupby(lines, key=itemgetter("kind"))]
    return {
        "notice": plan.cohort.notice.title,
        "cohort": plan.cohort.title,
        "phase": ballot.phase.label,
        "ballot": ballot.code,
        "matter": f"审定{plan.cohort.title}{ballot.phase.label}结果",
        "kinds": kinds,
    }


def _agenda_line(line: Mapping[str, Any]) -> dict[str, Any]:
    recommended = Outcome(line["outcome"]).label if line["outcome"] else "暂无"
    score = "—" if line["score"] is None else f"{line['score']:g}"
    unit = line["label"].partition(" ")[2]
    grounds = "；".join((*reasons_of(line), *line["blockers"])) or "—"
    return {"kind": line["kind"], "rank": line["rank"], "unit": unit, "score": score, "recommended": recommended, "grounds": grounds}


ABOUT_A_BALLOT: Mapping[DocumentKind, Callable[[Session, str], dict[str, Any]]] = {
    DocumentKind.AGENDA: _agenda,
    DocumentKind.PUBLICITY_NOTICE: notice_values,
}
"""Kind → its own values, about a ballot."""
