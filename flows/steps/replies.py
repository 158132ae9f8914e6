"""Reading what came in, again and again: a fault is told, waits, and stops neither the scan nor the post."""

import logging
from datetime import datetime, timedelta

from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from config import clock
from config.clock import business_day
from config.settings import Settings
from config.vocabulary import TaskKind
from models.business_clock import business_now
from models.store import transaction
from notifications.inbound.imap import MailboxError
from notifications.inbound.rounds import read_round
from notifications.tasks import leave_task

REFUSED_WAIT = timedelta(hours=1)
"""After a refused login: providers lock an account that knocks again and again."""
LOGGER = logging.getLogger("creation.replies")


class ReplyReading:
    """Reads in rounds for as long as the process lives."""

    def __init__(self, engine: Engine, given: Settings) -> None:
        """Nothing has been refused yet."""
        self._engine = engine
        self._given = given
        self._not_before: datetime | None = None

    def tick(self) -> None:
        """Read one round, unless the mailbox has just refused us; a fault that a person must mend leaves one task a day."""
        if self._not_before is not None and clock.now() < self._not_before:
            return
        self._not_before = None
        try:
            done = read_round(self._engine, self._given)
        except (MailboxError, ValueError) as fault:
            LOGGER.warning("来信未能读取：%s", fault)
            if isinstance(fault, ValueError) or fault.login:
                self._not_before = clock.now() + REFUSED_WAIT
                self._call_for_help(str(fault))
        except (SQLAlchemyError, OSError):
            LOGGER.exception("来信未能读取，下次再试")
        else:
            for one in done.ours:
                LOGGER.info("%s：%s（%s）", one.kind.label, one.mail, one.unit)

    def _call_for_help(self, text: str) -> None:
        try:
            with transaction(self._engine) as session:
                today = business_day(business_now(session))
                leave_task(session, TaskKind.RUN_FAILED, f"replies:{today}", f"来信未能读取：{text}；改正前回信和退信请到邮箱中查看", today)
        except SQLAlchemyError:
            LOGGER.exception("待办未能留下")
