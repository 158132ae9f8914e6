"""Making up mails: planned lines grouped into one mail per mailbox and day, and their bytes made when they are to leave."""

from collections import defaultdict
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from config.clock import business_day
from config.vocabulary import MAIL_CLASS, MailClass, MailKind, MailState, RecipientRole
from models.loading import load_calendar, load_world
from models.rules.duties import Duty, cached_duties, outstanding
from models.rules.reminders import arm
from models.rules.snapshot import World
from models.tables import Mail, Reminder
from notifications import handling, sending
from notifications.addresses import PERSON, Address, resolve, resolve_person
from notifications.catalogue import LetterFaultError
from notifications.compose import calendar_for, letter_for
from notifications.outbox import cancel_empty, drop, freeze, give_up_at, has_lines, leaves_at, new_mail
from notifications.render import TemplateFaultError

GROUPS = {MailKind.REMINDER: "remind", MailKind.URGENT_REMINDER: "remind", MailKind.OFFICE_LIST: "list", MailKind.DIGEST: "list"}
"""Kinds that share one mail; the others each have their own. The list of work holds the list of the missing (decision 0013)."""
STRENGTH = (MailKind.URGENT_REMINDER, MailKind.REMINDER, MailKind.DIGEST, MailKind.OFFICE_LIST)
ENDED = "任务已完成或不再需要"
WAITING = (MailState.READY, MailState.HELD)
WAIT_MAX = timedelta(days=14)
"""No rule puts a mail off longer: the longest holidays last nine days."""


class Desk:
    """What one round looks at again and again, read once per transaction: worlds, open duties, addresses."""

    def __init__(self, session: Session, now: datetime) -> None:
        """Read nothing yet."""
        self.session = session
        self.now = now
        self.calendar = load_calendar(session)
        self._worlds: dict[str, World] = {}
        self._open: dict[str, tuple[dict[str, Duty], frozenset[str]]] = {}
        self._addresses: dict[tuple[str | None, RecipientRole, str], Address | None] = {}
        self._told: dict[tuple[str, str, str], bool] = {}

    def world(self, cohort: str) -> World:
        """Return a cohort as it stands."""
        if cohort not in self._worlds:
            self._worlds[cohort] = load_world(self.session, cohort)
        return self._worlds[cohort]

    def address(self, line: Reminder) -> Address | None:
        """Return where a line goes today."""
        person = line.details.get(PERSON, "") if line.role == RecipientRole.PERSON else ""
        key = (line.unit, line.role, person)
        if key not in self._addresses:
            self._addresses[key] = (
                resolve_person(self.session, person) if person else resolve(self.session, line.unit, line.role, business_day(self.now))
            )
        return self._addresses[key]

    def ended(self, line: Reminder) -> bool:
        """Return whether a line's duty is done or has another deadline by now; the office's list ends with the phase's last duty."""
        if line.kind in handling.KINDS:  # a person without a mailbox has the office's own list
            return self.address(line) is None or self._nothing_left(line)
        if line.duty is None and line.kind != MailKind.OFFICE_LIST:
            return False
        duties, phases = self._open_now(line.cohort)
        if line.duty is None:
            return line.phase not in phases
        duty = duties.get(line.duty)
        return duty is None or arm(duty) not in line.key

    def _nothing_left(self, line: Reminder) -> bool:
        """Return whether a list to a person who handles would say nothing; each list is made up once a round."""
        key = (line.cohort, line.phase, line.details.get(PERSON, "") if line.kind == MailKind.PANEL_REMINDER else "")
        if key not in self._told:
            today = business_day(self.now)
            self._told[key] = handling.anything(self.session, self.world(line.cohort), self.calendar, line, today)
        return not self._told[key]

    def due_on(self, line: Reminder) -> date | None:
        """Return the deadline that a line is about, if it is about one that still counts."""
        duty = self._open_now(line.cohort)[0].get(line.duty or "")
        return duty.due_on if duty else None

    def _open_now(self, cohort: str) -> tuple[dict[str, Duty], frozenset[str]]:
        if cohort not in self._open:
            owed = outstanding(cached_duties(self.world(cohort), self.calendar))
            self._open[cohort] = {duty.key: duty for duty in owed}, frozenset(duty.phase for duty in owed)
        return self._open[cohort]


def make_up(session: Session, now: datetime) -> int:
    """Group planned lines into mails, one per mailbox, day, cohort and kind of letter; drop lines whose duty has ended."""
    query = select(Reminder).where(
        col(Reminder.mail_id).is_(None), col(Reminder.dropped_because).is_(None), Reminder.planned_on <= business_day(now)
    )
    desk = Desk(session, now)
    groups: dict[tuple[str, str, str, datetime], list[Reminder]] = defaultdict(list)
    addresses: dict[str, Address] = {}
    for line in session.exec(query.order_by(col(Reminder.key)).with_for_update()).all():  # a second worker waits, then finds them taken
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


def is_waiting_now(now: datetime) -> sa.ColumnElement[bool]:
    """Return the condition of a mail that a round must look at: due, or put off longer than any rule would."""
    return sa.and_(col(Mail.state).in_(WAITING), sa.or_(col(Mail.not_before) <= now, _too_far(now)))


def _too_far(now: datetime) -> sa.ColumnElement[bool]:
    return col(Mail.not_before) > now + WAIT_MAX


def put_right(session: Session, now: datetime) -> None:
    """Bring forward what a clock that ran far ahead has put off; it has been set right meanwhile.

    What has no lines, a copy that a person has ordered, is due at once.
    """
    desk = Desk(session, now)
    for mail in session.exec(select(Mail).where(col(Mail.state).in_(WAITING), _too_far(now))).all():
        lines = session.exec(select(Reminder).where(Reminder.mail_id == mail.id)).all()
        at = now
        if lines:
            plan, day = desk.world(lines[0].cohort).plan, max(line.planned_on for line in lines)
            at = leaves_at(plan, desk.calendar, mail.kind, day, now)
        if at < mail.not_before:
            mail.expires_at = mail.expires_at and at + (mail.expires_at - mail.not_before)
            mail.not_before = at
            session.add(mail)
    session.flush()


def prepare(desk: Desk, held: sending.Claimed) -> bytes | None:
    """Return the bytes to send, rendering and storing them first; None when nothing is left or the letter is held.

    What may have left goes again byte for byte, a decision and a copy that a person has ordered always; anything else tells today's
    facts, however long it waited.
    """
    session, now = desk.session, desk.now
    mail = session.get_one(Mail, held.id)
    if mail.mime is not None and (mail.mail_class == MailClass.DECIDE or mail.resends or not has_lines(session, mail)):
        return mail.mime
    kept = _kept_lines(desk, mail)
    if not kept:
        sending.cancel(session, held)
        cancel_empty(session, {held.id})
        return None
    address = desk.address(kept[0])
    assert address is not None  # noqa: S101 - such lines are not kept
    world = desk.world(kept[0].cohort)
    try:
        letter = letter_for(session, world, desk.calendar, mail.kind, kept, address, now)
        subject, mime = freeze(mail, letter, kept, now, calendar_for(world, desk.calendar, mail.kind, kept, now))
    except (TemplateFaultError, LetterFaultError) as fault:
        sending.hold(session, held, str(fault), now)
        return None
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
