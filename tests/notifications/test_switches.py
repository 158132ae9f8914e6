"""Hold, own-mailbox trial, resend: orders of a person, seen by every process, on record."""

import json
from email import message_from_bytes, policy

import pytest
from sqlmodel import select

from config.settings import settings
from config.vocabulary import MailKind, MailState, TaskKind
from flows.operate.doctor import post as doctor
from flows.steps.acts import perform
from models.history import Act, verify
from models.store import reading, transaction
from models.tables import Event, Task
from notifications import gate
from notifications.delivery import deliver
from notifications.transport import Delivery, Result, classify
from tests.notifications.test_delivery import TODAY, Postman, called, decided, mails  # noqa: F401 - a fixture

BAD = Delivery(Result.REFUSED, 550, "5.1.1 nobody")


@pytest.fixture
def trial(monkeypatch):
    def to(mailbox):
        monkeypatch.setenv("CREATION_MAIL_TEST_TO", mailbox)
        settings.cache_clear()

    yield to
    settings.cache_clear()


def events(engine, name):
    with reading(engine) as session:
        return session.exec(select(Event).where(Event.event == name)).all()


def test_held_mail_stays_and_leaves_when_released(called, creation):  # noqa: F811
    assert creation("mail", "hold", "--reason", "通知有误，核对中")[0] == 0
    assert creation("mail", "hold", "--reason", "再来一次")[0] == 2
    assert deliver(called, (post := Postman()), "one").sent == 0
    assert post.carried == []
    assert "通知有误" in creation("desk")[1]
    with reading(called) as session:
        assert "通知有误" in doctor.switches(session, settings()).found
    code, text = creation("mail", "list", "--state", "held", "--json")
    found = json.loads(text)
    assert (code, found["hold"]["reason"], len(found["mails"])) == (0, "通知有误，核对中", len(mails(called)))
    assert creation("mail", "release", "--reason", "已更正")[0] == 0
    assert deliver(called, Postman(), "one").sent == len(mails(called)) > 40
    assert [e.payload["reason"] for e in (*events(called, "hold_mail"), *events(called, "release_mail"))] == ["通知有误，核对中", "已更正"]
    with reading(called) as session:
        assert verify(session) == []


def test_a_hold_in_the_middle_of_a_round_stops_it(called):  # noqa: F811
    class Holding(Postman):
        def deliver(self, message):
            with transaction(called) as session:
                gate.hold(session, "停", "A01")
            return super().deliver(message)

    report = deliver(called, (post := Holding()), "one")
    assert report.sent == len(post.carried) == 20, "the batch on the wire is finished"
    assert {mail.state for mail in mails(called)} == {MailState.SENT, MailState.READY}


def test_without_a_hold_nothing_is_to_be_released(creation):
    assert creation("mail", "release", "--reason", "x")[0] == 2
    assert creation("mail", "hold", "--reason", " ")[0] == 2


def test_in_a_trial_everything_goes_to_the_own_mailbox(called, trial):  # noqa: F811
    trial("me@university.example")
    deliver(called, (post := Postman()), "one")
    assert {box for box, _ in post.carried} == {"me@university.example"}
    for mail, (_, raw) in zip(mails(called), post.carried, strict=True):
        sent, stored = (message_from_bytes(data, policy=policy.SMTP) for data in (raw, mail.mime))
        assert sent["To"] == "me@university.example"
        assert sent["Subject"] == f"【测试：原收件人 {mail.mailbox}】{stored['Subject']}"
        assert stored["To"] == mail.mailbox
        assert [part.get_content() for part in sent.walk() if not part.is_multipart()] == [
            part.get_content() for part in stored.walk() if not part.is_multipart()
        ]
        assert all(len(line) <= 998 for line in raw.split(b"\r\n"))


@pytest.mark.parametrize("wrong", ["me", "me@", " ", "a@b.example, c@d.example", "me@university.example\n"])
def test_a_wrong_trial_mailbox_lets_nothing_out(called, trial, wrong):  # noqa: F811
    trial(wrong)
    report = deliver(called, (post := Postman()), "one")
    assert post.carried == []
    assert "CREATION_MAIL_TEST_TO" in report.stopped
    trial("")
    assert deliver(called, (post := Postman()), "one").sent == len(post.carried) > 40


def test_a_person_orders_a_new_copy(engine, creation):
    decided(engine)
    deliver(engine, Postman(at_door=BAD), "one")
    [old] = mails(engine)
    assert str(old.id) in creation("mail", "list", "--state", "failed")[1]
    change = {"unit": "S01", "role": "contact", "name": "新联系人", "email": "new@university.example"}
    perform(engine, Act("x", "command:test", TODAY), "change_contact", **change)
    assert creation("mail", "resend", str(old.id), "--reason", "已核对邮箱")[0] == 0
    deliver(engine, (post := Postman()), "one")
    [(box, raw)] = post.carried
    sent, first = (message_from_bytes(data, policy=policy.SMTP) for data in (raw, old.mime))
    assert (box, sent["To"]) == ("new@university.example", "new@university.example")
    assert sent["Message-ID"] != first["Message-ID"]
    assert sent["Subject"] == first["Subject"]
    assert sorted(mail.state for mail in mails(engine)) == [MailState.FAILED, MailState.SENT]
    assert mails(engine, state=MailState.SENT)[0].key == f"{old.key}:resend1"
    [event] = events(engine, "resend_mail")
    assert (event.payload["mail"], event.payload["reason"]) == (old.message_id, "已核对邮箱")
    with reading(engine) as session:
        assert session.exec(select(Task).where(Task.done_on.is_(None), Task.kind == TaskKind.WRONG_ADDRESS)).all() == []


def test_a_copy_of_a_reminder_follows_a_contact_that_changes_afterwards(called, creation):  # noqa: F811
    deliver(called, Postman(at_door=BAD), "one")
    old = next(mail for mail in mails(called, state=MailState.FAILED, recipient_unit="S01") if mail.kind == MailKind.CALL)
    assert creation("mail", "resend", str(old.id), "--reason", "再发")[0] == 0
    change = {"unit": "S01", "role": "contact", "name": "新联系人", "email": "new@university.example"}
    perform(called, Act("x", "command:test", TODAY), "change_contact", **change)
    deliver(called, (post := Postman()), "one")
    [(box, raw)] = post.carried
    sent, first = (message_from_bytes(data, policy=policy.SMTP) for data in (raw, old.mime))
    assert (box, sent["To"], sent["Subject"]) == ("new@university.example", "new@university.example", first["Subject"])


def test_a_second_order_is_refused_while_a_copy_lives(engine, creation):
    decided(engine)
    deliver(engine, Postman(at_door=BAD), "one")
    [old] = mails(engine)
    assert creation("mail", "resend", str(old.id), "--reason", "再发")[0] == 0
    assert creation("mail", "resend", str(old.id), "--reason", "再发")[0] == 2
    deliver(engine, Postman(at_door=classify(554, "5.7.1 policy")), "one")
    assert creation("mail", "resend", str(old.id), "--reason", "再发")[0] == 0
    assert [mail.key.rpartition(":")[2] for mail in mails(engine)][1:] == ["resend1", "resend2"]


def test_what_has_left_or_waits_is_not_sent_again(engine, creation):
    decided(engine)
    [mail] = mails(engine)
    for _ in range(2):
        assert creation("mail", "resend", str(mail.id), "--reason", "再发")[0] == 2
        deliver(engine, Postman(), "one")
    assert creation("mail", "resend", "9999", "--reason", "再发")[0] == 2
