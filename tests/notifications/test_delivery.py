"""Claim, intend, record: nothing twice, nothing lost, nothing for nothing; on both databases where the outbox decides."""

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import select

from config import clock
from config.clock import business_instant
from config.vocabulary import MailClass, MailKind, MailState
from flows.steps.acts import perform
from flows.steps.daily import scan
from models.business_clock import business_now, move_clock
from models.history import Act
from models.store import reading, transaction
from models.tables import Attempt, Contact, Mail, Reminder, Task
from notifications import sending
from notifications.delivery import deliver
from notifications.transport import Delivery, NotPreparedError, Result

TODAY = date(2025, 11, 4)
OK = Delivery(Result.ACCEPTED, 250, "ok")


class Postman:
    """Takes every mail, or does what it was told; keeps what it carried."""

    def __init__(self, answer=OK, at_door=None):
        self.answer, self.at_door, self.carried = answer, at_door, []

    def prepare(self, sender, recipient):
        self.recipient = recipient
        if self.at_door is not None:
            raise NotPreparedError(self.at_door)

    def deliver(self, message):
        self.carried.append((self.recipient, message))
        return self.answer

    def close(self):
        pass


def at(engine, day, hour=9, minute=0):
    with transaction(engine) as session:
        move_clock(session, business_instant(day, datetime(2000, 1, 1, hour, minute).time()))  # noqa: DTZ001 - a time of day


def mails(engine, **having):
    with reading(engine) as session:
        return session.exec(select(Mail).filter_by(**having)).all()


@pytest.fixture
def called(engine):
    """The morning of the notice: every call is planned, nothing has left."""
    at(engine, TODAY)
    scan(engine, TODAY, "timetable:2025-11-04")
    return engine


def test_everything_due_leaves_once(called):
    first, second = Postman(), Postman()
    assert deliver(called, first, "one").sent == len(first.carried) > 40
    assert deliver(called, second, "one").sent == 0
    assert second.carried == []
    assert {mail.state for mail in mails(called)} == {MailState.SENT}


def test_one_mail_per_mailbox_and_kind(called):
    deliver(called, (post := Postman()), "one")
    boxes = [(mail.mailbox, mail.kind, mail.key.split(":")[0]) for mail in mails(called)]
    assert len(boxes) == len(set(boxes)) == len(post.carried)


def test_a_line_whose_duty_has_ended_is_dropped_and_an_empty_mail_cancelled(called):
    perform(called, Act("x", "command:test", TODAY), "release", project="2023-S01", deliverable="typical_case", reason="已由上级验收")
    deliver(called, Postman(), "one")
    with reading(called) as session:
        dropped = session.exec(select(Reminder).where(Reminder.dropped_because.is_not(None))).all()
    assert [(line.project, line.deliverable) for line in dropped] == [("2023-S01", "typical_case")]


def test_a_changed_contact_takes_what_has_not_left(called):
    deliver(called, Postman(at_door=Delivery(Result.DEFERRED, 451, "later")), "one")
    waiting = mails(called, mailbox="s01-contact@university.example")
    assert {mail.state for mail in waiting} == {MailState.READY}
    perform(
        called,
        Act("x", "command:test", TODAY),
        "change_contact",
        unit="S01",
        role="contact",
        name="新联系人",
        email="new@university.example",
    )
    deliver(called, (post := Postman()), "one")
    addressed = [box for box, _ in post.carried]
    assert "new@university.example" in addressed
    assert "s01-contact@university.example" not in addressed
    assert {mail.state for mail in mails(called, mailbox="s01-contact@university.example")} == {MailState.CANCELLED}


def test_a_line_whose_mailbox_has_become_another_overnight_is_made_up_anew(called):
    deliver(called, Postman(at_door=Delivery(Result.DEFERRED, 451, "later")), "one")
    with transaction(called) as session:  # as registered beforehand: valid from the next day on
        old = session.exec(select(Contact).where(Contact.email == "s01-contact@university.example")).one()
        old.valid_until = TODAY
        fields = old.model_dump(exclude={"id", "valid_until"}) | {
            "email": "new@university.example",
            "valid_from": TODAY + timedelta(days=1),
        }
        session.add_all([old, Contact(**fields)])
    at(called, TODAY + timedelta(days=1))
    deliver(called, (post := Postman()), "one")
    deliver(called, post, "one")
    boxes = [box for box, _ in post.carried]
    assert "new@university.example" in boxes
    assert "s01-contact@university.example" not in boxes


