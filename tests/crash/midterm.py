"""Three projects in their mid-term, and a database that is put back to their first day in a moment: thousands of examples begin there."""

import shutil
from datetime import time

from sqlmodel import SQLModel

from config.clock import business_instant
from config.cohort import PhaseDates
from config.loading import content_hash
from config.vocabulary import BranchKind, PersonRole, PhaseKind, UnitKind
from flows.steps.opening import open_cohort
from flows.steps.people import register_person
from flows.steps.register import register_projects, register_units
from models.business_clock import mark_as_demo, move_clock
from models.history import Act
from models.imports.rosters import ProjectRow
from models.store import transaction
from tests.crash.model import ENDS, GENERAL, PAPERS, START
from tests.factories import load_plan
from tests.flows.test_five_years import unit

PHASE, COHORT = PhaseKind.MID_TERM, "2025"
CODES = ("2025-S01", "2025-S01B01", "2025-S01B02")
CONSTANT = ("transition_rule",)
LOOK = """
SELECT 'state' AS kind, code AS name, state AS value FROM project UNION ALL
SELECT 'state', code, state FROM submission UNION ALL SELECT 'state', code, state FROM rectification UNION ALL
SELECT 'seq', substr(stream, 9), CAST(max(seq) AS TEXT) FROM event WHERE machine = 'project' GROUP BY stream UNION ALL
SELECT 'count', 'letters', CAST(count(*) AS TEXT) FROM mail WHERE mail_class = 'decide' UNION ALL
""" + " UNION ALL ".join(
    f"SELECT 'count', '{name}', CAST(count(*) AS TEXT) FROM {name}"
    for name in ("event", "deadline", "decision", "assessment", "ballot", "mail", "reminder", "task", "rectificationitem")
)


def mid_term_plan():
    """The shipped second batch, of which only the mid-term is left."""
    shipped = load_plan("2025")
    phase = PhaseDates(key=PHASE, kind=PHASE, opens_on=START, closes_on=ENDS, clause="II.2.2")
    rows = tuple(
        row.model_copy(update={"due_on": GENERAL, "call_on": START}) for row in shipped.cohort.deadlines if row.deliverable in PAPERS
    )
    fields = {"phases": (phase,), "deadlines": rows, "declare": None, "starts_on": START, "ends_on": ENDS}
    return shipped.model_copy(update={"cohort": shipped.cohort.model_copy(update=fields)})


def prepare(engine):
    """Enter an SO, two branches, their projects and a panel member."""
    act, plan, branches = Act("工作人员1", "command:test", START), mid_term_plan(), ("S01B01", "S01B02")
    with transaction(engine) as session:
        mark_as_demo(session)
        move_clock(session, business_instant(START, time(9)))
        rows = [unit(code, UnitKind.BRANCH, "S01", BranchKind.TEACHER) for code in branches]
        register_units(session, act, [unit("S01", UnitKind.SO), *rows])
        open_cohort(session, act, plan, content_hash(plan))
        register_projects(session, act, COHORT, [ProjectRow(code.partition("-")[2], code) for code in CODES])
        register_person(session, act, "P01", "评审一", PersonRole.PANEL)


class Records:
    """A prepared database of either kind: ``reset`` puts it back, ``look`` says how it stands."""

    def __init__(self, engine):
        self.engine = engine
        prepare(engine)
        if engine.dialect.name == "sqlite":
            engine.dispose()
            self._first = f"{engine.url.database}.first"
            shutil.copy(engine.url.database, self._first)
            self.reset = self._copied
        else:
            self._run("CREATE SCHEMA first; " + "; ".join(f"CREATE TABLE first.{name} AS TABLE {name}" for name in _tables()))

    def reset(self):
        """Empty and fill every table, past the guards, in one exchange with the server."""
        filled = [f"DELETE FROM {name}; INSERT INTO {name} SELECT * FROM first.{name}" for name in _tables()]
        self._run("SET session_replication_role = replica; " + "; ".join(filled) + "; SET session_replication_role = origin")

    def _copied(self):
        self.engine.dispose()
        shutil.copy(self._first, self.engine.url.database)

    def _run(self, statements):
        with self.engine.begin() as connection:
            connection.exec_driver_sql(statements)

    def look(self):
        """Return (kind, name) → value: states, newest event numbers of projects, numbers of rows."""
        with self.engine.connect().execution_options(reading=True) as connection:
            return {(kind, name): value for kind, name, value in connection.exec_driver_sql(LOOK)}


def _tables():
    return [f'"{table.name}"' for table in SQLModel.metadata.sorted_tables if table.name not in CONSTANT]


def moved_clock(engine, day):
    """Move the clock to the morning of a day."""
    with transaction(engine) as session:
        move_clock(session, business_instant(day, time(9)))
