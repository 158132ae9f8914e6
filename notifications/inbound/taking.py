"""One message that came in, taken once: its row, its files, its task and what it proves about our mail are one transaction."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Engine
from sqlmodel import Session, col, select

from config import clock
from config.clock import business_day
from config.settings import settings
from config.vocabulary import InboundKind
from models.business_clock import business_now
from models.store import insert_into, reading, transaction
from models.tables import Inbound, InboundFile, InboundPlace, Mail
from notifications.inbound.attachments import Filed, keep_attachments
from notifications.inbound.consequences import draw
from notifications.inbound.understand import Incoming, head_only, understand


@dataclass(frozen=True, slots=True)
class Message:
    """A message as its source gives it."""

    raw: bytes
    at: datetime
    """When it arrived there (aware)."""
    place: str = ""
    """Where it lies, if it stays there; empty: its source puts it away."""
    flaw: str = ""
    """Why ``raw`` is its head only; empty: it is whole."""
    extent: int = 0
    """Bytes of the whole, where ``raw`` is its head only."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a message."""

    kind: InboundKind
    unit: str = ""
    mail: str = ""
    """Subject of the mail of ours that it answers or is about."""
    sender: str = ""
    subject: str = ""
    files: tuple[str, ...] = ()
    task: str = ""
    before: bool = False
    """Whether it had been taken already; then nothing was done."""


def take(engine: Engine, message: Message) -> Taken:
    """Take a message in; one that has been taken before changes nothing but where it lies."""
    incoming, digest = _understood(message), _digest(message)
    with reading(engine) as session:
        wanted = _known(session, digest) is None and matched(session, incoming) is not None
    filed = keep_attachments(incoming.attachments if wanted else (), settings().data / "files")
    with transaction(engine) as session:
        return _take(session, message, incoming, digest, filed)


def look(session: Session, message: Message) -> Taken:
    """Return what taking a message would come to, without its task: for a trial."""
    incoming = _understood(message)
    before = _known(session, _digest(message))
    mail = matched(session, incoming)
    if mail is None:
        return Taken(InboundKind.OTHER, before=before is not None)
    names = tuple(attachment.name for attachment in incoming.attachments)
    return Taken(
        incoming.kind, mail.recipient_unit or "", mail.subject, incoming.sender, incoming.subject, names, before=before is not None
    )


def matched(session: Session, incoming: Incoming) -> Mail | None:
    """Return the mail of ours that a message names first; what we sent ourselves, a colleague's copy, counts as none."""
    given = settings()
    if not incoming.named or incoming.sender.lower() in (given.smtp_sender.lower(), given.office_email.lower()):
        return None
    found = {row.message_id: row for row in session.exec(select(Mail).where(col(Mail.message_id).in_(incoming.named)))}
    return next((found[name] for name in incoming.named if name in found), None)


def _understood(message: Message) -> Incoming:
    return head_only(message.raw, message.flaw) if message.flaw else understand(message.raw)


def _digest(message: Message) -> str:
    return hashlib.sha256(message.raw + (f"\n{message.extent}".encode() if message.flaw else b"")).hexdigest()


def _known(session: Session, digest: str) -> int | None:
    return session.exec(select(Inbound.id).where(Inbound.sha256 == digest)).first()


def _take(session: Session, message: Message, incoming: Incoming, digest: str, filed: tuple[Filed, ...]) -> Taken:
    mail = matched(session, incoming)
    row = _new_row(session, message, incoming, digest, mail)
    _remember_place(session, message, row if row is not None else _known(session, digest))
    if row is None:
        return Taken(incoming.kind if mail else InboundKind.OTHER, before=True)
    if mail is None:
        return Taken(InboundKind.OTHER)
    for number, file in enumerate(filed, 1):
        session.add(InboundFile(inbound_id=row, number=number, name=file.name, sha256=file.sha256))
    session.flush()
    task = draw(session, mail, incoming, row, filed, business_day(business_now(session)), business_day(message.at))
    names = tuple(file.name for file in filed)
    return Taken(incoming.kind, mail.recipient_unit or "", mail.subject, incoming.sender, incoming.subject, names, task)


def _new_row(session: Session, message: Message, incoming: Incoming, digest: str, mail: Mail | None) -> int | None:
    """Put a message on record; None when it already is, also by somebody who reads at the same time."""
    about = {"sender": incoming.sender, "subject": incoming.subject, "kind": incoming.kind, "mail_id": mail.id} if mail else {}
    nothing = {"sender": "", "subject": "", "kind": InboundKind.OTHER, "mail_id": None}
    values = {**nothing, **about, "sha256": digest, "received_at": message.at, "read_at": clock.now()}
    statement = insert_into(session, Inbound).values(values).on_conflict_do_nothing(index_elements=["sha256"])
    found: int | None = session.execute(statement.returning(col(Inbound.id))).scalar_one_or_none()
    return found


def _remember_place(session: Session, message: Message, row: int | None) -> None:
    if message.place and row is not None:
        values = {"place": message.place, "inbound_id": row, "marked": False}
        session.execute(insert_into(session, InboundPlace).values(values).on_conflict_do_nothing(index_elements=["place"]))
