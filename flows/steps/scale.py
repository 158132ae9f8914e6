"""Planning a large cohort: the lines that many get by one statement each, the others part by part; memory stays flat."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from sqlalchemy.engine import Engine

from flows.steps.advance import Stage
from models.loading import load_calendar
from models.planning import Due, due
from models.store import reading, transaction
from notifications.outbox import PlannedLine, is_unplanned, plan_lines, plan_shared, unplanned

AT_ONCE = 2_000
"""Lines of the rules that are held at once."""


def plan_large(engine: Engine, stage: Stage, wanted: Callable[[Any], bool]) -> int:
    """Plan the wanted lines of a phase; returns how many are new. Where nothing is new no write lock is taken.

    Every statement is a transaction of its own, so that nobody waits long; a line of a deadline that moved meanwhile is dropped when
    mails are made up.
    """
    with reading(engine) as session:
        given = due(session, stage.cohort, stage.phase, load_calendar(session), stage.on)
        fresh = [line for line in given.shared if wanted(line) and is_unplanned(session, line)]
        others = any(unplanned(session, part) for part in _others(given, stage, wanted))
    planned = 0
    for line in fresh:
        with transaction(engine) as session:
            planned += plan_shared(session, line)
    if others:
        with transaction(engine) as session:
            given = due(session, stage.cohort, stage.phase, load_calendar(session), stage.on)
            planned += sum(plan_lines(session, unplanned(session, part)) for part in _others(given, stage, wanted))
    return planned


def _others(given: Due, stage: Stage, wanted: Callable[[Any], bool]) -> Iterator[list[PlannedLine]]:
    lines = (PlannedLine.from_reminder(stage.cohort, line) for line in given.others() if wanted(line))
    while part := list(islice(lines, AT_ONCE)):
        yield part
