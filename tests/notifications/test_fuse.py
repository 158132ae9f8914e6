"""A clock that is wrong holds all mail; days of downtime or sleep do not; the demo's moved clock never does."""

import time
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from config import clock
from config.clock import BUSINESS_ZONE
from config.mail_accounts import mail_accounts
from config.vocabulary import MailClass, MailKind, MailState, RecipientRole, TaskKind
from flows.steps.daily import scan
from flows.steps.mailing import release_mail
from models.business_clock import CLOCK_ROW, DEMO_MARK, mark_as_demo
from models.history import Act
from models.store import reading, transaction
from models.tables import Mail, Reminder, Setting, Task
from notifications import fuse, gate
from notifications.delivery import deliver
from notifications.fuse import Watch
from tests.notifications.test_give_up import Server
from tests.postman import at, morning

NOW = datetime(2025, 11, 4, 2, 0, tzinfo=UTC)


@pytest.fixture
def wall(monkeypatch):
    """The computer's clocks, to be set: the one on the wall, and the one that nobody sets."""

    class Wall:
        now, steady = NOW, 0.0

    monkeypatch.setattr("config.clock.now", lambda: Wall.now)
    monkeypatch.setattr("config.clock.steady_seconds", lambda: Wall.steady)
    return Wall


def due(engine, days, per_day=1):
    """Lines that were planned for so many different days, each in a mail that waits; of decision, whose bytes are kept."""
    with transaction(engine) as session:
        for day in range(days):
            for n in range(per_day):
                key = f"{day}:{n}"
                mail = Mail(key=key, message_id=f"<{key}@x>", kind=MailKind.RETURNED, mail_class=MailClass.DECIDE, mailbox=f"u{n}@x.example", send_on=NOW.date(), not_before=NOW, mime=b"Subject: x\r\n\r\nx\r\n")  # fmt: skip
                session.add(mail)
                session.flush()
                session.add(Reminder(key=key, kind=MailKind.RETURNED, cohort="2025", phase="", rung="T-5", role=RecipientRole.CONTACT, planned_on=date(2025, 10, 1) + timedelta(days=day), clause="P.office", mail_id=mail.id))  # fmt: skip


def copy_due(engine, at, expires_at=None):
    """A copy that a person has ordered: a mail without lines."""
    with transaction(engine) as session:
        session.add(Mail(key="x:resend1", message_id="<x@x>", kind=MailKind.REMINDER, mail_class=MailClass.REMIND, mailbox="u@x.example", send_on=NOW.date(), not_before=at, expires_at=expires_at, mime=b"Subject: x\r\n\r\nx\r\n"))  # fmt: skip


def round_at(engine, wall, instant, watch=None):
    wall.now = instant
    server = Server()
    deliver(engine, server, "one", watch=watch)
    return len(server.carried)


def held(engine):
    with reading(engine) as session:
        return (hold := gate.hold_of(session)) is not None and hold.reason


def test_a_clock_that_leaps_while_we_run_holds_everything(empty, wall):
    watch = Watch()
    round_at(empty, wall, NOW, watch)
    due(empty, 1)
    assert round_at(empty, wall, NOW + timedelta(days=365), watch) == 0
    assert "前移" in held(empty)
    with reading(empty) as session:
        assert [task.kind for task in session.exec(select(Task))] == [TaskKind.RUN_FAILED]


HOUR, WHOLE_DAY, YEAR = timedelta(hours=1), timedelta(days=1), timedelta(days=365)
JUMPS = {
    "an hour back": (NOW - HOUR, ""),
    "an hour ahead": (NOW + HOUR, ""),
    "as far as may be": (NOW + 8 * HOUR, ""),
    "back as far as may be": (NOW - 8 * HOUR, ""),
    "further": (NOW + 8 * HOUR + timedelta(minutes=1), "前移"),
    "further back": (NOW - 8 * HOUR - timedelta(minutes=1), "早于"),
    "a day back": (NOW - WHOLE_DAY, "早于"),
    "a day ahead": (NOW + WHOLE_DAY, "前移"),
    "a year ahead": (NOW + YEAR, "前移"),
    "1970": (datetime(1970, 1, 1, 12, tzinfo=UTC), "早于"),
}


