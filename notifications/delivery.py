"""The delivery loop: make up what is planned, then claim, render, intend, send, record, until nothing is due."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import sleep
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import Session, col, select

from config.clock import business_day
from config.settings import settings
from config.vocabulary import MAIL_CLASS, MailClass, MailKind, MailState, RecipientRole
from models.business_clock import business_now
from models.loading import load_calendar, load_world
from models.rules.duties import cached_duties, outstanding
from models.rules.reminders import arm
from models.rules.snapshot import World
from models.store import reading, transaction
from models.tables import Mail, Reminder
from notifications import sending
from notifications.addresses import Address, resolve
from notifications.catalogue import LetterFaultError
from notifications.compose import calendar_for, letter_for
from notifications.outbox import cancel_empty, drop, freeze, leaves_at, new_mail
from notifications.render import TemplateFaultError
from notifications.transport import Delivery, NotPreparedError, Result

BATCH = 20
WAITING = (MailState.READY, MailState.HELD)
WAIT_MAX = timedelta(days=14)
"""No rule puts a mail off longer: the longest holidays last nine days."""
GROUPS = {MailKind.REMINDER: "remind", MailKind.URGENT_REMINDER: "remind"}
"""Kinds that share one mail; the others each have their own."""
STRENGTH = (MailKind.URGENT_REMINDER, MailKind.REMINDER)
ENDED = "任务已完成或不再需要"


class Carrier(Protocol):
    """What carries a mail away."""

    def prepare(self, sender: str, recipient: str) -> None:
        """Get ready for DATA; raises NotPreparedError."""

    def deliver(self, message: bytes) -> Delivery:
        """Hand the message over."""

    def close(self) -> None:
        """Let go of the connection."""


class NowhereCarrier:
    """Carries mail nowhere: a rehearsal sees every mail, and none leaves."""

    def prepare(self, sender: str, recipient: str) -> None:
        """Accept any envelope."""

    def deliver(self, message: bytes) -> Delivery:
        """Accept any message."""
        del message
        return Delivery(Result.ACCEPTED, 250, "推演，未发送")

    def close(self) -> None:
        """Nothing to close."""


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What one round of delivery did."""

    made_up: int = 0
    sent: int = 0
    failed: int = 0
    deferred: int = 0
    unknown: int = 0
    stopped: str = ""


def deliver(engine: Engine, carrier: Carrier, worker: str) -> DeliveryReport:
    """Send everything that is due by the business clock. Several workers may run this at once."""
    with reading(engine) as session:
        now = business_now(session)
        if not _anything(session, now):
            return DeliveryReport()
    with transaction(engine) as session:
        sending.reap(session)
        sending.release_held(session, now)
        _put_right(session, now)
        made_up = make_up(session, now)
    report = DeliveryReport(made_up=made_up)
    while not report.stopped:
        with transaction(engine) as session:
            batch = sending.claim(session, worker, now, BATCH)
        if not batch:
            break
        report = _send_batch(engine, carrier, worker, now, batch, report)
    carrier.close()
    return report


def _anything(session: Session, now: datetime) -> bool:
    planned = select(Reminder.id).where(
        col(Reminder.mail_id).is_(None), col(Reminder.dropped_because).is_(None), Reminder.planned_on <= business_day(now)
    )
    waiting = select(Mail.id).where(
        sa.or_(
            sa.and_(col(Mail.state).in_(WAITING), sa.or_(col(Mail.not_before) <= now, col(Mail.not_before) > now + WAIT_MAX)),
            col(Mail.state).in_((MailState.LEASED, MailState.SENDING)),
        )
    )
    return session.exec(planned.limit(1)).first() is not None or session.exec(waiting.limit(1)).first() is not None


