"""People of the office and the panels: registered, given and denied a code, retired; each is an event of the person's stream."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session, col, func, select

from config import clock
from config.identity import PersonState
from config.vocabulary import PersonRole
from flows.steps.errors import refuse
from models.history import Act, record_event
from models.loading import unit_row
from models.tables import Credential, FailedCode, Person, Unit
from notifications.message import check_address, check_header

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_NAME_LENGTH = 60


class PersonLine(NamedTuple):
    """A person as drop-downs show one."""

    code: str
    name: str
    role: PersonRole


@dataclass(frozen=True, slots=True)
class RosterLine:
    """A person and how things stand with the code; never the secret."""

    code: str
    name: str
    role: PersonRole
    unit: str | None
    state: PersonState
    code_issued_at: datetime | None
    code_revoked_at: datetime | None
    wrong_codes: int
    """Wrong codes ever typed under this person's name."""
    email: str = ""


def register_person(  # noqa: PLR0913 - the columns of a person
    session: Session, act: Act, code: str, name: str, role: PersonRole = PersonRole.ADMIN, unit: str | None = None, email: str = ""
) -> Person:
    """Register a person under a code that is never given to anyone else; ``unit`` is a panel member's SO (recusal).

    ``email`` is where they are reminded of what they owe; without one they are not.
    """
    if not _CODE.fullmatch(code):
        raise refuse(f"人员代码“{code}”不合要求", "用字母、数字、- 和 _，最长 40 个字符，如 A01")
    if not 0 < len(name.strip()) <= _NAME_LENGTH:
        raise refuse("姓名不能为空，最长 60 个字", "请核对")
    check_header(name, "姓名")
    known = session.exec(select(Person).where(Person.code == code)).first()
    if known is not None:
        raise refuse(f"人员代码 {code} 已登记为{known.name}（{known.state.label}）", "请换一个代码；代码不重复使用，记录才说得清是谁")
    home = unit_row(session, unit).id if unit else None
    person = Person(code=code, name=name.strip(), role=PersonRole(role), unit_id=home, email=_checked(email))
    record_event(session, person, "list", act, {"role": person.role.value, "unit": unit})
    return person


def retire_person(session: Session, act: Act, code: str, reason: str = "") -> Person:
    """End a person's time in office and withdraw the code; the last admin in office cannot go."""
    person = person_in_office(session, code)
    if person.role == PersonRole.ADMIN and len(persons(session)) == 1:
        raise refuse(f"{code} {person.name}是唯一在岗的工作人员", "请先登记接替的人员")
    credential = session.get(Credential, person.id)
    if credential is not None and credential.revoked_at is None:
        revoke(session, act, code)
    record_event(session, person, "retire", act, {"reason": reason})
    return person


def change_person_email(session: Session, act: Act, who: str, email: str = "") -> Person:
    """Record where a person is reminded of what they owe; empty: no longer. The address itself stays out of the history."""
    person = person_in_office(session, who)
    if _checked(email) == person.email:
        known = f"邮箱已经是 {person.email}" if person.email else "本来就没有登记邮箱"
        raise refuse(f"{who} {person.name}{known}", "不必再登记")
    person.email = _checked(email)
    session.add(person)
    record_event(session, person, "change_contact", act, {"given": bool(person.email)})
    return person


def _checked(email: str) -> str:
    return check_address(email.strip()) if email.strip() else ""


def revoke(session: Session, act: Act, code: str) -> Person:
    """Withdraw a person's one-time codes, as when the telephone is lost; the secret is erased."""
    person = person_in_office(session, code)
    credential = session.get(Credential, person.id)
    if credential is None or credential.revoked_at is not None:
        raise refuse(f"{code} {person.name}没有可停用的动态口令")
    credential.sealed, credential.revoked_at = "", clock.now()
    session.add(credential)
    record_event(session, person, "revoke_code", act, {})
    return person


def persons(session: Session) -> list[PersonLine]:
    """Return the admins in office by code, for drop-downs."""
    query = select(Person).where(Person.role == PersonRole.ADMIN, Person.state == PersonState.LISTED)
    return [PersonLine(row.code, row.name, row.role) for row in session.exec(query.order_by(col(Person.code)))]


def person_in_office(session: Session, code: str) -> Person:
    """Return a person in office; refused when there is none of that code or they have retired."""
    row = session.exec(select(Person).where(Person.code == code)).first()
    if row is None:
        raise refuse(f"没有人员“{code}”", f"在岗的工作人员：{_known(session)}；新人员用 creation admin add 登记")
    if row.state != PersonState.LISTED:
        raise refuse(f"{code} {row.name}{row.state.label}，不能办理", f"在岗的工作人员：{_known(session)}")
    return row


def named_or_self(session: Session, act: Act, code: str) -> str:
    """Return the code of the person in office that an act names, else of who does it."""
    return person_in_office(session, code).code if code else act.actor


def admin_in_office(session: Session, code: str) -> Person:
    """Return an admin in office; refused for panel members, who enter nothing themselves."""
    row = person_in_office(session, code)
    if row.role != PersonRole.ADMIN:
        raise refuse(f"{code} {row.name}是{row.role.label}，不能办理", f"在岗的工作人员：{_known(session)}")
    return row


def roster(session: Session) -> list[RosterLine]:
    """Return everyone ever registered, by code."""
    counted = select(FailedCode.person_id, func.count()).group_by(col(FailedCode.person_id))
    wrong: dict[int, int] = dict(session.exec(counted).all())
    return [_roster_line(session, row, wrong.get(row.id or 0, 0)) for row in session.exec(select(Person).order_by(col(Person.code)))]


def _roster_line(session: Session, person: Person, wrong: int) -> RosterLine:
    unit, credential = session.get(Unit, person.unit_id or 0), session.get(Credential, person.id)
    issued, revoked = (credential.issued_at, credential.revoked_at) if credential else (None, None)
    return RosterLine(
        person.code, person.name, person.role, unit.code if unit else None, person.state, issued, revoked, wrong, person.email
    )


def _known(session: Session) -> str:
    return "、".join(f"{row.code} {row.name}" for row in persons(session)) or "无"
