"""A clock that is wrong holds all mail; days of downtime do not; the demo's moved clock never does."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import select

from config.vocabulary import MailClass, MailKind, MailState, RecipientRole, TaskKind
from models.business_clock import mark_as_demo
from models.store import reading, transaction
from models.tables import Mail, Reminder, Task
from notifications import fuse, gate
from notifications.delivery import deliver
from notifications.fuse import Watch
from tests.notifications.test_give_up import Server

NOW = datetime(2025, 11, 4, 2, 0, tzinfo=UTC)


@pytest.fixture
def wall(monkeypatch):
    """The computer's clock, to be set."""

    class Wall:
        now = NOW

    monkeypatch.setattr("config.clock.now", lambda: Wall.now)
    return Wall


def due(engine, days, per_day=1):
    """Lines that were planned for so many different days, each in a mail that waits."""
    with transaction(engine) as session:
        for day in range(days):
            for n in range(per_day):
                key = f"{day}:{n}"
                mail = Mail(key=key, message_id=f"<{key}@x>", kind=MailKind.REMINDER, mail_class=MailClass.REMIND, mailbox=f"u{n}@x.example", send_on=NOW.date(), not_before=NOW, mime=b"Subject: x\r\n\r\nx\r\n")  # fmt: skip
                session.add(mail)
                session.flush()
                session.add(Reminder(key=key, kind=MailKind.REMINDER, cohort="2025", phase="", rung="T-5", role=RecipientRole.CONTACT, planned_on=date(2025, 10, 1) + timedelta(days=day), clause="P.office", mail_id=mail.id))  # fmt: skip


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


def test_a_clock_that_goes_back_holds_everything(empty, wall):
    round_at(empty, wall, NOW)
    due(empty, 1)
    assert round_at(empty, wall, NOW - timedelta(minutes=6)) == 0
    assert "早于" in held(empty)


def test_a_small_correction_is_none_of_its_business(empty, wall):
    round_at(empty, wall, NOW)
    due(empty, 1)
    assert round_at(empty, wall, NOW - timedelta(minutes=4)) == 0, "not due yet"
    assert round_at(empty, wall, NOW + timedelta(minutes=4)) == 1
    assert not held(empty)


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
    from flows.steps.mailing import release_mail
    from models.history import Act

    round_at(empty, wall, NOW + timedelta(days=400))
    due(empty, 1)
    assert round_at(empty, wall, NOW) == 0
    with transaction(empty) as session:
        release_mail(session, Act("x", "command:test", NOW.date()), "时间已校正")
    assert round_at(empty, wall, NOW + timedelta(seconds=5)) == 1
    with reading(empty) as session:
        assert session.exec(select(Mail.state)).all() == [MailState.SENT]


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
