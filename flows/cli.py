"""The command line `creation`: the same acts as the forms, without Prefect."""

from sqlalchemy.exc import IntegrityError

from config.loading import PlanError
from flows.commands import acting, desk, mailing, operating, people, reading, replies, reporting, running, sheets
from flows.commands.base import app, errors
from flows.operate.instance import AlreadyRunningError
from flows.steps.errors import ActError
from models.history import RepeatedCommandError
from models.loading import UnknownCodeError
from models.rules.lifecycle import IllegalMoveError
from models.sealing import SealingError
from models.upgrade import SchemaError
from notifications.message import MessageError

__all__ = ["acting", "app", "desk", "mailing", "main", "operating", "people", "reading", "replies", "reporting", "running", "sheets"]
EXPECTED = (
    ActError, PlanError, UnknownCodeError, IllegalMoveError, RepeatedCommandError, SchemaError, SealingError, MessageError,
    AlreadyRunningError, IntegrityError,
)  # fmt: skip


def main() -> None:
    """Run; what a person did wrong is told in one sentence and leaves with 2."""
    try:
        app()
    except EXPECTED as error:
        errors.print(f"[red]未办理：[/red]{error}", highlight=False)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
