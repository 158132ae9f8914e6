"""Accounts: every provider's habits are data, every single setting wins, and the limits are kept."""

from datetime import timedelta

import pytest
from sqlmodel import select

from config import clock
from config.mail_accounts import Limits, mail_accounts
from config.settings import Settings
from config.vocabulary import MailClass, MailKind, MailState
from models.store import reading, transaction
from models.tables import Mail
from notifications.delivery import deliver
from notifications.transport import SmtpAccount
from tests.notifications.test_give_up import Server

KNOWN = {
    "plain": (None, None), "netease_126": ("smtp.126.com", 465), "netease_163": ("smtp.163.com", 465), "qq": ("smtp.qq.com", 465),
    "exmail": ("smtp.exmail.qq.com", 465), "coremail": (None, 465),
}  # fmt: skip


def test_the_profiles():
    found = {name: (profile.host or None, profile.port) for name, profile in mail_accounts().accounts.items()}
    assert found == KNOWN
    assert mail_accounts().accounts["netease_163"].per_day == 80


def test_a_profile_and_a_code_are_enough():
    found = SmtpAccount.from_settings(Settings(smtp_profile="netease_163", smtp_sender="office@163.com", smtp_password="abcd"))
    assert (found.host, found.port, found.security, found.user, found.limits.per_connection) == (
        "smtp.163.com",
        465,
        "ssl",
        "office@163.com",
        10,
    )


def test_every_single_setting_wins():
    given = Settings(smtp_profile="qq", smtp_host="relay.university.example", smtp_port=587, smtp_security="starttls", smtp_user="me", smtp_password="x", mail_per_connection=3, mail_per_hour=7, mail_per_day=9, mail_pause_seconds=0.5)  # fmt: skip
    found = SmtpAccount.from_settings(given)
    assert (found.host, found.port, found.security, found.user) == ("relay.university.example", 587, "starttls", "me")
    assert found.limits == Limits(per_connection=3, per_hour=7, per_day=9, pause_seconds=0.5)


def test_an_address_keeps_the_profile_s_limits():
    found = SmtpAccount.from_settings(Settings(smtp_profile="qq", smtp_url="smtps://a:b@smtp.qq.com"))
    assert found.limits.per_hour == mail_accounts().accounts["qq"].per_hour


@pytest.mark.parametrize(
    "wrong",
    [
        {"smtp_profile": "gmail"},
        {"smtp_password": "x"},
        {"smtp_host": "relay.university.example", "smtp_security": "plain", "smtp_password": "x"},
    ],
)
def test_what_cannot_be_is_told(wrong):
    with pytest.raises(ValueError, match=r"CREATION_SMTP|明文"):
        SmtpAccount.from_settings(Settings(**wrong))


def put(engine, number):
    now = clock.now()
    with transaction(engine) as session:
        for n in range(number):
            session.add(Mail(key=f"m{n}", message_id=f"<m{n}@x>", kind=MailKind.REMINDER, mail_class=MailClass.REMIND, mailbox=f"u{n}@x.example", send_on=now.date(), not_before=now, mime=b"Subject: x\r\n\r\nx\r\n"))  # fmt: skip


def waiting(engine):
    with reading(engine) as session:
        return session.exec(select(Mail).where(Mail.state == MailState.READY)).all()


@pytest.mark.parametrize(
    ("limits", "sent"), [(Limits(per_hour=7), 7), (Limits(per_day=25), 25), (Limits(per_hour=30, per_day=9), 9), (Limits(), 40)]
)
def test_no_more_leave_than_the_account_may_send(empty, limits, sent):
    put(empty, 40)
    before = clock.now()
    assert deliver(empty, (server := Server()), "one", limits).sent == len(server.carried) == sent
    assert all(mail.not_before > before + timedelta(minutes=50) for mail in waiting(empty))
    assert len(waiting(empty)) == 40 - sent
    assert deliver(empty, (again := Server()), "two", limits).sent == len(again.carried) == 0


def test_what_left_an_hour_ago_counts_no_more(empty, monkeypatch):
    put(empty, 10)
    deliver(empty, Server(), "one", Limits(per_hour=4))
    assert deliver(empty, Server(), "one", Limits(per_hour=4)).sent == 0
    real = clock.now()
    monkeypatch.setattr("config.clock.now", lambda: real + timedelta(minutes=61))
    assert deliver(empty, Server(), "one", Limits(per_hour=4)).sent == 4


def test_a_pause_lies_between_two_mails_and_not_after_the_last(empty, monkeypatch):
    put(empty, 3)
    pauses = []
    monkeypatch.setattr("notifications.carrying.sleep", pauses.append)
    deliver(empty, Server(), "one", Limits(pause_seconds=5))
    assert pauses == [5, 5]
