"""One round of reading what came in: from the mailbox and from the folder, as far as they are set. Nothing is done twice.

A message is marked on the server only after its transaction; where this process dies between the two, the next round marks it.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, select

from config.settings import Settings
from config.vocabulary import InboundKind
from models.store import reading, transaction
from models.tables import Inbound, InboundPlace
from notifications.inbound.account import ImapAccount
from notifications.inbound.folder import Folder
from notifications.inbound.imap import ImapMailbox, opened
from notifications.inbound.taking import Taken, look, take

LOGGER = logging.getLogger("creation.replies")


@dataclass(slots=True)
class Round:
    """What one round did."""

    taken: list[Taken] = field(default_factory=list)
    failed: int = 0
    """Messages that could not be taken; the next round tries them again."""

    @property
    def ours(self) -> list[Taken]:
        """What concerned us and was not known."""
        return [one for one in self.taken if one.kind != InboundKind.OTHER and not one.before]


def is_set(given: Settings) -> bool:
    """Return whether there is anything to read from."""
    return bool(given.imap_url.get_secret_value() or given.reply_folder)


def read_round(engine: Engine, given: Settings) -> Round:
    """Read what is new; raises MailboxError or ValueError (a wrong address of the mailbox) after the folder has been read."""
    done = Round()
    if given.reply_folder is not None:
        _read_folder(engine, Folder(given.reply_folder), done)
    if url := given.imap_url.get_secret_value():
        with opened(ImapAccount.from_url(url)) as mailbox:
            _mark_left(engine, mailbox)
            _read_mailbox(engine, mailbox, done)
    return done


def look_round(engine: Engine, given: Settings) -> Round:
    """Return what a round would take, changing nothing anywhere."""
    done = Round()
    if given.reply_folder is not None:
        done.taken += _looked(engine, Folder(given.reply_folder))
    if url := given.imap_url.get_secret_value():
        with opened(ImapAccount.from_url(url), looking=True) as mailbox:
            done.taken += _looked(engine, mailbox)
    return done


def _read_folder(engine: Engine, folder: Folder, done: Round) -> None:
    for message in folder.unread(()):
        try:
            done.taken.append(take(engine, message))
            folder.put_away()
        except (SQLAlchemyError, OSError):
            LOGGER.exception("一封来信未能处理，下次再试")
            done.failed += 1


def _read_mailbox(engine: Engine, mailbox: ImapMailbox, done: Round) -> None:
    for message in mailbox.unread(_known(engine, mailbox)):
        try:
            taken = take(engine, message)
        except (SQLAlchemyError, OSError):
            LOGGER.exception("一封来信未能处理，下次再试：%s", message.place)
            done.failed += 1
            continue
        done.taken.append(taken)
        if taken.kind != InboundKind.OTHER:
            _mark(engine, mailbox, message.place)


def _mark_left(engine: Engine, mailbox: ImapMailbox) -> None:
    """Mark what an earlier round has taken and not marked."""
    with reading(engine) as session:
        left = session.exec(
            select(InboundPlace.place)
            .join(Inbound, col(Inbound.id) == InboundPlace.inbound_id)
            .where(
                col(InboundPlace.place).startswith(mailbox.prefix, autoescape=True),
                col(InboundPlace.marked).is_(False),
                Inbound.kind != InboundKind.OTHER,
            )
        ).all()
    for place in left:
        _mark(engine, mailbox, place)


def _mark(engine: Engine, mailbox: ImapMailbox, place: str) -> None:
    mailbox.mark(place)
    with transaction(engine) as session:
        session.execute(sa.update(InboundPlace).where(col(InboundPlace.place) == place).values(marked=True))


def _known(engine: Engine, mailbox: ImapMailbox) -> set[str]:
    with reading(engine) as session:
        return set(session.exec(select(InboundPlace.place).where(col(InboundPlace.place).startswith(mailbox.prefix, autoescape=True))))


def _looked(engine: Engine, source: Folder | ImapMailbox) -> Iterator[Taken]:
    known = _known(engine, source) if isinstance(source, ImapMailbox) else set()
    for message in source.unread(known):
        with reading(engine) as session:
            yield look(session, message)
