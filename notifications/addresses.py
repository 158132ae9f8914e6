"""Who receives a line: resolved when the mail is made up, from contacts valid on that day."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlmodel import Session, col, select

from config.identity import PersonState
from config.settings import settings
from config.vocabulary import ContactRole, MailKind, PersonRole, RecipientRole, TaskKind, UnitKind
from models.tables import Contact, Person, Task, Unit
from notifications.tasks import close_tasks, leave_task, task_key


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


LineOf = tuple[MailKind, str | None, RecipientRole]


def addresses_of(session: Session, lines: Iterable[LineOf], on: date) -> dict[LineOf, Address | None]:
    """Return the mailbox for each line's kind, unit and role, as the installation seats them; None as ``resolve_all`` does."""
    asked = list(dict.fromkeys(lines))
    kinds = {code: row.kind for code, row in _units(session, {unit for kind, unit, _ in asked if unit and goes_together(kind)}).items()}
    seats = {
        (kind, unit, role): (unit, seat(role, kinds[unit], together=True) if unit in kinds and goes_together(kind) else role)
        for kind, unit, role in asked
    }
    found = resolve_all(session, seats.values(), on)
    return {line: found[wanted] for line, wanted in seats.items()}


def resolve(session: Session, unit: str | None, role: RecipientRole, on: date) -> Address | None:
    """Return the mailbox for a role seen from a unit, or None after leaving a task for the office."""
    return resolve_all(session, [(unit, role)], on)[unit, role]


def known_address(session: Session, unit: str | None, role: RecipientRole, on: date) -> Address | None:
    """Return the mailbox for a role seen from a unit, None where no contact is registered; writes nothing."""
    return resolve_all(session, [(unit, role)], on, leave_tasks=False)[unit, role]


def contacts_of(session: Session, units: Iterable[str], on: date) -> dict[str, Address]:
    """Return the contact of each unit that has one on a day; writes nothing."""
    found = resolve_all(session, ((unit, RecipientRole.CONTACT) for unit in units), on, leave_tasks=False)
    return {unit: address for (unit, _), address in found.items() if unit is not None and address is not None}


Wanted = tuple[str | None, RecipientRole]
IDS_MAX = 500
"""Units in one query: databases bound the number of parameters."""


def resolve_all(session: Session, wanted: Iterable[Wanted], on: date, *, leave_tasks: bool = True) -> dict[Wanted, Address | None]:
    """Return the mailbox for each role seen from a unit; None, after leaving a task for the office, where there is none."""
    asked = list(dict.fromkeys(wanted))
    office = [(unit, role) for unit, role in asked if unit is None or role == RecipientRole.OFFICE]
    found: dict[Wanted, Address | None] = dict.fromkeys(office, _office(session, on)) if office else {}
    units = [(unit, role) for unit, role in asked if (unit, role) not in found]
    for start in range(0, len(units), IDS_MAX):
        found |= _at_units(session, units[start : start + IDS_MAX], on, leave_tasks=leave_tasks)
    return found


def _at_units(session: Session, wanted: Sequence[Wanted], on: date, *, leave_tasks: bool) -> dict[Wanted, Address | None]:
    own = _units(session, {unit or "" for unit, _ in wanted})
    above = {row.parent_id for row in own.values() if row.parent_id is not None}
    sos = {row.id: row for row in session.exec(select(Unit).where(col(Unit.id).in_(above)))} if above else {}
    homes = {(unit, role): _home(own[unit or ""], role, sos) for unit, role in wanted}
    contacts = contacts_on(session, {home.id for home in homes.values()}, on)
    found: dict[Wanted, Address | None] = {}
    for (unit, role), home in homes.items():
        contact = contacts.get((home.id, ROLE_AT_UNIT[role]))
        found[unit, role] = Address(contact.email, contact.name, home.code, home.name, contact.phone, contact.role) if contact else None
        if contact is None and leave_tasks:
            _leave_task(session, home, role, on)
    return found


def _units(session: Session, codes: Collection[str]) -> dict[str, Unit]:
    return {row.code: row for row in session.exec(select(Unit).where(col(Unit.code).in_(codes)))} if codes else {}


def _home(unit: Unit, role: RecipientRole, sos: Mapping[int | None, Unit]) -> Unit:
    return sos[unit.parent_id] if role in AT_THE_SO and unit.parent_id is not None else unit


PERSON = "person"
"""In the details of a line to a person: whose it is, by code."""


def resolve_person(session: Session, code: str) -> Address | None:
    """Return the mailbox of a person in office who has given one; without one the office's own list must do."""
    person = session.exec(select(Person).where(Person.code == code, Person.state == PersonState.LISTED)).first()
    return Address(person.email, person.name, None, f"{person.name}同志") if person and person.email else None


def with_mailbox(session: Session, role: PersonRole) -> tuple[str, ...]:
    """Return the codes of the people in office who have given a mailbox."""
    query = select(Person.code).where(Person.role == role, Person.state == PersonState.LISTED, col(Person.email) != "")
    return tuple(session.exec(query.order_by(col(Person.code))))


def _office(session: Session, on: date) -> Address:
    found = contacts_on(session, {None}, on).get((None, ContactRole.CONTACT))
    given = settings()
    return Address(found.email if found else given.office_email, found.name if found else "", None, given.office_name)


def contacts_on(session: Session, units: Collection[int | None], on: date) -> dict[tuple[int | None, ContactRole], Contact]:
    """Return the contact of each unit and role on a day, the one registered last; None stands for the office."""
    mine = col(Contact.unit_id).is_(None) if units == {None} else col(Contact.unit_id).in_(units)
    still = sa.or_(col(Contact.valid_until).is_(None), col(Contact.valid_until) >= on)
    query = select(Contact).where(mine, Contact.valid_from <= on, still).order_by(col(Contact.valid_from), col(Contact.id))
    return {(row.unit_id, row.role): row for row in session.exec(query)}


def contact_found(session: Session, unit: str, role: ContactRole, on: date) -> None:
    """Close the tasks that asked for a contact or secretary of a unit: there is one now, and what waited goes."""
    seen_as = (as_seen for as_seen, at_unit in ROLE_AT_UNIT.items() if at_unit == role)
    close_tasks(session, [task_key(TaskKind.WRONG_ADDRESS, f"{unit}:{as_seen}") for as_seen in seen_as], on)


def _leave_task(session: Session, unit: Unit, role: RecipientRole, on: date) -> None:
    """Ask for a contact; who has closed that by hand is asked again from the next day on, as long as mail waits for one."""
    text = f"{unit.name}没有登记{role.label}的邮箱，邮件无法发出；请补充联系人"
    about = f"{unit.code}:{role}"
    closed_today = select(Task.id).where(Task.key == task_key(TaskKind.WRONG_ADDRESS, about), Task.done_on == on)
    leave_task(session, TaskKind.WRONG_ADDRESS, about, text, on, unit.code, again=session.exec(closed_today).first() is None)
