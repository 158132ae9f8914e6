"""Who receives a line: resolved when the mail is made up, from contacts valid on that day."""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlmodel import Session, col, select

from config.identity import PersonState
from config.settings import settings
from config.vocabulary import ContactRole, RecipientRole, TaskKind
from models.tables import Contact, Person, Unit
from notifications.tasks import leave_task


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox with the unit it stands for (None: the office)."""

    email: str
    person: str
    unit: str | None
    salutation: str
    phone: str = ""


ROLE_AT_UNIT = {
    RecipientRole.CONTACT: ContactRole.CONTACT,
    RecipientRole.SECRETARY: ContactRole.SECRETARY,
    RecipientRole.SO_CONTACT: ContactRole.CONTACT,
    RecipientRole.SO_SECRETARY: ContactRole.SECRETARY,
    RecipientRole.OFFICE: ContactRole.CONTACT,
}
AT_THE_SO = (RecipientRole.SO_CONTACT, RecipientRole.SO_SECRETARY)


def resolve(session: Session, unit: str | None, role: RecipientRole, on: date) -> Address | None:
    """Return the mailbox for a role seen from a unit, or None after leaving a task for the office."""
    if unit is None or role == RecipientRole.OFFICE:
        return _office(session, on)
    home = session.exec(select(Unit).where(Unit.code == unit)).one()
    if role in AT_THE_SO and home.parent_id is not None:
        home = session.get_one(Unit, home.parent_id)
    found = _contact(session, home.id, ROLE_AT_UNIT[role], on)
    if found is None:
        _leave_task(session, home, role, on)
        return None
    return Address(found.email, found.name, home.code, home.name, found.phone)


PERSON = "person"
"""In the details of a line to a person: whose it is, by code."""


def resolve_person(session: Session, code: str) -> Address | None:
    """Return the mailbox of a person in office who has given one; without one the office's own list must do."""
    person = session.exec(select(Person).where(Person.code == code, Person.state == PersonState.LISTED)).first()
    return Address(person.email, person.name, None, f"{person.name}同志") if person and person.email else None


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
