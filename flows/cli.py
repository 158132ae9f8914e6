"""The command line `creation`: the same acts as the forms, without Prefect."""

from sqlalchemy.exc import IntegrityError

from flows.commands import acting, desk, mailing, operating, people, reading, reporting, running, sheets
from flows.commands.base import app, errors
from flows.operate.instance import AlreadyRunningError
from flows.steps.errors import REFUSALS, REFUSED
from models.history import RepeatedCommandError
from models.sealing import SealingError
from models.upgrade import SchemaError

__all__ = ["acting", "app", "desk", "mailing", "main", "operating", "people", "reading", "reporting", "running", "sheets"]
EXPECTED = (*REFUSALS, RepeatedCommandError, SchemaError, SealingError, AlreadyRunningError, IntegrityError)


def main() -> None:
    """Run; what a person did wrong is told in one sentence and leaves with 2."""
    try:
        app()
    except EXPECTED as error:
        errors.print(f"[red]{REFUSED}[/red]{error}", highlight=False)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