def test_a_decision_that_has_not_left_follows_the_contact_unchanged(engine):
    decided(engine)
    [before] = [mail.mime for mail in mails(engine)]
    change = {"unit": "S01", "role": "contact", "name": "新联系人", "email": "new@university.example"}
    perform(engine, Act("x", "command:test", date(2025, 11, 18)), "change_contact", **change)
    deliver(engine, (post := Postman()), "one")
    assert post.carried == [("new@university.example", before.replace(b"To: s01-contact@", b"To: new@"))]


def changing_contact(engine):
    change = {"unit": "S01", "role": "contact", "name": "新联系人", "email": "new@university.example"}
    perform(engine, Act("x", "command:test", date(2025, 11, 18)), "change_contact", **change)


@pytest.mark.parametrize("then", ["given back", "put off"])
def test_a_decision_in_a_senders_hands_follows_the_contact_when_it_comes_back(engine, then):
    decided(engine)
    [before] = [mail.mime for mail in mails(engine)]
    if then == "given back":
        with transaction(engine) as session:
            [held] = sending.claim(session, "one", business_now(session), 10)
        changing_contact(engine)
        with transaction(engine) as session:
            sending.give_back(session, held)
    else:

        class Busy(Postman):
            def prepare(self, sender, recipient):
                changing_contact(engine)
                super().prepare(sender, recipient)

        deliver(engine, Busy(at_door=Delivery(Result.DEFERRED, 451, "later")), "one")
        at(engine, date(2025, 11, 18), 10)
    assert [mail.mailbox for mail in mails(engine)] == ["s01-contact@university.example"]
    deliver(engine, (post := Postman()), "one")
    assert post.carried == [("new@university.example", before.replace(b"To: s01-contact@", b"To: new@"))]


@pytest.mark.parametrize(("back", "leaves"), [((5, 2), (5, 9)), ((4, 22), (5, 9)), ((8, 10), (10, 9)), ((5, 9), (5, 9))])
def test_what_did_not_leave_in_office_hours_does_not_leave_at_night(called, back, leaves):
    """The machine went down at nine and comes back at night, in the evening, on a Saturday, the next morning."""
    deliver(called, Postman(at_door=Delivery(Result.STOP, None, "停电")), "one")
    waiting = {mail.id for mail in mails(called, state=MailState.READY)}
    assert len(waiting) > 40
    at(called, date(2025, 11, back[0]), back[1])
    if back != leaves:
        assert deliver(called, Postman(), "one").sent == 0
        at(called, date(2025, 11, leaves[0]), leaves[1])
    assert deliver(called, Postman(), "one").sent == len(waiting)


def test_a_refused_address_leaves_one_task(called):
    refusal = Postman(at_door=Delivery(Result.REFUSED, 550, "unknown user"))
    assert deliver(called, refusal, "one").failed > 40
    assert deliver(called, refusal, "one").failed == 0
    with reading(called) as session:
        tasks = session.exec(select(Task)).all()
    assert len(tasks) == len(mails(called, state=MailState.FAILED))
    assert all("550" in task.text for task in tasks)


def test_an_account_at_fault_stops_the_round_and_keeps_everything(called):
    report = deliver(called, Postman(at_door=Delivery(Result.STOP, 535, "login")), "one")
    assert "已停止发送：535" in report.stopped
    assert (report.sent, report.failed) == (0, 0)
    assert {mail.state for mail in mails(called)} == {MailState.READY}
    assert deliver(called, Postman(), "one").sent == len(mails(called))


def test_what_is_put_off_waits_longer_each_time(called):
    waits = []
    for _ in range(3):
        deliver(called, Postman(at_door=Delivery(Result.DEFERRED, 451, "later")), "one")
        mail = mails(called)[0]
        with reading(called) as session:
            waits.append(mail.not_before - business_now(session))
        with transaction(called) as session:
            move_clock(session, mail.not_before)
    assert waits == sorted(waits)
    assert waits[0] < waits[-1]


