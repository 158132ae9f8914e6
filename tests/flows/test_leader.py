"""One timetable scans; the others wait and take over. On SQLite and PostgreSQL."""

import subprocess
import sys
import time
from datetime import date, datetime
from threading import Event, Thread

import pytest
import sqlalchemy as sa

from config.clock import BUSINESS_ZONE
from flows.operate.leader import try_to_lead
from flows.timetable import DailyScan, is_due, lead
from models.business_clock import move_clock
from models.database import engine_for
from models.store import reading, transaction
from models.tables import Reminder

HOLDER = """
import sys, time
from flows.operate.leader import try_to_lead
from models.database import engine_for
held = try_to_lead(engine_for(sys.argv[1]), "timetable")
print("leads" if held else "waits", flush=True)
time.sleep(600)
"""


def start(url):
    process = subprocess.Popen([sys.executable, "-c", HOLDER, url], stdout=subprocess.PIPE, text=True)
    return process, process.stdout.readline().strip()


def end(process):
    process.kill()
    process.wait()
    process.stdout.close()


def test_only_one_leads_and_the_next_takes_over_when_it_is_killed(empty):
    url = empty.url.render_as_string(hide_password=False)
    first, said = start(url)
    try:
        assert said == "leads"
        assert try_to_lead(empty, "timetable") is None
        other = try_to_lead(empty, "another")
        assert other is not None, "another task is another lock"
        other.release()
    finally:
        end(first)
    patience = time.monotonic() + 20
    while (held := try_to_lead(empty, "timetable")) is None:
        assert time.monotonic() < patience
        time.sleep(0.05)
    assert held.holds()
    second, said = start(url)
    end(second)
    assert said == "waits"
    held.release()
    third, said = start(url)
    end(third)
    assert said == "leads"


def test_a_lost_connection_is_a_lost_leadership(empty):
    if empty.dialect.name != "postgresql":
        pytest.skip("a file lock has no connection to lose")
    held = try_to_lead(empty, "timetable")
    assert held.holds()
    with empty.connect() as connection:
        connection.execute(
            sa.text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()")
        )
    assert not held.holds()
    assert not held.holds(), "lost stays lost"
    held.release()


@pytest.mark.parametrize(
    ("scanned", "at", "due"),
    [
        (None, (2025, 11, 4, 3, 0), True),
        (date(2025, 11, 4), (2025, 11, 4, 23, 59), False),
        (date(2025, 11, 4), (2025, 11, 5, 8, 29), False),
        (date(2025, 11, 4), (2025, 11, 5, 8, 30), True),
    ],
)
def test_a_scan_is_due_at_the_start_and_then_daily_from_half_past_eight(scanned, at, due):
    assert is_due(scanned, datetime(*at, tzinfo=BUSINESS_ZONE)) is due


def planned(engine):
    with reading(engine) as session:
        return len(session.exec(sa.select(Reminder.key)).all())


def test_a_tick_scans_once_a_day_and_again_after_a_failure(engine):
    daily = DailyScan(engine)
    broken = engine_for("sqlite:///:memory:")
    daily._engine = broken
    with pytest.raises(sa.exc.OperationalError):
        daily.tick()
    broken.dispose()
    daily._engine = engine
    assert planned(engine) == 0
    daily.tick()
    first = planned(engine)
    assert first > 100
    daily.tick()
    assert planned(engine) == first
    with transaction(engine) as session:
        move_clock(session, datetime(2025, 11, 20, 8, 30, tzinfo=BUSINESS_ZONE))
    daily.tick()
    assert planned(engine) > first


def test_the_leader_lets_go_when_told_to_stop(engine):
    """While one leads, the other gets no lock; it does when the leader stops."""
    stop = Event()
    held = try_to_lead(engine, "timetable")
    leading = Thread(target=lead, args=(engine, held, stop))
    leading.start()
    assert try_to_lead(engine, "timetable") is None
    stop.set()
    leading.join(30)
    taken = try_to_lead(engine, "timetable")
    assert taken is not None
    taken.release()
