"""Erasing a person: name, telephone and addresses go from every row that may change; the history names codes and stands (decision 0023).

Erased is who has left: a retired admin or panel member, a contact or secretary who has been replaced; or whom an act only named.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email import message_from_bytes
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import sqlalchemy as sa
from sqlmodel import Session, col, select

from config.identity import PersonState
from config.settings import settings
from config.vocabulary import ContactRole, MailState
from flows.steps.errors import refuse
from models.history import Act, record_event
from models.naming import CONTACT_MARK
from models.tables import Command, Contact, Credential, Inbound, Mail, Person, Task, Unit

ERASED = "已删除"
UNDER_WAY = (MailState.READY, MailState.HELD, MailState.LEASED, MailState.SENDING)
SHORTEST = 2
"""Characters of a name that is looked for in texts; a single one would be found in other words."""


@dataclass(frozen=True, slots=True)
class Traces:
    """What is known of one who is erased, and the mark that stands in its place."""

    mark: str
    name: str
    email: str
    phone: str
    shared: bool
    """Whether somebody in office still has the mailbox: then what was sent to it stays theirs."""
    units: tuple[str, ...] = ()
    """Unit and SO whose letters may name them, beside the office's own."""

    @property
    def words(self) -> dict[str, str]:
        """Return what is looked for in texts → what stands there afterwards."""
        found = {self.email: self.mark, self.phone: self.mark, self.name: ERASED}
        return {word: mark for word, mark in found.items() if len(word) >= SHORTEST and not (self.shared and word == self.email)}


def erase_person(session: Session, act: Act, who: str, reason: str) -> str:
    """Erase the personal data of a retired person (by code) or a former contact (``C`` and number); returns the mark left in their place.

    Erasing twice changes nothing. Refused for who is in office, or while a mail to them is under way.
    """
    if not reason.strip():
        raise refuse("删除个人信息必须写明依据", "如 本人申请、保存期满")
    number = who.removeprefix(CONTACT_MARK)
    if who.startswith(CONTACT_MARK) and number.isdecimal():
        return _contact(session, act, int(number), reason)
    return _person(session, act, who, reason)


def former_contacts(session: Session, unit: str = "") -> list[tuple[Contact, str]]:
    """Return contacts who have been replaced and not been erased, each with the name of the unit, by number."""
    query = select(Contact, Unit.name).join(Unit).where(col(Contact.valid_until).is_not(None), Contact.name != ERASED)
    rows = session.exec((query.where(Unit.code == unit) if unit else query).order_by(col(Contact.id)))
    return [(contact, name) for contact, name in rows]


def _contact(session: Session, act: Act, number: int, reason: str) -> str:
    row = session.get(Contact, number)
    unit = session.get(Unit, row.unit_id or 0) if row else None
    if row is None or unit is None:
        raise refuse(f"没有编号为 {CONTACT_MARK}{number} 的联系人", "编号见 creation people list")
    if row.role != ContactRole.NAMED and (row.valid_until is None or row.valid_until >= act.on):
        raise refuse(f"{unit.name}的{row.role.label}{row.name}仍在任", "请先办理“变更联系人”")
    mark = f"{CONTACT_MARK}{number}"
    if row.name == ERASED:
        _delete_listed(mark)
        return mark
    above = session.get(Unit, unit.parent_id or 0)
    traces = Traces(
        mark,
        row.name,
        row.email,
        row.phone,
        _is_shared(session, act, row.email),
        (unit.code, *([above.code] if above else [])),
    )
    letters = _wipe(session, traces)
    record_event(session, unit, "erase_contact", act, {"contact": mark, "role": row.role.value, "reason": reason, "letters": letters})
    return mark


def _person(session: Session, act: Act, code: str, reason: str) -> str:
    row = session.exec(select(Person).where(Person.code == code)).first()
    if row is None:
        raise refuse(f"没有人员“{code}”", "人员代码见 creation admin list；联系人编号见 creation people list")
    if row.state != PersonState.RETIRED:
        raise refuse(f"{code} {row.name}{row.state.label}", "请先用 creation admin retire 停用")
    if row.name == ERASED:
        _delete_listed(code)
        return code
    letters = _wipe(session, Traces(code, row.name, row.email, "", _is_shared(session, act, row.email)))
    row.name, row.email = ERASED, ""
    session.add(row)
    session.execute(sa.update(Credential).where(col(Credential.person_id) == row.id).values(sealed=""))
    record_event(session, row, "erase", act, {"reason": reason, "letters": letters})
    return code


def _is_shared(session: Session, act: Act, email: str) -> bool:
    """Return whether somebody in office has the mailbox; refused while a mail to one that nobody has is under way."""
    if not email:
        return False
    still = sa.or_(col(Contact.valid_until).is_(None), col(Contact.valid_until) >= act.on)
    current = select(Contact.id).where(Contact.email == email, still)
    in_office = select(Person.id).where(Person.email == email, Person.state == PersonState.LISTED)
    if any(session.exec(query.limit(1)).first() is not None for query in (current, in_office)):
        return True
    waiting = select(Mail.id).where(Mail.mailbox == email, col(Mail.state).in_(UNDER_WAY))
    if session.exec(waiting.limit(1)).first() is not None:
        raise refuse("还有发往本人的邮件没有发完", "请待发出或取消后再办")
    return False


