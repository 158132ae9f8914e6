"""Answers that put off: how long, whose attempt it costs, when it is given up, and what is never tried again."""

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import select

from config.clock import BUSINESS_ZONE
from config.vocabulary import AttemptPhase, MailClass, MailKind, MailState, TaskKind
from models.business_clock import mark_as_demo, move_clock
from models.rules.calendar import Calendar
from models.store import reading, transaction
from models.tables import Attempt, Mail, Task
from notifications import gate, sending
from notifications.delivery import deliver
from notifications.outbox import give_up_at
from notifications.replies import ReplyClass
from notifications.transport import Delivery, NotPreparedError, Result, classify

START = datetime(2025, 11, 4, 9, 0, tzinfo=BUSINESS_ZONE)
LINE_LOST = Delivery(Result.DEFERRED, None, "Connection refused")


class Server:
    """Answers every mail alike at the door, or takes it."""

    def __init__(self, answer=None):
        self.answer, self.tried, self.carried = answer, 0, []

    def prepare(self, sender, recipient):
        self.tried += 1
        self.recipient = recipient
        if self.answer is not None:
            raise NotPreparedError(self.answer)

    def deliver(self, message):
        self.carried.append((self.recipient, message))
        return Delivery(Result.ACCEPTED, 250, "ok")

    def close(self):
        pass


def put(engine, number=1, now=START, boxes=None):
    with transaction(engine) as session:
        mark_as_demo(session)
        move_clock(session, now)
        for n in range(number):
            box = boxes[n] if boxes else f"u{n}@x.example"
            session.add(Mail(key=f"m{n}", message_id=f"<m{n}@x>", kind=MailKind.RETURNED, mail_class=MailClass.DECIDE, mailbox=box, send_on=now.date(), not_before=now, expires_at=now + timedelta(days=5), mime=b"Subject: x\r\n\r\nx\r\n"))  # fmt: skip


def go_to(engine, instant):
    with transaction(engine) as session:
        move_clock(session, instant)


def mails(engine):
    with reading(engine) as session:
        return session.exec(select(Mail).order_by(Mail.id)).all()


def tasks(engine):
    with reading(engine) as session:
        return [task.kind for task in session.exec(select(Task).where(Task.done_on.is_(None)))]


def test_a_greylisted_mail_waits_6_15_30_60_minutes_and_is_taken(empty):
    put(empty)
    waits = []
    for _ in range(4):
        now = mails(empty)[0].not_before
        go_to(empty, now)
        deliver(empty, Server(classify(450, "4.7.1 greylisted")), "one")
        waits.append((mails(empty)[0].not_before - now) / timedelta(minutes=1))
    assert waits == [6, 15, 30, 60]
    go_to(empty, mails(empty)[0].not_before)
    assert deliver(empty, Server(), "one").sent == 1


def test_an_account_that_is_throttled_asks_once_and_all_mails_wait(empty):
    put(empty, 30)
    server = Server(classify(421, "HL:IFC sending too fast"))
    report = deliver(empty, server, "one")
    assert (server.tried, report.sent, report.failed) == (1, 0, 0)
    assert "HL:IFC" in report.paused
    assert {mail.not_before for mail in mails(empty)} == {START + timedelta(minutes=15)}
    assert {mail.tries for mail in mails(empty)} == {0}
    go_to(empty, START + timedelta(minutes=14))
    assert (deliver(empty, server, "one").deferred, server.tried) == (0, 1)


def test_what_was_intended_while_the_account_was_throttled_waits_with_the_others(empty):
    """Reminders go in parts: the second is intended while the first is carried, and is not tried."""
    put(empty, 50)
    with transaction(empty) as session:
        session.execute(sa.update(Mail).values(mail_class=MailClass.REMIND))
    server = Server(classify(421, "HL:IFC sending too fast"))
    report = deliver(empty, server, "one")
    with reading(empty) as session:
        intended = session.exec(select(Attempt).where(Attempt.phase == AttemptPhase.INTENT)).all()
        assert gate.pause_of(session).count == 1
    assert (len(intended), server.tried, report.deferred) == (40, 1, 40)
    assert {(mail.state, mail.not_before, mail.tries) for mail in mails(empty)} == {(MailState.READY, START + timedelta(minutes=15), 0)}


def test_a_full_day_waits_for_the_next_working_day(empty):
    put(empty, 3, now=START.replace(day=7, hour=15))
    deliver(empty, Server(classify(554, "5.5.0 MI:STC")), "one")
    assert {mail.not_before for mail in mails(empty)} == {datetime(2025, 11, 10, 8, 30, tzinfo=BUSINESS_ZONE)}


def test_a_server_that_is_down_is_asked_1_2_5_15_30_60_minutes_apart(empty):
    put(empty, 25)
    server, waits, now = Server(LINE_LOST), [], START
    for _ in range(7):
        deliver(empty, server, "one")
        after = max(mail.not_before for mail in mails(empty))
        waits.append((after - now) / timedelta(minutes=1))
        now = after
        go_to(empty, now)
    assert waits == [1, 2, 5, 15, 30, 60, 60]
    assert server.tried == 7
    with reading(empty) as session:
        assert gate.pause_of(session).count == 7
    assert deliver(empty, Server(), "one").sent == 25
    with reading(empty) as session:
        assert gate.pause_of(session) is None


def fail_rounds(engine, answer, rounds):
    for _ in range(rounds):
        deliver(engine, Server(answer), "one")
        go_to(engine, max(mail.not_before for mail in mails(engine)))


