"""Planning a large cohort: the lines that many get by one statement each, the others part by part; memory stays flat."""

from collections.abc import Callable
from itertools import islice
from typing import Any

from sqlalchemy.engine import Engine

from flows.steps.advance import Stage
from models.loading import load_calendar
from models.planning import Due, due
from models.store import reading, transaction
from notifications.outbox import PlannedLine, is_unplanned, plan_lines, plan_shared, unplanned

PART_LINES = 500
AT_ONCE = 20_000
"""New lines of the rules that are held at once."""


def plan_large(engine: Engine, stage: Stage, wanted: Callable[[Any], bool]) -> int:
    """Plan the wanted lines of a phase; returns how many are new. Where nothing is new no write lock is taken.

    Every statement is a transaction of its own, so that nobody waits long; a line of a deadline that moved meanwhile is dropped when
    mails are made up.
    """
    with reading(engine) as session:
        given = due(session, stage.cohort, stage.phase, load_calendar(session), stage.on)
        fresh = [line for line in given.shared if wanted(line) and is_unplanned(session, line)]
    planned = 0
    for line in fresh:
        with transaction(engine) as session:
            planned += plan_shared(session, line)
    others = _others(engine, stage, given, wanted)
    while others:
        with transaction(engine) as session:
            planned += plan_lines(session, others)
        others = _others(engine, stage, given, wanted) if len(others) >= AT_ONCE else []
    return planned


def _others(engine: Engine, stage: Stage, given: Due, wanted: Callable[[Any], bool]) -> list[PlannedLine]:
    """Return lines of the rules that are not on record yet, so many as may be held at once; none when all are."""
    fresh: list[PlannedLine] = []
    with reading(engine) as session:
        lines = (PlannedLine.from_reminder(stage.cohort, line) for line in given.others(session) if wanted(line))
        while len(fresh) < AT_ONCE and (part := list(islice(lines, PART_LINES))):
            fresh += unplanned(session, part)
    return fresh
