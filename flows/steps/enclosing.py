"""The documents that go with letters, filled from what is on record (R67); a form that cannot be used stops no letter."""

from collections.abc import Sequence
from datetime import date

from sqlmodel import Session

from config.vocabulary import DocumentKind, MailKind, TaskKind
from flows.steps.blank_form import blank_declaration
from flows.steps.documents import document_about
from flows.steps.errors import ActError
from models.rules.calendar import Calendar
from models.rules.snapshot import World
from notifications.compose import Line
from notifications.enclosing import Enclosures, wanted
from notifications.papers.word.fault import FormError
from notifications.tasks import close_tasks, leave_task, task_key

BYTES_MAX = 7 * 1024 * 1024
"""Of all documents of one mail: in transport they grow by a third, and a mail may have 10 MB (domain, 4.2)."""
TOO_BIG = "超过一封邮件能带的大小"


def enclosures(session: Session, world: World, calendar: Calendar, kind: MailKind, lines: Sequence[Line], on: date) -> Enclosures:
    """Return the documents that go with a letter, by file name; one that cannot be made is left out, with one task for its form."""
    found: dict[str, bytes] = {}
    room = BYTES_MAX
    for document, line in wanted(world, calendar, kind, lines):
        try:
            content = _made(session, world, calendar, document, line, on)
        except (FormError, ActError, OSError) as fault:
            _ask_office(session, document, str(fault), on)
            continue
        if len(content) > room:
            _ask_office(session, document, TOO_BIG, on)
            continue
        room -= len(content)
        found[f"{document.label}-{line.project or line.unit}.docx"] = content
    return found


def _made(session: Session, world: World, calendar: Calendar, document: DocumentKind, line: Line, on: date) -> bytes:
    """Return the document about a line's project; without one it is the blank form for the SO that owes a declaration."""
    if line.project is None:
        return blank_declaration(world, calendar, line.unit or "", on)
    return document_about(session, world, document, line.project, on, line.details or {})


def _ask_office(session: Session, document: DocumentKind, fault: str, on: date) -> None:
    text = f"{document.label}未能随信附上，信件已照发：{fault}；改好模板后，以后的信件自动附上"
    leave_task(session, TaskKind.RUN_FAILED, _about(document), text, on, again=True)


def _about(document: DocumentKind) -> str:
    return f"form:{document.value}"


def mended(session: Session, document: DocumentKind, on: date) -> None:
    """Close the task about a form that can be used again."""
    close_tasks(session, [task_key(TaskKind.RUN_FAILED, _about(document))], on)
