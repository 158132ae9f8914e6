"""`creation doctor`: every check in order. A check whose ground is missing (no database) is left out: the ground is the finding."""

from collections.abc import Iterator

from sqlalchemy.engine import Engine
from sqlmodel import Session

from config.clock import business_day, now
from config.settings import Settings
from flows.operate.doctor import machine, plan, post, prefect_server, records
from flows.operate.doctor.finding import Finding, Level
from flows.operate.instance import is_up
from flows.operate.login import FILE, read_login
from flows.steps.daily import open_cohorts
from models.business_clock import CLOCK_ROW, business_now
from models.database import engine_for
from models.loading import load_calendar, load_world
from models.sealing import KEY_FILE
from models.store import reading
from models.tables import Setting


def examine(given: Settings) -> Iterator[Finding]:
    """Yield every finding; looks only, sends and changes nothing."""
    yield from (machine.python_version(), machine.sqlite_version(), machine.dependencies(), machine.zone())
    yield machine.disk(machine.free_space(given.data))
    engine = engine_for(given.database_url)
    yield machine.private(given.data, (FILE, KEY_FILE), engine.url.database if engine.dialect.name == "sqlite" else None)
    found = records.reachable(engine)
    yield found
    if found.level == Level.OK:
        yield from _database(engine, given)
    yield post.letters(given.template_folder)
    yield post.forms(given.data / "forms")
    yield post.account(given)
    yield post.replies(given)
    yield from _prefect(given)


def _database(engine: Engine, given: Settings) -> Iterator[Finding]:
    with engine.connect().execution_options(reading=True) as connection:
        schema = records.migrations(connection)
        yield schema
        if schema.level != Level.OK:
            return
        yield machine.clock(now(), records.server_time(connection), records.newest_record(connection))
        yield records.guard_triggers(connection)
        yield records.account(connection)
    with reading(engine) as session:
        yield records.history(session)
        yield records.witnessed(session, given)
        yield records.rules(session)
        yield from _business(session, given)


def _business(session: Session, given: Settings) -> Iterator[Finding]:
    instant, real = business_now(session), now()
    yield machine.business_clock(instant if session.get(Setting, CLOCK_ROW) else None)
    worlds = [load_world(session, code) for code in open_cohorts(session)]
    calendar, today = load_calendar(session), business_day(instant)
    yield plan.holidays(worlds, calendar, today)
    yield plan.quota(worlds, calendar, today, post.limits(given))
    yield post.switches(session, given)
    yield post.stuck(session, real)
    yield post.unknown(session)
    yield post.tasks(session)


def _prefect(given: Settings) -> Iterator[Finding]:
    known = read_login(given.data)
    login = known.text if known else ""
    found = prefect_server.server(given.prefect_port, login, up=is_up(given.data))
    yield found
    if found.level == Level.OK:
        with prefect_server.client_for(given.prefect_port, login) as client:
            running, alive = prefect_server.read_running(client, now())
        yield prefect_server.orphans(running, alive, now())
