"""Score sheets: out as Excel, filled in, and back; a broken one changes nothing and every flaw is named by its cell (R46, 6.12)."""

import io
from datetime import date

import pytest
from openpyxl import load_workbook
from sqlmodel import func, select

from config.loading import PlanError
from flows.steps.acts import perform, told
from flows.steps.errors import ActError
from flows.steps.people import retire_person
from flows.steps.score_sheets import score_books
from models.history import Act, record_event
from models.loading import project_row
from models.store import reading, transaction
from models.tables import Assessment, Event

DAY = date(2025, 12, 8)
BY = Act("A01", "command:test", DAY)
PROJECTS = ("2023-S01", "2023-S02", "2023-S04B01")
TASKS, MEASURES = "重点任务完成情况", "重要举措落实情况"
FIRST = 4
"""The first row of data; columns: A key, B number, C project, D unit, E kind, F… criteria."""


@pytest.fixture
def reviewed(engine, data_folder):
    """Three projects in acceptance, all assigned to P01, one to P02."""
    with transaction(engine) as session:
        for code in PROJECTS:
            record_event(session, project_row(session, code), "enter_acceptance", BY, {"phase": "summary"})
    perform(engine, BY, "assign", phase="review", part="all", assessor="P01", projects=list(PROJECTS))
    perform(engine, BY, "assign", phase="review", part="all", assessor="P02", projects=["2023-S02"])
    (data_folder / "inbox").mkdir(parents=True)
    return engine


def books(engine, **chosen):
    with reading(engine) as session:
        return {book.member.code: book for book in score_books(session, "2023", "review", **chosen)}


def filled(engine, who="P01"):
    """A member's workbook with every page filled in: 40 and more, one cell as people type it."""
    book = load_workbook(io.BytesIO(books(engine)[who].content))
    for page in book.worksheets:
        for row in range(FIRST, page.max_row + 1):
            if page.cell(row, 1).value:
                for column in range(6, 6 + criteria(page)):
                    page.cell(row, column).value = 20 + row + column / 10
    book[TASKS]["F4"] = " ４０．５ 分"
    book[TASKS].cell(FIRST, 9).value = "扎实"
    return book


def criteria(page):
    return sum("分）" in str(cell.value) for cell in page[3])


def put(folder, book, name="评分.xlsx"):
    book.save(folder / "inbox" / name)
    return name


def record(engine, folder, book, act=BY):
    return perform(engine, act, "score_sheet", sheet=put(folder, book))


def counts(engine):
    with reading(engine) as session:
        return tuple(session.exec(select(func.count()).select_from(table)).one() for table in (Assessment, Event))


def test_a_workbook_holds_what_its_member_is_to_score(reviewed):
    made = books(reviewed)
    assert {who: book.projects for who, book in made.items()} == {"P01": 3, "P02": 1}, "who is not assigned gets none"
    assert list(books(reviewed, member="P02")) == ["P02"]
    book = load_workbook(io.BytesIO(made["P01"].content))
    assert book.sheetnames == [TASKS, MEASURES, "示范作用发挥情况"], "what the office scores itself is not there"
    page = book[TASKS]
    assert page["A1"].value.endswith("审查评估评分表（重点任务完成情况）")
    assert "P01 评审专家1" in page["A2"].value
    assert [page.cell(3, column).value for column in range(1, 10)] == [
        "核对码", "序号", "项目编号", "单位", "类型", "对照任务指南（50分）", "对照申报目标（50分）", "合计", "评审意见",
    ]  # fmt: skip
    assert [page.cell(row, 3).value for row in (4, 5, 6)] == list(PROJECTS)
    assert page["A4"].value == "2023-S01/review/key_tasks/0/P01"


def test_a_workbook_is_protected_validated_and_ready_for_print(reviewed):
    page = load_workbook(io.BytesIO(books(reviewed)["P01"].content))[TASKS]
    assert page.protection.sheet
    assert page.column_dimensions["A"].hidden
    unlocked = {cell.coordinate for row in page.iter_rows() for cell in row if not cell.protection.locked}
    assert unlocked == {f"{column}{row}" for column in "FGI" for row in (4, 5, 6)}
    rules = {str(rule.sqref): (rule.type, rule.formula1, rule.formula2) for rule in page.data_validations.dataValidation}
    assert rules == {"F4:F6": ("decimal", "0", "50"), "G4:G6": ("decimal", "0", "50")}
    assert page["H4"].value == '=IF(COUNT(F4:G4)=0,"",SUM(F4:G4))'
    assert "签名" in page["B8"].value
    assert page.print_area == "'重点任务完成情况'!$A$1:$I$8"
    assert (page.print_title_rows, page.page_setup.orientation) == ("$1:$3", "landscape")


