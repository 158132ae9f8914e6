"""Acts, sheets and papers of acceptance on a real database (R5–R9, R17, R56, R65): what is kept, what is refused, what is written."""

from datetime import date

import pytest
from openpyxl import Workbook, load_workbook
from sqlmodel import select

from config.vocabulary import DocumentKind, DutyKind, Outcome, PhaseKind, ProjectState
from flows.forms import item_texts
from flows.forms.model import checked
from flows.steps import judging
from flows.steps.acts import perform
from flows.steps.documents import document
from flows.steps.errors import ActError
from flows.steps.sheets import target_sheet
from models.history import Act, record_event
from models.imports.targets import read_targets
from models.loading import load_calendar, load_world, project_row
from models.rules import achievements
from models.rules.decisions import propose
from models.rules.office_duties import office_duties
from models.rules.office_work import OfficeWork
from models.store import reading, transaction
from models.tables import Event
from tests.factories import project, world
from tests.notifications.test_word import text_of
from tests.stories.test_decisions import marks

DAY = Act("A01", "command:test", date(2025, 11, 18))
HEAD = ("项目编号", "单位", "目标", "完成情况", "结果", "佐证")
MANY = (
    ("2023-S01 云杉学院党委", "云杉", "建成党员之家", "完成", "已建成", "台账"), ("2023-S04B01", "", "形成工作法", "", "", ""),
    ("2023-S01", "", "发展教师党员 5 名", "部分达到", "3 名", ""),
)  # fmt: skip


@pytest.fixture
def inbox(data_folder):
    folder = data_folder / "inbox"
    folder.mkdir(parents=True)
    return folder


def sheet(path, *rows, head=HEAD):
    book = Workbook()
    book.active.title = "目标"
    for row in (("申报目标登记表",), head, *rows):
        book.active.append(row)
    book.save(path)
    return path.name


def act(engine, name, **fields):
    return perform(engine, DAY, name, **fields)


def typed(engine, name, **raw):
    with reading(engine) as session:
        given = checked(session, name, raw)
    return perform(engine, DAY, name, **given)


def known(engine, code="2023-S01"):
    with reading(engine) as session:
        cohort = load_world(session, code.split("-")[0])
    return cohort, cohort.project(code)


def told(engine, code="2023-S01"):
    return [(t.text, t.state and t.state.label, t.result, t.evidence) for t in achievements.targets(known(engine, code)[1])]


def events(engine):
    with reading(engine) as session:
        return len(session.exec(select(Event)).all())


def test_one_sheet_records_targets_of_many_projects_and_a_second_time_nothing(engine, inbox):
    name = sheet(inbox / "目标.xlsx", *MANY)
    assert act(engine, "import_targets", cohort="2023", sheet=name) == 2
    assert told(engine) == [("建成党员之家", "达到", "已建成", "台账"), ("发展教师党员 5 名", "部分达到", "3 名", "")]
    assert told(engine, "2023-S04B01") == [("形成工作法", None, "", "")]
    before = events(engine)
    assert act(engine, "import_targets", cohort="2023", sheet=name) == 0
    assert events(engine) == before
    changed = [MANY[0], MANY[1], (*MANY[2][:3], "达到", "5 名", "")]
    assert act(engine, "import_targets", cohort="2023", sheet=sheet(inbox / "目标2.xlsx", *changed)) == 1
    assert (told(engine)[1], events(engine)) == (("发展教师党员 5 名", "达到", "5 名", ""), before + 1)


BROKEN = [
    ([("2023-S01", "", "甲", "差不多", "做到", "")], ["目标.xlsx 工作表“目标” D3（完成情况）：读到“差不多”，应为达到、部分达到、未达到"]),
    ([("", "", "甲", "", "", "")], ["目标.xlsx 工作表“目标” A3（项目编号）：读到“”，应为不能为空"]),
    ([("2023-S01", "", "甲" * 301, "", "", "")], ["C3（目标）：读到", "应为不超过 300 字的目标"]),
    ([("2023-S01", "", "甲", "达到", "", "")], ["目标.xlsx 第 3 行（结果）：读到“”，应为做到了什么"]),
    ([("2023-S01", "", "甲", "", "做到", "")], ["目标.xlsx 第 3 行（完成情况）：读到“”，应为达到、部分达到、未达到"]),
    ([("2023-S01", "", "", "达到", "做到", "")], ["目标.xlsx 第 3 行（目标）：读到“”，应为申报时提出的目标"]),
    ([("2023-S01", "", "甲", "", "", "")] * 2, ["第 4 行：2023-S01 的目标“甲”与第 3 行重复"]),
    ([("2023-S01", "", "", "", "", "")], ["没有一条目标"]),
    ([("2023-S01", "", "甲", "", "", ""), ("2023-S99", "", "乙", "", "", "")], ["有 1 项不能登记，全部未登记", "第 4 行（2023-S99）"]),
    ([("2023-S01", "", "甲", "", "", ""), ("2023-S02", "", "=1+1\n乙", "行", "", "")], ["D4（完成情况）"]),
]


