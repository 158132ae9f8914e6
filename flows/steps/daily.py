"""The daily scan: every phase that has opened, of every open cohort. Plain functions: reminders go even if Prefect is down."""

from datetime import date

from sqlalchemy.engine import Engine
from sqlmodel import Session

from config.vocabulary import AuthMethod
from flows.steps.advance import Board, Stage
from flows.steps.phases import run_phase
from flows.steps.waiting import chase_ballots
from models.history import Act
from models.loading import load_plan, open_cohort_ids, open_cohort_rows
from models.store import reading


def open_cohorts(session: Session) -> tuple[str, ...]:
    """Return the codes of the cohorts that are running, in order."""
    return tuple(open_cohort_ids(session))


def open_stages(engine: Engine, on: date, origin: str) -> tuple[Stage, ...]:
    """Return the phases that have opened by a day and whose cohort has not ended."""
    act = Act(actor="时间表", origin=origin, on=on, auth_method=AuthMethod.SYSTEM)
    with reading(engine) as session:
        plans = [load_plan(row).cohort for row in open_cohort_rows(session)]
    return tuple(
        Stage(cohort.cohort, phase.key, phase.kind, on, act)
        for cohort in plans
        if on <= cohort.ends_on
        for phase in cohort.phases
        if phase.opens_on <= on
    )


def scan(engine: Engine, on: date, origin: str, without: frozenset[tuple[str, str]] = frozenset()) -> list[Board]:
    """Bring every open phase to where the calendar says it should be and chase ballots; ``without`` names (cohort, phase) to leave out."""
    stages = open_stages(engine, on, origin)
    boards = [run_phase(engine, stage) for stage in stages if (stage.cohort, stage.phase) not in without]
    chase_ballots(engine, on)
    return boards