def test_a_filled_workbook_is_recorded_whole_and_again_changes_nothing(reviewed, data_folder):
    once = Act("A01", "flow-run:1", DAY, command="run-1")
    assert told(record(reviewed, data_folder, filled(reviewed), once)) == ("登记评分 9 行",)
    with reading(reviewed) as session:
        row = session.exec(select(Assessment).where(Assessment.part == "key_tasks").order_by(Assessment.id)).first()
    assert (dict(row.scores), row.opinion, row.assessor) == ({"guide": 40.5, "targets": 24.7}, "扎实", "P01")
    before = counts(reviewed)
    again = perform(reviewed, BY, "score_sheet", sheet="评分.xlsx")
    assert told(again) == ("登记评分 0 行，9 行此前已登记，未作改动",)
    assert counts(reviewed) == before
    assert "P01" not in books(reviewed), "nothing is left to score"


def test_rows_left_empty_wait_for_another_time(reviewed, data_folder):
    book = filled(reviewed)
    for page in book.worksheets:
        for column in range(6, 6 + criteria(page)):
            page.cell(5, column).value = None
    assert told(record(reviewed, data_folder, book)) == ("登记评分 6 行",)
    left = load_workbook(io.BytesIO(books(reviewed)["P01"].content))[MEASURES]
    assert [left.cell(row, 3).value for row in (4, 5)] == ["2023-S02", None]


def test_a_differing_second_score_is_refused_with_the_way_to_correct_it(reviewed, data_folder):
    record(reviewed, data_folder, filled(reviewed))
    before = counts(reviewed)
    book = load_workbook(data_folder / "inbox" / "评分.xlsx")
    book[TASKS]["G4"] = 30
    with pytest.raises(ActError) as refused:
        record(reviewed, data_folder, book)
    text = str(refused.value)
    assert "工作表“重点任务完成情况” 第 4 行：P01 对 2023-S01 已登记 40.5、24.7，读到 40.5、30" in text
    assert "先用“更正记录”作废原评分" in text
    assert counts(reviewed) == before
    with reading(reviewed) as session:
        query = select(Event).where(Event.stream == "project:2023-S01", Event.event == "assess").order_by(Event.seq)
        seq = session.exec(query).first().seq
    perform(reviewed, BY, "correct", project="2023-S01", seq=seq, reason="分数录错")
    assert told(perform(reviewed, BY, "score_sheet", sheet="评分.xlsx"))[0].startswith("登记评分 1 行，8 行")


def _missing(book):
    book[TASKS]["F4"] = None
    return ["工作表“重点任务完成情况” F4（对照任务指南）：未填写，应为 0 至 50 之间的数"]


def _too_high(book):
    book[TASKS]["G5"], book[MEASURES]["F4"] = 51, -1
    return [
        "“重点任务完成情况” G5（对照申报目标）：读到“51”，应为 0 至 50",
        "“重要举措落实情况” F4（体制机制与队伍）：读到“-1”，应为 0 至 30",
    ]


def _words(book):
    book[TASKS]["F4"], book[TASKS]["F5"], book[TASKS]["F6"] = "优秀", "4O", True
    return ["F4（对照任务指南）：读到“优秀”", "F5（对照任务指南）：读到“4O”", "F6（对照任务指南）：读到“True”"]


def _other_project(book):
    book[TASKS]["C5"] = "2023-S03"
    return ["C5（项目编号）：读到“2023-S03”，应为 2023-S02；请勿改动项目编号"]


def _broken_key(book):
    book[TASKS]["A4"], book[TASKS]["A5"] = "2023-S01/review/key_tasks/0", "2023-S02/review/site_visit/0/P01"
    return ["A4（核对码）：读到“2023-S01/review/key_tasks/0”", "A5（核对码）：读到“2023-S02/review/site_visit/0/P01”"]


def _no_key(book):
    book[TASKS]["A6"] = None
    return ["“重点任务完成情况” A6（核对码）：有得分而没有核对码"]


