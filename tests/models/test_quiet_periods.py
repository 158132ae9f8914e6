"""Quiet periods: what moves is told when the plan is checked, shown in the agenda, and kept through the database's copy of the plan."""

from datetime import date

import pytest
from pydantic import ValidationError

from config.cohort import Plan, QuietPeriod
from config.vocabulary import ProjectState
from models.rules.agenda import agenda
from models.rules.calendar import Calendar
from models.rules.plan_check import check_plan
from models.rules.reminders import due_reminders
from tests.factories import SO, changed, fact, load_plan, project, world

QUIET = QuietPeriod(title="校庆", from_on=date(2025, 11, 14), until_on=date(2025, 11, 18), clause="P.reminders")


def plan(*quiet):
    shipped = load_plan("2023")
    return shipped.model_copy(update={"cohort": shipped.cohort.model_copy(update={"quiet": quiet})})


def seen(*quiet):
    return changed(world(project(SO, ProjectState.BUILDING, "2023", (fact("enrol"),)), cohort="2023"), plan=plan(*quiet))


def form(line):
    return line.duty is not None and line.deliverable == "self_check_form"


def lines(day, *quiet):
    return [(line.rung, str(line.planned_on)) for line in due_reminders(seen(*quiet), Calendar(), date.fromisoformat(day)) if form(line)]


def test_rungs_before_the_deadline_go_before_and_overdue_ones_after():
    """The self-check is due on Monday 2025-11-17; T-1, T0 and T+1 would fall into the period."""
    assert lines("2025-11-13", QUIET) == [("T0", "2025-11-13")], "the last working day before: of two the later"
    assert lines("2025-11-17", QUIET) == [], "nobody is chased in it"
    assert lines("2025-11-19", QUIET) == [("T+1", "2025-11-19")]
    assert [lines(day) for day in ("2025-11-13", "2025-11-17", "2025-11-19")] == [
        [("T-3", "2025-11-12")], [("T0", "2025-11-17")], [("T+1", "2025-11-18")]
    ], "the control"  # fmt: skip


def test_every_move_is_noted_when_the_plan_is_checked():
    notes = [str(note) for note in check_plan(plan(QUIET), Calendar()) if not note.fatal]
    assert any("short 的 T-1 本应在 2025-11-14，因校庆移至 2025-11-13" in note for note in notes)
    assert any("short 的 T+1 本应在 2025-11-18，因校庆移至 2025-11-19" in note for note in notes)
    assert not [note for note in check_plan(plan(), Calendar()) if "校庆" in str(note)]


def test_the_agenda_shows_the_last_day_before():
    found = {occasion.reason for occasion in agenda(seen(QUIET), Calendar()) if occasion.on == date(2025, 11, 13)}
    assert "校庆（2025-11-14 至 2025-11-18）前最后一个工作日，其间的提醒提前到今天" in found
    assert "自检自查表（报送）催办" in found


def test_the_pinned_plan_keeps_them_and_a_plan_pinned_before_has_none():
    pinned = plan(QUIET).model_dump(mode="json")
    assert Plan.model_validate(pinned).cohort.quiet == (QUIET,)
    del pinned["cohort"]["quiet"]
    assert Plan.model_validate(pinned).cohort.quiet == ()


def test_a_period_that_ends_before_it_begins_is_refused():
    with pytest.raises(ValidationError, match="静默期“校庆”的结束日期 2025-11-14 早于开始日期"):
        QuietPeriod(title="校庆", from_on=date(2025, 11, 18), until_on=date(2025, 11, 14), clause="P.reminders")
