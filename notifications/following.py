"""Whom a mail is for today: frozen letters and ordered copies follow a contact that changed while a sender had them."""

import re
from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa
from sqlmodel import Session, col, select

from config.vocabulary import MailClass, MailState
from models.tables import Mail, Reminder
from notifications.gathering import Desk
from notifications.outbox import turn
from notifications.sending import COPY_MARK, Claimed

_COPY = re.compile(rf"{COPY_MARK}\d+$")


def original(key: str) -> str:
    """Return the key of the mail that a person has ordered a copy of; its own where it is none."""
    return _COPY.sub("", key)


def lines_told(session: Session, mail: Mail) -> Sequence[Reminder]:
    """Return what a mail tells, though it be a copy: those have no lines of their own."""
    key = original(mail.key)
    family = sa.or_(col(Mail.key) == key, col(Mail.key).startswith(f"{key}{COPY_MARK}", autoescape=True))
    mine = col(Reminder.mail_id).in_(select(Mail.id).where(family))
    return session.exec(select(Reminder).where(mine).order_by(col(Reminder.key))).all()


def follow(desk: Desk, part: Sequence[Claimed]) -> list[Claimed]:
    """Return a part with what was in a sender's hands before turned to the mailbox of today.

    ``redirect_unsent`` leaves alone what a sender has; given back or put off, it would go to the old mailbox. The others are made up anew
    anyway, and the second copy of what may have arrived goes where the first one went.
    """
    again = [(held.id, held.epoch) for held in part if held.epoch > 1 and not held.resends]
    if not again:
        return list(part)
    ours = (sa.tuple_(col(Mail.id), col(Mail.epoch)).in_(again), col(Mail.state) == MailState.LEASED)
    fixed = sa.or_(col(Mail.mail_class) == MailClass.DECIDE, col(Mail.key).contains(COPY_MARK, autoescape=True))
    turned: dict[int | None, str] = {}
    for mail in desk.session.exec(select(Mail).where(*ours, fixed).with_for_update()).all():
        lines = lines_told(desk.session, mail)
        address = desk.address(lines[0]) if lines else None
        if address is not None and address.email != mail.mailbox:
            turn(mail, address.email)
            desk.session.add(mail)
            turned[mail.id] = address.email
    desk.session.flush()
    return [replace(held, mailbox=turned.get(held.id, held.mailbox)) for held in part]
