"""Two people at the same act in the same instant, over two real connections: one does it, the other gets a sentence and changes nothing."""

import json
import time
from contextlib import contextmanager
from datetime import date
from threading import Event, Thread

import pytest
import sqlalchemy as sa
from sqlmodel import func, select

from flows.operate.demo import load_sample
from flows.plainly import plainly
from flows.steps.acts import ACTS, perform
from flows.steps.errors import REFUSALS
from models.history import Act, record_event, verify
from models.loading import project_row
from models.store import SimultaneousError, reading, transaction
from models.tables import Assignment, Project, Unit

DAY = date(2025, 11, 4)
ONE, OTHER = Act("A01", "command:one", DAY), Act("A02", "command:other", DAY)
PROJECTS = ("2023-S01", "2023-S02", "2023-S03")


@pytest.fixture
def office(empty):
    """The sample university on either database, three projects of it up for assessment."""
    load_sample(empty)
    with transaction(empty) as session:
        for code in PROJECTS:
            record_event(session, project_row(session, code), "enter_acceptance", ONE, {"phase": "summary"})
    return empty


@contextmanager
def somebody_else(engine, name, fields):
    """Inside the block another connection has done the act and not yet committed; it does so once somebody waits for it."""
    done, faults = Event(), []

    def work():
        try:
            with transaction(engine) as session:
                ACTS[name](session, ONE, **fields)
                done.set()
                wait_for_another(engine)
        except BaseException as fault:  # noqa: BLE001 - told below
            faults.append(fault)
            done.set()

    thread = Thread(target=work)
    thread.start()
    assert done.wait(60)
    yield
    thread.join(60)
    assert faults == []


def wait_for_another(engine):
    """On PostgreSQL until a connection to this database waits for a lock; SQLite tells nobody who waits for its one lock."""
    if engine.dialect.name == "sqlite":
        time.sleep(0.3)
        return
    waiting = sa.text("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")
    until = time.monotonic() + 30
    with engine.connect() as connection:
        while time.monotonic() < until and not connection.execute(waiting).scalar():
            connection.rollback()
            time.sleep(0.02)


def at_the_act(engine, creation, fields):
    with pytest.raises(REFUSALS) as refused:
        perform(engine, OTHER, "assign", **fields)
    return str(refused.value)


def on_a_form(engine, creation, fields):
    """What every form's run is wrapped in."""
    ended = plainly(lambda: perform(engine, OTHER, "assign", **fields))()
    assert ended.is_failed()
    return ended.message


def on_the_command_line(engine, creation, fields):
    words = [f"{name}={json.dumps(value) if isinstance(value, list) else value}" for name, value in fields.items()]
    code, said = creation("record", "assign", *words, url=engine.url.render_as_string(hide_password=False))
    assert code == 2, said
    return said.replace("\n", "")


SENTENCE = {"sqlite": "P01 评审专家1已分派评审重点任务完成情况", "postgresql": "同时有人登记了同一事项"}
"""SQLite lets the second in only after the first, so that the act itself says no; on PostgreSQL the key does."""


@pytest.mark.trust
def test_two_at_the_same_in_the_same_instant(office, creation, figures):
    for project, door in zip(PROJECTS, (at_the_act, on_a_form, on_the_command_line), strict=True):
        fields = {"phase": "review", "part": "key_tasks", "assessor": "P01", "projects": [project]}
        with somebody_else(office, "assign", fields):
            said = door(office, creation, fields)
        assert SENTENCE[office.dialect.name] in said
        assert "Error" not in said
    declaring = {"cohort": "2025", "unit": "S05"}
    with somebody_else(office, "declare_project", declaring), pytest.raises(REFUSALS, match=r"同时有人登记了同一事项|已有申报"):
        perform(office, OTHER, "declare_project", **declaring)
    with reading(office) as session:
        codes = session.exec(select(Project.code).where(Project.code == "2025-S05")).all()
        assert (session.exec(select(func.count()).select_from(Assignment)).one(), codes) == (3, ["2025-S05"])
        assert verify(session) == []
    figures(
        f"two at the same act in the same instant on {office.dialect.name}: one does it, the other is refused in a sentence, at 3 doors"
    )


def test_a_broken_rule_of_the_database_is_not_taken_for_haste(engine):
    """Negative control: a row that names no unit breaks another constraint, and stays the fault that it is."""
    with pytest.raises(sa.exc.IntegrityError), transaction(engine) as session:
        session.add(Project(code="2025-X", cohort_id=1, unit_id=0, award_kind="model_branch", title=""))
    with pytest.raises(SimultaneousError, match="本次未作改动"), transaction(engine) as session:
        session.add(Unit(code="S01", name="同号", kind="so"))
