"""What a flow run knows of its surroundings: the database, and its own name in the history."""

from datetime import datetime

from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext
from prefect.runtime import flow_run
from sqlalchemy.engine import Engine

from config.clock import now
from config.settings import settings
from models.database import engine_for
from models.office_work import RUN


def engine() -> Engine:
    """Return the product's database (never Prefect's)."""
    return engine_for(settings().database_url)


def origin() -> str:
    """Return how the history names this run: ``flow-run:<id>``."""
    return f"{RUN}{flow_run.id}"


def submitted_at() -> datetime:
    """Return when this run was submitted: that moment counts, however long it waited in the queue."""
    context = FlowRunContext.get()
    created = context.flow_run.created if context and context.flow_run else None
    return created or now()


def resumed_at() -> datetime:
    """Return when the form of this suspended run was last submitted."""
    with get_client(sync_client=True) as client:
        states = client.read_flow_run_states(flow_run.id)
    resumed = [state.timestamp for state in states if state.name == "Resuming"]
    return max(resumed, default=now())


def retries() -> int:
    """Return how often this run has ended and was begun again by a person; being put back in the queue is no end."""
    with get_client(sync_client=True) as client:
        return sum(state.is_final() for state in client.read_flow_run_states(flow_run.id))
