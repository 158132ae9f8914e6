"""The command line `creation`: the same acts as the forms, without Prefect."""

from sqlalchemy.exc import IntegrityError

from config.loading import PlanError
from flows.commands import acting, desk, documents, explaining, mailing, operating, people, reading, reporting, running, sheets, wording
from flows.commands.base import app, errors
from flows.operate.instance import AlreadyRunningError
from flows.steps.errors import ActError
from models.history import RepeatedCommandError
from models.loading import UnknownCodeError
from models.rules.lifecycle import IllegalMoveError
from models.sealing import SealingError
from models.upgrade import SchemaError
from notifications.message import MessageError
from notifications.papers.word.filling import FormError
from notifications.preview import PreviewError
from notifications.render import TemplateFaultError
from notifications.wording import WordingError

__all__ = [
    "acting", "app", "desk", "documents", "explaining", "mailing", "main", "operating", "people", "reading", "reporting", "running",
    "sheets", "wording",
]  # fmt: skip
EXPECTED = (
    ActError, PlanError, UnknownCodeError, IllegalMoveError, RepeatedCommandError, SchemaError, SealingError, MessageError,
    AlreadyRunningError, IntegrityError, FormError, WordingError, PreviewError, TemplateFaultError,
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
