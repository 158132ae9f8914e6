"""Reading whom a reference of the history names: ``C`` and the number of a contact's row, which can be erased (decision 0043)."""

from collections.abc import Collection

from sqlmodel import Session, col, select

from models.tables import Contact

CONTACT_MARK = "C"
"""Before the number of a contact: contacts have no code of their own."""


def names_of(session: Session, references: Collection[str]) -> dict[str, str]:
    """Return reference → the name on record; what refers to nobody stands for itself."""
    numbers = {text: int(text.removeprefix(CONTACT_MARK)) for text in references if _refers(text)}
    rows = session.exec(select(Contact.id, Contact.name).where(col(Contact.id).in_(numbers.values()))).all() if numbers else []
    known: dict[int | None, str] = dict(rows)
    return {text: known.get(numbers.get(text), text) for text in references}


def name_of(session: Session, reference: str) -> str:
    """Return the name that stands behind one reference."""
    return names_of(session, (reference,))[reference]


def _refers(text: str) -> bool:
    number = text.removeprefix(CONTACT_MARK)
    return text != number and number.isdecimal()
