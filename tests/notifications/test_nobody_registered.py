"""Nobody is registered for a unit: what was to be told waits, one task asks for a contact, and everything goes when there is one."""

from datetime import date, timedelta
from email import message_from_bytes, policy

import pytest
import sqlalchemy as sa
from sqlmodel import select

from config.vocabulary import MailKind, MailState
from flows.steps.acts import perform
from models.history import Act
from models.store import reading, transaction
from models.tables import Contact, Reminder, Task
from notifications.delivery import deliver
from notifications.tasks import close_tasks
from notifications.transport import Delivery, Result
from tests.notifications.test_delivery import Postman, at, decided, mails

DAY = date(2025, 11, 18)
ASKED = "wrong_address:S01:contact"


@pytest.fixture
def returned(engine):
    """A paper is returned while its unit has no contact."""
    with transaction(engine) as session:
        session.execute(sa.update(Contact).where(Contact.email == "s01-contact@university.example").values(valid_until=date(2025, 11, 1)))
    decided(engine)
    return engine


def register(engine, on):
    change = {"unit": "S01", "role": "contact", "name": "新联系人", "email": "new@university.example"}
    perform(engine, Act("x", "command:test", on), "change_contact", **change)


def open_tasks(engine):
    with reading(engine) as session:
        return session.exec(select(Task.key).where(Task.done_on.is_(None))).all()


def test_a_decision_waits_for_a_contact_and_goes_once(returned):
    deliver(returned, (post := Postman()), "one")
    assert (post.carried, mails(returned), open_tasks(returned)) == ([], [], [ASKED])
    at(returned, DAY + timedelta(days=1))
    register(returned, DAY + timedelta(days=1))
    assert open_tasks(returned) == [], "what was asked for is done"
    for _ in range(2):
        deliver(returned, post, "one")
    [(box, raw)] = post.carried
    letter = message_from_bytes(raw, policy=policy.default)
    assert (box, letter["To"]) == ("new@university.example", "new@university.example")
    assert "缺页" in letter.get_body(["plain"]).get_content()
    assert [(mail.kind, mail.state) for mail in mails(returned)] == [(MailKind.RETURNED, MailState.SENT)]


def test_such_a_letter_is_never_sent_twice_and_can_be_ordered_again(returned, creation):
    register(returned, DAY)
    lost = Postman(Delivery(Result.UNKNOWN, None, "line lost"))
    for _ in range(2):
        deliver(returned, lost, "one")
    [mail] = mails(returned)
    assert (len(lost.carried), mail.state) == (1, MailState.UNKNOWN)
    assert creation("mail", "resend", str(mail.id), "--reason", "电话核对，未收到")[0] == 0


def test_a_decision_withdrawn_while_it_waits_is_not_told(returned):
    perform(returned, Act("x", "command:test", DAY), "terminate", project="2023-S01", reason="撤销")
    with reading(returned) as session:
        assert session.exec(select(Reminder.dropped_because).where(Reminder.kind == MailKind.RETURNED)).all() == ["撤销"]
    register(returned, DAY)
    deliver(returned, (post := Postman()), "one")
    assert post.carried == []


def test_who_closes_the_task_by_hand_is_asked_again_the_next_day_only(returned):
    with transaction(returned) as session:
        close_tasks(session, [ASKED], DAY)
    deliver(returned, Postman(), "one")
    assert open_tasks(returned) == []
    at(returned, DAY + timedelta(days=1))
    deliver(returned, Postman(), "one")
    assert open_tasks(returned) == [ASKED]
