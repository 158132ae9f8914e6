"""The satisfaction survey from a file: both layouts, what is refused with its cell, and what goes on to the Word application (R12, R14)."""

import pytest
from openpyxl import Workbook
from sqlmodel import select

from config.vocabulary import DocumentKind
from flows.forms.labels import said
from flows.forms.model import checked
from flows.steps.acts import perform, told
from flows.steps.documents import document
from flows.steps.errors import REFUSALS
from models.history import count_events
from models.imports.surveys import read_survey
from models.loading import load_world
from models.rules.survey import satisfaction, warnings
from models.store import reading
from models.tables import Submission
from tests.factories import load_plan
from tests.flows.test_forms import inbox as inbox_of
from tests.notifications.test_word import text_of

inbox = inbox_of
RULE = load_plan("2023").programme.survey
COUNTS = ("发放份数", "４０", "回收份数", 40, "有效份数", 38)
HEAD = ("序号", "测评项目", "非常满意（票）", "满意", "一般", "不满意")
ONE, TWO = (1, "教育党员有力", 28, " ８ ", 2, 0), (2, "管理党员有力", 26, 10, 2, None)
SUMMARY = [("满意度测评汇总表",), COUNTS, HEAD, ONE, TWO, ("合计", None, 54, 18, 4, 0), ("填表人：张三",)]
RAW_HEAD = ("序号", "身份", "教育党员有力", "管理党员有力")


def book(path, rows, merged="A1:F1", hidden=()):
    made = Workbook()
    for row in rows:
        made.active.append(row)
    if merged:
        made.active.merge_cells(merged)
    for number in hidden:
        made.active.row_dimensions[number].hidden = True
    made.save(path)
    return path


def ballots(*answers):
    return [("发放 30 份，逐票如下", None, None, None), RAW_HEAD, *((n, "教师", *row) for n, row in enumerate(answers, 1))]


def test_a_summary_with_title_full_width_digits_total_and_a_hidden_row_is_read_whole(tmp_path):
    found = read_survey(book(tmp_path / "a.xlsx", SUMMARY, hidden=[5]))
    assert found.counts == {"issued": 40, "returned": 40, "valid": 38}
    assert found.titles == ["教育党员有力", "管理党员有力"]
    assert found.questions == [[28, 8, 2, 0], [26, 10, 2, 0]]


def test_counts_may_stand_above_their_numbers_and_options_have_other_names(tmp_path):
    rows = [("发放份数", "回收份数", "有效份数"), ("40份", 39, 38), ("题目", "很满意", "比较满意", "一般", "不太满意"), ("一", 1, 2, 3, 4)]
    found = read_survey(book(tmp_path / "a.xlsx", rows, merged=""))
    assert (found.counts, found.questions) == ({"issued": 40, "returned": 39, "valid": 38}, [[1, 2, 3, 4]])


def test_raw_ballots_are_counted_and_an_unanswered_question_is_no_flaw(tmp_path):
    path = tmp_path / "a.csv"
    text = "\n".join(
        ",".join("" if cell is None else str(cell) for cell in row) for row in ballots(("非常满意", "A.非常满意"), ("满意", ""))
    )
    path.write_bytes(text.replace("30 份，", "30 份；").encode("gbk"))
    found = read_survey(path)
    assert (found.counts["issued"], found.counts["returned"], found.alike) == (30, 2, 0)
    assert found.questions == [[1, 1, 0, 0], [1, 0, 0, 0]]


def test_ballots_that_are_all_alike_are_told(tmp_path):
    found = read_survey(book(tmp_path / "a.xlsx", ballots(*[("满意", "满意")] * 24), merged=""))
    told = warnings({"issued": 30, "returned": 24, "valid": 24, "questions": found.questions, "ballots_alike": found.alike}, RULE)
    assert "24 张票各题所选完全相同，请核实是否真实测评" in told
    assert "回收率低于 90%" in told


def without(rows, *numbers):
    return [row for number, row in enumerate(rows, 1) if number not in numbers]


