"""The panel's work on a real database: who scores what, who keeps away, and what is refused at which door (R46, R49, R57)."""

from datetime import date

import pytest
from sqlmodel import select

from config.vocabulary import DutyKind, PersonRole, PhaseKind
from flows.forms.choices import offered
from flows.forms.model import checked
from flows.steps.acts import perform, told
from flows.steps.errors import ActError
from flows.steps.people import register_person, retire_person
from models.history import Act, record_event, verify
from models.loading import load_calendar, load_world, project_row
from models.office_work import read_work
from models.rules.office_duties import office_duties
from models.rules.panels import assigned
from models.store import SimultaneousError, reading, transaction
from models.tables import Assignment, Event

DAY = date(2025, 11, 26)
BY = Act("A01", "command:test", DAY)
PARTS = {"key_tasks": {"guide": 45, "targets": 45}, "measures": {"system": 25, "carried_out": 35, "innovation": 25}}
SEATS = ("2023-S01", "2023-S02", "2023-S03", "2023-S04B01", "2023-S05B01", "2023-S06B01")


@pytest.fixture
def reviewed(engine):
    """Six projects of the first cohort have entered their acceptance; P90 belongs to a branch, P91 to an SO."""
    with transaction(engine) as session:
        for code in SEATS:
            row = project_row(session, code)
            record_event(session, row, "enter_acceptance", BY, {"phase": "summary"})
        register_person(session, BY, "P90", "支部专家", PersonRole.PANEL, unit="S04B02")
        register_person(session, BY, "P91", "学院专家", PersonRole.PANEL, unit="S05")
    return engine


def score(engine, assessor, project="2023-S01", part="key_tasks", **more):
    return perform(
        engine, BY, "assess", project=project, phase="review", part=part, assessor=assessor, scores=more.get("scores", PARTS[part])
    )


def hand_out(engine, assessor, *projects, part="all", **more):
    return perform(engine, BY, "assign", phase="review", part=part, assessor=assessor, projects=list(projects), **more)


def on_record(engine):
    """Project, part and member of each row of the table, and the same as the history tells it: they must not drift."""
    with reading(engine) as session:
        world = load_world(session, "2023")
        codes = {project_row(session, code).id: code for code in SEATS}
        rows = {(codes[row.project_id], row.part, row.assessor) for row in session.exec(select(Assignment))}
    parts = ("key_tasks", "measures", "demonstration")
    history = {(p.code, part, who) for p in world.projects for part in parts for who in assigned(p, PhaseKind.REVIEW, part, 0)}
    assert rows == history
    return rows


def panel_duties(engine, project="2023-S01"):
    with reading(engine) as session:
        found = office_duties(load_world(session, "2023"), load_calendar(session), read_work(session, DAY))
    return {d.title: d for d in found if d.kind == DutyKind.SCORE and d.project == project}


CONFLICTS = [
    ("P90", "2023-S04B01", "与其同属一个二级党组织"),
    ("P91", "2023-S05B01", "是其所属党支部"),
    ("P01", "2023-S02", "已申报与青石学院党委的回避关系（配偶任职）"),
]


@pytest.mark.parametrize(("who", "project", "ground"), CONFLICTS)
def test_a_conflict_is_refused_at_assignment_and_at_scoring_and_names_its_ground(reviewed, who, project, ground):
    perform(reviewed, BY, "declare_tie", who="P01", unit="S02", reason="配偶任职")
    with pytest.raises(ActError, match=ground):
        hand_out(reviewed, who, "2023-S03", project)
    assert on_record(reviewed) == set(), "all or nothing"
    with pytest.raises(ActError, match=ground):
        score(reviewed, who, project)
    hand_out(reviewed, who, "2023-S03")
    score(reviewed, who, "2023-S03")


def test_a_member_of_a_branch_keeps_away_from_the_so_above_and_a_tie_reaches_branches_and_the_so(reviewed):
    with transaction(reviewed) as session:
        register_person(session, BY, "P92", "支部专家二", PersonRole.PANEL, unit="S01B02")
    with pytest.raises(ActError, match="云杉学院党委是其上级党组织"):
        score(reviewed, "P92", "2023-S01")
    for unit, project in (("S06", "2023-S06B01"), ("S03B01", "2023-S03")):
        perform(reviewed, BY, "declare_tie", who="P02", unit=unit, reason="曾任职")
        with pytest.raises(ActError, match="回避关系"):
            score(reviewed, "P02", project)
    score(reviewed, "P02", "2023-S01")


