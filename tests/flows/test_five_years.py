"""Five years in which nobody hands anything in, jumped from due instant to due instant by a clock that is not always right.

Nothing leaves before its day, nothing twice, and only a machine that stood still a whole year leaves rungs out: all but the latest.
"""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from itertools import cycle

import pytest
from sqlmodel import select

from config.clock import BUSINESS_ZONE, business_day, business_instant
from config.cohort import DeadlineRow, PhaseDates
from config.loading import content_hash
from config.vocabulary import BranchKind, UnitKind
from flows.steps.daily import scan
from flows.steps.opening import open_cohort
from flows.steps.register import register_projects, register_units
from models.business_clock import mark_as_demo, move_clock
from models.database import engine_for
from models.history import Act
from models.imports.rosters import ProjectRow, UnitRow
from models.loading import load_calendar, load_world
from models.rules.agenda import next_day
from models.rules.duties import duties
from models.rules.reminders import ladder_lines, office_lines
from models.store import reading, transaction
from models.tables import Mail, Reminder
from models.upgrade import upgrade
from notifications.carrying import NowhereCarrier
from notifications.delivery import deliver
from notifications.outbox import next_mail_at
from tests.factories import load_plan

START, END = date(2026, 1, 5), date(2030, 12, 31)
DUE = {
    "self_check": {"self_check_form": "2026-04-17"},
    "summary": {"acceptance_application": "2026-10-09"},
    "mid_term": {"progress_report": "2027-09-30", "results_report": "2028-05-26"},
    "consolidation": {"effect_case": "2029-10-13", "value_added_self_evaluation": "2030-05-31"},
}
CALLED_BEFORE = timedelta(days=60)
STOPS_AT = date(2028, 5, 20)
"""Here the machine stands still for a year, in the middle of a ladder."""
YEAR = timedelta(days=365)
WRONG = cycle(
    [timedelta(hours=-1), None, timedelta(hours=1), timedelta(days=-1), None, timedelta(days=1), datetime(1970, 1, 1, 12, tzinfo=UTC), None]
)
"""What the clock shows before it is put right: off by so much, or 1970; None: right at once."""


def five_years():
    shipped = load_plan("2025")
    ladders = tuple(
        row.model_copy(update={"repeat_every": 20, "repeat_times": 3}) if row.key == "standard" else row
        for row in shipped.programme.ladders
    )
    phases = tuple(PhaseDates(key=kind, kind=kind, opens_on=START, closes_on=END, clause="P.reminders") for kind in DUE)
    rows = tuple(
        DeadlineRow(
            phase=kind, deliverable=paper, due_on=day, call_on=date.fromisoformat(day) - CALLED_BEFORE, ladder="standard", clause="x"
        )
        for kind, papers in DUE.items()
        for paper, day in papers.items()
    )
    fields = {"phases": phases, "deadlines": rows, "declare": None, "starts_on": START, "ends_on": END}
    changes = {"programme": shipped.programme.model_copy(update={"ladders": ladders}), "cohort": shipped.cohort.model_copy(update=fields)}
    return shipped.model_copy(update=changes)


def unit(code, kind, parent=None, branch_kind=None):
    person = (f"{code}联系人", f"{code}@university.example", "", f"{code}书记", f"{code}-secretary@university.example")
    return UnitRow(code, f"{code}党组织", kind, parent, branch_kind, date(2015, 9, 1), *person)


@pytest.fixture
def cohort(tmp_path):
    made = engine_for(f"sqlite:///{tmp_path / 'years.db'}")
    upgrade(made)
    act, plan = Act("工作人员1", "command:test", START), five_years()
    with transaction(made) as session:
        mark_as_demo(session)
        move_clock(session, business_instant(START, time(8)))
        register_units(session, act, [unit("S01", UnitKind.SO), unit("S01B01", UnitKind.BRANCH, "S01", BranchKind.TEACHER)])
        open_cohort(session, act, plan, content_hash(plan))
        register_projects(session, act, "2025", [ProjectRow("S01", "一"), ProjectRow("S01B01", "二")])
    yield made
    made.dispose()


