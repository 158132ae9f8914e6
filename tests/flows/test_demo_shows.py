"""What the demo is there to show, looked up in its database after it has been played plainly."""

from datetime import date
from types import SimpleNamespace

import pytest
from sqlmodel import select

from config.loading import PlanError
from config.vocabulary import Outcome, PhaseKind, ProjectState, RectificationState, SubmissionState
from flows.operate.player import must_be_refused
from flows.panel.telling import tables
from flows.panel.view import panel_view
from flows.report.making import figures_for
from flows.report.page import render
from flows.why.explaining import explain_now
from models.database import engine_for
from models.loading import load_world
from models.rules.publicity import proposals
from models.store import reading
from models.tables import Event
from tests.conftest import EVENINGS
from tests.marks import LONG

SELECTED, END = EVENINGS[-1], date(2027, 12, 31)
DECLARATION, CONSOLIDATION = PhaseKind.DECLARATION, PhaseKind.CONSOLIDATION


def opened(path):
    made = engine_for(f"sqlite:///{path}")
    with reading(made) as session:
        yield SimpleNamespace(session=session, first=load_world(session, "2023"), second=load_world(session, "2025"))
    made.dispose()


@pytest.fixture(scope="module")
def selected(evening):
    """The evening after the selection."""
    yield from opened(evening(SELECTED))


@pytest.fixture(scope="module")
def ended(whole_story):
    """The end of both cohorts."""
    yield from opened(whole_story)


def test_two_panels_and_a_trimmed_mean_that_changes_a_place(selected):
    view = panel_view(selected.session, "2025", DECLARATION)
    assert {name: len(members) for name, members in view.panels.items()} == {"第一组": 6, "第二组": 6}
    (moved,) = [row for row in view.ranking if row.kind == "benchmark_org" and row.outcome == Outcome.SELECTED and row.mean_rank > 5]
    assert (moved.project, moved.rank) == ("2025-S09", 1), "by the plain mean it would have missed the five places"


def test_a_conflict_refused_by_hand_is_on_record_on_the_panel_s_page_and_in_why(selected):
    """The refused act changed nothing, but that it was tried stays."""
    (fact,) = selected.second.all("refuse_conflict")
    (row,) = fact.payload["refused"]
    assert (fact.payload["how"], fact.payload["assessor"], row["project"], row["record"]) == ("assign", "P05", "2025-S08", "tie:P05/S08")
    assert "海棠" not in row["ground"]
    assert all("P05" not in fact.payload["assessors"] for fact in selected.second.project("2025-S08").all("assign"))
    (listed,) = [table for table in tables(panel_view(selected.session, "2025", DECLARATION)) if table.title == "拒绝的回避冲突"]
    assert [cells[1:4] for cells in listed.rows] == [("指定评审分工", "P05", "2025-S08")]
    told = [link.text for link in explain_now(selected.session, "2025-S08", SELECTED)]
    assert "评审回避：2 次" in told
    assert any(text.startswith("P05 指定评审分工被拒绝：已申报与兰亭学院党委的回避关系") for text in told)
    assert not any("评审回避" in link.text for link in explain_now(selected.session, "2025-S07", SELECTED)), "negative control"


def test_a_waiver_an_objection_upheld_and_a_survey_from_a_sheet(selected):
    waived = [one for one in selected.second.projects if one.latest("waive")]
    assert [(one.code, one.state) for one in waived] == [("2025-S15B02", ProjectState.BUILDING)]
    upheld = [one.code for one in selected.second.projects for row in proposals(one) for objection in row.objections if objection.upheld]
    assert upheld == ["2025-S27B03"]
    assert selected.second.project("2025-S27B03").state == ProjectState.NOT_SELECTED
    (survey,) = selected.first.project("2023-S06B01").all("record_survey")
    assert (survey.payload["file"]["name"], survey.payload["titles"]) == ("满意度测评-S06B01.xlsx", ["教育党员有力", "管理党员有力"])
    assert len(survey.payload["file"]["sha256"]) == 64, "the sheet itself is kept"
    assert survey.payload["questions"] == [[15, 9, 3, 1], [14, 10, 3, 1]]
    assert selected.first.project("2023-S06B01").submissions["satisfaction_survey"].state == SubmissionState.COMPLETE


def test_a_scenario_s_refusal_must_come_and_for_its_reason(engine, act):
    """Control of the means: an act that is done, or refused on another ground, stops the story."""
    fields = {"cohort": "2025", "panel": "第一组", "members": ["P01"]}
    with pytest.raises(PlanError, match="却已办理"):
        must_be_refused(engine, act, "form_panel", [fields], "回避")
    with pytest.raises(PlanError, match="应因“回避”被拒绝，实为：没有评审人员“P99”"):
        must_be_refused(engine, act, "form_panel", [{**fields, "members": ["P99"]}], "回避")


@LONG
@pytest.mark.trust
def test_rectification_with_a_reopened_item_and_a_second_round(ended, figures):
    rounds = ended.second.project("2025-S09B03").rectifications
    assert [(order.round_no, order.after, order.state) for order in rounds] == [
        (1, Outcome.FAILED, RectificationState.VERIFIED), (2, Outcome.FAILED, RectificationState.VERIFIED),
    ]  # fmt: skip
    with_items = select(Event.event).where(Event.stream == f"rectification:{rounds[0].code}").order_by(Event.seq)
    names = ended.session.exec(with_items).all()
    assert names.index("reopen") < names.index("answer_item") < names.index("verify")
    assert [row.outcome for row in ended.second.project("2025-S09B03").decisions if row.phase == PhaseKind.MID_TERM] == [
        Outcome.FAILED, Outcome.ANOTHER_ROUND, Outcome.CONTINUED,
    ]  # fmt: skip
    figures("the demo shows a rectification with an item sent back, a second round, and support that goes on")


@LONG
@pytest.mark.trust
def test_acceptance_in_three_levels_with_its_charts_in_the_report(ended, figures):
    """The self-evaluation stands before the comparison, both before the committee's determination."""
    accepted = [one for one in ended.second.projects if one.state == ProjectState.ACCEPTED]
    for one in accepted:
        seqs = [one.latest(event).seq for event in ("self_evaluate", "compare_peers", "accept")]
        assert seqs == sorted(seqs), one.code
    page = render(figures_for(ended.session, "2025", END), "示例大学党委组织部")
    kinds = len({one.latest("compare_peers").payload["kind"] for one in accepted})
    assert page.count("<svg") > 2 * kinds
    figures(f"the demo shows {len(accepted)} acceptances in three levels, side by side in {kinds} kinds, {page.count('<svg')} charts")
