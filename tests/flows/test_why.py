"""`creation why`: for every project that has been played, the chain names the fact without which the answer would be another."""

import json
from datetime import date, time

import pytest

from config.clock import business_instant
from config.vocabulary import Machine, Outcome, ProjectState, RectificationState
from flows.steps.acts import perform
from flows.steps.declaring import blocking
from flows.why.explaining import explain, explain_now
from flows.why.judging import grounds_of_decision
from flows.why.link import Answer, Link
from flows.why.moves import Move, moves
from flows.why.telling import markdown_of
from models.business_clock import move_clock
from models.database import engine_for
from models.history import Act
from models.loading import load_calendar, load_world
from models.rules.calendar import Calendar
from models.rules.eligibility import check_declared
from models.rules.lifecycle import IllegalMoveError, next_state
from models.rules.snapshot import Rectification
from models.store import reading, transaction
from tests.conftest import keep
from tests.factories import changed, fact, project, world

DAY = date(2025, 12, 30)
BY = Act("A01", "command:test", DAY)


@pytest.fixture(scope="module")
def played(evening):
    made = engine_for(f"sqlite:///{evening(DAY)}")
    yield made
    made.dispose()


@pytest.fixture
def copy(evening, tmp_path):
    """A copy that a test may change, with the office's clock on its day."""
    path = tmp_path / "copy.db"
    keep(evening(DAY), path)
    made = engine_for(f"sqlite:///{path}")
    with transaction(made) as session:
        move_clock(session, business_instant(DAY, time(12, 0)))
    yield made
    made.dispose()


def worlds(engine):
    with reading(engine) as session:
        return [load_world(session, code) for code in ("2023", "2025")], load_calendar(session)


def state_without(known, seq):
    """Where a project would stand had one fact never been recorded; what was not legal without it did not happen."""
    state = ProjectState.NEW
    for one in known.facts:
        if one.seq != seq:
            try:
                state = next_state(Machine.PROJECT, state, one.event)
            except IllegalMoveError:
                continue
    return state


def test_the_deciding_fact_of_every_project_decides(played):
    """Negative control beside it: taking away any fact that only was recorded leaves the state as it is."""
    (first, second), calendar = worlds(played)
    states, idle = set(), 0
    for known in (first, second):
        for one in known.projects:
            chain = explain(known, calendar, one.code, DAY, {})
            assert chain[0].text == f"现状：{one.state.label}"
            deciding = [link for link in chain if link.deciding and (link.depth, link.deciding.answer) == (1, Answer.STATE)]
            assert len(deciding) == 1, one.code
            assert state_without(one, deciding[0].seq) != one.state, one.code
            moving = {move.fact.seq for move in moves(one)}
            idle += sum(state_without(one, other.seq) == one.state for other in one.facts if other.seq not in moving)
            states.add(one.state)
    assert {
        ProjectState.ACCEPTED,
        ProjectState.INELIGIBLE,
        ProjectState.NOT_SELECTED,
        ProjectState.BUILDING,
        ProjectState.WITHDRAWN,
    } <= states
    assert idle > 200


def test_every_refusal_names_the_condition_that_failed(played):
    (_, second), calendar = worlds(played)
    refused = [one for one in second.projects if one.state == ProjectState.INELIGIBLE]
    assert len(refused) == 9
    for one in refused:
        chain = explain(second, calendar, one.code, DAY, {})
        failed = blocking(second, check_declared(second, one.code))
        named = [link for link in chain if link.deciding and link.depth == 2]
        told = "、".join(link.text for link in named)
        assert [link.clause for link in named] == [check.clause for check in failed], one.code
        assert all(check.requirement in told and check.reason in told for check in failed)


def test_a_negative_list_hit_is_named_by_its_record_and_decides(played):
    (_, second), calendar = worlds(played)
    found = 0
    for one in second.projects:
        for link in explain(second, calendar, one.code, DAY, {}):
            if link.deciding and link.depth == 2 and link.seq:
                found += 1
                without = changed(one, facts=tuple(known for known in one.facts if known.seq != link.seq))
                again = changed(second, projects=tuple(without if other is one else other for other in second.projects))
                assert "fail" not in {check.verdict.value for check in check_declared(again, one.code) if check.clause == link.clause}
    assert found >= 1


