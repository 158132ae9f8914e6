"""Two hands on one mail: who comes late changes nothing that has been settled, and what is settled late asks nobody any more."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import product

import pytest
import sqlalchemy as sa
from sqlmodel import select

from config import clock
from config.settings import settings
from config.vocabulary import MailClass, MailKind, MailState, TaskKind
from flows.steps.acts import perform
from models.database import engine_for
from models.history import Act
from models.store import reading, transaction
from models.tables import Attempt, Mail, Reminder, Task
from notifications import asking, outbox, sending
from notifications.delivery import deliver
from notifications.transport import Delivery, Result, classify
from tests.notifications.test_delivery import OK, TODAY, Postman, at, called, mails, ready, taken  # noqa: F401 - a fixture

KEY = f"{MailKind.REMINDER}"
LOST = Delivery(Result.UNKNOWN, None, "line lost")
WHERE_TWO_WRITE = pytest.mark.parametrize("empty", ["postgresql"], indirect=True)
"""SQLite has one writer: there these cannot meet."""


@pytest.fixture
def later(monkeypatch):
    """Let the leases of everybody run out."""
    real = clock.now
    return lambda: monkeypatch.setattr("notifications.sending.clock.now", lambda: real() + timedelta(hours=1))


def asked(engine):
    with reading(engine) as session:
        return session.exec(select(Task.kind).where(Task.done_on.is_(None))).all()


def intended(engine, mail_class):
    now = ready(engine, mail_class=mail_class)
    [held] = taken(engine, "one", now)
    with transaction(engine) as session:
        assert sending.intend(session, held, "one")
    return now, held


def overdue(engine):
    with transaction(engine) as session:
        session.execute(sa.update(Mail).where(Mail.lease_until.is_not(None)).values(lease_until=clock.now() - timedelta(seconds=1)))


def reap(engine):
    with transaction(engine) as session:
        return sending.reap(session)


def record(engine, held, answer, now):
    with transaction(engine) as session:
        sending.record(session, held, answer, "one", now)


def test_late_evidence_spares_a_reminder_its_second_copy(empty, later):
    now, held = intended(empty, MailClass.REMIND)
    later()
    reap(empty)
    assert [mail.state for mail in mails(empty)] == [MailState.READY]
    record(empty, held, OK, now)
    assert [mail.state for mail in mails(empty)] == [MailState.SENT]
    assert taken(empty, "two", now) == []


def test_once_the_second_copy_is_under_way_late_evidence_changes_nothing(empty, later):
    """Negative control: the guard is the epoch."""
    now, held = intended(empty, MailClass.REMIND)
    later()
    reap(empty)
    [again] = taken(empty, "two", now)
    record(empty, held, OK, now)
    assert [mail.state for mail in mails(empty)] == [MailState.LEASED]
    with transaction(empty) as session:
        assert sending.intend(session, again, "two")


def test_who_comes_back_after_the_reaper_leaves_no_fault_and_no_second_task(empty):
    for mail_class, answer in product(MailClass, (LOST, OK, classify(550, "5.1.1 nobody"), classify(451, "later"))):
        now, held = intended(empty, mail_class)
        overdue(empty)
        reap(empty)
        [state], tasks = [mail.state for mail in mails(empty, key=KEY)], asked(empty)
        record(empty, held, answer, now)
        assert [mail.state for mail in mails(empty, key=KEY)] == [MailState.SENT if answer is OK else state], (mail_class, answer)
        assert asked(empty) == tasks
        with transaction(empty) as session:
            mail = session.exec(select(Mail).where(Mail.key == KEY)).one()
            mail.key, mail.message_id, mail.state = f"done{held.id}", f"<done{held.id}@x>", MailState.SENT


def test_a_decision_that_was_late_accepted_asks_nobody_any_more(empty, later, monkeypatch):
    """Its sender slept past the lease with the answer on the wire; meanwhile another had it for lost."""
    ready(empty, MailKind.RETURNED, MailClass.DECIDE)
    with transaction(empty) as session:
        session.exec(select(Mail)).one().mime = b"Subject: x\r\n\r\nx\r\n"

    class Sleeper(Postman):
        def deliver(self, message):
            later()
            assert reap(empty) == 1
            assert asked(empty) == [TaskKind.CONFIRM_DELIVERY]
            return super().deliver(message)

    assert deliver(empty, Sleeper(), "one").sent == 1
    assert [mail.state for mail in mails(empty)] == [MailState.SENT]
    assert asked(empty) == []


@pytest.mark.parametrize("asleep", ["before", "at the door"])
def test_who_slept_past_the_lease_hands_nothing_over(empty, monkeypatch, asleep):
    """The machine was frozen between intent and the first byte of the message, or between two mails: the lease is another's by now."""
    for number in range(3):
        ready(empty, (MailKind.RETURNED, MailKind.RECEIPT, MailKind.CALL)[number], MailClass.FYI)
    with transaction(empty) as session:
        for mail in session.exec(select(Mail)):
            mail.mime = b"Subject: x\r\n\r\nx\r\n"
    real, woke = clock.now, []
    monkeypatch.setattr("notifications.carrying.clock.now", lambda: real() + timedelta(seconds=settings().mail_lease_seconds * len(woke)))

    class Sleeper(Postman):
        def prepare(self, sender, recipient):
            super().prepare(sender, recipient)
            woke.extend([True] if asleep == "at the door" else [])

        def deliver(self, message):
            woke.extend([True] if asleep == "before" else [])
            return super().deliver(message)

    post = Sleeper()
    monkeypatch.setattr("notifications.delivery.Shift.claim", _once(empty))
    deliver(empty, post, "one")
    assert len(post.carried) == (1 if asleep == "before" else 0), "one was handed over before the sleep"
    assert sorted(mail.state for mail in mails(empty)) == sorted(
        [MailState.SENT] * len(post.carried) + [MailState.READY] * (3 - len(post.carried))
    )


