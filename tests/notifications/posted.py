"""A mail of ours on record, as if it had been sent, and what is on record afterwards."""

from datetime import UTC, datetime

from sqlmodel import select

from config.vocabulary import MAIL_CLASS, MailKind, MailState
from models.store import reading, transaction
from models.tables import Mail
from notifications.outbox import new_message_id
from tests.notifications.letters_in import BOX

AT = datetime(2025, 11, 20, 7, 20, tzinfo=UTC)


def posted(engine, key="reminder:a", kind=MailKind.REMINDER, **more):
    """A mail of ours on record; returns its Message-ID."""
    given = {"state": MailState.SENT, "mailbox": BOX, "subject": "【提醒】报送材料", "sent_at": AT} | more
    name = new_message_id()
    with transaction(engine) as session:
        session.add(
            Mail(
                key=key, message_id=name, kind=kind, mail_class=MAIL_CLASS[kind], send_on=AT.date(), not_before=AT, **given,
            )
        )  # fmt: skip
    return name


def rows(engine, table, **having):
    with reading(engine) as session:
        return session.exec(select(table).filter_by(**having)).all()
