"""Carrying letters one after the other within the lease, until a server's answer concerns them all."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import sleep
from typing import Protocol

from config import clock
from config.settings import settings
from notifications import sending
from notifications.replies import REMEDIES
from notifications.transport import Delivery, NotPreparedError, Result
from notifications.trial import for_trial

BEGIN_WITHIN, HAND_OVER_WITHIN = 2 / 9, 1 / 3
"""Shares of the lease, counted from the intent: no mail begins later than the one, and no message is handed over later than the other:
with the longest answer to a message it still ends within the lease. Who was stopped past it (a frozen machine) sends nothing more."""
SLOW = Delivery(Result.STOP, None, "发送过慢，留待下一轮")
HELD = Delivery(Result.STOP, None, "已暂停发信")


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
class LeaseWatch:
    """How much of the lease has gone since the intent, by the steady clock or by the wall clock, whichever went further.

    The wall clock can be set back, and a lease ends by it; the steady one cannot.
    """

    steady: float
    wall: datetime

    @classmethod
    def begin(cls) -> "LeaseWatch":
        """Return one that begins now."""
        return cls(clock.steady_seconds(), clock.now())

    def spent(self) -> float:
        """Return the share of the lease that has gone."""
        gone = max(clock.steady_seconds() - self.steady, (clock.now() - self.wall).total_seconds())
        return gone / settings().mail_lease_seconds


@dataclass(frozen=True, slots=True)
class Intended:
    """A part that is to be sent now: letters with their bytes, how many were given up at once, and what is left of the lease."""

    ready: Sequence[tuple[sending.Claimed, bytes]]
    failed: int
    watch: LeaseWatch


@dataclass(frozen=True, slots=True)
class Carried:
    """What became of a part, and the answer that ended it, if one did."""

    results: tuple[tuple[sending.Claimed, Delivery], ...] = ()
    halt: Delivery | None = None
    failed: int = 0

    def leaving(self, intended: Intended, answer: Delivery) -> "Carried":
        """Return the same with a part that was intended meanwhile and is not carried, because of this answer."""
        left = tuple((held, answer) for held, _ in intended.ready)
        return replace(self, results=(*self.results, *left), failed=self.failed + intended.failed)


@dataclass(slots=True)
class Hand:
    """One round's carrier with the account's pace; it knows no database, and works beside who writes the next letters."""

    carrier: Carrier
    pause_seconds: float
    """Between two letters, of whatever part."""
    trial: str
    """The own mailbox that takes everything, or nothing."""
    _begun: bool = field(default=False, init=False)

    def carry(self, intended: Intended) -> Carried:
        """Carry one after the other until an answer concerns them all; what the lease leaves no time for goes back."""
        results: list[tuple[sending.Claimed, Delivery]] = []
        halt: Delivery | None = None
        for held, mime in intended.ready:
            if halt is not None:
                results.append((held, halt))
                continue
            if intended.watch.spent() > BEGIN_WITHIN:
                results.append((held, SLOW))
                continue
            if self._begun and self.pause_seconds:
                sleep(self.pause_seconds)
            self._begun = True
            delivery = self._carry_one(held, mime, intended.watch)
            results.append((held, delivery))
            if delivery is SLOW:
                continue
            found = sending.meaning_of(delivery) if delivery.result == Result.DEFERRED else None
            if delivery.result == Result.STOP or (found and REMEDIES[found].everyone):
                halt = delivery
        return Carried(tuple(results), halt, intended.failed)

    def _carry_one(self, held: sending.Claimed, mime: bytes, watch: LeaseWatch) -> Delivery:
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
