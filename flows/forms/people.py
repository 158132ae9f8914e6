"""Who fills in a form: a person of the office chosen from a list."""

from sqlmodel import Session, select

from config.vocabulary import PersonRole
from flows.steps.errors import refuse
from models.tables import Person


def person_of(session: Session, label: str) -> str:
    """Return the code of the person behind a label such as ``A01 工作人员1``; refused when there is none."""
    code = label.split(maxsplit=1)[0] if label.strip() else ""
    person = session.exec(select(Person).where(Person.code == code, Person.role == PersonRole.ADMIN)).first()
    if person is None:
        raise refuse(f"没有办理人“{label}”", "请从清单中选择；新同志请先用 creation admin add 登记")
    return person.code