def _wipe(session: Session, traces: Traces) -> int:
    """Blank everything outside the history; SQLite is told to overwrite what it frees. Returns how many letters lost their text."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(sa.text("PRAGMA secure_delete = ON"))
    _wipe_contacts(session, traces)
    letters = _wipe_letters(session, traces)
    if traces.email and not traces.shared:
        _wipe_mailbox(session, traces)
    _wipe_tasks(session, traces)
    _wipe_answers(session, traces)
    session.flush()
    session.expire_all()
    return letters


def _wipe_contacts(session: Session, traces: Traces) -> None:
    """Blank the rows of former contacts of that name and mailbox, at whatever unit, and of who was named so at these units."""
    here = col(Contact.unit_id).in_(select(Unit.id).where(col(Unit.code).in_(traces.units)))
    same = (col(Contact.email) == traces.email) & (here if not traces.email else sa.true())
    named = (col(Contact.role) == ContactRole.NAMED) & here
    gone = (col(Contact.name) == traces.name, col(Contact.valid_until).is_not(None), sa.or_(same, named))
    session.execute(sa.update(Contact).where(*gone).values(name=ERASED, email="", phone=""))


def _wipe_letters(session: Session, traces: Traces) -> int:
    """Blank the bytes of the letters that name one who is erased: their own, their unit's, their SO's, the office's lists."""
    near = sa.or_(col(Mail.mailbox) == traces.email, col(Mail.recipient_unit).in_(traces.units), col(Mail.recipient_unit).is_(None))
    ended = (col(Mail.mime).is_not(None), col(Mail.state).not_in(UNDER_WAY))
    number = 0
    for mail in session.exec(select(Mail).where(near, *ended)).all():
        own = mail.mailbox == traces.email and not traces.shared
        if own or names(mail.mime or b"", traces.words):
            mail.mime = None
            session.add(mail)
            number += 1
    return number


def _wipe_mailbox(session: Session, traces: Traces) -> None:
    """Blank the address that nobody has any more; subject, day, state, lines and the Message-ID of each letter stay."""
    for mail in session.exec(select(Mail).where(Mail.mailbox == traces.email)).all():
        mail.mailbox = traces.mark
        mail.key = mail.key.replace(traces.email, traces.mark)
        mail.last_text = mail.last_text.replace(traces.email, traces.mark)
        session.add(mail)
    came = sa.func.lower(Inbound.sender) == traces.email.lower()
    session.execute(sa.update(Inbound).where(came).values(sender=traces.mark, subject=""))
    _delete_messages(session, traces)


def names(message: bytes, words: Iterable[str]) -> bool:
    """Return whether a mail, in its texts or its Word documents, holds one of some words."""
    sought = [word.encode() for word in words]
    parts = (part.get_payload(decode=True) for part in message_from_bytes(message).walk() if not part.is_multipart())
    return any(word in text for part in parts if isinstance(part, bytes) for text in _texts(part) for word in sought)


def _texts(part: bytes) -> Iterator[bytes]:
    if not part.startswith(b"PK"):
        yield part
        return
    with ZipFile(BytesIO(part)) as package:
        yield from (package.read(name) for name in package.namelist() if name.endswith(".xml"))


def _wipe_tasks(session: Session, traces: Traces) -> None:
    words = traces.words
    if not words:
        return
    held = [column.contains(word, autoescape=True) for word in words for column in (col(Task.text), col(Task.key))]
    for task in session.exec(select(Task).where(sa.or_(*held))).all():
        for word, mark in words.items():
            task.text = task.text.replace(word, mark)
            task.key = task.key.replace(word, mark) if word == traces.email else task.key
        session.add(task)


def _wipe_answers(session: Session, traces: Traces) -> None:
    """Put the mark for the name in what acts left to be read."""
    for word, mark in traces.words.items():
        held = sa.cast(col(Command.answer), sa.Text).contains(word, autoescape=True)
        for row in session.exec(select(Command).where(held)).all():
            row.answer = [line.replace(word, mark) for line in row.answer]
            session.add(row)


def _delete_messages(session: Session, traces: Traces) -> None:
    """Delete the copies that the local mailbox keeps of letters to an address, once the rows are gone.

    Until then they are only listed, by file name: whoever dies in between repeats the act, which finds the list and finishes.
    """
    listed = _list_of(traces.mark)
    line = f"\nTo: {traces.email}\r\n".encode().lower()
    if found := [path.name for path in listed.parent.glob("*.eml") if line in path.read_bytes().lower()]:
        listed.write_text("\n".join(found), encoding="utf-8")
        sa.event.listen(session, "after_commit", lambda own: None if own.in_nested_transaction() else _delete_listed(traces.mark))


def _list_of(mark: str) -> Path:
    return settings().data / "mail" / f"erasing-{mark}.txt"


def _delete_listed(mark: str) -> None:
    listed = _list_of(mark)
    for name in listed.read_text(encoding="utf-8").splitlines() if listed.is_file() else ():
        (listed.parent / name).unlink(missing_ok=True)
    listed.unlink(missing_ok=True)


def choices(session: Session) -> dict[str, Any]:
    """Return who can be erased, as a drop-down shows them."""
    retired = select(Person).where(Person.state == PersonState.RETIRED, Person.name != ERASED).order_by(col(Person.code))
    people = {f"{row.code} {row.name}（{row.role.label}，已停用）": row.code for row in session.exec(retired)}
    return people | {
        f"{CONTACT_MARK}{row.id} {row.name}（{unit}{row.role.label}，至 {row.valid_until}）": f"{CONTACT_MARK}{row.id}"
        for row, unit in former_contacts(session)
    }
