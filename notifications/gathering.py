"""Making up mails: planned lines grouped into one mail per mailbox and day, and their bytes made when they are to leave."""

from collections import defaultdict
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from config.clock import business_day
from config.vocabulary import MAIL_CLASS, MailClass, MailKind, RecipientRole
from models.loading import load_calendar, load_world
from models.rules.duties import cached_duties, outstanding
from models.rules.snapshot import World
from models.tables import Mail, Reminder
from notifications import sending
from notifications.addresses import Address, resolve
from notifications.compose import calendar_for, letter_for
from notifications.outbox import cancel_empty, drop, freeze, give_up_at, leaves_at, new_mail

GROUPS = {MailKind.REMINDER: "remind", MailKind.URGENT_REMINDER: "remind"}
"""Kinds that share one mail; the others each have their own."""
STRENGTH = (MailKind.URGENT_REMINDER, MailKind.REMINDER)
ENDED = "任务已完成或不再需要"


class Desk:
    """What one round looks at again and again, read once per transaction: worlds, open duties, addresses."""

    def __init__(self, session: Session, now: datetime) -> None:
        """Read nothing yet."""
        self.session = session
        self.now = now
        self.calendar = load_calendar(session)
        self._worlds: dict[str, World] = {}
        self._open: dict[str, tuple[dict[str, date], frozenset[str]]] = {}
        self._addresses: dict[tuple[str | None, RecipientRole], Address | None] = {}

    def world(self, cohort: str) -> World:
        """Return a cohort as it stands."""
        if cohort not in self._worlds:
            self._worlds[cohort] = load_world(self.session, cohort)
        return self._worlds[cohort]

    def address(self, line: Reminder) -> Address | None:
        """Return where a line goes today."""
        key = (line.unit, line.role)
        if key not in self._addresses:
            self._addresses[key] = resolve(self.session, line.unit, line.role, business_day(self.now))
        return self._addresses[key]

    def ended(self, line: Reminder) -> bool:
        """Return whether what a line is about is done or no longer owed; the office's list ends with the phase's last duty."""
        if line.duty is None and line.kind != MailKind.OFFICE_LIST:
            return False
        duties, phases = self._open_now(line.cohort)
        return line.phase not in phases if line.duty is None else line.duty not in duties

    def due_on(self, line: Reminder) -> date | None:
        """Return the deadline that a line is about, if it is about one that still counts."""
        return self._open_now(line.cohort)[0].get(line.duty or "")

    def _open_now(self, cohort: str) -> tuple[dict[str, date], frozenset[str]]:
        if cohort not in self._open:
            owed = outstanding(cached_duties(self.world(cohort), self.calendar))
            self._open[cohort] = {duty.key: duty.due_on for duty in owed}, frozenset(duty.phase for duty in owed)
        return self._open[cohort]


def make_up(session: Session, now: datetime) -> int:
    """Group planned lines into mails, one per mailbox, day, cohort and kind of letter; drop lines whose duty has ended."""
    query = select(Reminder).where(
        col(Reminder.mail_id).is_(None), col(Reminder.dropped_because).is_(None), Reminder.planned_on <= business_day(now)
    )
    desk = Desk(session, now)
    groups: dict[tuple[str, str, str, datetime], list[Reminder]] = defaultdict(list)
    addresses: dict[str, Address] = {}
    for line in session.exec(query.order_by(col(Reminder.key))).all():
        if MAIL_CLASS[line.kind] == MailClass.DECIDE:
            continue
        if desk.ended(line):
            drop(session, line, ENDED)
            continue
        address = desk.address(line)
        if address is not None:
            at = leaves_at(desk.world(line.cohort).plan, desk.calendar, line.kind, line.planned_on, now)
            addresses[address.email] = address
            groups[line.cohort, GROUPS.get(line.kind, line.kind.value), address.email, at].append(line)
    for (cohort, group, mailbox, at), lines in groups.items():
        kind = next((k for k in STRENGTH if any(line.kind == k for line in lines)), lines[0].kind)
        mail = new_mail(_free_key(session, f"{cohort}:{business_day(at)}:{group}:{mailbox}"), kind, addresses[mailbox], at)
        mail.expires_at = give_up_at(at, min((due for line in lines if (due := desk.due_on(line))), default=None), desk.calendar)
        session.add(mail)
        session.flush()
        for line in lines:
            line.mail_id = mail.id
            session.add(line)
    session.flush()
    return len(groups)


def _free_key(session: Session, key: str) -> str:
    taken = set(session.exec(select(Mail.key).where(col(Mail.key).startswith(key, autoescape=True))))
    return next(name for n in range(1, len(taken) + 2) if (name := key if n == 1 else f"{key}:{n}") not in taken)


def prepare(desk: Desk, held: sending.Claimed) -> bytes | None:
    """Return the bytes to send, rendering and storing them first where that has not happened; None when nothing is left."""
    session, now = desk.session, desk.now
    mail = session.get_one(Mail, held.id)
    if mail.mime is not None:
        return mail.mime
    kept = _kept_lines(desk, mail)
    if not kept:
        sending.cancel(session, held)
        cancel_empty(session, {held.id})
        return None
    address = desk.address(kept[0])
    assert address is not None  # noqa: S101 - such lines are not kept
    world = desk.world(kept[0].cohort)
    letter = letter_for(session, world, desk.calendar, mail.kind, kept, address, now)
    subject, mime = freeze(mail, letter, kept, now, calendar_for(world, desk.calendar, mail.kind, kept, now))
    session.execute(sa.update(Mail).where(col(Mail.id) == held.id, col(Mail.epoch) == held.epoch).values(subject=subject, mime=mime))
    return mime


def _kept_lines(desk: Desk, mail: Mail) -> list[Reminder]:
    """Return the lines that still hold and still go to this mailbox, and let go of the others."""
    query = select(Reminder).where(Reminder.mail_id == mail.id, col(Reminder.dropped_because).is_(None))
    kept = []
    for line in desk.session.exec(query.order_by(col(Reminder.key))).all():
        if desk.ended(line):
            drop(desk.session, line, ENDED)
        elif (address := desk.address(line)) and address.email == mail.mailbox:
            kept.append(line)
        else:
            line.mail_id = None  # the contact has changed: the line is made up anew for the new address
            desk.session.add(line)
    return kept