def turn(engine, instant):
    """What the timetable does at an instant by the clock: scan the day, deliver what is due."""
    with transaction(engine) as session:
        move_clock(session, instant)
    scan(engine, business_day(instant), f"timetable:{business_day(instant)}")
    deliver(engine, NowhereCarrier(), "one")


def play(engine):
    """Jump from due day to due day; returns the days on which the clock ran a day ahead."""
    with reading(engine) as session:
        world, calendar = load_world(session, "2025"), load_calendar(session)
    day, ahead = START, set()
    while day is not None:
        right, wrong = business_instant(day, time(8, 30)), next(WRONG)
        if wrong is not None:
            turn(engine, wrong if isinstance(wrong, datetime) else right + wrong)
        ahead |= {day} if wrong == timedelta(days=1) else set()
        for at in (right, business_instant(day, time(11))):
            turn(engine, at)
        with reading(engine) as session:
            waiting = next_mail_at(session)
        days = [found for found in (next_day(world, calendar, day), business_day(waiting) if waiting else None) if found]
        following = min(days, default=None)
        stands = day < STOPS_AT and following is not None and following >= STOPS_AT
        day = calendar.on_or_after(day + YEAR) if stands else following
    return ahead


def planned(engine):
    """Every line of the five years by key, and to which ladder it belongs: reckoned on the first day."""
    with reading(engine) as session:
        world, calendar = load_world(session, "2025"), load_calendar(session)
    owed = duties(world, calendar)
    lines = [line for duty in owed for line in ladder_lines(world, calendar, duty)] + list(office_lines(world, calendar, owed))
    return calendar, {line.key: (line.duty.key if line.duty else line.key.rpartition(":")[0], line.planned_on) for line in lines}


def test_five_years_nothing_early_nothing_missed_nothing_twice(cohort):
    calendar, expected = planned(cohort)
    ahead = play(cohort)
    with reading(cohort) as session:
        sent = session.exec(select(Reminder.key, Mail.sent_at).join(Mail, Mail.id == Reminder.mail_id).where(Mail.state == "sent")).all()
    times = [at.astimezone(BUSINESS_ZONE) for _, at in sent]
    assert {at.date() for at in times if not calendar.is_working_day(at.date())} == set(), "working days only"
    assert {at.time() for at in times if not time(8, 30) <= at.time() < time(17)} == set(), "in office hours"
    assert [key for key, n in Counter(key for key, _ in sent).items() if n > 1] == [], "nothing twice"
    gone = {key: at.date() for (key, _), at in zip(sent, times, strict=True)}
    lists = {date.fromisoformat(key.split(":")[2]): gone.pop(key) for key in [key for key in gone if key.startswith("digest:")]}
    assert len(lists) > 20, "the office's lists of work: their days depend on what else is open (test_digest_reference)"
    assert {went for day, went in lists.items() if went < day} <= ahead
    assert gone.keys() <= expected.keys()
    stood = max(day for day in gone.values() if day < STOPS_AT)
    woke = min(day for day in gone.values() if day > STOPS_AT)
    assert woke - stood >= YEAR - timedelta(days=5)
    slept = {key: row for key, row in expected.items() if stood < row[1] <= woke}
    early = {key: day for key, day in gone.items() if day < expected[key][1]}
    assert set(early.values()) <= ahead, "early only by a clock that ran a day ahead"
    late = {key for key, day in gone.items() if day > expected[key][1]}
    next_time = {key for key in late if expected[key][1] in ahead and gone[key] == calendar.shift(expected[key][1], 1)}
    assert late - next_time <= slept.keys(), "late only after the standstill, or by the day that the clock ran ahead"
    missed = expected.keys() - gone.keys()
    assert missed <= slept.keys(), "nothing missed while the machine ran"
    newest = {ladder: max(on for name, on in slept.values() if name == ladder) for ladder, _ in slept.values()}
    assert {key for key in slept if key in gone} == {key for key, (ladder, on) in slept.items() if on == newest[ladder]}
    assert len(gone) > 150
    assert len(missed) > 10, "the control: a year's standstill is seen"
