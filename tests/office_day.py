"""A day of an office in one process: scan, an act, post over SMTP, a login; at length two weeks, a report and a backup as well."""

from datetime import date, time, timedelta

from config.clock import business_instant
from config.settings import settings
from flows.operate import backup
from flows.operate.doctor import post
from flows.operate.doctor.finding import Level
from flows.steps.acts import perform
from flows.steps.daily import scan
from flows.steps.enclosing import enclosures
from models.business_clock import move_clock
from models.database import engine_for
from models.history import Act
from models.store import reading, transaction
from notifications.delivery import deliver
from notifications.transport import SmtpAccount, Transport
from tests.marks import IS_LONG

DAY = date(2025, 11, 4)


def main():
    given = settings()
    engine = engine_for(given.database_url)
    for day in range(15 if IS_LONG else 1):
        on = DAY + timedelta(days=day)
        with transaction(engine) as session:
            move_clock(session, business_instant(on, time(11, 30)))
        scan(engine, on, f"timetable:{on}")
        deliver(engine, Transport(SmtpAccount.from_settings(given)), "one", enclose=enclosures)
    perform(engine, Act("A01", "command:test", DAY), "hand_in", project="2023-S01", deliverable="typical_case", files=["案例.docx"])
    assert post.account(given).level == Level.OK
    if IS_LONG:
        from flows.report.making import figures_for, write_report

        with reading(engine) as session:
            figures = figures_for(session, "2023")
        write_report(figures)
        backup.make(engine, given.data, given.data / "whole.zip")
        backup.check(given.data / "whole.zip")


if __name__ == "__main__":
    main()
