"""Acts on a project's or unit's standing: suspend, resume, withdraw, terminate, change of contact."""

from dataclasses import replace
from datetime import timedelta

from sqlmodel import Session, col, select

from config.vocabulary import WRITTEN_TO, BranchKind, ContactRole
from flows.steps.errors import refuse
from flows.steps.rechecking import recheck
from models.history import Act, record_event
from models.loading import project_row, unit_row
from models.tables import Contact, Event, Project
from notifications import addresses, outbox
from notifications.message import check_address, check_header


def suspend(session: Session, act: Act, project: str, reason: str) -> Project:
    """Suspend a project: its duties rest and mail that has not left is withdrawn."""
    row = _with_reason(session, project, reason)
    record_event(session, row, "suspend", act, {"reason": reason})
    outbox.withdraw_unsent(session, project=project, because=f"暂停：{reason}")
    return row


def resume(session: Session, act: Act, project: str, reason: str) -> Project:
    """Resume a suspended project in the state it was suspended in."""
    row = _with_reason(session, project, reason)
    query = select(Event).where(Event.stream == f"project:{project}", Event.event == "suspend")
    before = session.exec(query.order_by(col(Event.seq).desc())).first()
    if before is None:
        raise refuse(f"{project} 没有被暂停")
    record_event(session, row, f"resume_as_{before.source}", act, {"reason": reason})
    return row


def withdraw(session: Session, act: Act, project: str, reason: str) -> Project:
    """Record that a unit leaves the programme."""
    return _leave(session, act, project, "withdraw", reason)


def terminate(session: Session, act: Act, project: str, reason: str) -> Project:
    """Terminate a project outside an assessment (a negative-list hit, a dissolved branch)."""
    return _leave(session, act, project, "terminate", reason)


def change_contact(  # noqa: PLR0913 - the fields of the form
    session: Session, act: Act, unit: str, role: ContactRole, name: str, email: str, phone: str = ""
) -> Contact:
    """Record a new contact or secretary; what has not left yet goes to the new address.

    Whether a new secretary of a teacher branch is a 双带头人 is unknown until recorded, which counts as not met (R22).
    """
    row = unit_row(session, unit)
    if role not in WRITTEN_TO:
        raise refuse(f"角色读到“{role}”", f"应为{'、'.join(one.label for one in WRITTEN_TO)}")
    check_address(email)
    check_header(name, "姓名")
    current = session.exec(
        select(Contact).where(Contact.unit_id == row.id, Contact.role == ContactRole(role), col(Contact.valid_until).is_(None))
    ).all()
    for old in current:
        old.valid_until = act.on - timedelta(days=1)
        session.add(old)
        outbox.redirect_unsent(session, unit, old.email, email)
    new = Contact(unit_id=row.id, role=ContactRole(role), name=name, email=email, phone=phone, valid_from=act.on)
    session.add(new)
    addresses.contact_found(session, unit, ContactRole(role), act.on)
    succeeds = ContactRole(role) == ContactRole.SECRETARY and bool(current) and name not in {old.name for old in current}
    if succeeds and row.branch_kind == BranchKind.TEACHER:
        row.secretary_is_dual_leader = None
    own = replace(act, command=f"{act.command}/{ContactRole(role).value}") if act.command else act  # a roster changes both of a unit
    record_event(session, row, "change_contact", own, {"role": ContactRole(role).value, **({"new_secretary": True} if succeeds else {})})
    if succeeds:
        recheck(session, row, act.on)
    return new


def _leave(session: Session, act: Act, project: str, event: str, reason: str) -> Project:
    row = _with_reason(session, project, reason)
    record_event(session, row, event, act, {"reason": reason})
    outbox.withdraw_unsent(session, project=project, because=reason)
    return row


def _with_reason(session: Session, project: str, reason: str) -> Project:
    if not reason.strip():
        raise refuse("必须写明理由", "请填写")
    return project_row(session, project)
