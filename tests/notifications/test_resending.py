"""A copy that a person orders goes to whoever the mail is for today, and is given up like any other mail."""

from datetime import date, timedelta

import sqlalchemy as sa
from sqlmodel import select

from config.vocabulary import MailKind, MailState, TaskKind
from flows.steps.acts import perform
from models.history import Act
from models.store import reading, transaction
from models.tables import Contact, Task
from notifications.delivery import deliver
from notifications.transport import Delivery, Result
from tests.flows.test_handlers import accepting, remind
from tests.notifications.test_delivery import Postman, at, called, decided, mails  # noqa: F401 - a fixture

BAD = Delivery(Result.REFUSED, 550, "5.1.1 nobody")
BUSY = Delivery(Result.DEFERRED, 451, "later")
DAY = date(2025, 11, 18)


def new_contact(engine, email):
    change = {"unit": "S01", "role": "contact", "name": "新联系人", "email": email}
    perform(engine, Act("x", f"command:{email}", DAY), "change_contact", **change)


def failed_decision(engine):
    decided(engine)
    deliver(engine, Postman(at_door=BAD), "one")
    [old] = mails(engine)
    return old


def resend(creation, mail):
    return creation("mail", "resend", str(mail.id), "--reason", "已核对")


def test_in_an_outage_a_copy_is_given_up_and_a_person_telephones(engine, creation):
    assert resend(creation, failed_decision(engine))[0] == 0
    [copy] = mails(engine, state=MailState.READY)
    assert copy.expires_at == copy.not_before + timedelta(days=5)
    for day in (DAY, date(2025, 11, 24), date(2025, 11, 25)):
        at(engine, day, 10)
        deliver(engine, Postman(at_door=BUSY), "one")
    assert [mail.state for mail in mails(engine)] == [MailState.FAILED, MailState.EXPIRED]
    with reading(engine) as session:
        assert session.exec(select(Task.key).where(Task.done_on.is_(None), Task.kind == TaskKind.TELEPHONE)).all() == [
            f"telephone:{copy.key}"
        ]


def test_a_copy_of_a_reminder_is_given_up_soon_after_its_deadline(called, creation):  # noqa: F811
    at(called, date(2025, 11, 21))
    deliver(called, Postman(at_door=BAD), "one")
    old = min((mail for mail in mails(called, state=MailState.FAILED) if mail.kind == MailKind.CALL), key=lambda mail: mail.expires_at)
    assert resend(creation, old)[0] == 0
    [copy] = mails(called, state=MailState.READY)
    assert copy.expires_at == old.expires_at < copy.not_before + timedelta(days=5)


def test_a_copy_to_a_panel_member_goes_to_the_member(engine, creation):
    accepting(engine)
    remind(engine, date(2025, 12, 5), phase="review")
    at(engine, date(2025, 12, 5))
    deliver(engine, Postman(at_door=BAD), "one")
    [old] = mails(engine, state=MailState.FAILED, mailbox="p01@university.example")
    perform(engine, Act("x", "command:test", date(2025, 12, 5)), "change_person_email", who="P01", email="new@university.example")
    assert resend(creation, old)[0] == 0
    deliver(engine, (post := Postman()), "one")
    assert [box for box, _ in post.carried] == ["new@university.example"]


def test_the_copy_of_a_copy_goes_to_the_contact_of_today(engine, creation):
    assert resend(creation, failed_decision(engine))[0] == 0
    deliver(engine, Postman(at_door=BAD), "one")
    [_, copy] = mails(engine)
    new_contact(engine, "new@university.example")
    assert resend(creation, copy)[0] == 0
    deliver(engine, (post := Postman()), "one")
    assert [box for box, _ in post.carried] == ["new@university.example"]


def test_where_nobody_is_registered_no_copy_is_made(engine, creation):
    old = failed_decision(engine)
    with transaction(engine) as session:
        session.execute(sa.update(Contact).values(valid_until=date(2025, 11, 1)))
    code, said = resend(creation, old)
    assert (code, "没有登记邮箱" in said) == (2, True)
    assert mails(engine, state=MailState.READY) == []