@pytest.mark.parametrize(("shown", "reason"), JUMPS.values(), ids=JUMPS)
def test_what_each_jump_of_the_clock_does(empty, wall, shown, reason):
    watch = Watch()
    round_at(empty, wall, NOW, watch)
    copy_due(empty, NOW)
    left = round_at(empty, wall, shown, watch)
    assert not (reason and left)
    assert (held(empty) or "").find(reason) >= 0
    assert bool(held(empty)) == bool(reason)


def test_an_hour_ahead_and_put_right_holds_nothing(empty, wall):
    watch = Watch()
    round_at(empty, wall, NOW + HOUR, watch)
    due(empty, 1)
    assert round_at(empty, wall, NOW, watch) == 1
    assert not held(empty)


def test_no_leap_that_passes_brings_a_letter_to_the_day_before_its_own():
    """From midnight it does not reach the hour at which letters leave."""
    rules = mail_accounts()
    assert timedelta(hours=rules.fuse.leap_hours) < timedelta(hours=rules.retries.from_.hour, minutes=rules.retries.from_.minute)


def test_a_machine_that_slept_over_a_weekend_holds_nothing(empty, wall):
    watch, asleep = Watch(), timedelta(hours=72)
    round_at(empty, wall, NOW, watch)
    due(empty, 1)
    wall.steady = asleep.total_seconds()
    assert round_at(empty, wall, NOW + asleep, watch) == 1
    assert not held(empty)


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="Linux only")
def test_the_steady_clock_goes_on_while_the_machine_sleeps(monkeypatch):
    """On Linux ``time.monotonic`` and CLOCK_MONOTONIC stand still meanwhile."""
    monkeypatch.setattr(time, "clock_gettime", {time.CLOCK_BOOTTIME: 230_400.0, time.CLOCK_MONOTONIC: 5.0}.__getitem__)
    monkeypatch.setattr(time, "monotonic", lambda: 5.0)
    assert clock.steady_seconds() == 230_400.0


@pytest.mark.parametrize("days", [1, 3, 10, 30])
def test_days_of_downtime_pass(empty, wall, days):
    """Negative control: one busy day's lines after a silence are no leap."""
    round_at(empty, wall, NOW)
    due(empty, 2, per_day=40)
    assert round_at(empty, wall, NOW + timedelta(days=days), Watch()) == 80
    assert not held(empty)


def test_much_more_at_once_than_any_day_had_is_held(empty, wall):
    round_at(empty, wall, NOW)
    due(empty, 20, per_day=3)
    assert round_at(empty, wall, NOW + timedelta(days=20), Watch()) == 0
    assert "倍" in held(empty)


def test_a_few_always_leave(empty, wall):
    round_at(empty, wall, NOW)
    due(empty, 20)
    assert round_at(empty, wall, NOW + timedelta(days=20), Watch()) == 20


def test_after_a_very_long_silence_a_person_looks_first(empty, wall):
    round_at(empty, wall, NOW)
    due(empty, 1)
    assert round_at(empty, wall, NOW + timedelta(days=400), Watch()) == 0
    assert "没有发信" in held(empty)


def test_when_released_the_clock_is_trusted_as_it_is(empty, wall):
    round_at(empty, wall, NOW + timedelta(days=400))
    due(empty, 1)
    assert round_at(empty, wall, NOW) == 0
    with transaction(empty) as session:
        release_mail(session, Act("x", "command:test", NOW.date()), "时间已校正")
    assert round_at(empty, wall, NOW + timedelta(seconds=5)) == 1
    with reading(empty) as session:
        assert session.exec(select(Mail.state)).all() == [MailState.SENT]


