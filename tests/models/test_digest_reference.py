"""The office's list of work against a reference that walks day by day (P.office); the situations are those of the reminders."""

from dataclasses import replace
from datetime import date, timedelta

import chinese_calendar
import pytest
from hypothesis import given, settings

from models.rules import digest, duties
from models.rules.calendar import Calendar
from models.rules.digest import is_worth, newest_day, worths
from models.rules.office_duties import office_duties
from models.rules.office_work import OfficeWork
from tests.models.test_reminder_reference import (
    DAYS,
    DECLARE,
    EXAMPLES,
    FIRST,
    LADDERS,
    LAST,
    PAPER,
    SPAN,
    SUBJECTS,
    Case,
    Row,
    as_it_stood,
    fulfilled,
    holds,
    plan_of,
    situations,
    worked_from,
)

OPENS = date(2025, 11, 4)
"""The first day of the second cohort."""
WEEKS_MAX, AHEAD = 10, 5


# The reference. It knows no function of ours.
def expected(case):
    """Return (day of the list, day written), walking from day to day: the newest day only, if anything open was worth it then."""
    worked = [day for day in DAYS if case.odd_days.get(day, chinese_calendar.is_workday(day))]
    weekly, written = first_of_weeks(worked), {}
    for today in case.scans:
        days = [day for day in list_days(case, worked, weekly, today) if day <= today]
        if not days or today > case.ends_on or in_quiet(case, today):
            continue
        if any(is_told(case, worked, duty, today, max(days)) for duty in SUBJECTS):
            written.setdefault(max(days), today)
    return set(written.items())


def in_quiet(case, day):
    return any(start <= day <= end for start, end in case.quiet)


def first_of_weeks(worked):
    first = {}
    for day in worked:
        first.setdefault(day - timedelta(days=day.weekday()), day)
    return set(first.values())


def list_days(case, worked, weekly, today):
    """The first working day of every week, and the one before each day that holds for all, as known today."""
    found = set(weekly)
    for duty in SUBJECTS:
        row, _ = holds(case, duty, today)
        if row is not None and row.whom == "all" and (duty == "declare" or case.created <= today):
            before = worked_from(worked, row.due_on, -1)
            found.add(next((worked_from(worked, start, -1) for start, end in case.quiet if start <= before <= end), before))
    return [day for day in found if OPENS <= day <= case.ends_on and not in_quiet(case, day)]


def is_told(case, worked, duty, today, day):
    """Whether a duty open today was called for by a day, then late (not too long) or due within the days that its list covers."""
    row, version = holds(case, duty, today)
    if row is None or fulfilled(case, duty, today) or (duty == "endorse" and state(case, today) != "awaiting_endorsement"):
        return False
    first = case.call_on if duty == "declare" else max(case.call_on, case.created)
    since = max(first, row.set_on) if (row.whom, version) != ("all", 1) else first
    due = worked_from(worked, row.due_on, -row.internal) if duty == "hand_in" and row.internal else row.due_on
    covered = [d for d in worked if d >= day][AHEAD]  # what falls due before the sixth working day is covered
    return since <= day and due < covered and day <= due + timedelta(weeks=WEEKS_MAX)


def state(case, today):
    return next((state for day, state in reversed(case.papers) if day <= today), "")


# The end of the reference.
def ours(case):
    calendar, plan, written = Calendar(case.odd_days), plan_of(case), {}
    for today in case.scans:
        world = as_it_stood(case, plan, today)
        day = newest_day(world, calendar, today)
        if day is not None and is_worth(worths(world, calendar, office_duties(world, calendar, OfficeWork())), day):
            written.setdefault(day, today)
    return set(written.items())


@settings(max_examples=max(1, EXAMPLES // 4), deadline=None)
@given(situations())
def test_ours_are_the_reference_s(case):
    assert ours(case) == expected(case)


BY_HAND = Case(
    {},
    {"one": ((-3, 1), 5, 1), "two": ((-1,), 1, 0)},
    (Row(FIRST, PAPER, "all", date(2026, 1, 22), 3, LADDERS), Row(FIRST, DECLARE, "all", date(2026, 1, 30), 0, LADDERS)),
    FIRST,
    date(2026, 1, 6),
    ((date(2026, 1, 28), "handed_in"),),
    tuple(SPAN),
    LAST,
)


def test_the_days_by_hand():
    """The branch owes its paper by Monday 01-19, its SO by Thursday 01-22, until 01-28; the SO's duty to declare is done."""
    days = [date(2026, 1, day) for day in (13, 19, 21, 26)]
    assert ours(BY_HAND) == expected(BY_HAND) == {(date(2026, 1, 19), date(2026, 1, 19)), (days[2], days[2]), (days[3], days[3])}


def test_after_a_downtime_only_the_newest_goes():
    down = replace(BY_HAND, scans=tuple(day for day in SPAN if not date(2026, 1, 17) <= day <= date(2026, 1, 22)))
    assert ours(down) == expected(down) == {(date(2026, 1, 21), date(2026, 1, 23)), (date(2026, 1, 26), date(2026, 1, 26))}


def covers_a_week_more(monkeypatch):
    covering = digest._first_covering
    monkeypatch.setattr(digest, "_first_covering", lambda rule, calendar, due_on: calendar.shift(covering(rule, calendar, due_on), -5))


def the_day_before_is_the_day_itself(monkeypatch):
    monkeypatch.setattr(digest, "rung_day", lambda calendar, _rung, due_on, _quiet: calendar.on_or_before(due_on))


def the_first_row_holds(monkeypatch):
    monkeypatch.setattr(duties, "holding", lambda rows: next(iter(rows), None))


EXTENDED = replace(
    BY_HAND, rows=(*BY_HAND.rows, replace(BY_HAND.rows[0], set_on=date(2026, 1, 14), whom="S01B01", due_on=date(2026, 2, 26)))
)


@pytest.mark.parametrize("spoil", [covers_a_week_more, the_day_before_is_the_day_itself, the_first_row_holds])
def test_a_spoilt_rule_is_found(monkeypatch, spoil):
    """Negative controls: with each rule spoilt the comparison fails in one of the situations made by hand, and holds with none."""
    cases = (BY_HAND, EXTENDED)
    assert [ours(case) == expected(case) for case in cases] == [True, True]
    spoil(monkeypatch)
    assert any(ours(case) != expected(case) for case in cases)
