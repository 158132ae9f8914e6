"""The command line `creation`: the same acts as the forms, without Prefect."""

import os

from sqlalchemy.exc import DBAPIError, IntegrityError

from config.settings import SettingsError
from flows.commands import (
    acting,
    auditing,
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
from models.database import DatabaseAddressError
from models.sealing import SealingError
from models.signing import SigningError
from models.trouble import told as trouble
from models.upgrade import SchemaError
from notifications.preview import PreviewError
from notifications.render import TemplateFaultError
from notifications.wording import WordingError

__all__ = [
    "acting", "app", "auditing", "decided", "desk", "documents", "erasing", "explaining", "exports", "guidance", "importing", "keeping",
    "mailing", "main", "operating", "panel", "people", "reading", "replies", "reporting", "running", "screening", "sheets", "wording",
]  # fmt: skip
EXPECTED = (
    *REFUSALS, SchemaError, SealingError, SigningError, AlreadyRunningError, IntegrityError, WordingError, PreviewError,
    TemplateFaultError, ArchiveError, DatabaseAddressError, SettingsError,
)  # fmt: skip


OWNER_ONLY = 0o077
"""Files hold names and addresses: what a command or a process of `creation up` makes, only its owner reads."""


def main() -> None:
    """Run; what a person did wrong is told in one sentence and leaves with 2."""
    os.umask(OWNER_ONLY)
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