def test_a_server_down_for_five_days_leaves_a_task_for_every_mail(empty):
    put(empty, 25)
    go_to(empty, START + timedelta(days=6))  # a Monday: on the Sunday before nothing is tried
    fail_rounds(empty, LINE_LOST, 5)
    assert {mail.state for mail in mails(empty)} == {MailState.READY}, "a few lost lines after days off are no reason"
    fail_rounds(empty, LINE_LOST, 1)
    assert {mail.state for mail in mails(empty)} == {MailState.EXPIRED}
    assert tasks(empty) == [TaskKind.TELEPHONE] * 25


def test_before_the_time_is_over_nothing_is_given_up(empty):
    put(empty, 25)
    fail_rounds(empty, LINE_LOST, 20)
    assert {mail.state for mail in mails(empty)} == {MailState.READY}
    assert tasks(empty) == []


def test_a_machine_that_was_off_sends_late_instead_of_giving_up(empty):
    """Negative control of the last one: time alone gives nothing up."""
    put(empty, 25)
    go_to(empty, START + timedelta(days=9))
    assert deliver(empty, Server(), "one").sent == 25
    assert tasks(empty) == []


def test_a_mail_refused_for_now_again_and_again_is_given_up(empty):
    put(empty)
    for _ in range(60):
        [mail] = mails(empty)
        if mail.state != MailState.READY:
            break
        go_to(empty, mail.not_before)
        deliver(empty, Server(classify(451, "local error")), "one")
    assert mails(empty)[0].state == MailState.EXPIRED
    assert tasks(empty) == [TaskKind.TELEPHONE]


def test_a_stop_costs_no_attempt_and_no_time(empty):
    put(empty, 3)
    deliver(empty, Server(classify(535, "5.7.8 bad credentials")), "one")
    assert {(mail.state, mail.tries, mail.not_before) for mail in mails(empty)} == {(MailState.READY, 0, START)}
    deliver(empty, Server(classify(535, "5.7.8 bad credentials")), "one")
    assert tasks(empty) == [TaskKind.RUN_FAILED], "one task a day"


@pytest.mark.parametrize(
    ("answer", "task"), [((554, "DT:SPM"), "telephone"), ((552, "5.3.4 big"), "telephone"), ((550, "5.1.1 nobody"), "wrong_address")]
)
def test_who_must_do_something_about_a_refusal(empty, answer, task):
    put(empty)
    assert deliver(empty, Server(classify(*answer)), "one").failed == 1
    assert (mails(empty)[0].state, tasks(empty)) == (MailState.FAILED, [task])


def test_a_wrong_address_is_not_tried_again_until_someone_has_looked(empty):
    put(empty, 3, boxes=["a@x.example", "a@x.example", "b@x.example"])
    server = Server(classify(550, "5.1.1 nobody"))
    assert deliver(empty, server, "one").failed == 3
    assert server.tried == 2, "one mail per box: the second one to a@ did not go to the server"
    assert len(tasks(empty)) == 3
    with transaction(empty) as session:
        session.add(Mail(key="m9", message_id="<m9@x>", kind=MailKind.RETURNED, mail_class=MailClass.DECIDE, mailbox="b@x.example", send_on=START.date(), not_before=START, mime=b"Subject: x\r\n\r\nx\r\n"))  # fmt: skip
        for task in session.exec(select(Task).where(Task.key == "wrong_address:m2")):
            task.done_on = START.date()
    assert deliver(empty, Server(), "one").sent == 1


def test_an_address_that_took_a_later_mail_is_right_again(empty):
    put(empty, 2, boxes=["a@x.example"] * 2)
    deliver(empty, Server(classify(550, "5.1.1 nobody")), "one")
    for key in ("m8:resend1", "m9"):
        with transaction(empty) as session:
            session.add(Mail(key=key, message_id=f"<{key}@x>", kind=MailKind.RETURNED, mail_class=MailClass.DECIDE, mailbox="a@x.example", send_on=START.date(), not_before=START, mime=b"Subject: x\r\n\r\nx\r\n"))  # fmt: skip
        assert deliver(empty, Server(), "one").sent == 1, "a copy that a person ordered goes whatever was refused before"


GIVE_UP = [
    (None, datetime(2025, 11, 9, 9, 0, tzinfo=BUSINESS_ZONE)),
    (date(2025, 11, 4), datetime(2025, 11, 6, 17, 0, tzinfo=BUSINESS_ZONE)),
    (date(2025, 11, 30), datetime(2025, 11, 9, 9, 0, tzinfo=BUSINESS_ZONE)),
    (date(2025, 10, 1), datetime(2025, 11, 9, 9, 0, tzinfo=BUSINESS_ZONE)),  # long overdue: its deadline says nothing any more
]


@pytest.mark.parametrize(("due_on", "wanted"), GIVE_UP)
def test_when_a_mail_is_given_up(due_on, wanted):
    assert give_up_at(START, due_on, Calendar()) == wanted


def test_while_all_mail_is_held_or_paused_nothing_can_be_claimed(empty):
    put(empty, 3)
    with transaction(empty) as session:
        gate.hold(session, "核对", "A01")
        assert sending.claim(session, "one", START, 10) == []
        gate.release(session)
        until = gate.pause(session, ReplyClass.THROTTLE, "too fast", START)
        assert sending.claim(session, "one", until - timedelta(seconds=1), 10) == []
        assert len(sending.claim(session, "one", until, 10)) == 3
