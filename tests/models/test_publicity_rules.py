"""A proposal, its objections and its end, from hand-made facts: working days, what waits for whom, what is up again (R18, R47, R62)."""

from datetime import date

import pytest
from pydantic import ValidationError

from config.programme import Programme
from config.vocabulary import DutyKind, Machine, Outcome, PhaseKind, ProjectState
from models.rules import decisions, publicity
from models.rules.agenda import agenda
from models.rules.calendar import Calendar
from models.rules.lifecycle import MOVES, VOIDING, allowed_events
from models.rules.office_duties import office_duties
from models.rules.office_work import OfficeWork
from models.rules.outcomes import EVENTS
from models.rules.snapshot import Fact
from tests.factories import SO, changed, fact, load_plan, project, world
from tests.stories.test_decisions import marks

CALENDAR = Calendar()
DECLARATION = PhaseKind.DECLARATION
BODY = {
    "phase": "declaration", "round_no": 0, "outcome": "selected", "score": 82.0, "recommended": "selected", "reason": "",
    "meeting": "党委会", "decided_on": "2025-12-22", "basis": "纪要", "ballot": "2025-declaration-1",
}  # fmt: skip


def proposed(seq=10, on=date(2025, 12, 22), **body):
    period = {"from_on": "2025-12-23", "until_on": "2025-12-29"}
    return Fact(seq, publicity.PROPOSED, on, {"event": "select", **period, "decision": {**BODY, **body}})


def objection(seq=11, on=date(2025, 12, 24), raised_by=""):
    return fact(publicity.OBJECTION, seq, on, proposal=10, received_on=on.isoformat(), raised_by=raised_by, text="反映情况", despite="")


def answer(seq=12, *, upheld, about=11, **more):
    voids = {"voids": 10} if upheld else {}
    return fact(
        publicity.ANSWER, seq, date(2025, 12, 25), objection=about, upheld=upheld, text="经核实", answered_by="核查组", **voids, **more
    )


def shortlisted(*facts, **more):
    return project(state=more.pop("state", ProjectState.SHORTLISTED), facts=facts, assessments=marks("2025", "declaration", 82), **more)


def due(run, on):
    return [code.code for code, _ in publicity.due(world(run), CALENDAR, DECLARATION, date.fromisoformat(on))]


@pytest.mark.parametrize(("on", "holds"), [("2025-12-29", False), ("2025-12-30", True), ("2026-01-09", True)])
def test_it_holds_from_the_first_working_day_after_its_period(on, holds):
    assert due(shortlisted(proposed()), on) == (["2025-S01B01"] if holds else [])


def test_a_period_that_ends_before_days_off_holds_after_them():
    """From Wednesday 12-24 to Wednesday 12-31; New Year lasts from 01-01 to 01-03, and 01-04 is a make-up Sunday that is worked."""
    late = proposed()
    late = changed(late, payload={**late.payload, "until_on": "2025-12-31"})
    assert publicity.final_on(publicity.proposals(shortlisted(late))[0], CALENDAR) == date(2026, 1, 4)
    assert publicity.final_on(publicity.proposals(shortlisted(late))[0], Calendar({date(2026, 1, 4): False})) == date(2026, 1, 5)


def test_what_is_before_the_public_is_not_up_for_decision_and_scores_are_not_owed():
    run = shortlisted(proposed())
    assert decisions.decidable(world(run), DECLARATION) == ()
    assert decisions.decidable(world(shortlisted()), DECLARATION) != (), "the control"
    kinds = {duty.kind for duty in office_duties(world(run), CALENDAR, OfficeWork())}
    assert kinds == {DutyKind.PUBLICITY}


def test_an_open_objection_waits_for_the_office_and_not_for_the_day():
    run = shortlisted(proposed(), objection(raised_by="张某"))
    assert due(run, "2026-01-09") == []
    (duty,) = office_duties(world(run), CALENDAR, OfficeWork())
    assert (duty.kind, duty.since, duty.due_on, duty.title) == (
        DutyKind.ANSWER_OBJECTION, date(2025, 12, 24), date(2025, 12, 29), "公示异议待核实答复（实名）"
    )  # fmt: skip
    assert "张某" not in duty.title + duty.detail


def test_the_period_itself_is_a_duty_of_the_office_until_its_last_day():
    other = shortlisted(proposed(), unit=changed(SO, code="S02"))
    (duty,) = office_duties(world(shortlisted(proposed()), other), CALENDAR, OfficeWork())
    assert (duty.kind, duty.since, duty.due_on, duty.projects, duty.detail) == (
        DutyKind.PUBLICITY, date(2025, 12, 22), date(2025, 12, 29), ("2025-S01B01", "2025-S02"), "2 个项目"
    )  # fmt: skip
    days = {one.on for one in agenda(world(shortlisted(proposed())), CALENDAR) if "公示期满" in one.reason}
    assert days == {date(2025, 12, 30)}


def test_an_objection_that_was_not_upheld_lets_it_hold():
    assert due(shortlisted(proposed(), objection(), answer(upheld=False)), "2025-12-30") == ["2025-S01B01"]
    two = (proposed(), objection(), objection(13, raised_by="李某"), answer(upheld=False))
    assert due(shortlisted(*two), "2025-12-30") == [], "the other one is open"


