"""Every line a benchmark SO, a branch and the office get in the first acceptance when nothing is handed in (R11–R16, R60).

The list is written by hand from the calendar; 2025-11-22 is a Saturday, so the last rung before it is on Friday.
"""

from datetime import date, timedelta

from config.vocabulary import ProjectState
from models.rules.calendar import Calendar
from models.rules.reminders import due_reminders
from tests.factories import BRANCH, SO, changed, fact, project, world

SELF_CHECK = {
    "call": "11-04", "T-5": "11-10", "T-3": "11-12", "T-1": "11-14", "T0": "11-17",
    "T+1": "11-18", "T+3": "11-20", "T+5": "11-24", "T+10": "12-01", "T+15": "12-08",
}  # fmt: skip
SATURDAY = {
    "call": "11-04", "T-5": "11-17", "T-3": "11-19", "T-1": "11-21",
    "T+1": "11-24", "T+3": "11-26", "T+5": "11-28", "T+10": "12-05", "T+15": "12-12",
}  # fmt: skip
INTERNAL = {
    "call": "11-04", "T-5": "11-12", "T-3": "11-14", "T-1": "11-18",
    "T+1": "11-20", "T+3": "11-24", "T+5": "11-26", "T+10": "12-03", "T+15": "12-10",
}  # fmt: skip
ENDORSE = {"call": "11-04", "T-2": "11-20", "T-1": "11-21", "T+1": "11-24", "T+3": "11-26", "T+8": "12-03", "T+13": "12-10"}
OFFICE_SELF_CHECK = {"T-1": "11-14", "T+1": "11-18", "T+3": "11-20", "T+8": "11-27", "T+13": "12-04", "T+18": "12-11"}
OFFICE_SUMMARY = {"T-1": "11-21", "T+1": "11-24", "T+3": "11-26", "T+8": "12-03", "T+13": "12-10", "T+18": "12-17"}

BY_HAND = {
    "2023:self_check:self_check_form:2023-S01:hand_in": SELF_CHECK,
    "2023:self_check:satisfaction_survey:2023-S01:hand_in": SELF_CHECK,
    "2023:summary:acceptance_application:2023-S01:hand_in": SATURDAY,
    "2023:summary:typical_case:2023-S01:hand_in": SATURDAY,
    "2023:summary:negative_list_statement:2023-S01:hand_in": SATURDAY,
    "2023:self_check:self_check_form:2023-S01B01:hand_in": SELF_CHECK,
    "2023:self_check:satisfaction_survey:2023-S01B01:hand_in": SELF_CHECK,
    "2023:summary:acceptance_application:2023-S01B01:hand_in": INTERNAL,
    "2023:summary:typical_case:2023-S01B01:hand_in": INTERNAL,
    "2023:summary:negative_list_statement:2023-S01B01:hand_in": SATURDAY,
    "2023:summary:acceptance_application:2023-S01B01:endorse": ENDORSE,
    "2023:summary:typical_case:2023-S01B01:endorse": ENDORSE,
    "office_list:2023:self_check:2025-11-17": OFFICE_SELF_CHECK,
    "office_list:2023:summary:2025-11-22": OFFICE_SUMMARY,
}


def nothing_handed_in():
    started = (fact("enrol"),)
    state = ProjectState.BUILDING
    both = (project(SO, state, "2023", started), project(BRANCH, state, "2023", started))
    return world(*both, cohort="2023")


def walked(calendar=Calendar()):
    """Every line of a walk over the days: a line counts once, by its key."""
    found = {}
    day = date(2025, 11, 4)
    while day <= date(2025, 12, 31):
        for line in due_reminders(nothing_handed_in(), calendar, day):
            assert line.planned_on <= day
            found.setdefault(line.key, line)
        day += timedelta(days=1)
    return found.values()


def test_every_line_of_the_first_acceptance_is_as_computed_by_hand():
    expected = {(duty, rung, f"2025-{day}") for duty, rungs in BY_HAND.items() for rung, day in rungs.items()}
    got = {(line.duty.key if line.duty else line.key.rpartition(":")[0], line.rung, str(line.planned_on)) for line in walked()}
    assert got == expected


def test_no_line_falls_on_a_day_off():
    calendar = Calendar()
    assert [line for line in walked() if not calendar.is_working_day(line.planned_on)] == []


def test_a_changed_calendar_changes_the_list():
    """Negative control: were 2025-11-21 a day off, the last call before the Saturday would move."""
    off = Calendar({date(2025, 11, 21): False})
    days = {line.planned_on for line in walked(off) if line.rung == "T-1" and line.phase == "summary" and line.duty}
    assert date(2025, 11, 21) not in days


def test_skipping_days_sends_one_line_per_duty():
    lines = due_reminders(nothing_handed_in(), Calendar(), date(2025, 11, 19))
    duties = [line.duty.key for line in lines if line.duty]
    assert len(duties) == len(set(duties))


def test_a_suspended_project_gets_nothing():
    seen = nothing_handed_in()
    resting = tuple(changed(p, state=ProjectState.SUSPENDED) for p in seen.projects)
    assert [line for line in due_reminders(changed(seen, projects=resting), Calendar(), date(2025, 11, 19)) if line.duty] == []
