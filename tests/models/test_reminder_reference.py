"""Reminders against a reference that walks day by day and counts working days one by one; the situations are drawn by Hypothesis.

The reference is written from the programme's wording (P.reminders, P.extension, R60), not from our code.
"""

import os
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta

import chinese_calendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.cohort import QuietPeriod
from config.programme import Ladder, Rung
from config.vocabulary import DutyKind, MailKind, ProjectState, SubmissionState
from models.rules import duties, ladder, reminders
from models.rules.calendar import Calendar
from models.rules.reminders import due_reminders
from models.rules.snapshot import Deadline, Submission, World
from tests.factories import BRANCH, SO, fact, load_plan, project

FIRST, LAST = date(2026, 1, 5), date(2026, 3, 31)
DAYS = [date(2025, 9, 1) + timedelta(days=n) for n in range(420)]
SPAN = [day for day in DAYS if FIRST <= day <= LAST]
PAPER, DECLARE = "declaration_form", "declare"
SUBJECTS = {"hand_in": ("2025-S01B01", "S01B01", "S01"), "endorse": ("2025-S01B01", "S01B01", "S01"), "declare": ("S01",)}


@dataclass(frozen=True)
class Row:
    """A deadline as it was announced on ``set_on``; ``whom`` is "all" or a code."""

    set_on: date
    about: str
    whom: str
    due_on: date
    internal: int
    ladders: tuple[str, str]


@dataclass(frozen=True)
class Case:
    """A situation: calendar, ladders as (offsets, repeat_every, repeat_times), rows, what became of the paper, days scanned."""

    odd_days: dict
    ladders: dict
    rows: tuple
    call_on: date
    created: date
    papers: tuple
    scans: tuple
    ends_on: date
    quiet: tuple = ()


# The reference. It knows no function of ours.
def expected(case):
    """Return (duty, version, rung, day written) of every line, walking from day to day."""
    worked = [day for day in DAYS if case.odd_days.get(day, chinese_calendar.is_workday(day))]
    written = {}
    for today in case.scans:
        for duty in SUBJECTS if today <= case.ends_on else ():
            row, version = holds(case, duty, today)
            if row is None or fulfilled(case, duty, today):
                continue
            for rung, day in reversed(rungs(case, worked, duty, row, version)):
                if day <= today:
                    if rung != "call" and any(start <= today <= end for start, end in case.quiet):
                        break
                    written.setdefault((duty, f"{row.whom}.{version}", rung), today)
                    break
    return {(*line, day) for line, day in written.items()}


def holds(case, duty, today):
    """The newest row for all and the newest for each code: the latest of them; on one day the individual one, then the first."""
    newest = {}
    for row in case.rows:
        if row.set_on <= today and (row.about == DECLARE) == (duty == "declare") and row.whom in ("all", *SUBJECTS[duty]):
            newest[row.whom] = (row, newest.get(row.whom, (None, 0))[1] + 1)
    found = sorted(newest.values(), key=lambda one: (one[0].due_on, one[0].whom != "all", -case.rows.index(first_of(case, one[0]))))
    return found[-1] if found else (None, 0)


def first_of(case, row):
    return next(one for one in case.rows if (one.about, one.whom) == (row.about, row.whom))


def fulfilled(case, duty, today):
    state = next((state for day, state in reversed(case.papers) if day <= today), "")
    if duty == "declare":
        return case.created <= today
    return case.created > today or state in ("handed_in", "complete", "released") or (duty == "hand_in" and state == "awaiting_endorsement")


