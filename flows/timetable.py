"""The alarm clock: the daily scan, and the reading of what comes in. It remembers nothing that we could not lose; one per database."""

import logging
import signal
from datetime import date, datetime, time
from threading import Event

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.engine import Engine

from config import clock
from config.clock import BUSINESS_ZONE, business_day
from config.settings import settings
from flows.operate.leader import Leadership, try_to_lead
from flows.steps.daily import scan
from flows.steps.replies import ReplyReading
from flows.steps.witnessing import witness
from models.business_clock import business_now
from models.database import engine_for
from models.store import reading
from notifications.inbound.rounds import is_set

JOB_DEFAULTS = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
"""A late tick still runs, once: the default grace of one second would drop it."""
SCAN_FROM = time(8, 30)
REPLIES_MINUTES = 5
LEADER_SECONDS = 5.0
LOGGER = logging.getLogger("creation.timetable")


class DailyScan:
    """Scans and signs once at its start (catch-up) and then once each day from 08:30; what failed is tried again a minute later."""

    def __init__(self, engine: Engine) -> None:
        """Nothing has been scanned yet."""
        self._engine = engine
        self._scanned: date | None = None
        self._signed: date | None = None

    def tick(self) -> None:
        """Bring every open phase to today by the business clock and sign the day's list, if that has not been done."""
        with reading(self._engine) as session:
            instant = business_now(session)
        today = business_day(instant)
        if is_due(self._scanned, instant):
            self._scan(today)
        if is_due(self._signed, instant):
            witness(self._engine, today)
            self._signed = today

    def _scan(self, today: date) -> None:
        boards = scan(self._engine, today, f"timetable:{today}")
        self._scanned = today
        moved, planned = sum(board.transitions for board in boards), sum(board.planned for board in boards)
        LOGGER.info("%s 检查 %d 个阶段：流转 %d 项，计划信件 %d 条", today, len(boards), moved, planned)


def is_due(scanned: date | None, instant: datetime) -> bool:
    """Return whether a scan is due: none yet, or none today and it is past the hour."""
    today = business_day(instant)
    return scanned is None or (today != scanned and instant.astimezone(BUSINESS_ZONE).time() >= SCAN_FROM)


def timetable(engine: Engine) -> BackgroundScheduler:
    """Return the scheduler: a tick now and each minute; replies, where there is a mailbox for them, in a thread of their own."""
    scheduler = BackgroundScheduler(timezone=BUSINESS_ZONE, job_defaults=JOB_DEFAULTS)
    every_minute = IntervalTrigger(minutes=1, timezone=BUSINESS_ZONE)
    scheduler.add_job(DailyScan(engine).tick, every_minute, id="scan", next_run_time=clock.now())
    if is_set(settings()):
        now_and_then = IntervalTrigger(minutes=REPLIES_MINUTES, timezone=BUSINESS_ZONE)
        scheduler.add_job(ReplyReading(engine, settings()).tick, now_and_then, id="replies", next_run_time=clock.now())
    return scheduler


def lead(engine: Engine, held: Leadership, stop: Event) -> None:
    """Ring for as long as the leadership is held."""
    scheduler = timetable(engine)
    scheduler.start()
    while held.holds() and not stop.wait(LEADER_SECONDS):
        pass
    scheduler.shutdown()
    held.release()


def main() -> None:
    """Run until told to stop; while another timetable leads, wait to take over."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    engine = engine_for(settings().database_url)
    waiting = False
    while not stop.is_set():
        held = try_to_lead(engine, "timetable")
        if held is not None:
            lead(engine, held, stop)
            waiting = False
        elif not waiting:
            waiting = True
            LOGGER.info("另一个时间表正在工作；等待接替")
        stop.wait(LEADER_SECONDS)


if __name__ == "__main__":
    main()
