"""People whom an act names: the history holds a reference, the name stands in a row that can be erased (decision 0043)."""

import re

from sqlmodel import Session, col, select

from config.vocabulary import ContactRole
from flows.steps.errors import refuse
from models.history import Act
from models.naming import CONTACT_MARK
from models.tables import Contact, Unit
from notifications.addresses import contacts_on
from notifications.message import check_header

NAME_MOST = 60
_NOT_A_NAME = re.compile(r"C\d+")


def reference(session: Session, act: Act, unit_id: int, name: str) -> str:
    """Return the reference to somebody at a unit: ``C`` and the number of a contact of the unit or its SO, else of a new row.

    The new row receives no mail and is over from its first day, so that it can be erased at any time. Empty for an empty name.
    """
    wanted = name.strip()
    if not wanted:
        return ""
    check_header(wanted, "姓名")
    if len(wanted) > NAME_MOST or _NOT_A_NAME.fullmatch(wanted):
        raise refuse(f"姓名读到“{wanted[:NAME_MOST]}”", f"应为姓名或称呼，最长 {NAME_MOST} 个字")
    unit = session.get_one(Unit, unit_id)
    homes = [home for home in (unit.id, unit.parent_id) if home is not None]
    query = select(Contact).where(col(Contact.unit_id).in_(homes), Contact.name == wanted).order_by(col(Contact.id).desc())
    row = session.exec(query).first()
    if row is None:
        row = Contact(unit_id=unit.id, role=ContactRole.NAMED, name=wanted, email="", valid_from=act.on, valid_until=act.on)
        session.add(row)
        session.flush()
    return f"{CONTACT_MARK}{row.id}"


def incumbent(session: Session, act: Act, unit_id: int) -> str:
    """Return the reference to the secretary in office at a unit, empty where none is on record."""
    row = contacts_on(session, {unit_id}, act.on).get((unit_id, ContactRole.SECRETARY))
    return f"{CONTACT_MARK}{row.id}" if row else ""
