"""Five years in which nobody hands anything in, jumped from due instant to due instant by a computer whose clock is not always right.

Nothing leaves before its day, nothing twice, and only a machine that stood still a whole year leaves rungs out: all but the latest.
What has left, and when, is what a carrier has seen by the true time; the database and its clock are not asked.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import cycle

import pytest
from sqlmodel import select

from config import clock
from config.clock import BUSINESS_ZONE, business_day, business_instant
from config.cohort import DeadlineRow, PhaseDates
from config.loading import content_hash
from config.vocabulary import BranchKind, MailKind, UnitKind
from flows.steps.daily import scan
from flows.steps.mailing import release_mail
from flows.steps.opening import open_cohort
from flows.steps.register import register_projects, register_units
from models.database import engine_for
from models.history import Act
from models.imports.rosters import ProjectRow, UnitRow
from models.loading import load_calendar, load_world
from models.rules import reminders
from models.rules.agenda import next_day
from models.rules.duties import duties
from models.rules.reminders import ladder_lines, office_lines
from models.store import reading, transaction
from models.tables import Mail, Reminder
from models.upgrade import upgrade
from notifications import fuse, gate
from notifications.carrying import NowhereCarrier
from notifications.delivery import deliver
from notifications.fuse import Watch
from notifications.outbox import next_mail_at
from tests.factories import load_plan
from tests.postman import parsed

START, END = date(2026, 1, 5), date(2030, 12, 31)
SHORT = date(2026, 6, 30)
"""So far the controls go."""
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
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EPOCH = datetime(1970, 1, 1, 12, tzinfo=UTC)
WRONG = (-HOUR, None, HOUR, -DAY, None, DAY, None, YEAR, EPOCH, None)
"""What the clock shows before it is put right: off by so much, or 1970; None: it is right."""
STANDSTILL = "a year without a look"
TRIPS = {-DAY, DAY, YEAR, EPOCH, STANDSTILL}


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


@dataclass
class Machine:
    """A computer on which the timetable and the delivery loop run, what its clock shows, and what has left it by the true time."""

    engine: object
    now: datetime = EPOCH
    true: datetime = EPOCH
    watch: Watch = field(default_factory=Watch)
    carried: list = field(default_factory=list)
    """(true instant, Message-ID) of every letter."""
    held: list = field(default_factory=list)
    """Why, each time that the fuse held all mail."""

    def prepare(self, sender, recipient):
        """Accept any envelope."""

    def deliver(self, message):
        self.carried.append((self.true.astimezone(BUSINESS_ZONE), str(parsed(message)["Message-ID"])))
        return NowhereCarrier().deliver(message)

    def close(self):
        """Nothing to close."""

    def look(self, true, shown=None):
        """What the delivery loop does every few seconds; returns whether all mail is held."""
        self.true, self.now = true, shown or true
        deliver(self.engine, self, "one", watch=self.watch)
        with reading(self.engine) as session:
            return gate.hold_of(session) is not None

    def turn(self, true, shown=None):
        """What the timetable does at an instant by its clock, and the delivery loop after it."""
        self.true, self.now = true, shown or true
        day = business_day(self.now)
        scan(self.engine, day, f"timetable:{day}")
        return self.look(true, shown)

    def starts_again(self):
        self.watch = Watch()

    def release(self):
        """What a person does once the clock is right again."""
        with transaction(self.engine) as session:
            release_mail(session, Act("工作人员1", "command:test", business_day(self.now)), "时间已校正")


@pytest.fixture
def machine(tmp_path, monkeypatch):
    made = engine_for(f"sqlite:///{tmp_path / 'years.db'}")
    upgrade(made)
    opened = business_instant(START, time(7))
    found = Machine(made, opened, opened)
    monkeypatch.setattr("config.clock.now", lambda: found.now.astimezone(UTC))
    monkeypatch.setattr("config.clock.steady_seconds", lambda: found.true.timestamp())  # noqa: PLW0108 - as it is when asked
    act, plan = Act("工作人员1", "command:test", START), five_years()
    with transaction(made) as session:
        register_units(session, act, [unit("S01", UnitKind.SO), unit("S01B01", UnitKind.BRANCH, "S01", BranchKind.TEACHER)])
        open_cohort(session, act, plan, content_hash(plan))
        register_projects(session, act, "2025", [ProjectRow("S01", "一"), ProjectRow("S01B01", "二")])
    yield found
    made.dispose()


def play(machine, until):
    """Jump from due day to due day; on each the clock is wrong when the office opens, right ten minutes later, and somebody looks."""
    with reading(machine.engine) as session:
        world, calendar = load_world(session, "2025"), load_calendar(session)
    day, wrongs = START, cycle(WRONG)
    while day is not None and day <= until:
        wrong = next(wrongs)
        morning(machine, business_instant(day, time(7, 30)), wrong)
        machine.turn(business_instant(day, time(11)))
        with reading(machine.engine) as session:
            waiting = next_mail_at(session)
        days = [found for found in (next_day(world, calendar, day), business_day(waiting) if waiting else None) if found]
        following = min(days, default=None)
        if day < STOPS_AT and following is not None and following >= STOPS_AT:
            following = calendar.on_or_after(day + YEAR)
            machine.starts_again()
        day = following


def morning(machine, early, wrong):
    """The loop looks; the clock jumps; it is put right; a person releases what is held."""
    stood, opens = machine.look(early), early + HOUR
    jumped = wrong is not None and machine.turn(opens, wrong if isinstance(wrong, datetime) else opens + wrong)
    if stood or jumped:
        machine.held.append(STANDSTILL if stood else wrong)
    if machine.turn(opens + timedelta(minutes=10)):
        machine.release()
        machine.look(opens + timedelta(minutes=20))


def named(line, duty):
    """What a line is, whatever its key."""
    return line.phase, line.rung, line.role, duty, line.planned_on


def planned(engine, until):
    """Every line up to a day, reckoned on the first day: what it is → the ladder to which it belongs."""
    with reading(engine) as session:
        world, calendar = load_world(session, "2025"), load_calendar(session)
    owed = duties(world, calendar)
    lines = [line for duty in owed for line in ladder_lines(world, calendar, duty)] + list(office_lines(world, calendar, owed))
    found = {}
    for line in lines:
        if line.planned_on <= until:
            ladder = line.duty.key if line.duty else line.key.rpartition(":")[0]
            found[line.mail, *named(line, line.duty and line.duty.key)] = ladder
    return found, calendar


def left(machine):
    """Every line of every letter that a carrier has seen: (what it is, when by the true time)."""
    with reading(machine.engine) as session:
        rows = session.exec(select(Mail.message_id, Reminder).join(Mail, Mail.id == Reminder.mail_id)).all()
    lines = defaultdict(list)
    for message_id, row in rows:
        lines[message_id].append((row.kind, *named(row, row.duty)))
    return [(line, at) for at, message_id in machine.carried for line in lines[message_id]]


def verdict(seen, expected):
    """Hold what left against what was planned. The days of the office's lists of work depend on what else is open."""
    gone = {line: at.date() for line, at in seen}
    lines = {line for line in gone if line[0] != MailKind.DIGEST}
    return {
        "early": {line for line, day in gone.items() if day < line[-1]},
        "late": {line for line in lines if gone[line] > line[-1]},
        "twice": {line for line, number in Counter(line for line, _ in seen).items() if number > 1},
        "missed": expected.keys() - lines,
        "strange": lines - expected.keys(),
    }


