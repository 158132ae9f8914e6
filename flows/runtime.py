"""What a flow run knows of its surroundings: the database, and its own name in the history."""

from prefect.runtime import flow_run
from sqlalchemy.engine import Engine

from config.settings import settings
from models.database import engine_for


def engine() -> Engine:
    """Return the product's database (never Prefect's)."""
    return engine_for(settings().database_url)


def origin() -> str:
    """Return how the history names this run: ``flow-run:<id>``."""
    return f"flow-run:{flow_run.id}"
