"""The mail server is down for five days with the post of a busy month waiting; then it comes back. Simulated clock, real sockets, real SQLite."""

import socket
import threading
from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from sqlmodel import select

from config.clock import BUSINESS_ZONE
from config.vocabulary import MailClass, MailKind, MailState, TaskKind
from models.business_clock import business_now, mark_as_demo, move_clock
from models.rules.calendar import Calendar
from models.store import reading, transaction
from models.tables import Mail, Task
from notifications import gate
from notifications.delivery import deliver
from notifications.outbox import give_up_at, next_mail_at
from notifications.transport import SmtpAccount, Transport
from tests.crash.judge import judge
from tests.crash.ledger import Ledger
from tests.marks import size

pytestmark = pytest.mark.trust

MAILS = size(400, 2000)
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


def put(engine):
    calendar = Calendar()
    with transaction(engine) as session:
        mark_as_demo(session)
        move_clock(session, START)
        for n in range(MAILS):
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


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_five_days_without_a_mail_server_lose_nothing(office, figures):
    put(office)
    with Refusing(lambda: clock_of(office)) as host:
        play_outage(office, host)
    per_day = Counter(at.astimezone(BUSINESS_ZONE).date() for at in host.connections)
    with reading(office) as session:
        waiting = {mail.key: mail for mail in session.exec(select(Mail))}
    assert {mail.state for mail in waiting.values()} == {MailState.READY, MailState.EXPIRED}
    assert max(per_day.values()) <= CONNECTIONS_PER_DAY, per_day
    assert len(per_day) >= 4, "it was tried on every working day"
    began = clock_of(office)
    with Ledger(0.0, 1) as ledger:
        while any_ready(office):
            jump(office)
            deliver(office, Transport(SmtpAccount.from_url(ledger.url)), "one")
        took = clock_of(office) - began
        verdict = judge(office, ledger)
    ended = Counter(mail.state for mail in mails(office))
    figures(f"outage: {MAILS} mails, connections {dict(sorted(per_day.items()))}, {dict(ended)}, drained in {took} of the business clock")
    expired = {mail.key for mail in mails(office) if mail.state == MailState.EXPIRED}
    assert ended.keys() == {MailState.SENT, MailState.EXPIRED}
    assert expired == {key for key, mail in waiting.items() if mail.expires_at <= began and mail.state == MailState.EXPIRED}
    assert tasks(office) == {f"{TaskKind.TELEPHONE}:{key}" for key in expired}
    assert [flaw for flaw in verdict.flaws if "state expired" not in flaw] == []
    assert took <= timedelta(hours=2)
    assert len(expired) >= MAILS // 4


def mails(engine):
    with reading(engine) as session:
        return session.exec(select(Mail)).all()


def tasks(engine):
    with reading(engine) as session:
        return set(session.exec(select(Task.key).where(Task.done_on.is_(None))))


def any_ready(engine):
    return any(mail.state == MailState.READY for mail in mails(engine))
