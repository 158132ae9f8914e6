"""Delivery: our loop against bare smtplib with two bare commits per mail, and against plain ``yagmail.send``.

One day's reminders to every branch, made up, rendered, claimed, sent and recorded by ours. The baselines are given each letter's
subject, text, HTML and headers ready. Bare smtplib builds the same MIME and speaks plainly, as ours does beside it. yagmail is measured
as it comes and as every real mailbox wants it, with TLS and a login, of which it makes one for every mail; ours meets the same server.
Without either it is measured as well.
"""

import re
import smtplib
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import NamedTuple

import pytest
import sqlalchemy as sa
import yagmail
from sqlmodel import func, select

from config.settings import settings
from config.vocabulary import MailKind, MailState
from flows.steps.daily import scan
from models.store import reading, transaction
from models.tables import Mail, Reminder
from notifications.account import SmtpAccount
from notifications.delivery import deliver
from notifications.transport import Transport
from tests.benchmarks.rounds import compare, same, timed
from tests.benchmarks.university import at, build

CALLED, REMINDED = date(2026, 10, 19), date(2026, 11, 20)
"""The call for the mid-term papers, and three working days before the branches' day."""
BODIES = ("text/plain", "text/html")
BARE = sa.Table(
    "bare_mail", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("state", sa.String(20)),
    sa.Column("at", sa.String(40)), sa.Column("mime", sa.LargeBinary),
)  # fmt: skip


class Given(NamedTuple):
    """One letter, ready to be built."""

    to: str
    headers: tuple
    text: str
    html: str
    mime: bytes


def prepare(made, mails):
    """Fill the database: every branch has one reminder due, and nothing else waits."""
    build(made.base, mails)
    for day in (CALLED, REMINDED):
        at(made.base, day)
        scan(made.base, day, f"bench:{day}")
        with transaction(made.base) as session:
            past = sa.or_(Reminder.planned_on < REMINDED, Reminder.kind == MailKind.OFFICE_LIST)
            session.execute(sa.update(Reminder).where(past).values(dropped_because="bench"))
    with made.base.begin() as connection:
        BARE.create(connection)


def measure(kind, made, sinks, rounds, tick):
    """Return the comparisons of one kind of database; ``sinks`` are the plain server and the one with TLS and a login."""
    series = {name: [] for name in ("ours", "bare", "yagmail", "ours, locked", "yagmail, locked")}
    plain, locked = sinks
    for _ in range(rounds + 1):
        with made.copy() as engine:
            seconds, letters, mails = _ours(engine, plain)
            series["ours"].append(mails / seconds)
            tick()
            series["bare"].append(mails / _bare(engine, plain, letters))
            tick()
            series["yagmail"].append(mails / _yagmail(plain, letters))
            tick()
        with made.copy() as engine:
            seconds, *_ = _ours(engine, locked)
            series["ours, locked"].append(mails / seconds)
            tick()
            series["yagmail, locked"].append(mails / _yagmail(locked, letters))
            tick()
    ours, bare, yags, ours_locked, yags_locked = (figures[1:] for figures in series.values())  # the first round warms up
    return (
        compare(f"delivery, {kind}, against bare smtplib", ours, bare, "mails/s", "≥ 0.7"),
        compare(f"delivery, {kind}, TLS and login, against yagmail.send", ours_locked, yags_locked, "mails/s", "> 1"),
        compare(f"delivery, {kind}, without them, against yagmail.send", ours, yags, "mails/s", "no aim"),
    )


def _url(sink):
    return f"smtps://office%40university.example:secret@127.0.0.1:{sink.port}" if sink.trusted else f"smtp://127.0.0.1:{sink.port}"


@contextmanager
def _trusting(sink):
    """Let this process trust the sink's certificate: ours verifies, as it must."""
    if not sink.trusted:
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(sink.trusted))
        yield


def _ours(engine, sink):
    with _trusting(sink):
        return _delivered(engine, sink)


def _delivered(engine, sink):
    carrier = Transport(SmtpAccount.from_url(_url(sink)))
    seconds, report = timed(lambda: deliver(engine, carrier, "bench"))
    with reading(engine) as session:
        stored = session.exec(select(Mail).where(Mail.state == MailState.SENT).order_by(Mail.id)).all()
        lines = session.exec(select(func.count()).select_from(Reminder).where(Reminder.mail_id.is_not(None))).one()
    same("ours: reported, recorded, taken, different", report.sent, len(stored), *sink.taken())
    same("two lines in every mail", lines, 2 * len(stored))
    return seconds, [_given(mail) for mail in stored], len(stored)


def _given(mail):
    message = message_from_bytes(mail.mime, policy=policy.SMTP)
    text, html = (next(part.get_content() for part in message.walk() if part.get_content_type() == kind) for kind in BODIES)
    headers = tuple((name, str(value)) for name, value in message.items() if name not in ("Content-Type", "MIME-Version"))
    return Given(mail.mailbox, headers, text.replace("\r\n", "\n"), html.replace("\r\n", "\n"), mail.mime)


def _bare(engine, sink, letters):
    with closing(engine.raw_connection()) as connection:
        seconds, mime = timed(lambda: _send_bare(connection, engine.dialect.name, sink.port, letters))
    same("bare: given, taken, different", len(letters), *sink.taken())
    same("a mail without its boundary", _whole(mime), _whole(letters[-1].mime))
    return seconds


def _send_bare(connection, dialect, port, letters):
    """Build, commit the intent, send, commit the record: on a plain connection with the settings of our engine."""
    mark, cursor = "?" if dialect == "sqlite" else "%s", connection.cursor()
    intend = f"INSERT INTO bare_mail (id, state, at, mime) VALUES ({mark}, 'sending', {mark}, {mark})"
    record = f"UPDATE bare_mail SET state = 'sent', at = {mark} WHERE id = {mark}"

    def commit(sql, *values):
        cursor.execute("BEGIN IMMEDIATE" if dialect == "sqlite" else "BEGIN")
        cursor.execute(sql, values)
        cursor.execute("COMMIT")

    if dialect == "postgresql":
        connection.driver_connection.autocommit = True  # BEGIN and COMMIT are said here
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as smtp:
        for number, letter in enumerate(letters):
            mime = _built(letter)
            commit(intend, number, _now(), mime)
            smtp.sendmail(settings().smtp_sender, [letter.to], mime)
            commit(record, _now(), number)
    return mime


def _now():
    return datetime.now(UTC).isoformat()


def _built(letter):
    message = EmailMessage(policy=policy.SMTP)
    for name, value in letter.headers:
        message[name] = value
    message.set_content(letter.text, cte="base64")
    message.add_alternative(letter.html, subtype="html", cte="base64")
    return message.as_bytes()


def _whole(mime):
    """Return the bytes of a mail; the boundary, which everybody draws, reads BOUNDARY."""
    found = re.search(rb'boundary="([^"]+)"', mime)
    return mime.replace(found[1], b"BOUNDARY")


def _yagmail(sink, letters):
    sender = settings().smtp_sender
    # with TLS and a login as it comes (it verifies nothing); without them it must be told
    unlocked = {} if sink.trusted else {"smtp_ssl": False, "smtp_starttls": False, "smtp_skip_login": True}

    def run():
        client = yagmail.SMTP(sender, "secret", host="127.0.0.1", port=sink.port, **unlocked)
        for letter in letters:
            client.send(letter.to, dict(letter.headers)["Subject"], [letter.text, letter.html])
        client.close()

    seconds, _ = timed(run)
    same("yagmail: given, taken, different", len(letters), *sink.taken())
    return seconds
