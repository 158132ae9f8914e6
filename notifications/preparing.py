"""Preparing a part for the wire: a letter that cannot be written, for whatever reason, waits with a task, and the others go."""

import logging
from collections.abc import Sequence

from sqlalchemy.exc import DBAPIError

from config.texts import UNSEEN
from models.store import SimultaneousError
from models.trouble import told
from notifications import sending
from notifications.gathering import Desk, prepare_all
from notifications.message import MessageError

log = logging.getLogger(__name__)


def is_of_the_database(fault: Exception) -> bool:
    """Return whether a fault is none of a letter's: the database is full, busy, gone, or somebody else was quicker."""
    return isinstance(fault, SimultaneousError) or (isinstance(fault, DBAPIError) and bool(told(fault)))


def prepare_each(desk: Desk, part: Sequence[sending.Claimed]) -> list[tuple[sending.Claimed, bytes]]:
    """Return what ``prepare_all`` does, each mail within a savepoint of its own: whoever fails is put aside with a task that names why.

    Slower: only for a part in which one has failed, which would otherwise fail for ever and keep its neighbours back.
    """
    found: list[tuple[sending.Claimed, bytes]] = []
    for held in part:
        try:
            with desk.session.begin_nested():
                found += prepare_all(desk, [held])
        except Exception as fault:
            if is_of_the_database(fault):
                raise
            log.exception("mail %s cannot be prepared and is put aside", held.id)
            sending.hold(desk.session, held, _reason(fault), desk.now)
    return found


def _reason(fault: Exception) -> str:
    """Return why, for the office: our own sentences as they are, anything else by its kind."""
    if isinstance(fault, MessageError):
        return str(fault)
    return UNSEEN.sub("□", f"准备这封信时出错（{type(fault).__name__}：{fault}），请联系维护人员")[:300]
