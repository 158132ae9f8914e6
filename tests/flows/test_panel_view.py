"""How a panel's work is shown: the demo's two panels on the screen, as JSON, in a form, and before the committee (R46, R47)."""

import json
from datetime import date

import pytest
from sqlmodel import select

from config.loading import PlanError
from config.settings import settings
from config.vocabulary import PhaseKind
from flows.ballot_form import ballot_form
from flows.deployments import ALL, entrypoint, schemas
from flows.forms.model import checked
from flows.forms.schema import CHOICES
from flows.operate.scenario import expand, load_scenario
from flows.panel.telling import as_json, markdown_of
from flows.panel.view import panel_view
from flows.panel_forms import PanelRequest, ScoreSheetRequest, look, make_books
from flows.records import said
from flows.steps.acts import perform, told
from flows.steps.errors import ActError
from models.database import engine_for
from models.history import Act
from models.loading import load_world
from models.store import reading
from models.tables import Ballot, Event

DECLARATION = PhaseKind.DECLARATION


@pytest.fixture
def played(evening):
    """The demo on the evening of 2025-12-30: both panels have scored, the committee has selected."""
    engine = engine_for(f"sqlite:///{evening(date(2025, 12, 30))}")
    yield engine
    engine.dispose()


@pytest.fixture
def view(played):
    with reading(played) as session:
        return panel_view(session, "2025", DECLARATION)


def test_the_demos_panels_drew_by_lot_and_passed_over_who_was_in_conflict(view):
    assert {name: len(members) for name, members in view.panels.items()} == {"第一组": 6, "第二组": 6}
    first, second = view.draws
    assert {row["assessor"]: row["project"] for row in first["passed_over"]} == {"P06": "2025-S05", "P05": "2025-S08"}
    assert [(row["assessor"], row["project"]) for row in second["passed_over"]] == [("P24", "2025-S22B03")]
    for draw in view.draws:
        assert max(draw["loads"].values()) - min(draw["loads"].values()) <= 1
        assert all(row["assessor"] not in draw["chosen"][row["project"]] for row in draw["passed_over"])


def test_the_demos_trimmed_mean_changes_a_rank_and_with_it_who_is_selected(view):
    kinds = {row.project: row for row in view.ranking if row.kind == "benchmark_org"}
    ninth, tenth = kinds["2025-S09"], kinds["2025-S10"]
    assert (ninth.rank, ninth.score, ninth.mean_rank, ninth.mean) == (1, 84, 6, 76.4)
    assert (tenth.rank, tenth.mean_rank, tenth.outcome) == (6, 5, "not_selected")
    assert ninth.outcome == "selected"
    strict = {row.code: row.severity for row in view.members if row.severity}
    harshest = min(strict.values(), key=lambda row: row.deviation)
    assert harshest.lowest == 1
    assert sum(row.lowest for row in strict.values()) == 1


def test_equal_totals_tell_what_decided(view, played):
    row = next(row for row in view.ranking if row.project == "2025-S06")
    assert row.standing == "与第 2 名 2025-S05 同分，各项也相同，依项目编号列后"
    with reading(played) as session:
        ballot = session.exec(select(Ballot).where(Ballot.phase == DECLARATION).order_by(Ballot.id)).first()
    line = next(line for line in ballot.lines if line["project"] == "2025-S06")
    assert line["standing"] == row.standing
    told = ballot_form(ballot, ["A01 工作人员1"]).model_json_schema()["properties"]
    assert sum(row.standing in str(field.get("description")) for field in told.values()) == 1, "the committee reads it under the project"


def test_the_command_shows_tables_in_chinese_and_json(played, creation):
    code, screen = creation("panel", "2025", "declaration", url=str(played.url))
    assert code == 0
    assert all(word in screen for word in ("申报认定联评组", "申报认定抽签", "申报认定评审人", "去掉最高、最低后平均", "负数为偏严"))
    code, screen = creation("panel", "2025", "declaration", "--json", url=str(played.url))
    found = json.loads(screen)
    assert set(found) == {"title", "method", "panels", "draws", "members", "ranking"}
    member = next(row for row in found["members"] if row["code"] == "P21")
    assert (member["panels"], member["assigned"], member["given"]) == (["第二组"], 13, 13)
    assert set(member["severity"]) >= {"sheets", "deviation", "spread", "extremes"}
    code, screen = creation("panel", "2025", "review", url=str(played.url))
    assert (code, "不评分" in screen) == (2, True)