def test_of_an_unknown_reminder_one_more_copy_goes_and_then_a_person_is_asked(called):
    lost = Postman(Delivery(Result.UNKNOWN, None, "line lost"))
    deliver(called, lost, "one")
    assert {mail.state for mail in mails(called)} == {MailState.UNKNOWN}
    assert len(lost.carried) == 2 * len(mails(called))
    assert len({message for _, message in lost.carried}) == len(mails(called)), "every copy is the same bytes"
    with reading(called) as session:
        assert len(session.exec(select(Task)).all()) == len(mails(called))


def decided(engine):
    """One decision mail: a paper is returned."""
    at(engine, date(2025, 11, 18))
    perform(engine, Act("x", "command:test", date(2025, 11, 18)), "hand_in", project="2023-S01", deliverable="typical_case", files=["a"])
    perform(
        engine,
        Act("x", "command:test", date(2025, 11, 18)),
        "return_paper",
        project="2023-S01",
        deliverable="typical_case",
        reasons=["缺页"],
    )
    with transaction(engine) as session:
        session.execute(sa.delete(Reminder).where(Reminder.kind != MailKind.RETURNED))


def test_a_decision_is_never_sent_again(engine):
    decided(engine)
    lost = Postman(Delivery(Result.UNKNOWN, None, "line lost"))
    for _ in range(3):
        deliver(engine, lost, "one")
    assert len(lost.carried) == 1
    assert [mail.state for mail in mails(engine)] == [MailState.UNKNOWN]


def ready(engine, kind=MailKind.REMINDER, mail_class=MailClass.REMIND):
    now = clock.now()
    with transaction(engine) as session:
        mail = Mail(
            key=f"{kind}", message_id=f"<{kind}@x>", kind=kind, mail_class=mail_class, mailbox="a@x.example", send_on=TODAY, not_before=now
        )
        session.add(mail)
    return now


def taken(engine, worker, now):
    with transaction(engine) as session:
        return sending.claim(session, worker, now, 10)


def test_two_workers_do_not_take_one_mail(empty):
    now = ready(empty)
    assert len(taken(empty, "one", now)) == 1
    assert taken(empty, "two", now) == []


def test_who_lost_the_lease_may_not_send(empty, monkeypatch):
    now = ready(empty)
    [held] = taken(empty, "one", now)
    real = clock.now()
    monkeypatch.setattr("notifications.sending.clock.now", lambda: real + timedelta(hours=1))
    with transaction(empty) as session:
        assert sending.reap(session) == 1
    [again] = taken(empty, "two", now)
    with transaction(empty) as session:
        assert not sending.intend(session, held, "one")
        assert sending.intend(session, again, "two")


@pytest.mark.parametrize(("mail_class", "state"), [(MailClass.REMIND, MailState.READY), (MailClass.DECIDE, MailState.UNKNOWN)])
def test_a_worker_killed_while_sending(empty, monkeypatch, mail_class, state):
    now = ready(empty, mail_class=mail_class)
    [held] = taken(empty, "one", now)
    with transaction(empty) as session:
        sending.intend(session, held, "one")
    real = clock.now()
    monkeypatch.setattr("notifications.sending.clock.now", lambda: real + timedelta(hours=1))
    with transaction(empty) as session:
        sending.reap(session)
    assert [mail.state for mail in mails(empty)] == [state]


def test_late_evidence_settles_an_unknown_one(empty):
    now = ready(empty, mail_class=MailClass.DECIDE)
    [held] = taken(empty, "one", now)
    for answer in (Delivery(Result.UNKNOWN, None, "lost"), OK):
        with transaction(empty) as session:
            sending.intend(session, held, "one")
            sending.record(session, held, answer, "one", now)
    assert [mail.state for mail in mails(empty)] == [MailState.SENT]
    with reading(empty) as session:
        assert [a.phase for a in session.exec(select(Attempt).order_by(Attempt.at))] == ["intent", "lost", "accepted"]