def test_a_decision_tells_meeting_recommendation_and_every_assessor(played):
    with reading(played) as session:
        told = "\n".join(link.text for link in explain_now(session, "2023-S02", DAY))
    for words in (
        "党委决定：合格（党委会2025年第20次会议",
        "与建议一致：综合得分 89.1",
        "重点任务完成情况（占 40%）：92 分（P01 92、P02 92、P03 92，取平均）",
    ):
        assert words in told


def test_what_is_owed_is_told_with_its_letters(copy):
    """The extension that set the day names its basis."""
    fields = {"subject": "2025-S05", "deliverable": "progress_report", "due_on": date(2026, 12, 11), "basis": "批示〔2026〕3号"}
    perform(copy, BY, "extend", cohort="2025", **fields)
    with reading(copy) as session:
        chain = explain_now(session, "2025-S05", date(2026, 11, 24))
    told = {link.text: link for link in chain}
    assert told["个别延期至 2026-12-11：批示〔2026〕3号"].clause == "P.extension"
    owed = next(link for text, link in told.items() if "《建设进展报告》（报送）未完成：剩 17 天" in text)
    assert (owed.on, owed.depth) == (date(2026, 12, 11), 0)
    assert any(text.startswith("下一封：【") for text in told)


def test_before_a_decision_it_tells_what_would_be_recommended_and_what_is_missing():
    one = project(
        state=ProjectState.UNDER_ACCEPTANCE, cohort="2023", facts=(fact("enrol", 1), fact("enter_acceptance", 2, phase="summary"))
    )
    one = changed(one, facts=one.facts[1:])
    chain = explain(world(one, cohort="2023"), Calendar(), one.code, date(2025, 12, 10), {})
    told = [link.text for link in chain]
    assert "审查评估：待党委决定，现在的建议：暂无" in told
    assert "尚有未了事项：尚无实地考察记录" in told


def test_a_decision_after_a_rectification_tells_that_of_its_own_phase_under_its_own_clause():
    def order(after, due):
        return Rectification(f"x/{after}/1", 1, after, RectificationState.VERIFIED, date(2026, 12, 18), due, 1, 0)

    orders = (order(Outcome.FAILED, date(2027, 3, 18)), order(Outcome.DEFERRED, date(2027, 12, 21)))
    body = {
        "recommended": "qualified",
        "reason": "",
        "meeting": "党委会",
        "decided_on": "2027-12-23",
        "basis": "纪要",
        "ballot": "b",
        "round_no": 1,
    }
    for phase, outcome, clause, due in (
        ("mid_term", "continued", "II.2.2", "2027-03-18"),
        ("consolidation", "qualified", "P.rectification", "2027-12-21"),
    ):
        move = Move(fact("accept", 9, **body, phase=phase, outcome=outcome), ProjectState.RECTIFYING, ProjectState.ACCEPTED, "I.3.3")
        one = project(state=ProjectState.ACCEPTED, rectifications=orders)
        told = [(link.text, link.clause) for link in grounds_of_decision(world(one), one, move) if "轮整改" in link.text]
        assert told == [(f"第 1 轮整改：整改属实，期限 {due}", clause)]


def test_on_a_run_s_page_what_people_wrote_is_no_markup():
    chain = (Link(0, "现状：退出", DAY, "P.office"), Link(1, "理由：*见附件* <b>甲</b>\n# 乙", seq=5, deciding=True))
    told = markdown_of("2025-S01 [云杉]", chain)
    assert told.splitlines()[0] == r"# 2025-S01 \[云杉\]"
    assert r"    - **理由：\*见附件\* &lt;b>甲&lt;/b> \# 乙**　记录 5" in told
    assert "## 条款\n\n- P.office　" in told


def test_on_the_command_line_as_a_tree_and_as_json(copy, creation):
    code, said = creation("why", "2025-S10", url=str(copy.url))
    assert (code, "未入选" in said, "II.2.1.3" in said, "名额" in said) == (0, True, True, True)
    code, said = creation("why", "2025-S10", "--json", url=str(copy.url))
    rows = json.loads(said)
    assert (code, rows[0]["text"], {"depth", "text", "on", "clause", "seq", "deciding"}) == (0, "现状：未入选", set(rows[0]))
    code, said = creation("why", "2025-S99", url=str(copy.url))
    assert (code, "没有编号为“2025-S99”的项目" in said) == (2, True)
