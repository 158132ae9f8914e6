"""The delivery loop: make up what is planned, then claim, render, intend, send, record, until nothing is due."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic, sleep
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import Session, col, select

from config import clock
from config.clock import business_day
from config.mail_accounts import Limits
from config.settings import settings
from config.vocabulary import MailClass, MailState
from models.business_clock import business_now
from models.store import reading, transaction
from models.tables import Mail, Reminder
from notifications import asking, fuse, gate, sending
from notifications.enclosing import Enclose, nothing
from notifications.fuse import Watch
from notifications.gathering import Desk, is_waiting_now, make_up, prepare_all, put_right
from notifications.message import MessageError
from notifications.replies import REMEDIES
from notifications.transport import Delivery, NotPreparedError, Result
from notifications.trial import for_trial, trial_mailbox

BATCH = 20
BEGIN_WITHIN, HAND_OVER_WITHIN = 2 / 9, 1 / 3
"""Shares of the lease, counted from the intent: no mail begins later than the one, and no message is handed over later than the other:
with the longest answer to a message it still ends within the lease. Who was stopped past it (a frozen machine) sends nothing more."""
SLOW = Delivery(Result.STOP, None, "发送过慢，留待下一轮")
PATIENCE = 5
"""So many pauses in a row before mail is given up: a network that comes up late after days off is no reason."""
NO_LEAP = timedelta(0)


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
    """Why nothing goes until a person has looked."""
    paused: str = ""
    """Why nothing goes for a while."""
    halt: Delivery | None = None
    """The answer that ended the round, if a server's answer did."""

    @property
    def ended(self) -> bool:
        """Whether the round is over before everything has left."""
        return bool(self.stopped or self.paused)


@dataclass(frozen=True, slots=True)
class _LeaseWatch:
    """How much of the lease has gone since the intent, by the steady clock or by the wall clock, whichever went further.

    The steady one stands still while the machine sleeps, the wall clock can be set back; a lease ends by the wall clock.
    """

    steady: float
    wall: datetime

    def spent(self) -> float:
        """Return the share of the lease that has gone."""
        gone = max(monotonic() - self.steady, (clock.now() - self.wall).total_seconds())
        return gone / settings().mail_lease_seconds


def deliver(
    engine: Engine, carrier: Carrier, worker: str, limits: Limits | None = None, watch: Watch | None = None, enclose: Enclose = nothing
) -> DeliveryReport:
    """Send everything that is due by the business clock, within the account's limits, each letter with what ``enclose`` makes.

    Several workers may run this at once.
    """
    with reading(engine) as session:
        now = business_now(session)
        leap = watch.leap(now) if watch else NO_LEAP
        if not _anything(session, now) and not fuse.needs_look(session, now):
            return DeliveryReport()
    try:
        trial = trial_mailbox()
    except MessageError as error:
        return DeliveryReport(stopped=f"试发邮箱 CREATION_MAIL_TEST_TO 有误，一封未发：{error}")
    with transaction(engine) as session:
        gate.alone(session)
        fuse.guard(session, now, leap)
        sending.reap(session)
        sending.release_held(session, now)
        put_right(session, now)
        gate.wait_for_morning(session, now)
        made_up = make_up(session, now)
    shift = Shift(engine, carrier, worker, now, limits or Limits(), trial, enclose)
    report = DeliveryReport(made_up=made_up)
    while not report.ended and (batch := shift.claim()):
        report = shift.send(batch, report)
    carrier.close()
    return report


def _anything(session: Session, now: datetime) -> bool:
    planned = select(Reminder.id).where(
        col(Reminder.mail_id).is_(None), col(Reminder.dropped_because).is_(None), Reminder.planned_on <= business_day(now)
    )
    waiting = select(Mail.id).where(
        sa.or_(
            is_waiting_now(now),
            col(Mail.state).in_((MailState.LEASED, MailState.SENDING)),
        )
    )
    return session.exec(planned.limit(1)).first() is not None or session.exec(waiting.limit(1)).first() is not None


