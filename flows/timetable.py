"""The alarm clock: a daily scan and a minute tick for delivery. It remembers nothing that we could not lose."""

import argparse
from threading import Event

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.engine import Engine

from config.clock import BUSINESS_ZONE, business_day
from config.settings import settings
from flows.steps.daily import scan
from models.business_clock import business_now
from models.database import engine_for
from models.store import reading
from notifications.delivery import deliver
from notifications.transport import SmtpAccount, Transport

JOB_DEFAULTS = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
"""A late tick still runs, once: the default grace of one second would drop it."""


def scan_today(engine: Engine) -> None:
    """Bring every open phase to today by the business clock."""
    with reading(engine) as session:
        today = business_day(business_now(session))
    scan(engine, today, f"timetable:{today}")


def deliver_due(engine: Engine) -> None:
    """Send what is due now."""
    account = SmtpAccount.from_url(settings().smtp_url.get_secret_value())
    deliver(engine, Transport(account), "delivery")


def timetable(engine: Engine) -> BackgroundScheduler:
    """Return the scheduler: scan at 08:30 and once at start (catch-up), delivery each minute."""
    scheduler = BackgroundScheduler(timezone=BUSINESS_ZONE, job_defaults=JOB_DEFAULTS)
    scheduler.add_job(scan_today, CronTrigger(hour=8, minute=30, timezone=BUSINESS_ZONE), args=[engine], id="scan")
    scheduler.add_job(scan_today, args=[engine], id="catch-up")
    scheduler.add_job(deliver_due, IntervalTrigger(minutes=1, timezone=BUSINESS_ZONE), args=[engine], id="deliver")
    return scheduler


def main() -> None:
    """Run until told to stop."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    scheduler = timetable(engine_for(settings().database_url))
    scheduler.start()
    Event().wait()


if __name__ == "__main__":
    main()
