"""What a report needs from the database: the cohort at the end of a day, the reminders that had left, the papers' arrival."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlmodel import Session, col, select

from config.clock import business_day
from config.vocabulary import DutyKind, Machine, MailState
from flows.report.as_of import Past, load_past, open_items_of
from flows.steps.errors import refuse
from flows.steps.letters import ACT_RUNG
from models.business_clock import business_now
from models.loading import cohort_row, load_calendar
from models.rules.calendar import Calendar
from models.rules.reminders import CALL_RUNG
from models.rules.snapshot import World
from models.tables import Mail, Reminder


@dataclass(frozen=True, slots=True)
class Reminded:
    """A reminder that had left: about which paper of which project, which rung, on which day."""

    project: str
    deliverable: str
    rung: str
    on: date


@dataclass(frozen=True, slots=True)
class Arrival:
    """The first time a paper came in; what was recorded by mistake and taken back does not count."""

    project: str
    deliverable: str
    on: date


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that a report is made from."""

    world: World
    calendar: Calendar
    on: date
    reminded: tuple[Reminded, ...] = ()
    arrivals: tuple[Arrival, ...] = ()
    items: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Rectification code → texts of the items still open."""


def read(session: Session, cohort: str, on: date | None = None) -> Material:
    """Return what a report on a cohort as of a day is made from (empty: today).

    Raises UnknownCodeError for an unknown cohort and ActError for a day that has not come or on which the cohort was not open.
    """
    opened_on, today = cohort_row(session, cohort).opened_on, business_day(business_now(session))
    day = on or today
    if day > today:
        raise refuse(f"报告日期 {day} 晚于今天 {today}", "请改为今天或以前的日期")
    if day < opened_on:
        raise refuse(f"报告日期 {day} 早于批次 {cohort} 建立的日期 {opened_on}", "请改为之后的日期")
    past = load_past(session, cohort, day)
    return Material(
        world=past.world,
        calendar=load_calendar(session),
        on=day,
        reminded=tuple(_reminded(session, cohort, day)),
        arrivals=tuple(_arrivals(past)),
        items={_code(stream): open_items_of(events) for stream, events in past.streams.items() if _is_order(stream)},
    )


def _reminded(session: Session, cohort: str, day: date) -> Iterable[Reminded]:
    wanted = (Reminder.cohort == cohort, col(Reminder.duty).endswith(f":{DutyKind.HAND_IN}"), Mail.state == MailState.SENT)
    for line, sent_at, send_on in session.exec(select(Reminder, col(Mail.sent_at), col(Mail.send_on)).join(Mail).where(*wanted)):
        left_on = business_day(sent_at) if sent_at else send_on
        if line.project and line.deliverable and left_on <= day:
            rung = CALL_RUNG if line.rung == ACT_RUNG else line.rung  # the letter about a moved deadline calls anew
            yield Reminded(line.project, line.deliverable, rung, left_on)


def _arrivals(past: Past) -> Iterable[Arrival]:
    for project, rows in past.papers.items():
        seen: set[str] = set()
        for row in rows:
            last = past.streams[f"{Machine.SUBMISSION}:{row.code}"][-1]
            if row.received_on is not None and row.deliverable not in seen and last.event != "retract":
                seen.add(row.deliverable)
                yield Arrival(project, row.deliverable, row.received_on)


def _is_order(stream: str) -> bool:
    return stream.startswith(f"{Machine.RECTIFICATION}:")


def _code(stream: str) -> str:
    return stream.partition(":")[2]