@pytest.mark.parametrize(("rows", "words"), BROKEN)
def test_a_broken_sheet_is_told_by_cell_and_changes_nothing(engine, inbox, rows, words):
    before = events(engine)
    with pytest.raises(ValueError, match=r"目标|登记") as refused:
        act(engine, "import_targets", cohort="2023", sheet=sheet(inbox / "目标.xlsx", *rows))
    assert [word for word in words if word not in str(refused.value)] == []
    assert events(engine) == before


def test_a_project_of_another_cohort_is_refused(engine, inbox):
    act(engine, "declare_project", cohort="2025", unit="S05")
    with pytest.raises(ActError, match="2025-S05 不属于批次 2023"):
        act(engine, "import_targets", cohort="2023", sheet=sheet(inbox / "目标.xlsx", ("2025-S05", "", "甲", "", "", "")))


def test_the_sheet_that_is_written_can_be_read_back(engine, inbox):
    act(engine, "set_targets", project="2023-S01", targets=["甲", "=SUM(A1)"])
    act(engine, "record_results", project="2023-S01", results=[{"number": "1", "state": "部分完成", "result": "+86 两家", "evidence": ""}])
    with reading(engine) as session:
        (inbox / "登记表.xlsx").write_bytes(target_sheet(session, "2023"))
    found = read_targets(inbox / "登记表.xlsx")
    assert {code: [(row.text, row.state, row.result) for row in rows] for code, rows in found.items()} == {
        "2023-S01": [("甲", "partly", "+86 两家"), ("=SUM(A1)", None, "")]
    }, "unfilled rows of the other sixteen do not count"
    page = load_workbook(inbox / "登记表.xlsx").active
    cells = [cell for row in page.iter_rows() for cell in row if str(cell.value).startswith(("=", "+"))]
    assert [(cell.data_type, cell.quotePrefix) for cell in cells] == [("s", True), ("s", True)]


def test_forms_take_lines(engine):
    typed(engine, "set_targets", project="2023-S01 云杉学院党委", targets="甲\n乙")
    typed(engine, "record_results", project="2023-S01", results="1 达到 已建成；佐证：台账 3 号\n２ 未完成 未启动")
    assert told(engine) == [("甲", "达到", "已建成", "台账 3 号"), ("乙", "未达到", "未启动", "")]
    typed(engine, "assess_standards", project="2023-S01", standards="1 达到\n思想政治工作到位 部分达到 辅导员配备不足")
    typed(engine, "report_aspects", project="2023-S01", aspects="机制实践方法创新 结对共建\n论文文章专著 见清单")
    typed(
        engine,
        "record_outputs",
        project="2023-S01",
        outputs="论文 省级 2025-06-30 融合路径 研究 https://journal.example/1\n其他 校级 2025-01-02 乙",
    )
    typed(engine, "record_promotion", project="2023-S01", text="全校推广")
    seen, one = known(engine)
    assert [(s.rule.key, str(s.state), s.text) for s in achievements.standards(seen, one) if s.state] == [
        ("leadership", "achieved", ""), ("ideology", "partly", "辅导员配备不足"),
    ]  # fmt: skip
    assert [(a.criterion.title, a.text) for a in achievements.aspects(seen, one) if a.text] == [
        ("机制实践方法创新", "结对共建"), ("论文文章专著", "见清单"),
    ]  # fmt: skip
    assert [(o.title, o.link) for o in achievements.outputs(one)] == [("乙", ""), ("融合路径 研究", "https://journal.example/1")]


REFUSED = [
    ("record_results", {"results": [{"number": "1", "state": "达到", "result": "做到"}]}, "还没有申报目标"),
    ("set_targets", {"targets": []}, "没有填写申报目标"),
    ("set_targets", {"targets": ["甲", "甲 "]}, "目标重复：甲"),
    ("assess_standards", {"standards": [{"item": "教育党员有力", "state": "达到"}]}, "没有“教育党员有力”这一项；应为党组织领导"),
    ("assess_standards", {"standards": [{"item": "1", "state": "未达到", "text": " "}]}, "没有说明"),
    ("assess_standards", {"standards": [{"item": "1", "state": "很好"}]}, "读到“很好”；应为达到、部分达到、未达到"),
    ("assess_standards", {"standards": [{"item": "1", "state": "达到"}, {"item": "leadership", "state": "达到"}]}, "登记了两次"),
    ("report_aspects", {"aspects": {"机制创新": "有"}}, "没有“机制创新”这一方面；应为体制机制与队伍"),
    ("record_outputs", {"outputs": [{"kind": "论文", "level": "世界级", "on": "2025-01-01", "title": "甲"}]}, "应为国家级"),
    ("record_outputs", {"outputs": [{"kind": "论文", "level": "省级", "on": "去年", "title": "甲"}]}, "日期读到“去年”"),
    ("record_promotion", {"text": " "}, "推广成效不能为空"),
]


