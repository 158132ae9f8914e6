"""Planning one day for many live projects: ours against the bare ``INSERT … SELECT`` of the same rows, and how memory grows.

Every project owes two papers of the mid-term; a tenth has handed them in, one in a hundred has a day of its own. The rows that ours
wrote are kept aside, taken out, and put back by one statement: that is the baseline. Both sides are one database, one connection.
"""

from contextlib import contextmanager
from datetime import date
from pathlib import Path

import sqlalchemy as sa

from config.vocabulary import SubmissionState
from flows.steps.daily import open_stages
from flows.steps.phases import call_for_materials, remind_outstanding
from models.tables import Deadline, Project, Reminder, Submission
from tests.benchmarks.rounds import Note, compare, same, timed
from tests.benchmarks.university import build

ON = date(2026, 11, 20)
PAPERS = ("progress_report", "results_report")
"""Owed in the mid-term."""
PROCESS = Path("/proc/self")
IN_EACH, OWN_EACH = 10, 100
_REMINDER = Reminder.__table__
_NAMES = [column.name for column in _REMINDER.c if column.name != "id"]


def prepare(made, projects):
    """Fill the database."""
    build(made.base, projects)
    with made.base.begin() as connection:
        rows = connection.execute(sa.select(Project.id, Project.code, Project.cohort_id).order_by(Project.id)).all()
        papers = [_paper(number, code, paper) for number, code, _ in rows[::IN_EACH] for paper in PAPERS]
        connection.execute(sa.insert(Submission.__table__), papers)
        own = [_own(cohort, code) for _, code, cohort in rows[1::OWN_EACH]]
        connection.execute(sa.insert(Deadline.__table__), own)
    with made.base.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


def _paper(project, code, paper):
    return {
        "code": f"{code}/{paper}/v1", "project_id": project, "deliverable": paper, "version": 1, "received_on": date(2026, 11, 2),
        "pieces": 1, "files": [], "state": SubmissionState.COMPLETE,
    }  # fmt: skip


def _own(cohort, code):
    return {
        "cohort_id": cohort, "phase": "mid_term", "deliverable": PAPERS[0], "subject": code, "due_on": date(2026, 12, 10), "version": 1,
        "internal_days": 3, "call_on": date(2026, 10, 19), "ladder": "standard", "endorse_ladder": "endorse", "basis": "bench",
        "set_on": date(2026, 11, 3),
    }  # fmt: skip


def measure(kind, made, projects, rounds, tick):
    """Return the comparison of one kind of database and the figures beside it."""
    ours, bare, grown, rows = [], [], [], 0
    for _ in range(rounds):
        with made.copy() as engine:
            with _growth(grown):
                seconds, rows = timed(lambda engine=engine: _plan(engine))
            ours.append(seconds)
            tick()
            bare.append(_bare(engine, rows))
            tick()
    title = f"planning, {kind}, {projects:,} projects"
    wanted = compare(title, ours, bare, "s", "≤ 2")
    return wanted, (Note(f"{title}: lines", rows, "lines"), Note(f"{title}: memory grown by", round(max(grown)), "MiB"))


def _plan(engine):
    """Plan every phase that is open, as the day's scan does; without boards and assessments."""
    stages = open_stages(engine, ON, f"bench:{ON}")
    return sum(step(engine, stage).planned for stage in stages for step in (call_for_materials, remind_outstanding))


def _bare(engine, rows):
    """Put the same rows back by one statement."""
    names = ", ".join(_NAMES)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE kept AS SELECT {names} FROM reminder")
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM reminder")
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM FULL reminder")

    def insert():
        with engine.begin() as connection:
            return connection.exec_driver_sql(f"INSERT INTO reminder ({names}) SELECT {names} FROM kept").rowcount

    seconds, written = timed(insert)
    same("lines planned, put back", rows, written)
    return seconds


@contextmanager
def _growth(grown):
    """Note by how many MiB this process grew at most inside the block (Linux: the high-water mark is set back first)."""
    PROCESS.joinpath("clear_refs").write_text("5")
    before = _high_water()
    yield
    grown.append(_high_water() - before)


def _high_water():
    [line] = [line for line in PROCESS.joinpath("status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024
