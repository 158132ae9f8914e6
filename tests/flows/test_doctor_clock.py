"""`creation doctor` and the computer's clock: held against the database server's, and against what has been recorded."""

from datetime import UTC, datetime, timedelta

import pytest

from config.clock import now
from config.settings import Settings
from flows.operate.doctor import examine, machine, records
from tests.flows.test_doctor import FAIL, OK, WARN, level


@pytest.mark.parametrize(("apart", "wanted"), [(0, OK), (5, OK), (6, WARN), (60, WARN), (61, FAIL), (-61, FAIL)])
def test_clock_against_the_database_server(apart, wanted):
    here = datetime(2025, 11, 4, tzinfo=UTC)
    assert level(machine.clock(here, here + timedelta(seconds=apart))) == wanted


@pytest.mark.parametrize(("behind", "wanted"), [(-1, OK), (0, OK), (5, OK), (6, WARN), (86_400, WARN)])
def test_clock_against_the_newest_record(behind, wanted):
    here = datetime(2025, 11, 4, tzinfo=UTC)
    assert level(machine.clock(here, None, here + timedelta(seconds=behind))) == wanted
    assert level(machine.clock(here, here, here + timedelta(seconds=behind))) == wanted
    assert level(machine.clock(here, here - timedelta(seconds=61), here + timedelta(seconds=behind))) == FAIL


def test_a_database_on_this_machine_has_no_clock_of_its_own(empty):
    with empty.connect() as connection:
        found, newest = records.server_time(connection), records.newest_record(connection)
    assert (found is None) == (empty.dialect.name == "sqlite")
    assert newest is None
    assert level(machine.clock(now(), found, newest)) == OK


def test_a_clock_before_the_newest_record_is_found(engine, monkeypatch):
    """The examination itself, on the sample university: its history was recorded just now."""
    given = Settings(database_url=engine.url.render_as_string(hide_password=False))
    assert [found.level for found in examine._database(engine, given) if found.name == "时钟"] == [OK]
    monkeypatch.setattr(examine, "now", lambda: now() - timedelta(days=1))
    assert [found.level for found in examine._database(engine, given) if found.name == "时钟"] == [WARN]