@pytest.mark.parametrize(("name", "fields", "words"), REFUSED)
def test_what_does_not_fit_is_refused_and_changes_nothing(engine, name, fields, words):
    before = events(engine)
    with pytest.raises(ActError, match=words):
        act(engine, name, project="2023-S01", **fields)
    assert events(engine) == before


def test_results_name_targets_that_are_there_and_outputs_come_once(engine):
    act(engine, "set_targets", project="2023-S01", targets=["甲"])
    for number, told in (("2", "2"), ("9" * 5000, "9{20}…")):  # Python reads no number of so many digits
        with pytest.raises(ActError, match=f"没有第 {told} 项目标；应为 1 至 1"):
            act(engine, "record_results", project="2023-S01", results=[{"number": number, "state": "达到", "result": "做到"}])
    one = {"kind": "论文", "level": "省级", "on": "2025-01-01", "title": "甲"}
    act(engine, "record_outputs", project="2023-S01", outputs=[one])
    with pytest.raises(ActError, match="已登记"):
        act(engine, "record_outputs", project="2023-S01", outputs=[one])


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (item_texts.results, "1 达到"), (item_texts.results, "一 达到 做到"), (item_texts.judged_items, "思想政治工作到位"),
        (item_texts.outputs, "论文 省级 2025-06-30"), (item_texts.outputs, "论文 省级 六月 甲"), (item_texts.outputs, "论文 省级 2025-06-30 www.a.b"),
    ],
)  # fmt: skip
def test_a_line_that_lacks_something_is_named(read, text):
    fits = {item_texts.results: "1 达到 好", item_texts.judged_items: "1 达到", item_texts.outputs: "论文 省级 2025-06-30 甲"}
    with pytest.raises(ValueError, match="第 2 行"):
        read(f"{fits[read]}\n{text}")


def test_the_application_says_what_is_on_record(engine, data_folder):
    act(engine, "set_targets", project="2023-S01", targets=["建成党员之家"])
    act(engine, "record_results", project="2023-S01", results=[{"number": "1", "state": "达到", "result": "已建成", "evidence": "台账"}])
    act(engine, "assess_standards", project="2023-S01", standards=[{"item": "1", "state": "部分达到", "text": "制度待完善"}])
    act(engine, "report_aspects", project="2023-S01", aspects={"思路措施落实": "逐项销号"})
    act(
        engine, "record_outputs", project="2023-S01", outputs=[{"kind": "专著", "level": "国家级", "on": "2025-01-01", "title": "融合之路"}]
    )
    act(engine, "record_promotion", project="2023-S01", text="三所高校来访")
    with reading(engine) as session:
        said = text_of(document(session, DocumentKind.APPLICATION, "2023-S01", DAY.on))
    for words in (
        "建成党员之家",
        "已建成",
        "制度待完善",
        "逐项销号",
        "融合之路",
        "国家级",
        "三所高校来访",
        "推动改革发展到位",
        "不适用：未登记基线数据",
    ):
        assert words in said, words
    assert "教育党员有力" not in said


@pytest.fixture
def at_the_end(engine, monkeypatch):
    """A project of the second batch whose papers are all in, with a baseline and figures of the mid-term."""
    on = {name: Act("A01", "command:test", date.fromisoformat(day)) for name, day in (("start", "2025-12-30"), ("mid", "2026-11-20"))}
    act(engine, "declare_project", cohort="2025", unit="S05")
    with transaction(engine) as session:
        for event in ("declare", "pass_initial_review", "select"):
            record_event(session, project_row(session, "2025-S05"), event, on["start"], {})
    perform(engine, on["start"], "record_baseline", project="2025-S05", measures={"活动": 20})
    perform(engine, on["mid"], "record_measures", project="2025-S05", measures={"活动": 22})
    return engine


def test_the_self_evaluation_freezes_the_figures_of_the_end(at_the_end, data_folder):
    end = Act("A01", "command:test", date(2027, 11, 20))
    with pytest.raises(ActError, match="2025-S05 还没有期末数据：活动"):
        perform(at_the_end, end, "self_evaluate", project="2025-S05")
    perform(at_the_end, end, "record_measures", project="2025-S05", measures={"活动": 25})
    perform(at_the_end, end, "self_evaluate", project="2025-S05")
    said = known(at_the_end, "2025-S05")[1].latest("self_evaluate").payload
    assert (said["gain"], said["measures"]) == (25.0, [{"name": "活动", "baseline": 20, "mid_term": 22, "final": 25, "percent": 25.0}])
    assert said["text"] == "与立项基线相比，活动由 20 变为 25（中期 22），增加 5（+25%）。各项指标平均增幅 +25%。"
    with reading(at_the_end) as session:
        text = text_of(document(session, DocumentKind.VALUE_ADDED, "2025-S05", end.on))
    assert all(words in text for words in (said["text"], "+25.0%", "尚未进行。", "未登记申报目标。"))