def test_one_that_was_upheld_voids_it_and_the_project_is_up_again_with_its_history():
    run = shortlisted(proposed(), objection(), answer(upheld=True))
    assert due(run, "2025-12-30") == []
    (proposal,) = decisions.propose_all(world(run), DECLARATION)
    assert proposal.reasons[-1] == "原拟定“入选培育创建”公示中异议成立，须重新决定：经核实"
    (duty,) = office_duties(world(run), CALENDAR, OfficeWork())
    assert (duty.kind, duty.since) == (DutyKind.PROPOSE, date(2025, 12, 25)), "since the answer, not since the first recommendation"


def test_it_rests_while_suspended_and_lapses_when_the_unit_leaves():
    for state in (ProjectState.SUSPENDED, ProjectState.WITHDRAWN):
        assert publicity.pending(shortlisted(proposed(), state=state)) is None
    assert publicity.pending(shortlisted(proposed())) is not None


def test_a_decision_that_was_voided_does_not_bring_its_proposal_back():
    final = fact("select", 14, date(2025, 12, 30), **BODY, proposed=10)
    void = fact(VOIDING[ProjectState.SHORTLISTED], 15, date(2026, 1, 9), voids=14, phase="declaration", round_no=0, outcome="selected",
                meeting="党委会2026年第1次会议", decided_on="2026-01-09", basis="纪要", reason="材料不实")  # fmt: skip
    run = shortlisted(proposed(), final, void)
    assert publicity.pending(run) is None
    assert publicity.former(run, DECLARATION, 0) == ("原决定“入选培育创建”已由党委会2026年第1次会议撤销，须重新决定：材料不实",)
    assert publicity.former(shortlisted(proposed(), final), DECLARATION, 0) == ()
    assert decisions.decidable(world(run), DECLARATION) == (run,)


def test_an_objection_in_time_that_is_upheld_after_the_decision_held_asks_for_the_committee():
    final = fact("select", 14, date(2025, 12, 30), **BODY, proposed=10)
    late = changed(answer(16, upheld=True, about=15), payload={"objection": 15, "upheld": True, "text": "属实", "answered_by": "核查组"})
    run = shortlisted(proposed(), final, objection(15), late, state=ProjectState.BUILDING, decisions=())
    assert [duty.kind for duty in office_duties(world(run), CALENDAR, OfficeWork()) if duty.kind == DutyKind.VOID_DECISION] != []
    void = fact(VOIDING[ProjectState.SHORTLISTED], 17, date(2026, 1, 9), voids=14, meeting="党委会", reason="x")
    after = shortlisted(proposed(), final, objection(15), late, void)
    assert [duty.kind for duty in office_duties(world(after), CALENDAR, OfficeWork())] == [DutyKind.PROPOSE]


def test_the_excellent_are_owed_funds_until_they_are_granted():
    accepted = fact("accept", 9, date(2025, 12, 15), **{**BODY, "phase": "review", "outcome": "excellent"})
    run = project(SO, ProjectState.ACCEPTED, "2023", (accepted,))
    (duty,) = office_duties(world(run, cohort="2023"), CALENDAR, OfficeWork())
    assert (duty.kind, duty.due_on) == (DutyKind.GRANT_SUPPORT, date(2026, 1, 13))
    paid = project(SO, ProjectState.ACCEPTED, "2023", (accepted, fact("grant_support", 10, amount="1.00")))
    plain = project(SO, ProjectState.ACCEPTED, "2023", (changed(accepted, payload={**accepted.payload, "outcome": "qualified"}),))
    assert [office_duties(world(one, cohort="2023"), CALENDAR, OfficeWork()) for one in (paid, plain)] == [(), ()]


def test_every_void_leads_back_to_a_state_in_which_that_decision_could_be_taken():
    """Each row of the table undoes a move that a decision makes, and none undoes the beginning of a rectification."""
    taken = {(row.source, row.target): row.event for row in MOVES if row.machine == Machine.PROJECT and row.event in DECIDED}
    for row in (row for row in MOVES if row.event in VOIDING.values()):
        assert taken[row.target, row.source] in DECIDED, row
        assert not decisions.opens_rectification(DECIDED[taken[row.target, row.source]]), row
    for opening in (Outcome.FAILED, Outcome.DEFERRED):
        assert not any(
            event in VOIDING.values() and row.target == ProjectState.BUILDING
            for row in MOVES
            if row.event == EVENTS[opening]
            for event in allowed_events(Machine.PROJECT, row.target)
            if event == VOIDING[ProjectState.BUILDING]
        )


DECIDED = {event: outcome for outcome, event in EVENTS.items()}


def test_a_programme_that_would_name_an_unknown_outcome_is_refused():
    raw = load_plan("2025").programme.model_dump(mode="json")
    Programme.model_validate(raw)
    for phase, named in (("declaration", ["excellent"]), ("self_check", ["selected"])):
        raw["publicity"] = [{"phase": phase, "working_days": 5, "named": named, "clause": "P.publicity"}]
        with pytest.raises(ValidationError, match="该阶段没有的结论"):
            Programme.model_validate(raw)