def rungs(case, worked, duty, row, version):
    """The lines of a duty under one row, in order: the call, then every rung that falls after it; of two on a day the later."""
    due = worked_from(worked, row.due_on, -row.internal) if duty == "hand_in" and row.internal else row.due_on
    first = case.call_on if duty == "declare" else max(case.call_on, case.created)
    start = max(first, row.set_on) if (row.whom, version) != ("all", 1) else first
    called = next(day for day in worked if day >= start)
    offsets, every, times = case.ladders[row.ladders[duty == "endorse"]]
    by_day = {}
    for n in (*offsets, *(offsets[-1] + every * i for i in range(1, times + 1))):
        day = worked_from(worked, due, n)
        for start, end in case.quiet:
            day = day if not start <= day <= end else worked_from(worked, end, 1) if n > 0 else worked_from(worked, start, -1)
        by_day[day] = f"T{n:+d}" if n else "T0"
    return [("call", called), *((name, day) for day, name in sorted(by_day.items()) if called < day <= case.ends_on)]


def worked_from(worked, day, n):
    return [d for d in worked if d > day][n - 1] if n > 0 else [d for d in worked if (d < day if n else d <= day)][n or -1]


# The end of the reference.
def ours(case):
    """Return the same from our code: a world as it stood on each day scanned."""
    calendar, plan, written = Calendar(case.odd_days), plan_of(case), {}
    for today in case.scans:
        for line in due_reminders(as_it_stood(case, plan, today), calendar, today):
            if line.duty is not None:
                assert line.planned_on <= today
                written.setdefault(line.key, (line.duty.kind.value, line.duty.tag, line.rung, today))
    return set(written.values())


def plan_of(case):
    """The shipped plan with the ladders and the end of the case."""
    shipped = load_plan("2025")
    ladders = tuple(_ladder(name, *shape) for name, shape in case.ladders.items())
    programme = shipped.programme.model_copy(update={"ladders": (*ladders, shipped.programme.ladder("office"))})
    quiet = tuple(QuietPeriod(title="寒假", from_on=start, until_on=end, clause="P.reminders") for start, end in case.quiet)
    changes = {"ends_on": case.ends_on, "quiet": quiet}
    return shipped.model_copy(update={"programme": programme, "cohort": shipped.cohort.model_copy(update=changes)})


def as_it_stood(case, plan, today):
    """Build the snapshot of a day."""
    versions, rows = Counter(), []
    for row in (row for row in case.rows if row.set_on <= today):
        versions[row.about, row.whom] += 1
        subject, version = None if row.whom == "all" else row.whom, versions[row.about, row.whom]
        rows.append(
            Deadline("declaration", row.about, subject, row.due_on, version, row.internal, case.call_on, *row.ladders, "x", row.set_on)
        )
    return World(plan, {"S01": SO, "S01B01": BRANCH}, _projects(case, today), tuple(rows))


def _projects(case, today):
    if case.created > today:
        return ()
    state = next((state for day, state in reversed(case.papers) if day <= today), None)
    papers = {PAPER: Submission(PAPER, 1, SubmissionState(state), None, None, 1, 1)} if state else {}
    return (project(BRANCH, ProjectState.DRAFT, "2025", (fact("create", on=case.created),), submissions=papers),)


def _ladder(name, offsets, every, times):
    rungs = tuple(Rung(offset=offset, mail=MailKind.REMINDER, reach=n % 4) for n, offset in enumerate(offsets))
    return Ladder(key=name, rungs=rungs, repeat_every=every, repeat_times=times, clause="P.reminders")


DAY = st.sampled_from(SPAN)
LADDERS = ("one", "two")
SHAPE = st.tuples(
    st.lists(st.integers(-12, 10) | st.integers(-1, 1), min_size=1, max_size=6, unique=True).map(lambda found: tuple(sorted(found))),
    st.integers(1, 6),
    st.integers(0, 3),
)
EXAMPLES = int(os.environ.get("CREATION_EXAMPLES", "100"))
STATES = ("awaiting_endorsement", "handed_in", "complete", "returned", "released")


def _span(day, shift, length):
    start = day + timedelta(days=shift)
    return start, start + timedelta(days=length)


