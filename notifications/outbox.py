"""The outbox: planned lines once only, made up into one mail per mailbox and day; letters of decision frozen at once."""

import base64
import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from config.clock import business_day, business_instant
from config.cohort import Plan
from config.mail_accounts import mail_accounts
from config.settings import settings
from config.vocabulary import MAIL_CLASS, MailClass, MailKind, MailState, RecipientRole
from models.business_clock import business_now
from models.rules.calendar import Calendar
from models.rules.reminders import PlannedReminder, leaves_from
from models.shared_days import COLUMNS, SharedLine
from models.store import TAKEN, insert_into
from models.tables import Mail, Reminder
from models.trouble import code_of
from notifications import asking, gate, sending
from notifications.addresses import Address
from notifications.compose import trace
from notifications.enclosing import traced
from notifications.letter import Letter
from notifications.message import Content, build_message
from notifications.render import TemplateFaultError, renderer


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """A line to be written; the key makes it once-only."""

    key: str
    kind: MailKind
    cohort: str
    phase: str
    project: str | None
    unit: str | None
    deliverable: str | None
    duty: str | None
    rung: str
    role: RecipientRole
    planned_on: date
    clause: str
    details: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_reminder(cls, cohort: str, line: PlannedReminder) -> "PlannedLine":
        """Return the line of a computed reminder."""
        return cls(
            line.key, line.mail, cohort, line.phase, line.project, line.unit, line.deliverable,
            line.duty.key if line.duty else None, line.rung, line.role, line.planned_on, line.clause,
        )  # fmt: skip


_COLUMNS = tuple(column.name for column in fields(PlannedLine))
UNSENT = (MailState.READY, MailState.HELD)
"""Certainly not sent, and in no sender's hands."""
KEYS_MAX = 500
"""Keys in one query: databases bound the number of parameters."""


def unplanned(session: Session, lines: Sequence[PlannedLine]) -> list[PlannedLine]:
    """Return the lines whose key is not on record yet."""
    keys = [line.key for line in lines]
    known: set[str] = set()
    for start in range(0, len(keys), KEYS_MAX):
        known.update(session.exec(select(Reminder.key).where(col(Reminder.key).in_(keys[start : start + KEYS_MAX]))))
    return [line for line in lines if line.key not in known]


def plan_lines(session: Session, lines: Iterable[PlannedLine]) -> int:
    """Put lines on record; those already there stay as they are. Returns how many are new."""
    in_order = sorted(lines, key=lambda line: line.key)  # two scans at once wait for each other in one order
    rows = [{name: getattr(line, name) for name in _COLUMNS} for line in in_order]
    if not rows:
        return 0
    return _written(session, insert_into(session, _REMINDER).on_conflict_do_nothing(index_elements=["key"]), rows)


def is_unplanned(session: Session, line: SharedLine) -> bool:
    """Return whether for any debtor this line is not on record yet."""
    found = line.rows.subquery()
    known = sa.exists().where(_REMINDER.c.key == found.c.key)
    return session.connection().execute(sa.select(found.c.key).where(~known).limit(1)).first() is not None


def plan_shared(session: Session, line: SharedLine) -> int:
    """Put a line that many get on record, in one statement; what is there already stays as it is. Returns how many are new.

    Mostly nobody has it yet; only where somebody has, or gets it in the same instant, every row is asked for, which costs a quarter more.
    """
    statement = insert_into(session, _REMINDER).from_select(COLUMNS, line.rows)
    try:
        with session.begin_nested():
            return _written(session, statement)
    except IntegrityError as error:
        if code_of(error) not in TAKEN:
            raise
    return _written(session, statement.on_conflict_do_nothing(index_elements=["key"]))


def _written(session: Session, statement: Any, rows: Sequence[Mapping[str, Any]] | None = None) -> int:
    return session.connection().execute(statement, rows, execution_options={"preserve_rowcount": True}).rowcount


_REMINDER = Reminder.__table__  # type: ignore[attr-defined]


def withdraw_unsent(session: Session, *, because: str, project: str, deliverable: str | None = None) -> int:
    """Drop every line about a project (or one of its papers) that has not left; a mail without lines is cancelled."""
    about: list[Any] = [Reminder.project == project]
    if deliverable is not None:
        about.append(Reminder.deliverable == deliverable)
    rows = _unsent(session, *about)
    _drop_all(session, rows, because)
    return len(rows)