NOTHING = {flaw: set() for flaw in ("early", "late", "twice", "missed", "strange")}


def test_five_years_nothing_early_nothing_missed_nothing_twice(machine):
    expected, calendar = planned(machine.engine, END)
    play(machine, END)
    seen = left(machine)
    found = verdict(seen, expected)
    times = [at for _, at in seen]
    assert {at.date() for at in times if not calendar.is_working_day(at.date())} == set(), "working days only"
    assert {at.time() for at in times if not time(8, 30) <= at.time() < time(17)} == set(), "in office hours"
    stood = max(at.date() for at in times if at.date() < STOPS_AT)
    woke = min(at.date() for at in times if at.date() > STOPS_AT)
    assert woke - stood >= YEAR - timedelta(days=5)
    slept = {line: ladder for line, ladder in expected.items() if stood < line[-1] <= woke}
    newest = {ladder: max(line[-1] for line, other in slept.items() if other == ladder) for ladder in slept.values()}
    skipped = {line for line, ladder in slept.items() if line[-1] < newest[ladder]}
    assert found == {**NOTHING, "missed": skipped, "late": {line for line in slept.keys() - skipped if line[-1] < woke}}
    assert len({line for line, _ in seen if line[0] == MailKind.DIGEST}) > 20
    assert len(seen) > 150
    assert len(skipped) > 10, "the control: a year's standstill is seen"
    assert set(machine.held) == TRIPS, "the fuse acts on each jump, and on no other"


def without_fuse(monkeypatch):
    monkeypatch.setattr(fuse, "_flaw", lambda *_: "")


def with_today_in_the_key(monkeypatch):
    line = reminders._line
    monkeypatch.setattr(reminders, "_line", lambda *given: replace(line(*given), key=f"{line(*given).key}:{clock.now():%m%d}"))


def without_first_rungs(monkeypatch):
    rungs = reminders._rungs_after
    monkeypatch.setattr(reminders, "_rungs_after", lambda *given: rungs(*given)[1:])


SPOILT = {"early": without_fuse, "twice": with_today_in_the_key, "missed": without_first_rungs}


@pytest.mark.parametrize("flaw", SPOILT)
def test_a_spoilt_rule_is_found(machine, monkeypatch, flaw):
    """Negative controls, over the first half-year: what the spoilt rule does is found."""
    expected, _ = planned(machine.engine, SHORT)
    SPOILT[flaw](monkeypatch)
    play(machine, SHORT)
    assert verdict(left(machine), expected)[flaw]
