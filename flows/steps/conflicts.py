"""A refused conflict of interest leaves its trace: who was to assess what, on which ground it was refused (R46).

It stands in the cohort's history, not the project's: a refusal changes nothing about a project, so it must not void a waiting ballot.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import Engine

from config.vocabulary import CohortState
from flows.steps.errors import ConflictError
from models.history import Act, record_event
from models.loading import cohort_row
from models.store import transaction


@contextmanager
def conflicts_kept(engine: Engine, act: Act) -> Iterator[None]:
    """Record a conflict that an act inside is refused for, in a transaction of its own, and let the refusal go on."""
    try:
        yield
    except ConflictError as refusal:
        with transaction(engine) as session:
            batch = cohort_row(session, refusal.cohort)
            if batch.state == CohortState.OPEN:
                record_event(session, batch, "refuse_conflict", act, refusal.body)
        raise