def test_the_baseline_is_frozen_unless_its_record_is_corrected(at_the_end):
    end = Act("A01", "command:test", date(2026, 1, 5))
    with pytest.raises(ActError, match="基线数据已登记"):
        perform(at_the_end, end, "record_baseline", project="2025-S05", measures={"活动": 1})
    wrong = known(at_the_end, "2025-S05")[1].latest("record_baseline").seq
    perform(at_the_end, end, "correct", project="2025-S05", seq=wrong, reason="登记成另一单位的数据")
    perform(at_the_end, end, "record_baseline", project="2025-S05", measures={"活动": 18})
    assert known(at_the_end, "2025-S05")[1].latest("record_baseline").payload == {"measures": {"活动": 18}}


def test_a_baseline_comes_in_time_or_with_a_reason(at_the_end):
    late, wrong = Act("A01", "command:test", date(2026, 3, 2)), known(at_the_end, "2025-S05")[1].latest("record_baseline").seq
    perform(at_the_end, late, "correct", project="2025-S05", seq=wrong, reason="登记成另一单位的数据")
    with pytest.raises(ActError, match="2025-S05 没有基线数据，不能自评增值"):
        perform(at_the_end, late, "self_evaluate", project="2025-S05")
    perform(at_the_end, late, "record_baseline", project="2025-S05", measures={"活动": 18})
    act(at_the_end, "declare_project", cohort="2025", unit="S06")
    with transaction(at_the_end) as session:  # one that never had a baseline
        for event in ("declare", "pass_initial_review", "select"):
            record_event(session, project_row(session, "2025-S06"), event, Act("A01", "command:test", date(2025, 12, 30)), {})
    assert duties_about(at_the_end, "2025-S06") == [("record_baseline", date(2026, 1, 28))]
    with pytest.raises(ActError, match="2025-S06 的基线数据应于 2026-01-28 前登记"):
        perform(at_the_end, late, "record_baseline", project="2025-S06", measures={"活动": 3})
    perform(at_the_end, late, "record_baseline", project="2025-S06", measures={"活动": 3}, despite="据 2025 年度总结")
    assert known(at_the_end, "2025-S06")[1].latest("record_baseline").payload == {"measures": {"活动": 3}, "despite": "据 2025 年度总结"}
    assert duties_about(at_the_end, "2025-S06") == []


def duties_about(engine, code):
    """What the office owes about a project: kind and last day."""
    with reading(engine) as session:
        owed = office_duties(load_world(session, "2025"), load_calendar(session), OfficeWork())
    return [(duty.kind, duty.due_on) for duty in owed if duty.project == code and duty.kind == DutyKind.RECORD_BASELINE]


def test_a_cohort_without_baselines_takes_none(engine):
    with pytest.raises(ActError, match="批次 2023 立项时未采集基线数据，不能事后补登"):
        act(engine, "record_baseline", project="2023-S01", measures={"活动": 1})


def line(**more):
    base = {"options": [str(Outcome.QUALIFIED)], "outcome": str(Outcome.QUALIFIED), "blockers": [], "missing_level": ""}
    return {**base, **more}


def test_a_ballot_freezes_which_level_is_missing():
    one = project(state=ProjectState.UNDER_ACCEPTANCE, assessments=marks("2025", "consolidation", 95))
    seen = world(one)
    frozen = judging._ballot_line(seen, propose(seen, one, PhaseKind.CONSOLIDATION), "样板党支部", 1)
    assert (frozen["outcome"], frozen["missing_level"]) == (None, "第一级“增值自评”：缺少增值自评表")


def test_no_reason_takes_the_committee_past_a_level(engine):
    """The control beside it: with both levels done the same decision is taken."""
    meeting = judging.Meeting("党委会", DAY.on, "纪要")
    with reading(engine) as session:
        row = project_row(session, "2023-S01")
    judging._refuse_bad_decision(row, line(), Outcome.QUALIFIED, "", meeting)
    with pytest.raises(ActError, match="三级验收须依次进行，尚缺第一级“增值自评”：尚未登记增值自评"):
        judging._refuse_bad_decision(
            row, line(missing_level="第一级“增值自评”：尚未登记增值自评"), Outcome.QUALIFIED, "党委另有考虑", meeting
        )
