"""The bulk form at the size of a large deadline: 200 units in one submission, all on record or none."""

import time
from datetime import date

import pytest
from sqlmodel import func, select

from flows.forms.choices import offered
from flows.forms.model import checked
from flows.steps.acts import carry_out
from flows.steps.errors import ActError
from models.database import engine_for
from models.history import Act, verify
from models.store import reading
from models.tables import Event
from tests.benchmarks import university

UNITS = 200
SECONDS_MAX = 60.0
"""Far more than it takes: a clerk waits for it, and meanwhile nobody else can write to SQLite."""
DAY = date(2025, 11, 4)


@pytest.fixture
def engine(tmp_path):
    made = engine_for(f"sqlite:///{tmp_path / 'large.db'}")
    university.build(made, UNITS)
    yield made
    made.dispose()


def filled_in(engine, received_on):
    """The form as it comes from the browser: labels of the drop-downs, every unit chosen."""
    with reading(engine) as session:
        projects = [label for label, code in offered(session, "project").items() if code.startswith(university.COHORT)]
        paper = next(label for label, code in offered(session, "deliverable").items() if code == "progress_report")
    return {"deliverable": paper, "projects": projects, "received_on": received_on, "so_endorsed_on": DAY}


def submit(engine, typed, command):
    with reading(engine) as session:
        fields = checked(session, "hand_in_many", typed)
    carry_out(engine, Act("A01", "command:test", DAY, command=command), None, "hand_in_many", typed, fields)


def handed_in(engine):
    with reading(engine) as session:
        return session.exec(select(func.count()).select_from(Event).where(Event.machine == "submission", Event.source == "new")).one()


def test_two_hundred_units_are_recorded_by_one_form(engine, figures):
    late = filled_in(engine, "2025-11-05")
    assert len(late["projects"]) == UNITS
    with pytest.raises(ActError, match=f"有 {UNITS} 项不能登记，全部未登记"):
        submit(engine, late, "late")
    assert handed_in(engine) == 0
    begun = time.monotonic()
    submit(engine, filled_in(engine, "2025-11-04"), "once")
    took = time.monotonic() - begun
    with pytest.raises(ActError, match=f"有 {UNITS} 项不能登记，全部未登记"):
        submit(engine, filled_in(engine, "2025-11-04"), "again")
    assert handed_in(engine) == UNITS
    with reading(engine) as session:
        assert verify(session) == []
    figures(f"bulk hand-in: {UNITS} units in {took:.1f} s")
    assert took < SECONDS_MAX