def _once(engine):
    """Claim once a round: what went back would be taken again at once."""
    given = []

    def claim(shift):
        if given:
            return []
        given.append(True)
        with transaction(engine) as session:
            return sending.claim(session, shift.worker, shift.now, 20)

    return claim


@WHERE_TWO_WRITE
def test_a_reaper_lets_be_what_another_is_writing_down(empty, later):
    now, held = intended(empty, MailClass.DECIDE)
    later()
    with transaction(empty) as session:
        sending.record(session, held, OK, "one", now)
        other = engine_for(empty.url.render_as_string(hide_password=False))
        assert reap(other) == 0
    assert [mail.state for mail in mails(empty)] == [MailState.SENT]
    with reading(empty) as session:
        assert [a.phase for a in session.exec(select(Attempt).order_by(Attempt.at))] == ["intent", "accepted"]


def line(mail):
    return Reminder(key="l", kind=MailKind.REMINDER, cohort="2025", phase="x", project="p", rung="T-1", role="contact", planned_on=TODAY, clause="x", mail_id=mail.id)  # fmt: skip


def test_a_letter_put_aside_can_be_withdrawn_and_its_task_with_it(empty):
    now = ready(empty)
    [held] = taken(empty, "one", now)
    with transaction(empty) as session:
        session.add(line(session.get_one(Mail, held.id)))
        sending.hold(session, held, "模板有误", now)
    assert asked(empty) == [TaskKind.RUN_FAILED]
    with transaction(empty) as session:
        assert outbox.withdraw_unsent(session, project="p", because="退出") == 1
    assert [mail.state for mail in mails(empty)] == [MailState.CANCELLED]
    assert asked(empty) == []


def test_what_has_no_more_to_say_asks_nobody_any_more_and_a_new_fault_asks_again(empty):
    now = ready(empty)
    for again in (True, False):
        [held] = taken(empty, "one", now)
        with transaction(empty) as session:
            sending.hold(session, held, "模板有误", now)
            if again:
                asking.close_tasks(session, [held.id], TODAY)
                mail = session.get_one(Mail, held.id)
                mail.state, mail.not_before = MailState.READY, now
        assert asked(empty) == ([] if again else [TaskKind.RUN_FAILED])


