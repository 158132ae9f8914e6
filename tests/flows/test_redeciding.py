"""A decision that was wrong is voided by the committee and taken anew, where nothing has been built on it (R18; decision 0019)."""

import shutil
from datetime import date

import pytest
from sqlmodel import select

from config.identity import NEEDS_CODE
from config.vocabulary import MailKind, Outcome, PhaseKind, ProjectState
from flows.report.as_of import load_past
from flows.report.funnel import funnel
from flows.steps.acts import perform
from flows.steps.errors import ActError
from flows.why.explaining import explain_now
from models.database import engine_for
from models.history import Act, count_events, verify
from models.loading import load_world
from models.office_work import waiting_ballots
from models.store import reading
from models.tables import Decision, Event, Mail, Project, Reminder
from tests.flows import publicity_scene as scene
from tests.flows.publicity_scene import FIRST, WEAK, at, decide, morning, states, void
from tests.mid_term import text_of
from tests.postman import parsed

REVIEW = {
    "cohort": "2023",
    "phase": PhaseKind.REVIEW,
    "meeting": "党委会2025年第20次会议",
    "decided_on": date(2025, 12, 15),
    "basis": "纪要",
}
eve, office, either = scene.eve, scene.office, scene.either


@pytest.fixture
def reviewed(evening, tmp_path):
    """The first cohort on the eve of its decision; the review has no publicity."""
    shutil.copy(evening(date(2025, 12, 12)), tmp_path / "reviewed.db")
    made = engine_for(f"sqlite:///{tmp_path / 'reviewed.db'}")
    yield made
    made.dispose()


def letters(session, kind):
    """The letters of a kind with their lines, by project."""
    query = select(Reminder, Mail).join(Mail, Mail.id == Reminder.mail_id).where(Reminder.kind == kind)
    return session.exec(query.order_by(Reminder.project, Reminder.role)).all()


def decision_of(engine, project):
    with reading(engine) as session:
        assert verify(session) == []
        return session.exec(select(Decision.outcome).join(Project).where(Project.code == project)).first()


def test_voided_and_taken_anew_with_its_whole_history(either):
    decide(either)
    morning(either, "2025-12-30")
    for code, state in ((WEAK, "not_selected"), (FIRST, "building")):
        assert states(either)[code] == state
        void(either, code)
        assert (states(either)[code], decision_of(either, code)) == ("shortlisted", None)
    with reading(either) as session:
        told = letters(session, MailKind.DECISION_VOIDED)
        assert [(line.project, line.role, mail.recipient_unit) for line, mail in told] == [
            (FIRST, "contact", "S01B03"), (FIRST, "so_contact", "S01"), (WEAK, "contact", "S04B03"), (WEAK, "so_contact", "S04"),
        ]  # fmt: skip
        assert told[2][1].subject == "【决定撤销】关于撤销星河学院本科生第一党支部“未入选”决定的通知"
        assert waiting_ballots(session) == (), "the ballot has been answered, though its decisions are void"
    with pytest.raises(ActError, match="已由党委会2026年第1次会议撤销，须重新决定：得分汇总有误；请写明理由"):
        decide(either, "2026-01-12", outcomes={WEAK: "not_selected"})
    decide(either, "2026-01-12", "党委会2026年第2次会议", outcomes={WEAK: "selected"}, reasons={WEAK: "更正后 80 分"})
    assert states(either)[WEAK] == "shortlisted", "to be named in public: made public first"
    assert morning(either, "2026-01-20") == 1
    assert (states(either)[WEAK], decision_of(either, WEAK)) == ("building", Outcome.SELECTED)
    with reading(either) as session:
        changed = letters(session, MailKind.DECISION_CHANGED)
        assert [(line.project, mail.recipient_unit) for line, mail in changed] == [(WEAK, "S04B03"), (WEAK, "S04")]
        text = text_of(parsed(changed[1][1].mime))
        for words in (
            "党委会2025年第22次会议",
            "12月22日",
            "已由党委会2026年第1次会议撤销",
            "党委会2026年第2次会议",
            "1月12日",
            "更正后80分",
        ):
            assert words in text
        told = "\n".join(link.text for link in explain_now(session, WEAK, date(2026, 1, 20)))
    for words in ("该决定已由党委会2026年第1次会议撤销：得分汇总有误", "党委决定：未入选", "党委决定：入选培育创建"):
        assert words in told