def test_a_tie_is_declared_once_told_where_it_matters_and_ended_with_a_reason(reviewed):
    hand_out(reviewed, "P02", "2023-S03", "2023-S01")
    made = perform(reviewed, BY, "declare_tie", who="P02", unit="S03", reason="曾任职")
    assert told(made) == ("2023-S03 已分派给 P02 评审专家2，请撤销后另派",)
    with pytest.raises(ActError, match="已登记"):
        perform(reviewed, BY, "declare_tie", who="P02", unit="S03", reason="曾任职")
    duty = panel_duties(reviewed, "2023-S03")["重点任务完成情况待评分"]
    assert (duty.persons, duty.detail) == ((), "1 人须回避或已离任，请撤销后另派，须再分派 3 人")
    with pytest.raises(ActError, match="写明理由"):
        perform(reviewed, BY, "end_tie", who="P02", unit="S03", reason=" ")
    perform(reviewed, BY, "end_tie", who="P02", unit="S03", reason="登记有误")
    with pytest.raises(ActError, match="没有登记"):
        perform(reviewed, BY, "end_tie", who="P02", unit="S03", reason="登记有误")
    score(reviewed, "P02", "2023-S03")


def test_who_has_retired_neither_gets_nor_scores(reviewed):
    hand_out(reviewed, "P03", "2023-S01")
    with transaction(reviewed) as session:
        retire_person(session, BY, "P03")
    with pytest.raises(ActError, match="P03 评审专家3已停用"):
        score(reviewed, "P03")
    with pytest.raises(ActError, match="不能评审"):
        hand_out(reviewed, "P03", "2023-S02")
    with pytest.raises(ActError, match="不是联评组成员"):
        hand_out(reviewed, "A01", "2023-S02")


def test_once_somebody_is_assigned_nobody_else_scores_that_part(reviewed):
    score(reviewed, "P05")  # nobody is assigned: as ever
    hand_out(reviewed, "P01", "2023-S01", part="key_tasks")
    with pytest.raises(ActError, match="P02 未分派评审 2023-S01 的重点任务完成情况，已分派：P01"):
        score(reviewed, "P02")
    score(reviewed, "P02", part="measures")
    score(reviewed, "P01")


def test_a_double_assignment_is_refused_and_the_database_itself_refuses_it(reviewed):
    hand_out(reviewed, "P01", "2023-S01", part="measures")
    with pytest.raises(ActError, match="P01 评审专家1已分派评审重要举措落实情况"):
        hand_out(reviewed, "P01", "2023-S02", "2023-S01", part="measures")
    assert on_record(reviewed) == {("2023-S01", "measures", "P01")}
    with reading(reviewed) as session:
        again = session.exec(select(Assignment)).one().model_dump(exclude={"id"})
    with pytest.raises(SimultaneousError, match="同时有人登记了同一事项"), transaction(reviewed) as session:
        session.add(Assignment(**again))


def test_an_assignment_is_taken_back_with_a_reason_while_it_is_not_scored(reviewed):
    hand_out(reviewed, "P01", "2023-S01")
    score(reviewed, "P01", part="measures")
    undo = {"project": "2023-S01", "phase": "review", "assessor": "P01"}
    with pytest.raises(ActError, match="已对 2023-S01 的重要举措落实情况评分，不能撤销"):
        perform(reviewed, BY, "unassign", **undo, part="all", reason="出差")
    with pytest.raises(ActError, match="写明理由"):
        perform(reviewed, BY, "unassign", **undo, part="key_tasks", reason="")
    with reading(reviewed) as session:
        labels = offered(session, "assignment")
        label = next(text for text in labels if "重点任务" in text)
        fields = checked(session, "unassign", {"assignment": label, "reason": "出差"})
    assert not any("重要举措" in text for text in labels), "what has been scored is not offered"
    assert perform(reviewed, BY, "unassign", **fields) == 1
    assert on_record(reviewed) == {("2023-S01", part, "P01") for part in ("measures", "demonstration")}
    hand_out(reviewed, "P01", "2023-S01", part="key_tasks")
    assert ("2023-S01", "key_tasks", "P01") in on_record(reviewed), "it can be given anew"
    with reading(reviewed) as session:
        seq = session.exec(select(Event.seq).where(Event.event == "unassign")).one()
        assert verify(session) == []
    with pytest.raises(ActError, match="不用更正"):
        perform(reviewed, BY, "correct", project="2023-S01", seq=seq, reason="误")


