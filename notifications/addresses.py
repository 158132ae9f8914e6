"""Who receives a line: resolved when the mail is made up, from contacts valid on that day."""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlmodel import Session, col, select

from config.settings import settings
from config.vocabulary import ContactRole, MailKind, RecipientRole, TaskKind, UnitKind
from models.tables import Contact, Unit
from notifications.tasks import leave_task


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox with the unit it stands for (None: the office)."""

    email: str
    person: str
    unit: str | None
    salutation: str
    phone: str = ""
    role: ContactRole = ContactRole.CONTACT


ROLE_AT_UNIT = {
    RecipientRole.CONTACT: ContactRole.CONTACT,
    RecipientRole.SECRETARY: ContactRole.SECRETARY,
    RecipientRole.SO_CONTACT: ContactRole.CONTACT,
    RecipientRole.SO_SECRETARY: ContactRole.SECRETARY,
    RecipientRole.OFFICE: ContactRole.CONTACT,
}
AT_THE_SO = (RecipientRole.SO_CONTACT, RecipientRole.SO_SECRETARY)
AT_THE_BRANCH = (RecipientRole.CONTACT, RecipientRole.SECRETARY)
TOGETHER = (
    MailKind.CALL, MailKind.REMINDER, MailKind.URGENT_REMINDER, MailKind.OVERDUE, MailKind.DEADLINE_CHANGED,
    MailKind.RECTIFICATION_REMINDER,
)  # fmt: skip
"""Letters about duties: an installation may write the branches' lines to their SO. Decisions and receipts always go to the branch."""


def goes_together(kind: MailKind) -> bool:
    """Return whether the lines of a kind go to the SO for all its branches (CREATION_MAIL_PER_SO)."""
    return settings().mail_per_so and kind in TOGETHER


def seat(role: RecipientRole, unit_kind: UnitKind, *, together: bool) -> RecipientRole:
    """Return who is written to: the SO's contact in the place of a branch's contact or secretary where its lines go together."""
    moved = together and unit_kind == UnitKind.BRANCH and role in AT_THE_BRANCH
    return RecipientRole.SO_CONTACT if moved else role


def address_of(session: Session, kind: MailKind, unit: str | None, role: RecipientRole, on: date) -> Address | None:
    """Return the mailbox for a line of a kind, or None after leaving a task for the office."""
    if unit is not None and goes_together(kind):
        role = seat(role, _unit(session, unit).kind, together=True)
    return resolve(session, unit, role, on)


def resolve(session: Session, unit: str | None, role: RecipientRole, on: date) -> Address | None:
    """Return the mailbox for a role seen from a unit, or None after leaving a task for the office."""
    found = known_address(session, unit, role, on)
    if found is None and unit is not None:
        _leave_task(session, _home(session, unit, role), role, on)
    return found


def known_address(session: Session, unit: str | None, role: RecipientRole, on: date) -> Address | None:
    """Return the mailbox for a role seen from a unit, None where no contact is registered; writes nothing."""
    if unit is None or role == RecipientRole.OFFICE:
        return _office(session, on)
    home = _home(session, unit, role)
    found = _contact(session, home.id, ROLE_AT_UNIT[role], on)
    return Address(found.email, found.name, home.code, home.name, found.phone, found.role) if found else None


def _home(session: Session, unit: str, role: RecipientRole) -> Unit:
    home = _unit(session, unit)
    return session.get_one(Unit, home.parent_id) if role in AT_THE_SO and home.parent_id is not None else home


def _unit(session: Session, code: str) -> Unit:
    return session.exec(select(Unit).where(Unit.code == code)).one()


def _office(session: Session, on: date) -> Address:
    found = _contact(session, None, ContactRole.CONTACT, on)
    given = settings()
    return Address(found.email if found else given.office_email, found.name if found else "", None, given.office_name)


def _contact(session: Session, unit_id: int | None, role: ContactRole, on: date) -> Contact | None:
    still = sa.or_(col(Contact.valid_until).is_(None), col(Contact.valid_until) >= on)
    query = select(Contact).where(Contact.unit_id == unit_id, Contact.role == role, Contact.valid_from <= on, still)
    return session.exec(query.order_by(col(Contact.valid_from).desc(), col(Contact.id).desc())).first()


def _leave_task(session: Session, unit: Unit, role: RecipientRole, on: date) -> None:
    text = f"{unit.name}没有登记{role.label}的邮箱，邮件无法发出；请补充联系人"
    leave_task(session, TaskKind.WRONG_ADDRESS, f"{unit.code}:{role}", text, on, unit.code, again=True)