class Desk:
    """What one round looks at again and again, read once per transaction: worlds, open duties, addresses."""

    def __init__(self, session: Session, now: datetime) -> None:
        """Read nothing yet."""
        self.session = session
        self.now = now
        self.calendar = load_calendar(session)
        self._worlds: dict[str, World] = {}
        self._open: dict[str, tuple[dict[str, str], frozenset[str]]] = {}
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
        """Return whether a line's duty is done or has another deadline by now; the office's list ends with the phase's last duty."""
        if line.duty is None and line.kind != MailKind.OFFICE_LIST:
            return False
        armed, phases = self._open_now(line.cohort)
        return line.phase not in phases if line.duty is None else armed.get(line.duty, ENDED) not in line.key

    def _open_now(self, cohort: str) -> tuple[dict[str, str], frozenset[str]]:
        if cohort not in self._open:
            owed = outstanding(cached_duties(self.world(cohort), self.calendar))
            self._open[cohort] = {duty.key: arm(duty) for duty in owed}, frozenset(duty.phase for duty in owed)
        return self._open[cohort]


def _put_right(session: Session, now: datetime) -> None:
    """Bring forward what a clock that ran far ahead has put off; it has been set right meanwhile."""
    desk = Desk(session, now)
    for mail in session.exec(select(Mail).where(col(Mail.state).in_(WAITING), col(Mail.not_before) > now + WAIT_MAX)).all():
        lines = session.exec(select(Reminder).where(Reminder.mail_id == mail.id)).all()
        if lines:
            plan, day = desk.world(lines[0].cohort).plan, max(line.planned_on for line in lines)
            mail.not_before = min(mail.not_before, leaves_at(plan, desk.calendar, mail.kind, day, now))
            session.add(mail)
    session.flush()


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


def _send_batch(
    engine: Engine, carrier: Carrier, worker: str, now: datetime, batch: Sequence[sending.Claimed], report: DeliveryReport
) -> DeliveryReport:
    decisions = [[held] for held in batch if held.mail_class == MailClass.DECIDE]
    others = [held for held in batch if held.mail_class != MailClass.DECIDE]
    for part in (*decisions, others):
        if part:
            report = _send_part(engine, carrier, worker, now, part, report)
        if report.stopped:
            with transaction(engine) as session:
                for held in batch:
                    sending.give_back(session, held)
            break
    return report


def _send_part(
    engine: Engine, carrier: Carrier, worker: str, now: datetime, part: Sequence[sending.Claimed], report: DeliveryReport
) -> DeliveryReport:
    with transaction(engine) as session:
        desk = Desk(session, now)
        ready = [(held, mime) for held in part if (mime := _prepare(desk, held)) and sending.intend(session, held, worker)]
    results = []
    stopped = ""
    for held, mime in ready:
        delivery = Delivery(Result.STOP, None, stopped) if stopped else _carry(carrier, held, mime)
        results.append((held, delivery))
        if delivery.result == Result.STOP:
            stopped = f"邮件账号有误，已停止发送：{delivery.code} {delivery.text}"
        if settings().mail_pause_seconds and not stopped:
            sleep(settings().mail_pause_seconds)
    with transaction(engine) as session:
        states = [sending.record(session, held, delivery, worker, now) for held, delivery in results]
    return replace(
        report,
        sent=report.sent + states.count(MailState.SENT),
        failed=report.failed + states.count(MailState.FAILED),
        deferred=report.deferred + states.count(MailState.READY),
        unknown=report.unknown + states.count(MailState.UNKNOWN),
        stopped=stopped,
    )


def _carry(carrier: Carrier, held: sending.Claimed, mime: bytes) -> Delivery:
    try:
        carrier.prepare(settings().smtp_sender, held.mailbox)
    except NotPreparedError as refused:
        return refused.delivery
    return carrier.deliver(mime)


def _prepare(desk: Desk, held: sending.Claimed) -> bytes | None:
    """Return the bytes to send, rendering and storing them first; None when nothing is left or the letter is held.

    What may have left goes again byte for byte, and a decision always; anything else tells today's facts, however long it waited.
    """
    session, now = desk.session, desk.now
    mail = session.get_one(Mail, held.id)
    if mail.mime is not None and (mail.mail_class == MailClass.DECIDE or mail.resends):
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