def test_a_report_of_any_day_sees_what_held_on_it(office):
    decide(office)
    morning(office, "2025-12-30")
    void(office, FIRST, "2026-01-09")
    with reading(office) as session:
        now, past = load_world(session, "2025"), load_past(session, "2025", date(2026, 1, 5)).world
        later = load_past(session, "2025", date(2026, 1, 9)).world
    assert [bool(world.project(FIRST).decisions) for world in (past, later, now)] == [True, False, False]
    reached = [next(stage.total for stage in funnel(world) if stage.title == "遴选入选") for world in (past, later, now)]
    assert reached == [3, 2, 2]


def test_before_it_holds_the_committee_may_take_its_proposal_back(office):
    decide(office)
    void(office, FIRST, "2025-12-24", decided_on=date(2025, 12, 24))
    assert morning(office, "2025-12-30") == 3
    assert (states(office)[FIRST], decision_of(office, FIRST)) == ("shortlisted", None)


def test_an_acceptance_is_voided_and_letters_that_have_not_left_are_withdrawn(reviewed):
    act = at("2025-12-15")
    perform(reviewed, act, "decision", **REVIEW)
    void(reviewed, "2023-S01", "2025-12-15", decided_on=date(2025, 12, 15))
    assert (states_of(reviewed, "2023-S01"), decision_of(reviewed, "2023-S01")) == (ProjectState.UNDER_ACCEPTANCE, None)
    with reading(reviewed) as session:
        line = session.exec(select(Reminder).where(Reminder.project == "2023-S01", Reminder.kind == MailKind.RESULT_EXCELLENT)).one()
        assert session.get(Mail, line.mail_id).state == "cancelled" if line.mail_id else line.dropped_because
    assert perform(reviewed, act, "decision", **REVIEW, outcomes={"2023-S01": "qualified"}, reasons={"2023-S01": "重新核分"}) == 1
    assert decision_of(reviewed, "2023-S01") == Outcome.QUALIFIED


def states_of(engine, code):
    with reading(engine) as session:
        return session.exec(select(Project.state).where(Project.code == code)).one()


def test_what_has_been_built_upon_is_not_undone(reviewed, office):
    perform(reviewed, at("2025-12-15"), "decision", **REVIEW, outcomes={"2023-S11B01": "deferred"}, reasons={"2023-S11B01": "先整改"})
    decide(office)
    morning(office, "2025-12-30")
    perform(office, at("2026-01-05"), "terminate", project=FIRST, reason="负面清单")
    for engine, code, told in (
        (reviewed, "2023-S11B01", "已开启限期整改，不能撤销；请核实整改情况后提请党委重新决定"),
        (reviewed, "2023-S01", "没有可以撤销的党委决定"),
        (office, FIRST, "之后已有新的流转，现为“终止”，不能撤销"),
    ):
        with reading(engine) as session:
            before = count_events(session)
        with pytest.raises(ActError, match=told):
            void(engine, code)
        with reading(engine) as session:
            assert count_events(session) == before


@pytest.mark.parametrize("field", ["meeting", "basis", "reason"])
def test_it_needs_meeting_basis_and_reason(office, field):
    decide(office)
    with pytest.raises(ActError, match="撤销决定须写明会议名称、依据和理由"):
        void(office, FIRST, **{field: " "})
    with pytest.raises(ActError, match="晚于今天"):
        void(office, FIRST, decided_on=date(2026, 1, 10))


def test_voided_twice_is_refused_and_a_repeated_run_is_one_event(office):
    decide(office)
    morning(office, "2025-12-30")
    void(office, FIRST)
    with pytest.raises(ActError, match="没有可以撤销的党委决定"):
        void(office, FIRST)
    with reading(office) as session:
        (found,) = session.exec(select(Event).where(Event.event == "void_to_shortlisted")).all()
    assert (found.payload["voids"], found.payload["outcome"], found.clause) == (found.seq - 1, "selected", "P.correction")


def test_who_decides_signs_with_a_code():
    assert {"answer_objection", "void_decision", "grant_support", "commend"} <= NEEDS_CODE
    assert "record_objection" not in NEEDS_CODE, "what arrives is recorded by whoever opens the letter"


def test_the_act_names_its_maker(office):
    decide(office)
    perform(
        office, Act("A03", "command:test", date(2025, 12, 23)), "void_decision", project=FIRST, meeting="党委会", basis="纪要",
        decided_on=date(2025, 12, 23), reason="名单有误",
    )  # fmt: skip
    with reading(office) as session:
        assert session.exec(select(Event.actor).where(Event.event == "withdraw_proposal")).one() == "A03"