@pytest.fixture
def real(engine):
    """The sample university in a database whose clock is the computer's; one morning's reminders are planned, none has left."""
    morning(engine, "2025-11-04")
    at(engine, "2025-11-17")
    scan(engine, date(2025, 11, 17), "timetable:2025-11-17")
    with transaction(engine) as session:
        session.execute(sa.delete(Setting).where(col(Setting.key).in_((DEMO_MARK, CLOCK_ROW))))
    return engine


DAY = datetime(2025, 11, 17, 9, 0, tzinfo=BUSINESS_ZONE)
YEAR_AHEAD = datetime(2026, 11, 17, 20, 0, tzinfo=BUSINESS_ZONE)
"""By that clock the office is closed: everything is made up for the next morning."""


@pytest.mark.parametrize("watched", [True, False], ids=["while running", "first start"])
def test_clock_a_year_ahead_put_right_and_released_nothing_waits_a_year(real, wall, watched):
    watch = Watch() if watched else None
    if watch:
        watch.leap(DAY)
    assert round_at(real, wall, YEAR_AHEAD, watch) == 0
    assert bool(held(real)) == watched
    assert round_at(real, wall, DAY, watch) == 0, "put right: a person looks first"
    assert held(real)
    with transaction(real) as session:
        release_mail(session, Act("x", "command:test", DAY.date()), "时间已校正")
    assert round_at(real, wall, DAY + timedelta(hours=2), watch) > 10
    with reading(real) as session:
        assert session.exec(select(Mail).where(Mail.state == MailState.READY)).all() == []
        assert {mail.expires_at.year for mail in session.exec(select(Mail).where(Mail.state == MailState.SENT)) if mail.expires_at} == {
            2025
        }


def test_a_copy_ordered_by_a_clock_a_year_ahead_leaves_when_it_is_put_right(empty, wall):
    copy_due(empty, NOW + timedelta(days=365))
    assert round_at(empty, wall, NOW) == 1


def times_of_the_copy(engine):
    with reading(engine) as session:
        copy = session.exec(select(Mail).where(Mail.key == "x:resend1")).one()
        return copy.not_before, copy.expires_at


def test_a_clock_of_1970_puts_nothing_right_and_the_hold_counts_from_the_last_trusted_look(empty, wall):
    round_at(empty, wall, NOW)
    copy_due(empty, NOW, NOW + timedelta(days=3))
    round_at(empty, wall, datetime(1970, 1, 1, 3, tzinfo=UTC))
    round_at(empty, wall, datetime(1970, 1, 1, 4, tzinfo=UTC))
    assert "早于" in held(empty)
    assert times_of_the_copy(empty) == (NOW, NOW + timedelta(days=3))
    wall.now = NOW + timedelta(days=2)
    with transaction(empty) as session:
        release_mail(session, Act("A01", "command:test", wall.now.date()), "已校时")
    assert times_of_the_copy(empty) == (NOW, NOW + timedelta(days=5)), "the two days of the hold, not fifty-five years"
    assert round_at(empty, wall, wall.now) == 1


def test_while_a_person_holds_all_mail_a_wrong_clock_moves_nothing(empty, wall):
    round_at(empty, wall, NOW)
    copy_due(empty, NOW, NOW + timedelta(days=3))
    with transaction(empty) as session:
        gate.hold(session, "核对", "A01")
    round_at(empty, wall, datetime(1970, 1, 1, 3, tzinfo=UTC))
    assert times_of_the_copy(empty) == (NOW, NOW + timedelta(days=3))


def test_a_moved_clock_of_a_demo_never_trips(empty, wall):
    with transaction(empty) as session:
        mark_as_demo(session)
    watch = Watch()
    round_at(empty, wall, NOW, watch)
    due(empty, 20, per_day=3)
    assert round_at(empty, wall, NOW + timedelta(days=400), watch) == 60
    assert not held(empty)
    with reading(empty) as session:
        assert fuse.seen_at(session) is None