def withdraw_lines(session: Session, duties: Iterable[str], because: str) -> list[Reminder]:
    """Drop every line about these duties that has not left; a mail without lines is cancelled. Returns what was dropped."""
    keys = sorted(duties)
    rows: list[Reminder] = []
    for start in range(0, len(keys), KEYS_MAX):
        rows += _unsent(session, col(Reminder.duty).in_(keys[start : start + KEYS_MAX]))
    _drop_all(session, rows, because)
    return rows


def _unsent(session: Session, *about: Any) -> Sequence[Reminder]:
    """Return the lines about something that may still be withdrawn: in no mail, or in one that waits and that no sender takes now."""
    gate.alone(session)
    open_lines = (*about, col(Reminder.dropped_because).is_(None))
    carrying = select(Reminder.mail_id).where(*open_lines)
    unsent = select(Mail.id).where(col(Mail.id).in_(carrying), col(Mail.state).in_(UNSENT)).order_by(col(Mail.id))
    kept = session.exec(unsent.with_for_update()).all()
    waiting = sa.or_(col(Reminder.mail_id).is_(None), col(Reminder.mail_id).in_(kept))
    return session.exec(select(Reminder).where(*open_lines, waiting)).all()


def _drop_all(session: Session, rows: Sequence[Reminder], because: str) -> None:
    for row in rows:
        drop(session, row, because)
    session.flush()
    cancel_empty(session, {row.mail_id for row in rows if row.mail_id})


def redirect_unsent(session: Session, unit: str, old: str, new: str) -> int:
    """Turn what certainly has not left a unit's old mailbox to the new one; returns how many mails.

    Letters of decision and copies that a person has ordered keep every byte but the address; the lines of the others are made up anew.
    """
    waiting = select(Mail).where(Mail.recipient_unit == unit, Mail.mailbox == old, col(Mail.state).in_(UNSENT), Mail.resends == 0)
    gate.alone(session)
    mails = session.exec(waiting.order_by(col(Mail.id)).with_for_update()).all()  # a sender that has one of them keeps it
    for mail in mails:
        if mail.mail_class == MailClass.DECIDE or not has_lines(session, mail):
            turn(mail, new)
        else:
            mail.state = MailState.CANCELLED
            asking.close_tasks(session, [mail.id or 0], business_day(business_now(session)))
            session.execute(sa.update(Reminder).where(col(Reminder.mail_id) == mail.id).values(mail_id=None))
        session.add(mail)
    session.flush()
    return len(mails)


def turn(mail: Mail, new: str) -> None:
    """Turn a mail to another mailbox; every byte but the address stays."""
    mail.mime = mail.mime and mail.mime.replace(f"\nTo: {mail.mailbox}\r\n".encode(), f"\nTo: {new}\r\n".encode(), 1)
    mail.mailbox = new


def has_lines(session: Session, mail: Mail) -> bool:
    """Return whether a mail was made up from lines, dropped ones included; a copy that a person has ordered has none."""
    return session.exec(select(Reminder.id).where(Reminder.mail_id == mail.id).limit(1)).first() is not None


def drop(session: Session, line: Reminder, because: str) -> None:
    """Mark a line as not to be written."""
    line.dropped_because = because[:200]
    session.add(line)


def cancel_empty(session: Session, mail_ids: set[int]) -> None:
    """Cancel waiting mails all of whose lines have been dropped; one that may have arrived stays unknown."""
    left = select(Reminder.mail_id).where(col(Reminder.mail_id).in_(mail_ids), col(Reminder.dropped_because).is_(None))
    empty = mail_ids - set(session.exec(left))
    once_more = select(Mail).where(col(Mail.id).in_(empty), col(Mail.state).in_(UNSENT), Mail.resends > 0)
    for mail in session.exec(once_more).all():
        sending.no_second_copy(session, mail)
        empty.discard(mail.id or 0)
    session.execute(sa.update(Mail).where(col(Mail.id).in_(empty), col(Mail.state).in_(UNSENT)).values(state=MailState.CANCELLED))
    asking.close_tasks(session, empty, business_day(business_now(session)))


