"""The command line `creation`: the same acts as the forms, without Prefect."""

from sqlalchemy.exc import DBAPIError, IntegrityError

from flows.commands import (
    acting,
    decided,
    desk,
    documents,
    erasing,
    explaining,
    exports,
    guidance,
    importing,
    keeping,
    mailing,
    operating,
    panel,
    people,
    reading,
    replies,
    reporting,
    running,
    screening,
    sheets,
    wording,
)
from flows.commands.base import app, errors
from flows.operate.instance import AlreadyRunningError
from flows.steps.errors import REFUSALS, REFUSED
from models.archive import ArchiveError
from models.history import RepeatedCommandError
from models.sealing import SealingError
from models.trouble import told as trouble
from models.upgrade import SchemaError
from notifications.preview import PreviewError
from notifications.render import TemplateFaultError
from notifications.wording import WordingError

__all__ = [
    "acting", "app", "decided", "desk", "documents", "erasing", "explaining", "exports", "guidance", "importing", "keeping", "mailing",
    "main", "operating", "panel", "people", "reading", "replies", "reporting", "running", "screening", "sheets", "wording",
]  # fmt: skip
EXPECTED = (
    *REFUSALS, RepeatedCommandError, SchemaError, SealingError, AlreadyRunningError, IntegrityError, WordingError, PreviewError,
    TemplateFaultError, ArchiveError,
)  # fmt: skip


def main() -> None:
    """Run; what a person did wrong is told in one sentence and leaves with 2."""
    try:
        app()
    except EXPECTED as error:
        errors.print(f"[red]{REFUSED}[/red]{error}", highlight=False)
        raise SystemExit(2) from None
    except DBAPIError as error:
        if not (said := trouble(error)):
            raise
        errors.print(f"[red]{REFUSED}[/red]{said}", highlight=False)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