def test_the_page_holds_what_the_json_holds_and_no_markup_of_others(view):
    page = markdown_of(view)
    assert page.count("| 标杆二级党组织 |") == sum(row["kind"] == "benchmark_org" for row in as_json(view)["ranking"]) == 6
    assert "P06 2025\\-S05：来自晨曦学院党委" in page


@pytest.fixture
def at_desk(played, monkeypatch, tmp_path):
    monkeypatch.setenv("CREATION_DATA", str(tmp_path))
    monkeypatch.setenv("CREATION_DATABASE_URL", str(played.url))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def test_the_forms_look_by_label_or_code_and_refuse_what_is_not_scored(at_desk):
    by_label = look.fn(PanelRequest(cohort="2025 第二批", phase="申报认定"))
    assert by_label == look.fn(PanelRequest(cohort="2025", phase="declaration"))
    with pytest.raises(ActError, match="没有要评分的阶段“自查测评”"):
        look.fn(PanelRequest(cohort="2025", phase="自查测评"))
    with pytest.raises(ActError, match="没有选择批次"):
        look.fn(PanelRequest(cohort=" ", phase="申报认定"))
    paths = make_books.fn(ScoreSheetRequest(cohort="2025", phase="管理考核", member="P21 评审专家21"))
    assert [path.name for path in paths] == ["评分表-2025-mid_term-P21-20251230.xlsx"]
    assert paths[0].parent == at_desk / "sheets"


def test_the_forms_are_deployed_with_drop_downs():
    rows = {row.flow.name: row for row in ALL}
    marked = {"联评组情况": {"cohort": "cohort", "phase": "decided_phase"}}
    marked["生成评分表"] = marked["联评组情况"] | {"member": "panel", "panel": "panel_name"}
    for name, fields in marked.items():
        (model,) = schemas()[entrypoint(rows[name])]["definitions"].values()
        assert {field: told[CHOICES] for field, told in model["properties"].items() if CHOICES in told} == fields


def test_what_an_act_leaves_to_be_read_comes_from_what_was_typed_on_its_form(engine):
    typed = {"cohort": "2025", "panel": "第一组", "members": ["P01 评审专家1", "P02"]}
    with reading(engine) as session:
        fields = checked(session, "form_panel", typed)
    lines = told(perform(engine, Act("A01", "command:test", date(2025, 12, 1)), "form_panel", **fields))
    assert lines == ("第一组：P01 评审专家1、P02 评审专家2",)
    assert said("form_panel", lines) == "组建联评组已登记：第一组：P01 评审专家1、P02 评审专家2"


def test_a_story_scores_by_who_is_assigned_and_lists_must_fit(played):
    with reading(played) as session:
        world = load_world(session, "2025")
        sheets = {
            e.payload["assessor"] for e in session.exec(select(Event).where(Event.event == "assess", Event.stream == "project:2025-S09"))
        }
    assert len(sheets) == 5
    act = {"do": "assess_panel", "phase": "declaration", "part": "panel", "projects": ["2025-S09"], "percent": 80}
    name, entries = expand(load_scenario(), act, world)
    assert (name, {entry["assessor"] for entry in entries}) == ("assess", sheets)
    with pytest.raises(PlanError, match="有 5 位评审人，percents 却有 2 个"):
        expand(load_scenario(), act | {"percents": {"2025-S09": [80, 90]}}, world)


def test_a_panel_is_formed_anew_under_its_name(engine):
    by = Act("A01", "command:test", date(2025, 12, 1))
    for members in (["P01", "P02"], ["P02", "P03", "P02"]):
        perform(engine, by, "form_panel", cohort="2025", panel=" 第一组 ", members=members)
    with reading(engine) as session:
        assert panel_view(session, "2025", DECLARATION).panels == {"第一组": ("P02 评审专家2", "P03 评审专家3")}
    with pytest.raises(ActError, match="没有成员"):
        perform(engine, by, "form_panel", cohort="2025", panel="第二组", members=[])
    with pytest.raises(ActError, match="名称不能为空"):
        perform(engine, by, "form_panel", cohort="2025", panel=" ", members=["P01"])