def leaves_at(plan: Plan, calendar: Calendar, kind: MailKind, planned_on: date, now: datetime) -> datetime:
    """Return when a mail may leave: on a working day, in office hours, overdue ones only after the morning's post."""
    practice = plan.programme.practice
    start = time.fromisoformat(leaves_from(practice, kind))
    today = business_day(now)
    if now >= business_instant(today, time.fromisoformat(practice.mails_until)):
        today = calendar.shift(today, 1)
    day = calendar.on_or_after(max(planned_on, today))
    return max(business_instant(day, start), now)


def give_up_at(at: datetime, due_on: date | None, calendar: Calendar) -> datetime:
    """Return when a mail that will not go is given up: some days after it was due, sooner where its deadline comes sooner."""
    rule = mail_accounts().retries
    last = at + timedelta(days=rule.days)
    if due_on is None:
        return last
    after = business_instant(calendar.shift(due_on, rule.days_past_deadline), rule.until)
    return min(last, after) if after > at else last


def next_mail_at(session: Session) -> datetime | None:
    """Return when the next ready mail may leave."""
    query = select(Mail.not_before).where(Mail.state == MailState.READY).order_by(col(Mail.not_before)).limit(1)
    return session.exec(query).first()


def new_message_id() -> str:
    """Return a Message-ID that tells nothing and that nobody guesses; the row keeps it, so every attempt bears the same."""
    return f"<{base64.b32encode(secrets.token_bytes(25)).decode().lower()}@{settings().mail_domain}>"


def mail_mark(key: str) -> str:
    """Return the mark by which a mail is known to us in its header, telling nothing."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def decide_mail(  # noqa: PLR0913 - the ingredients of one letter
    session: Session,
    plan: Plan,
    calendar: Calendar,
    line: PlannedLine,
    letter: Letter,
    address: Address,
    now: datetime,
    enclosures: Mapping[str, bytes] = MappingProxyType({}),
    entry: bytes | None = None,
) -> None:
    """Render and freeze one letter of decision, with its documents and calendar entry, together with its line, in the caller's transaction.

    A template at fault must not stop a decision: its letter is put aside, and rendered from the line once the wording is mended.
    """
    if plan_lines(session, [line]) == 0:
        return
    at = leaves_at(plan, calendar, line.kind, line.planned_on, now)
    mail = new_mail(line.key, line.kind, address, at)
    mail.expires_at = give_up_at(at, None, calendar)
    row = session.exec(select(Reminder).where(Reminder.key == line.key)).one()
    try:
        mail.subject, mail.mime = freeze(mail, letter, (row,), at, entry, enclosures)
    except TemplateFaultError as fault:
        sending.put_aside(session, mail, str(fault), now)
    session.add(mail)
    session.flush()
    row.mail_id = mail.id
    session.add(row)


def new_mail(key: str, kind: MailKind, address: Address, at: datetime) -> Mail:
    """Return a ready mail."""
    return Mail(
        key=key, message_id=new_message_id(), kind=kind, mail_class=MAIL_CLASS[kind], mailbox=address.email, subject=kind.label,
        recipient_unit=address.unit, send_on=business_day(at), not_before=at,
    )  # fmt: skip


def freeze(
    mail: Mail, letter: Letter, lines: Sequence[Reminder], date_: datetime, calendar: bytes | None, enclosures: Mapping[str, bytes]
) -> tuple[str, bytes]:
    """Return subject and the exact bytes of a mail, its documents included; every attempt sends the same."""
    given = settings()
    rendered = renderer(given.template_folder).render(replace(letter, enclosed=tuple(enclosures)))
    content = Content(
        sender=given.smtp_sender, sender_name=given.office_name, to=mail.mailbox, subject=rendered.subject,
        message_id=mail.message_id, date=date_, text=rendered.text, html=rendered.html,
        extra=(("X-Creation-Mail", mail_mark(mail.key)), *trace(lines), *traced(enclosures)), calendar=calendar, attachments=enclosures,
        reply_to=given.reply_to,
    )  # fmt: skip
    return rendered.subject, build_message(content)
