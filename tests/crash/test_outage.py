"""The mail server is down for five days with the post of a busy month waiting; then it comes back. Simulated clock, real sockets, real SQLite."""

import socket
import threading
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from sqlmodel import select

from config.clock import BUSINESS_ZONE
from config.vocabulary import MailClass, MailKind, MailState, TaskKind
from models.business_clock import business_now, mark_as_demo, move_clock
from models.rules.calendar import Calendar
from models.store import reading, transaction
from models.tables import Mail, Task
from notifications import gate, sending
from notifications.delivery import deliver
from notifications.outbox import give_up_at, next_mail_at
from notifications.transport import SmtpAccount, Transport
from tests.crash.judge import Verdict, judge
from tests.crash.ledger import Ledger

pytestmark = pytest.mark.trust

MAILS, FEW = 2000, 60
"""What waits; and in the controls."""
START = datetime(2025, 11, 4, 8, 30, tzinfo=BUSINESS_ZONE)
DOWN = timedelta(days=5)
DUE = (None, date(2025, 11, 7), date(2025, 12, 5))
"""Deadlines of the letters in turn; they are written on the first four days. Given up after five days, or two working days after a deadline."""
CONNECTIONS_PER_DAY = 24
SENDERS = 3


class Refusing:
    """A host on which nobody serves: every connection is closed at once, and counted by the business clock."""

    def __init__(self, now):
        self.connections, self._now = [], now

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(2)

    def _accept(self):
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            self.connections.append(self._now())
            peer.close()

    @property
    def account(self):
        return SmtpAccount("127.0.0.1", self._listener.getsockname()[1], "plain", timeout_seconds=5.0)


def put(engine, number):
    calendar = Calendar()
    with transaction(engine) as session:
        mark_as_demo(session)
        move_clock(session, START)
        for n in range(number):
            kind, mail_class = (
                (MailKind.RETURNED, MailClass.DECIDE),
                (MailKind.CALL, MailClass.REMIND),
                (MailKind.RECEIPT, MailClass.FYI),
            )[n % 3]
            at = START + timedelta(days=n % 4, hours=n % 8)
            mime = f"Subject: {n}\r\nMessage-ID: <m{n}@x>\r\n\r\nx\r\n".encode()
            row = {
                "key": f"m{n}",
                "message_id": f"<m{n}@x>",
                "kind": kind,
                "mail_class": mail_class,
                "mailbox": f"u{n}@x.example",
                "mime": mime,
            }
            session.add(Mail(**row, send_on=at.date(), not_before=at, expires_at=give_up_at(at, DUE[n % len(DUE)], calendar)))


def clock_of(engine):
    with reading(engine) as session:
        return business_now(session)


def jump(engine):
    """Move the clock to when the next mail may leave and the account rests no more; returns False when no mail waits."""
    with transaction(engine) as session:
        at, resting = next_mail_at(session), gate.pause_of(session)
        if at is not None:
            move_clock(session, max(at, business_now(session), resting.until if resting else at))
    return at is not None


def play_outage(engine, host):
    """Several senders look whenever something is due, for five days; as many rounds as the delivery loop would have at that instant."""
    carriers = [Transport(host.account) for _ in range(SENDERS)]
    while clock_of(engine) < START + DOWN and jump(engine):
        for number, carrier in enumerate(carriers):
            deliver(engine, carrier, f"sender{number}")


@dataclass(frozen=True)
class Outage:
    """What came of it: connections by day, the mails when the server was back, what the judge says, how long draining took."""

    per_day: Counter
    waiting: dict
    began: datetime
    took: timedelta
    verdict: Verdict


def through(engine, number):
    """Put mails, let the server be down for five days, drain."""
    put(engine, number)
    with Refusing(lambda: clock_of(engine)) as host:
        play_outage(engine, host)
    per_day = Counter(at.astimezone(BUSINESS_ZONE).date() for at in host.connections)
    waiting, began = {mail.key: mail for mail in mails(engine)}, clock_of(engine)
    with Ledger(0.0, 1) as ledger:
        while any_ready(engine):
            jump(engine)
            deliver(engine, Transport(SmtpAccount.from_url(ledger.url)), "one")
        return Outage(per_day, waiting, began, clock_of(engine) - began, judge(engine, ledger))


def flaws(engine, outage):
    """Return what went wrong, in words."""
    ended = {mail.key: mail.state for mail in mails(engine)}
    expired = {key for key, state in ended.items() if state == MailState.EXPIRED}
    early = {key for key in expired if outage.waiting[key].expires_at > outage.began or outage.waiting[key].state != MailState.EXPIRED}
    asked = {f"{TaskKind.TELEPHONE}:{key}" for key in expired}
    found = {
        "lost": [key for key, state in ended.items() if state not in (MailState.SENT, MailState.EXPIRED)],
        "given up before its time": early,
        "without a task": asked ^ tasks(engine),
        "too many connections": [day for day, number in outage.per_day.items() if number > CONNECTIONS_PER_DAY],
        "drained too slowly": [outage.took] if outage.took > timedelta(hours=2) else [],
        "the judge": [flaw for flaw in outage.verdict.flaws if "state expired" not in flaw],
    }
    return {name for name, those in found.items() if those}


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_five_days_without_a_mail_server_lose_nothing(office, figures):
    outage = through(office, MAILS)
    ended = Counter(mail.state for mail in mails(office))
    told = f"connections {dict(sorted(outage.per_day.items()))}, {dict(ended)}, drained in {outage.took} of the business clock"
    figures(f"outage: {MAILS} mails, {told}")
    assert flaws(office, outage) == set()
    assert {mail.state for mail in outage.waiting.values()} == {MailState.READY, MailState.EXPIRED}
    assert len(outage.per_day) >= 4, "it was tried on every working day"
    assert ended.keys() == {MailState.SENT, MailState.EXPIRED}
    assert ended[MailState.EXPIRED] >= MAILS // 4


def gives_up_early(monkeypatch):
    expire = sending.expire
    monkeypatch.setattr(sending, "expire", lambda session, now, text: expire(session, now + timedelta(days=3), text))


def asks_nobody(monkeypatch):
    monkeypatch.setattr(sending, "_ask_office", lambda *_, **__: None)


SPOILT = {"given up before its time": gives_up_early, "without a task": asks_nobody}


@pytest.mark.parametrize("flaw", SPOILT)
@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_a_spoilt_rule_is_found(office, monkeypatch, flaw):
    """Negative controls: the same five days with one rule spoilt."""
    SPOILT[flaw](monkeypatch)
    assert flaw in flaws(office, through(office, FEW))


def mails(engine):
    with reading(engine) as session:
        return session.exec(select(Mail)).all()


def tasks(engine):
    with reading(engine) as session:
        return set(session.exec(select(Task.key).where(Task.done_on.is_(None))))


def any_ready(engine):
    return any(mail.state == MailState.READY for mail in mails(engine))