def _twice(book):
    for column in range(1, 10):
        book[TASKS].cell(6, column).value = book[TASKS].cell(4, column).value
    return ["工作表“重点任务完成情况” 第 6 行：2023-S01 与工作表“重点任务完成情况” 第 4 行重复"]


def _no_head(book):
    book[MEASURES]["A3"] = "编号"
    return ["工作表“重要举措落实情况”：前 10 行没有表头；应含 核对码、项目编号"]


def _renamed_column(book):
    book[TASKS]["G3"] = "对照目标（50分）"
    return ["第 4 行（对照申报目标）：未填写", "第 5 行（对照申报目标）：未填写", "第 6 行（对照申报目标）：未填写"]


def _empty(book):
    for page in book.worksheets:
        for row in range(FIRST, FIRST + 3):
            for column in (*range(6, 6 + criteria(page)), 7 + criteria(page)):
                page.cell(row, column).value = None
    return ["没有填写任何评分"]


BROKEN = (_missing, _too_high, _words, _other_project, _broken_key, _no_key, _twice, _no_head, _renamed_column, _empty)


@pytest.mark.parametrize("spoil", BROKEN)
def test_a_broken_sheet_names_every_flaw_and_changes_nothing(reviewed, data_folder, spoil):
    book = filled(reviewed)
    expected = spoil(book)
    before = counts(reviewed)
    with pytest.raises(PlanError) as refused:
        record(reviewed, data_folder, book)
    lines = str(refused.value).splitlines()
    assert len(lines) == len(expected)
    assert [text for text, line in zip(expected, lines, strict=True) if text not in line or not line.startswith("评分.xlsx ")] == []
    assert counts(reviewed) == before


def test_what_the_acts_refuse_is_named_row_by_row_and_changes_nothing(reviewed, data_folder):
    """The sheet was right when it was made: since then one project was given to others, one has ended, a tie was declared."""
    book = filled(reviewed)
    undo = {"phase": "review", "part": "key_tasks", "assessor": "P01", "reason": "换人"}
    perform(reviewed, BY, "unassign", project="2023-S02", **undo)
    perform(reviewed, BY, "withdraw", project="2023-S04B01", reason="退出")
    perform(reviewed, BY, "declare_tie", who="P01", unit="S01", reason="曾任职")
    before = counts(reviewed)
    with pytest.raises(ActError) as refused:
        record(reviewed, data_folder, book)
    text = str(refused.value)
    assert "有 7 处不能登记，全部未登记" in text
    assert "第 5 行：P01 未分派评审 2023-S02 的重点任务完成情况，已分派：P02" in text
    assert text.count("已申报与云杉学院党委的回避关系") == 3
    assert text.count("不能 assess") == 3
    assert counts(reviewed) == before


def test_the_sheet_of_who_has_retired_is_refused(reviewed, data_folder):
    book = filled(reviewed, "P02")
    with transaction(reviewed) as session:
        retire_person(session, BY, "P02")
    with pytest.raises(ActError, match="P02 评审专家2已停用，不能评审"):
        record(reviewed, data_folder, book)


def test_without_assignments_everybody_who_may_gets_a_sheet(engine, data_folder):
    with transaction(engine) as session:
        record_event(session, project_row(session, "2023-S01"), "enter_acceptance", BY, {"phase": "summary"})
    perform(engine, BY, "declare_tie", who="P03", unit="S01", reason="曾任职")
    made = books(engine)
    assert "P03" not in made
    assert {"P01", "P02", "P07"} <= set(made)


def test_commands_write_the_sheets_and_read_one_back(reviewed, creation, tmp_path):
    code, said = creation("sheet", "scores", "2023", "review", "--member", "P02")
    assert (code, "1 个项目" in said) == (0, True)
    (made,) = (tmp_path / "data" / "sheets").glob("评分表-2023-review-P02-*.xlsx")
    book = load_workbook(made)
    for page in book.worksheets:
        for column in range(6, 6 + criteria(page)):
            page.cell(FIRST, column).value = 20
    book.save(tmp_path / "data" / "inbox" / "p02.xlsx")
    code, said = creation("record", "score_sheet", "sheet=p02.xlsx")
    assert (code, "登记评分 3 行" in said) == (0, True), said
    code, said = creation("sheet", "scores", "2023", "review", "--member", "P02")
    assert (code, "没有待P02评分的项目" in said) == (2, True)