WHERE = "坏表.xlsx 工作表“Sheet”"
BROKEN = {
    "no option at all": ([("题目", "票数"), ("一", 3)], [f"{WHERE}：没有认出满意度测评"]),
    "an option is missing": (
        [COUNTS, ("题目", "非常满意", "满意", "一般"), ("一", 1, 2, 3)], [f"{WHERE} 第 2 行表头：缺少不满意，应四个选项齐全"],
    ),
    "words and a negative number": (
        [COUNTS, HEAD, (1, "一", "多", -1, 2, 0)],
        [f"{WHERE} C3（非常满意）：读到“多”，应为非负整数票数", f"{WHERE} D3（满意）：读到“-1”，应为非负整数票数"],
    ),
    "a fraction": ([COUNTS, HEAD, (1, "一", 1.5, 1, 2, 0)], [f"{WHERE} C3（非常满意）：读到“1.5”，应为非负整数票数"]),
    "no counts": (
        [HEAD, ONE],
        [f"{WHERE}：没有读到{name}，应有“{name}”和数字" for name in ("发放份数", "回收份数", "有效份数")],
    ),
    "a count is a word": (
        [("发放份数", "四十", "回收份数", 40, "有效份数", 38), HEAD, ONE],
        [f"{WHERE} B1（发放份数）：读到“四十”，应为非负整数", f"{WHERE}：没有读到发放份数，应有“发放份数”和数字"],
    ),
    "two counts differ": (
        [COUNTS, ("发放：41 份",), HEAD, ONE], [f"{WHERE} A2（发放份数）：读到“41”，与第 2 行之前的 40 不一致"],
    ),
    "no question": ([COUNTS, HEAD, ("合计", None, 1, 1, 1, 1)], [f"{WHERE}：表头下没有任何题目，应每题一行"]),
    "an unknown answer": (
        ballots(("非常满意", "满意"), ("满意", "很好")), [f"{WHERE} D4（管理党员有力）：读到“很好”，应为非常满意、满意、一般、不满意之一"],
    ),
    "a sum above the valid ballots": ([COUNTS, HEAD, (1, "一", 30, 9, 0, 0)], ["2023-S01 满意度测评数据有误：第 1 题合计 39 超过有效票 38"]),
    "more ballots than were issued": (
        [("发放份数", 20, "回收份数", 40, "有效份数", 38), HEAD, ONE],
        ["2023-S01 满意度测评数据有误：发放 20、回收 40、有效 38 应依次不增且有效票大于 0"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_sheet_is_refused_with_every_flaw_and_changes_nothing(engine, act, inbox, name):
    rows, flaws = BROKEN[name]
    book(inbox / "坏表.xlsx", rows, merged="")
    with reading(engine) as session:
        before = count_events(session)
    with pytest.raises(REFUSALS) as refused:
        perform(engine, act, "record_survey_sheet", project="2023-S01", survey_file="坏表.xlsx")
    told = str(refused.value).splitlines()
    assert len(told) == len(flaws)
    assert [line for line, flaw in zip(told, flaws, strict=True) if not line.startswith(flaw)] == []
    with reading(engine) as session:
        assert count_events(session) == before
        assert session.exec(select(Submission)).all() == []


def test_what_is_no_sheet_is_refused(engine, act, inbox):
    (inbox / "坏表.xlsx").write_bytes(b"PK no")
    with pytest.raises(REFUSALS, match=r"坏表.xlsx：不是 \.xlsx 文件"):
        perform(engine, act, "record_survey_sheet", project="2023-S01", survey_file="坏表.xlsx")


def test_a_raw_export_without_the_number_issued_needs_it_typed(engine, act, inbox):
    book(inbox / "票.xlsx", [RAW_HEAD, (1, "教师", "满意", "满意")], merged="")
    with pytest.raises(REFUSALS, match="没有写明发放份数"):
        perform(engine, act, "record_survey_sheet", project="2023-S01", survey_file="票.xlsx")
    assert "有效票 1 张" in perform(engine, act, "record_survey_sheet", project="2023-S01", survey_file="票.xlsx", issued=2)


def test_a_sheet_goes_on_to_the_application_and_counts_as_handed_in(engine, act, inbox):
    book(inbox / "测评.xlsx", SUMMARY)
    with reading(engine) as session:
        fields = checked(session, "record_survey_sheet", {"project": "2023-S01 云杉学院党委", "survey_file": "测评.xlsx"})
    result = perform(engine, act, "record_survey_sheet", **fields)
    assert said("record_survey_sheet", told(result)) == "按表登记满意度测评已登记：2 题、有效票 38 张，满意率 94.74%、加权得分 93.16"
    with reading(engine) as session:
        fact = load_world(session, "2023").project("2023-S01").latest("record_survey")
        assert [paper.deliverable for paper in session.exec(select(Submission))] == ["satisfaction_survey"]
        word = text_of(document(session, DocumentKind.APPLICATION, "2023-S01", act.on))
    assert "发出 40 份、收回 40 份、有效 38 份，满意率 94.74%，加权得分 93.16" in word
    assert (inbox.parent / "files" / fact.payload["file"]["sha256"][:2] / fact.payload["file"]["sha256"]).is_file()


def test_weights_are_the_programmes():
    """24 voters, 23 times 非常满意 and once 满意: 99.17 by the customary weights."""
    counted = {"valid": 24, "questions": [[23, 1, 0, 0]]}
    assert satisfaction(counted, RULE.weights) == (100.0, 99.17)
    assert satisfaction(counted, (100, 50, 0, 0)).weighted == 97.92


def test_a_question_left_blank_is_nobody_satisfied_and_many_blanks_are_told():
    """38 valid ballots of which three answer: 3 of 38, not 100 %; the weighted mean is of the answers given."""
    few = {"issued": 40, "returned": 40, "valid": 38, "questions": [[3, 0, 0, 0]]}
    assert satisfaction(few, RULE.weights) == (7.89, 100.0)
    assert "有效票中未作答的占 92.1%，超过 10%，请核实各题票数" in warnings(few, RULE)
    assert "满意率 7.89% 低于 80%" in warnings(few, RULE)
    edge = {"issued": 40, "returned": 40, "valid": 40, "questions": [[36, 0, 0, 0], [36, 0, 0, 0]]}
    assert satisfaction(edge, RULE.weights).rate == 90.0
    assert warnings(edge, RULE) == (), "a tenth is not many"