def test_duties_follow_from_assignments_where_there_are_any(reviewed):
    before = panel_duties(reviewed)["重点任务完成情况待评分"]
    assert len(before.persons) > 10
    for who in ("P01", "P02", "P03", "P04"):
        hand_out(reviewed, who, "2023-S01")
    score(reviewed, "P02")
    duty = panel_duties(reviewed)["重点任务完成情况待评分"]
    assert (duty.persons, duty.detail) == (("P01", "P03", "P04"), "还缺 3 人")
    for who in ("P01", "P03"):
        score(reviewed, who)
    assert panel_duties(reviewed)["重点任务完成情况待评分"].persons == ("P04",), "the least number is there, but P04 still owes a sheet"
    score(reviewed, "P04")
    assert "重点任务完成情况待评分" not in panel_duties(reviewed)


def test_too_few_assigned_leave_a_duty_that_says_so(reviewed):
    hand_out(reviewed, "P01", "2023-S01")
    assert panel_duties(reviewed)["示范作用发挥情况待评分"].detail == "还缺 1 人，须再分派 2 人"
    score(reviewed, "P01")
    duty = panel_duties(reviewed)["重点任务完成情况待评分"]
    assert (duty.persons, duty.detail) == ((), "须再分派 2 人")


def test_a_panel_draws_by_lot_passes_over_who_is_in_conflict_and_says_so(reviewed):
    members = ["P01", "P02", "P03", "P90", "P91"]
    perform(reviewed, BY, "form_panel", cohort="2023", panel="第一组", members=members)
    draw = {"cohort": "2023", "phase": "review", "part": "all", "panel": "第一组", "seed": 7}
    lines = told(perform(reviewed, BY, "assign_balanced", **draw))
    assert lines[0] == "第一组抽签号 7：6 个项目，在 5 人中分派"
    passed = [line.partition("：")[0] for line in lines[2:]]
    assert passed == ["P90 支部专家回避 2023-S04B01", "P91 学院专家回避 2023-S05B01"]
    rows = on_record(reviewed)
    assert len(rows) == 6 * 3 * 3
    loads = [len({project for project, _, who in rows if who == member}) for member in members]
    assert max(loads) - min(loads) <= 1
    with reading(reviewed) as session:
        kept = session.exec(select(Event).where(Event.event == "draw_panel")).one().payload
    assert (kept["seed"], set(kept["chosen"]), len(kept["passed_over"])) == (7, set(SEATS), 2)
    with pytest.raises(ActError, match="没有待分派的项目"):
        perform(reviewed, BY, "assign_balanced", **draw)
    assert on_record(reviewed) == rows


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"panel": "第九组"}, "没有联评组“第九组”；现有：小组"),
        ({"number": 2}, "少于评分表要求的 3 人"),
        ({"panel": "小组"}, "2023-S05B01：还需 3 人，可派 2 人（P91 学院专家来自晨曦学院党委"),
        ({"part": "site_visit"}, "没有待分派的项目"),
    ],
)
def test_a_draw_that_cannot_be_is_refused_as_a_whole(reviewed, fields, text):
    perform(reviewed, BY, "form_panel", cohort="2023", panel="小组", members=["P01", "P02", "P91"])
    with pytest.raises(ActError) as refused:
        perform(reviewed, BY, "assign_balanced", **({"cohort": "2023", "phase": "review", "part": "all", "seed": 1} | fields))
    assert text in str(refused.value)
    assert on_record(reviewed) == set()


def test_a_draw_fills_up_what_was_assigned_by_hand_and_counts_it(reviewed):
    hand_out(reviewed, "P01", "2023-S01", "2023-S02", "2023-S03")
    perform(reviewed, BY, "form_panel", cohort="2023", panel="组", members=["P01", "P02", "P03", "P04"])
    perform(reviewed, BY, "assign_balanced", cohort="2023", phase="review", part="all", panel="组", seed=3)
    rows = on_record(reviewed)
    loads = [len({project for project, _, who in rows if who == member}) for member in ("P01", "P02", "P03", "P04")]
    assert (sum(loads), max(loads) - min(loads)) == (18, 1)


def test_what_is_not_up_for_assessment_is_not_assigned(reviewed):
    with pytest.raises(ActError, match="2023-S07B01：现为“创建中”，不在审查评估评审之列"):
        hand_out(reviewed, "P01", "2023-S01", "2023-S07B01")
    with pytest.raises(ActError, match="没有由联评组评分的“site_visit”"):
        hand_out(reviewed, "P01", "2023-S01", part="site_visit")
    assert on_record(reviewed) == set()
