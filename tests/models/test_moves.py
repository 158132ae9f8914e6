"""A rung that leaves on another day than its offset names says why; days of years without published make-up days are provisional."""

from datetime import date

from config.cohort import QuietPeriod
from config.vocabulary import ProjectState, TaskKind
from models.rules.agenda import agenda, provisional
from models.rules.calendar import Calendar
from models.rules.ladder import move_notes, rung_days
from models.rules.office_work import OfficeWork, OpenTask, Panellist
from tests.factories import SO, changed, deadlines, fact, load_plan, project, world

LADDER = load_plan("2023").programme.ladder("short")
"""T-5, T-3, T-1, T0, T+1, T+3, T+5 and two repetitions."""
SATURDAY = date(2025, 11, 22)
QUIET = QuietPeriod(title="校庆", from_on=date(2025, 11, 14), until_on=date(2025, 11, 18), clause="P.reminders")


def test_on_a_deadline_that_is_worked_nothing_moves():
    assert move_notes(Calendar(), LADDER, date(2025, 11, 17)) == {}


def test_a_last_call_on_a_day_off_moves_and_takes_another_s_place():
    notes = move_notes(Calendar(), LADDER, SATURDAY)
    assert notes == {"T0": "T0 本应在 2025-11-22，不是工作日，改在 2025-11-21；T-1 与 T0 同在 2025-11-21，只发后者"}
    assert [rung.name for rung, day in rung_days(Calendar(), LADDER, SATURDAY, date(2025, 12, 31)) if day == date(2025, 11, 21)] == ["T0"]


def test_the_office_s_own_working_days_are_named():
    notes = move_notes(Calendar({date(2025, 11, 14): False}), LADDER, date(2025, 11, 17))
    assert notes["T-1"] == "T-1 本应在 2025-11-14，因调整工作日改在 2025-11-13"
    assert set(notes) == {"T-5", "T-3", "T-1"}


def test_a_quiet_period_is_named():
    notes = move_notes(Calendar(), LADDER, date(2025, 11, 17), (QUIET,))
    assert notes["T+1"] == "T+1 本应在 2025-11-18，因校庆改在 2025-11-19"
    assert notes["T0"] == "T0 本应在 2025-11-17，因校庆改在 2025-11-13；T-1 与 T0 同在 2025-11-13，只发后者"


def moved_to_saturday():
    """A deadline set anew for all on a Saturday keeps the ladder that has a last call on the day itself."""
    running = project(SO, ProjectState.BUILDING, "2023", (fact("enrol"),))
    rows = tuple(changed(row, due_on=SATURDAY) if row.phase == "self_check" else row for row in deadlines("2023"))
    return changed(world(running, cohort="2023"), deadlines=rows)


def test_the_agenda_tells_the_reason_beside_the_letter():
    noted = {(str(one.on), one.reason): one.note for one in agenda(moved_to_saturday(), Calendar()) if one.note}
    assert noted["2025-11-21", "自检自查表（报送）催办"].startswith("T0 本应在 2025-11-22，不是工作日，改在 2025-11-21")


def test_the_agenda_with_the_office_s_work_holds_its_duties_and_letters():
    """Scores due 12-10; the panel's rungs; the list of work on the Mondays and before the deadlines."""
    entered = project(SO, ProjectState.UNDER_ACCEPTANCE, "2023", (fact("enter_acceptance", 5, date(2025, 11, 26)),))
    seen = world(entered, cohort="2023")
    task = OpenTask("telephone:x", TaskKind.TELEPHONE, "S01", "请致电", date(2025, 11, 28))
    found = {(str(one.on), one.reason) for one in agenda(seen, Calendar(), OfficeWork(tasks=(task,), panel=(Panellist("P01"),)))}
    assert {
        ("2025-12-10", "尚无实地考察记录（组织部）到期"), ("2025-12-10", "重点任务完成情况待评分（联评组）到期"),
        ("2025-12-02", "电话联系：请致电（组织部）到期"), ("2025-12-05", "评审提醒 T-3"), ("2025-12-01", "工作清单"), ("2025-12-08", "工作清单"),
    } <= found  # fmt: skip
    alone = {one.reason for one in agenda(seen, Calendar())}
    assert "工作清单" not in alone


def test_years_nobody_has_published_are_provisional_until_the_office_calls_them_complete():
    first, last = date(2026, 11, 1), date(2027, 12, 31)
    assert Calendar().provisional_years(first, last) == (2027,)
    assert provisional(Calendar(), first, last) == "2027 年的调休尚未公布或未录完，工作日按法定节假日推算"
    one_day = {date(2027, 2, 20): True}
    assert Calendar(one_day).provisional_years(first, last) == (2027,), "holidays are entered one by one"
    assert provisional(Calendar(one_day, frozenset({2027})), first, last) == ""
