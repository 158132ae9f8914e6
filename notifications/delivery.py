"""The delivery loop: make up what is planned, then claim, render, intend, send, record, until nothing is due."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import Session, col, select

from config.clock import business_day
from config.mail_accounts import Limits
from config.vocabulary import MailClass, MailState
from models.business_clock import business_now
from models.store import reading, transaction
from models.tables import Mail, Reminder
from notifications import asking, fuse, gate, sending
from notifications.carrying import HELD, Carried, Carrier, Hand, Intended, LeaseWatch
from notifications.enclosing import Enclose, nothing
from notifications.following import follow
from notifications.fuse import Watch
from notifications.gathering import Desk, is_waiting_now, make_up, prepare_all, put_right
from notifications.message import MessageError
from notifications.preparing import is_of_the_database, prepare_each
from notifications.transport import Delivery, Result
from notifications.trial import trial_mailbox

BATCH, PART = 40, 20
"""How many mails are claimed at once, and how many are sent under one intent."""
PATIENCE = 5
"""So many pauses in a row before mail is given up: a network that comes up late after days off is no reason."""
NO_LEAP = timedelta(0)
Prepare = Callable[[Desk, Sequence[sending.Claimed]], list[tuple[sending.Claimed, bytes]]]
"""Returns what is to be sent of a part, with its bytes."""


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
        if gate.hold_of(session) is None:  # while all mail is held the clock may be what is wrong
            put_right(session, now)
        gate.wait_for_morning(session, now)
        made_up = make_up(session, now)
    limits = limits or Limits()
    shift = Shift(engine, Hand(carrier, limits.pause_seconds, trial), worker, now, limits, enclose)
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
    hand: Hand
    worker: str
    now: datetime
    limits: Limits
    enclose: Enclose = nothing

    def claim(self) -> list[sending.Claimed]:
        """Take the next batch, as far as the account's limits allow."""
        with transaction(self.engine) as session:
            most = gate.room(session, self.limits, self.now, BATCH)
            return sending.claim(session, self.worker, self.now, most) if most else []

    def send(self, batch: Sequence[sending.Claimed], report: DeliveryReport) -> DeliveryReport:
        """Send a batch: letters of decision one by one, the others a few under one intent; what is left goes back."""
        decisions = [held for held in batch if held.mail_class == MailClass.DECIDE]
        others = [held for held in batch if held.mail_class != MailClass.DECIDE]
        rounds = [[[held]] for held in decisions] + [[others[at : at + PART] for at in range(0, len(others), PART)]]
        with ThreadPoolExecutor(1, "carrier") as thread:
            for parts in rounds:
                report = self._send_parts(parts, report, thread)
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

    def _send_parts(self, parts: Iterable[Sequence[sending.Claimed]], report: DeliveryReport, thread: Executor) -> DeliveryReport:
        """Send one part after the other; while a server takes one, the one before is recorded and the next is written."""
        under_way: Future[Carried] | None = None
        for part in parts:
            intended = self._intend_after(part, under_way)
            before = under_way.result() if under_way else Carried()
            if intended is None:
                return replace(self._record(before, report), paused=HELD.text)
            if before.halt is not None:
                return self._record(before.leaving(intended, before.halt), report)
            if under_way and self._is_held():
                return replace(self._record(before.leaving(intended, HELD), report), paused=HELD.text)
            under_way = thread.submit(copy_context().run, self.hand.carry, intended)
            report = self._record(before, report)
        return self._record(under_way.result(), report) if under_way else report

    def _is_held(self) -> bool:
        """Whether all mail has been held while a part waited, intended, for the one before."""
        with reading(self.engine) as session:
            return gate.hold_of(session) is not None

    def _intend_after(self, part: Sequence[sending.Claimed], under_way: Future[Carried] | None) -> Intended | None:
        """Intend a part; if that fails, what has been carried meanwhile is recorded all the same."""
        try:
            return self._intend(part)
        except BaseException:
            if under_way:
                self._record(under_way.result(), DeliveryReport())
            raise

    def _intend(self, part: Sequence[sending.Claimed]) -> Intended | None:
        """Write the letters of a part and commit to sending them; None while all mail is held. If one fails, each is tried on its own."""
        watch = LeaseWatch.begin()
        try:
            return self._written(part, watch, prepare_all)
        except Exception as fault:
            if is_of_the_database(fault):
                raise
            return self._written(part, watch, prepare_each)

    def _written(self, part: Sequence[sending.Claimed], watch: LeaseWatch, prepare: Prepare) -> Intended | None:
        with transaction(self.engine) as session:
            if gate.hold_of(session) is not None:
                return None
            desk = Desk(session, self.now, self.enclose)
            good, failed = self._without_bad(session, follow(desk, part))
            written = prepare(desk, good)
            moved = sending.intend_all(session, [held for held, _ in written], self.worker)
            return Intended([(held, mime) for held, mime in written if held.id in moved], failed, watch)

    def _record(self, carried: Carried, report: DeliveryReport) -> DeliveryReport:
        """Write down what became of a part, and what an answer that concerns all mail means for the others."""
        if not carried.results:
            return replace(report, failed=report.failed + carried.failed)
        halt = carried.halt
        stopped = halt is not None and halt.result == Result.STOP
        with transaction(self.engine) as session:
            found = sending.meaning_of(halt) if halt and not stopped else None
            until = gate.pause(session, found, halt.text, self.now) if halt and found else None
            states = sending.record_all(session, carried.results, self.worker, self.now, until)
            arrived = [held.id for held, delivery in carried.results if delivery.result == Result.ACCEPTED]
            asking.close_tasks(session, arrived, business_day(self.now))
            if MailState.SENT in states and not halt:
                gate.resume(session)
        return replace(
            report,
            sent=report.sent + states.count(MailState.SENT),
            failed=report.failed + carried.failed + states.count(MailState.FAILED),
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
