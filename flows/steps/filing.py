"""Files that arrived: taken from the inbox or brought by a reply, kept by content, so that history can name exactly what was handed in."""

import re
from datetime import date
from pathlib import Path

from sqlmodel import Session, col, select

from config.settings import settings
from config.vocabulary import TaskKind
from flows.steps.errors import refuse
from models.files import keep_content
from models.tables import Inbound, InboundFile, Mail, Task
from notifications.inbound.consequences import about, received_name
from notifications.tasks import task_key

FILE_MAX = 50 * 1024 * 1024
"""Bytes of one file."""


def inbox() -> Path:
    """Return the folder in which forms find files."""
    return settings().data / "inbox"


def from_inbox(name: str) -> Path:
    """Return a file of the inbox by its plain name; refused when it is not there or names another folder."""
    path = inbox() / Path(name).name
    if Path(name).name != name or not path.is_file() or path.is_symlink():
        raise refuse(f"收件箱里没有文件“{name}”", f"请把文件放入 {inbox()} 后再办")
    return path


def keep(name: str) -> dict[str, str]:
    """Keep a file of the inbox by its SHA-256 and return ``{"name", "sha256"}``; keeping it twice changes nothing."""
    path = from_inbox(name)
    if path.stat().st_size > FILE_MAX:
        raise refuse(f"文件“{name}”超过 {FILE_MAX // 1024 // 1024} MB", "请压缩或分开报送")
    with path.open("rb") as file:
        return {"name": name, "sha256": keep_content(settings().data / "files", file)}


_RECEIVED = re.compile(r"来件(\d{1,9})-(\d{1,4})( .*)?")


def received(session: Session) -> tuple[str, ...]:
    """Return the names of the files that replies brought and whose task is open, as forms offer them, newest first."""
    query = (
        select(InboundFile, Mail.recipient_unit)
        .join(Inbound, col(Inbound.id) == InboundFile.inbound_id)
        .join(Mail, col(Mail.id) == Inbound.mail_id)
        .where(InboundFile.sha256 != "", col(InboundFile.submission).is_(None), InboundFile.inbound_id.in_(_waiting(session)))  # type: ignore[attr-defined]
        .order_by(col(InboundFile.inbound_id).desc(), col(InboundFile.number))
    )
    return tuple(f"{received_name(row.inbound_id, row.number)} {unit or ''} {row.name}" for row, unit in session.exec(query))


def _waiting(session: Session) -> list[int]:
    prefix = task_key(TaskKind.RECORD_HAND_IN, about(0)).removesuffix("0")
    open_now = select(Task.key).where(Task.kind == TaskKind.RECORD_HAND_IN, col(Task.done_on).is_(None))
    return [int(key.removeprefix(prefix)) for key in session.exec(open_now) if key.startswith(prefix)]


def take_received(session: Session, name: str, paper: str, on: date) -> dict[str, str] | None:
    """Return ``{"name", "sha256"}`` of a file that a reply brought and note as which paper it is recorded; None for any other name.

    When every file of the reply has been recorded its task is done.
    """
    if (found := _RECEIVED.fullmatch(name)) is None:
        return None
    row = session.get(InboundFile, (int(found[1]), int(found[2])))
    if row is None or not row.sha256:
        raise refuse(f"没有来件“{name}”", "请从清单中选择")
    row.submission = row.submission or paper
    session.add(row)
    session.flush()
    left = select(InboundFile.number).where(InboundFile.inbound_id == row.inbound_id, col(InboundFile.submission).is_(None))
    if session.exec(left).first() is None:
        _set_done(session, row.inbound_id, on)
    return {"name": row.name, "sha256": row.sha256}


def give_back_received(session: Session, paper: str) -> None:
    """Offer the files of a paper that was recorded wrongly anew, with their task."""
    for row in session.exec(select(InboundFile).where(InboundFile.submission == paper)).all():
        row.submission = None
        session.add(row)
        _set_done(session, row.inbound_id, None)
    session.flush()


def _set_done(session: Session, inbound: int, on: date | None) -> None:
    task = session.exec(select(Task).where(Task.key == task_key(TaskKind.RECORD_HAND_IN, about(inbound)))).first()
    if task is not None:
        task.done_on = on
        session.add(task)