@st.composite
def situations(draw):
    """Draw a situation: the two first deadlines for all, then supplements and extensions on any day, in any order."""
    few = st.sampled_from(draw(st.lists(DAY, min_size=2, max_size=4)))  # so that two rows often name one day
    name = st.tuples(st.sampled_from(LADDERS), st.sampled_from(LADDERS))
    first = [Row(FIRST, about, "all", draw(few), draw(st.integers(0, 4)), draw(name)) for about in (PAPER, DECLARE)]
    whom = st.sampled_from(("all", *SUBJECTS["hand_in"], "S02"))
    moved = st.builds(Row, DAY, st.sampled_from((PAPER, PAPER, DECLARE)), whom, few, st.integers(0, 4), name)
    later = sorted(draw(st.lists(moved, max_size=5)), key=lambda row: row.set_on)
    papers = sorted(draw(st.lists(st.tuples(DAY, st.sampled_from(STATES)), max_size=5)), key=lambda one: one[0])
    quiet = draw(st.lists(st.builds(_span, few, st.integers(-8, 1), st.integers(7, 25)), max_size=1))
    down = [_span(draw(DAY), 0, draw(st.integers(0, 9)))]
    down += [_span(start, draw(st.integers(-4, -2)), draw(st.integers(4, 6))) for start, _ in quiet]  # stands still just before it
    return Case(
        odd_days=draw(st.dictionaries(DAY, st.booleans(), max_size=15)),
        ladders={key: draw(SHAPE) for key in LADDERS},
        rows=(*first, *later),
        call_on=draw(st.sampled_from(SPAN[:30])),
        created=draw(DAY),
        papers=tuple(papers),
        scans=tuple(day for day in SPAN if not any(first <= day <= last for first, last in down)),
        ends_on=draw(st.sampled_from(SPAN[45:])),
        quiet=tuple(quiet),
    )


@settings(max_examples=EXAMPLES, deadline=None)
@given(situations())
def test_ours_are_the_reference_s(case):
    assert ours(case) == expected(case)


def by_hand():
    """A situation made by hand, in which every kind of duty gets its lines."""
    row = Row(FIRST, PAPER, "all", date(2026, 2, 27), 3, LADDERS)
    return Case(
        {},
        {"one": ((-3, 1), 5, 1), "two": ((-1,), 1, 0)},
        (row, replace(row, about=DECLARE)),
        FIRST,
        date(2026, 1, 20),
        (),
        tuple(SPAN),
        LAST,
    )


def test_the_situations_reach_every_kind_of_duty():
    """Were nothing written in the walk, the comparison would prove nothing."""
    case = by_hand()
    found = expected(case)
    assert {kind for kind, *_ in found} == {DutyKind.HAND_IN, DutyKind.ENDORSE, DutyKind.DECLARE}
    assert ours(case) == found


def a_day_late(monkeypatch):
    day_of = ladder.rung_day
    monkeypatch.setattr(ladder, "rung_day", lambda calendar, *given: calendar.shift(day_of(calendar, *given), 1))


def the_first_row_holds(monkeypatch):
    monkeypatch.setattr(duties, "holding", lambda rows: next(iter(rows), None))


def the_first_rung_stays(monkeypatch):
    def first(world, calendar, duty, on):
        reached = [line for line in reminders.ladder_lines(world, calendar, duty) if line.planned_on <= on]
        return reached[0] if reached else None

    monkeypatch.setattr(reminders, "_latest", first)


@pytest.mark.parametrize("spoil", [a_day_late, the_first_row_holds, the_first_rung_stays])
def test_a_spoilt_rule_is_found(monkeypatch, spoil):
    """Negative controls: in a situation with an extension the comparison fails with each rule spoilt, and holds with none."""
    case = by_hand()
    case = replace(case, rows=(*case.rows, replace(case.rows[0], set_on=date(2026, 2, 2), whom="S01B01", due_on=date(2026, 3, 12))))
    assert ours(case) == expected(case)
    spoil(monkeypatch)
    assert ours(case) != expected(case)