@dataclass(frozen=True, slots=True)
class Shift:
    """One round of one worker: claim, render, intend, carry, record."""

    engine: Engine
    carrier: Carrier
    worker: str
    now: datetime
    limits: Limits
    trial: str
    """The own mailbox that takes everything, or nothing."""
    enclose: Enclose = nothing

    def claim(self) -> list[sending.Claimed]:
        """Take the next batch, as far as the account's limits allow."""
        with transaction(self.engine) as session:
            most = gate.room(session, self.limits, self.now, BATCH)
            return sending.claim(session, self.worker, self.now, most) if most else []

    def send(self, batch: Sequence[sending.Claimed], report: DeliveryReport) -> DeliveryReport:
        """Send a batch: letters of decision one by one, the others under one intent; what is left goes back."""
        decisions = [[held] for held in batch if held.mail_class == MailClass.DECIDE]
        others = [held for held in batch if held.mail_class != MailClass.DECIDE]
        for part in (*decisions, others):
            if part:
                report = self._send_part(part, report)
            if report.ended:
                self._give_back(batch, report)
                break
        return report

    def _give_back(self, batch: Sequence[sending.Claimed], report: DeliveryReport) -> None:
        """Return what was not sent; where a server's answer concerns it too it waits as well, or is given up when its time is over."""
        with transaction(self.engine) as session:
            for held in batch:
                sending.give_back(session, held)
            if report.halt is None or sending.meaning_of(report.halt) is None:
                return
            if report.stopped:
                asking.call_for_help(session, report.stopped, business_day(self.now))
            elif resting := gate.pause_of(session):
                if resting.count > PATIENCE:
                    sending.expire(session, self.now, report.halt.text)
                gate.put_off(session, self.now, resting.until)

    def _send_part(self, part: Sequence[sending.Claimed], report: DeliveryReport) -> DeliveryReport:
        with transaction(self.engine) as session:
            if gate.hold_of(session) is not None:
                return replace(report, paused="已暂停发信")
            part, failed = self._without_bad(session, part)
            written = prepare_all(Desk(session, self.now, self.enclose), part)
            moved = sending.intend_all(session, [held for held, _ in written], self.worker)
            ready = [(held, mime) for held, mime in written if held.id in moved]
        results, halt = self._carry_all(ready)
        stopped = halt is not None and halt.result == Result.STOP
        with transaction(self.engine) as session:
            found = sending.meaning_of(halt) if halt and not stopped else None
            until = gate.pause(session, found, halt.text, self.now) if halt and found else None
            states = sending.record_all(session, results, self.worker, self.now, until)
            asking.close_tasks(
                session, [held.id for held, delivery in results if delivery.result == Result.ACCEPTED], business_day(self.now)
            )
            if MailState.SENT in states and not halt:
                gate.resume(session)
        return replace(
            report,
            sent=report.sent + states.count(MailState.SENT),
            failed=report.failed + failed + states.count(MailState.FAILED),
            deferred=report.deferred + states.count(MailState.READY),
            unknown=report.unknown + states.count(MailState.UNKNOWN),
            stopped=f"邮件账号有误，已停止发送：{halt.code} {halt.text}" if halt and stopped else "",
            paused=f"暂缓发送：{halt.text}" if halt and not stopped else "",
            halt=halt,
        )

    def _without_bad(self, session: Session, part: Sequence[sending.Claimed]) -> tuple[list[sending.Claimed], int]:
        """Give up at once what would go to an address that is known to be wrong; a provider counts such mails against the account."""
        bad = asking.known_bad(session, (held.mailbox for held in part if not held.ordered))
        good = [held for held in part if held.ordered or held.mailbox not in bad]
        for held in part:
            if held not in good:
                sending.record(session, held, bad[held.mailbox], self.worker, self.now)
        return good, len(part) - len(good)

    def _carry_all(self, ready: Sequence[tuple[sending.Claimed, bytes]]) -> tuple[list[tuple[sending.Claimed, Delivery]], Delivery | None]:
        """Carry one after the other until an answer concerns them all; what the lease leaves no time for goes back."""
        results: list[tuple[sending.Claimed, Delivery]] = []
        halt: Delivery | None = None
        watch = _LeaseWatch(monotonic(), clock.now())
        for number, (held, mime) in enumerate(ready):
            if halt is not None:
                results.append((held, halt))
                continue
            if watch.spent() > BEGIN_WITHIN:
                results.append((held, SLOW))
                continue
            if number and self.limits.pause_seconds:
                sleep(self.limits.pause_seconds)
            delivery = self._carry(held, mime, watch)
            results.append((held, delivery))
            if delivery is SLOW:
                continue
            found = sending.meaning_of(delivery) if delivery.result == Result.DEFERRED else None
            if delivery.result == Result.STOP or (found and REMEDIES[found].everyone):
                halt = delivery
        return results, halt

    def _carry(self, held: sending.Claimed, mime: bytes, watch: "_LeaseWatch") -> Delivery:
        mailbox, message = (self.trial, for_trial(mime, held.mailbox, self.trial)) if self.trial else (held.mailbox, mime)
        try:
            self.carrier.prepare(settings().smtp_sender, mailbox)
        except NotPreparedError as refused:
            return refused.delivery
        if watch.spent() > HAND_OVER_WITHIN:
            self.carrier.close()
            return SLOW
        delivery = self.carrier.deliver(message)
        return replace(delivery, text=f"试发至 {mailbox}：{delivery.text}") if self.trial else delivery
