"""What mails ask of the office, and when that is done."""

from collections.abc import Collection, Iterable
from datetime import date

import sqlalchemy as sa
import sqlalchemy.orm
from sqlmodel import Session, col, select

from config.vocabulary import MailState, TaskKind
from models.tables import Mail, Task
from notifications import tasks
from notifications.replies import ReplyClass
from notifications.transport import Delivery, Result

CLOSED_BY_LEAVING = (TaskKind.RUN_FAILED, TaskKind.CONFIRM_DELIVERY)
"""Tasks about a mail that are done once it has left: its wording is mended, its delivery is known."""


def call_for_help(session: Session, text: str, on: date) -> None:
    """Leave one task a day while our account is at fault."""
    tasks.leave_task(session, TaskKind.RUN_FAILED, f"mail_stop:{on}", f"{text}；改正前不再发信", on)


def known_bad(session: Session, mailboxes: Iterable[str]) -> dict[str, Delivery]:
    """Return the mailboxes that were refused as wrong and about which nobody has done anything, with what the server said then."""
    later = sa.orm.aliased(Mail)
    taken = select(later.id).where(later.mailbox == Mail.mailbox, later.state == MailState.SENT, col(later.id) > Mail.id).exists()
    task = sa.literal(f"{TaskKind.WRONG_ADDRESS}:") + col(Mail.key)
    refused = (col(Mail.mailbox).in_(set(mailboxes)), Mail.state == MailState.FAILED, Mail.last_class == ReplyClass.ADDRESS.value)
    query = select(Mail.mailbox, Mail.last_code, Mail.last_text).join(Task, col(Task.key) == task)
    rows = session.exec(query.where(*refused, col(Task.done_on).is_(None), ~taken))
    return {box: Delivery(Result.REFUSED, code, text, ReplyClass.ADDRESS) for box, code, text in rows}


def close_tasks(session: Session, mails: Collection[int], on: date) -> None:
    """Close what mails that have left, or have nothing left to say, have asked of the office while they could not leave."""
    if mails:
        about = [select(sa.literal(f"{kind}:") + col(Mail.key)).where(col(Mail.id).in_(mails)) for kind in CLOSED_BY_LEAVING]
        tasks.close_tasks(session, sa.union_all(*about), on)