@WHERE_TWO_WRITE
def test_two_who_notice_the_same_thing_leave_one_task(empty):
    """On PostgreSQL the second one waits for the first, and finds the task on record instead of failing."""
    other = engine_for(empty.url.render_as_string(hide_password=False))
    with ThreadPoolExecutor(1) as pool, transaction(empty) as session:
        asking.call_for_help(session, "登录被拒", TODAY)
        second = pool.submit(_notice, other)
        time.sleep(0.3)
        assert not second.done()
        session.commit()
        second.result(10)
    assert asked(empty) == [TaskKind.RUN_FAILED]


def _notice(engine):
    with transaction(engine) as session:
        asking.call_for_help(session, "登录被拒", TODAY)


@WHERE_TWO_WRITE
@pytest.mark.parametrize("first", ["person", "sender"])
def test_a_mail_is_either_withdrawn_or_taken(empty, first):
    """On PostgreSQL nobody waits for the end of the other's transaction to find that both had it."""
    now = ready(empty)
    other = engine_for(empty.url.render_as_string(hide_password=False))
    carrying(empty)
    with transaction(empty) as session:
        if first == "person":
            outbox.withdraw_unsent(session, project="p", because="退出")
            assert taken(other, "one", now) == []
        else:
            [held] = sending.claim(session, "one", now, 10)
            with ThreadPoolExecutor(1) as pool:
                person = pool.submit(_withdraw, other)
                time.sleep(0.3)
                session.commit()
                assert person.result(10) == 0
            assert held
    assert [mail.state for mail in mails(empty)] == [MailState.CANCELLED if first == "person" else MailState.LEASED]


def carrying(engine, unit=None):
    """Give the one mail a line, and its unit."""
    with transaction(engine) as session:
        mail = session.exec(select(Mail)).one()
        mail.recipient_unit = unit or mail.recipient_unit
        session.add(line(mail))


def _withdraw(engine):
    with transaction(engine) as session:
        return outbox.withdraw_unsent(session, project="p", because="退出")


@WHERE_TWO_WRITE
@pytest.mark.parametrize("first", ["person", "sender"])
def test_a_mail_is_either_redirected_or_taken(empty, first):
    now = ready(empty)
    other = engine_for(empty.url.render_as_string(hide_password=False))
    carrying(empty, unit="u")
    with transaction(empty) as session:
        if first == "person":
            outbox.redirect_unsent(session, "u", "a@x.example", "b@x.example")
            assert taken(other, "one", now) == []
        else:
            [held] = sending.claim(session, "one", now, 10)
            with ThreadPoolExecutor(1) as pool:
                person = pool.submit(_redirect, other)
                time.sleep(0.3)
                sending.intend(session, held, "one")
                sending.record(session, held, OK, "one", now)
                session.commit()
                assert person.result(10) == 0
    assert [mail.state for mail in mails(empty)] == [MailState.CANCELLED if first == "person" else MailState.SENT]


def _redirect(engine):
    with transaction(engine) as session:
        return outbox.redirect_unsent(session, "u", "a@x.example", "b@x.example")


def test_a_letter_put_aside_follows_a_changed_contact_and_loses_no_line(called):  # noqa: F811 - a fixture
    box = "s01-contact@university.example"
    at(called, TODAY)
    deliver(called, Postman(at_door=Delivery(Result.DEFERRED, 451, "later")), "one")
    with transaction(called) as session:
        for mail in session.exec(select(Mail).where(Mail.mailbox == box, Mail.kind == MailKind.CALL)):
            mail.state = MailState.HELD
    change = {"unit": "S01", "role": "contact", "name": "新联系人", "email": "new@university.example"}
    perform(called, Act("x", "command:test", TODAY), "change_contact", **change)
    at(called, TODAY, 16)
    for _ in range(3):  # one lets go of the old mailbox, one writes to the new one, one has nothing left
        deliver(called, post := Postman(), "one")
    with reading(called) as session:
        lines = session.exec(select(Reminder).where(Reminder.unit == "S01", Reminder.kind == MailKind.CALL)).all()
    carrying = {mail.id: (mail.mailbox, mail.state) for mail in mails(called)}
    assert lines
    assert {carrying[line.mail_id] for line in lines} == {("new@university.example", MailState.SENT)}
    assert post.carried == [], "once"
