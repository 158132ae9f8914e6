"""Lists for printing: what they say of a played batch, how they are set up, and that no text becomes a formula."""

import io
from datetime import date

import pytest
from openpyxl import load_workbook
from sqlmodel import select

from config.settings import settings
from config.vocabulary import ListKind
from flows.listing import ListRequest, make_list
from flows.steps.errors import ActError
from flows.steps.lists import list_sheet
from models.database import engine_for
from models.history import count_events
from models.store import reading, transaction
from models.tables import Contact, Unit
from notifications.papers.sheets import Column, Sheet, workbook_of
from tests.conftest import keep

DAY = date(2025, 11, 19)


@pytest.fixture
def played(evening, tmp_path):
    keep(evening(DAY), tmp_path / "played.db")
    made = engine_for(f"sqlite:///{tmp_path / 'played.db'}")
    yield made
    made.dispose()


def page_of(engine, kind, cohort="2023", so=""):
    with reading(engine) as session:
        return load_workbook(io.BytesIO(list_sheet(session, kind, cohort, DAY, so))).active


def rows_of(page):
    head, *rows = list(page.values)[2:]
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_the_summary_tells_what_each_unit_lacks(played):
    rows = {row["单位"]: row for row in rows_of(page_of(played, ListKind.SUMMARY))}
    assert len(rows) == 17
    lacking = rows["松涛学院教师第一党支部"]
    assert (lacking["材料齐全"], lacking["电话"], lacking["书记"]) == ("否", "0000-0701000", "松涛书记")
    assert "《典型案例》" in lacking["备注"]
    assert rows["云杉学院党委"]["材料齐全"] == "是"


def test_the_ledger_has_a_column_per_paper_with_state_and_day(played):
    rows = {row["项目编号"]: row for row in rows_of(page_of(played, ListKind.LEDGER))}
    assert rows["2023-S01"]["典型案例"] == "齐全\n2025-11-18"
    assert rows["2023-S06B01"]["师生满意度测评结果"] == "已报送\n2025-11-19 迟2天"
    assert rows["2023-S07B01"]["师生满意度测评结果"] == "未报\n2025-11-17 逾期2天"


def test_who_is_missing_comes_with_telephone_days_late_and_what_was_sent(played):
    rows = rows_of(page_of(played, ListKind.MISSING))
    [row] = [row for row in rows if row["单位"].startswith("松涛") and "满意度" in row["未完成的任务"]]
    assert (row["逾期天数"], row["电话"]) == (2, "0000-0701000")
    assert row["提醒记录"].startswith("11-04 报送通知　")
    assert "11-18 逾期催办" in row["提醒记录"]
    others = rows_of(page_of(played, ListKind.MISSING, so="S07"))
    assert {one["单位"] for one in others} <= {"松涛学院党委", "松涛学院教师第一党支部"}


def test_people_sign_on_high_lines_and_some_are_free(played):
    page = page_of(played, ListKind.PANEL_SIGN_IN, "2025")
    rows = rows_of(page)
    names = [row["姓名"] for row in rows]
    assert names[:2] == ["评审专家1", "评审专家2"]
    assert names[-6] == "评审专家25"
    assert names[-5:] == [None] * 5
    assert page.row_dimensions[4].height == 30
    assert rows_of(page_of(played, ListKind.MEETING_SIGN_IN))[0]["姓名"] == "云杉书记"


@pytest.mark.parametrize("kind", ListKind, ids=str)
def test_every_list_prints_on_a4_across_with_its_head_on_each_page(played, kind):
    page = page_of(played, kind)
    assert (page.page_setup.orientation, page.page_setup.paperSize, page.page_setup.fitToWidth) == ("landscape", 9, 1)
    assert (page.freeze_panes, page.print_title_rows) == ("A4", "$1:$3")
    assert page.print_area == f"'{page.title}'!$A$1:${'ABCDEFGHIJKLMN'[page.max_column - 1]}${page.max_row}"
    assert "&P" in page.oddFooter.center.text
    assert f"A1:{'ABCDEFGHIJKLMN'[page.max_column - 1]}1" in {str(cells) for cells in page.merged_cells.ranges}


def test_a_text_that_looks_like_a_formula_stays_text(played):
    with transaction(played) as session:
        unit = session.exec(select(Unit).where(Unit.code == "S01")).one()
        for contact in session.exec(select(Contact).where(Contact.unit_id == unit.id)):
            contact.name, contact.phone = "=HYPERLINK(1)", "+86 1"
            session.add(contact)
    page = page_of(played, ListKind.SUMMARY)
    cells = [cell for row in page.iter_rows() for cell in row if str(cell.value).startswith(("=", "+"))]
    assert len(cells) == 3
    assert {(cell.data_type, cell.quotePrefix) for cell in cells} == {("s", True)}


def test_a_row_is_as_high_as_its_longest_text():
    sheet = Sheet("表", "题", "注", (Column("甲", 10), Column("乙", 10)), [("短", "短"), ("短", "很长的文字" * 6), ("一\n二\n三", "")])
    page = load_workbook(io.BytesIO(workbook_of(sheet))).active
    one, many, three = (page.row_dimensions[number].height for number in (4, 5, 6))
    assert one < three < many


def test_what_cannot_be_listed_is_refused(played):
    with pytest.raises(ActError, match="S01B01 不是二级党组织"):
        page_of(played, ListKind.SUMMARY, so="S01B01")
    with pytest.raises(ActError, match="没有可列的内容"):
        page_of(played, ListKind.SUMMARY, so="S30")


def test_by_command_and_by_form_without_a_trace(played, creation, data_folder, monkeypatch):
    with reading(played) as session:
        before = count_events(session)
    code, said = creation("sheet", "list", "汇总表", "2023", "--so", "S04", "--on", "2025-11-19", url=str(played.url))
    assert (code, "汇总表-2023-S04-20251119.xlsx" in "".join(said.split())) == (0, True)
    assert creation("sheet", "list", "花名册", "2023", url=str(played.url))[0] == 2
    monkeypatch.setenv("CREATION_DATABASE_URL", str(played.url))
    settings.cache_clear()
    path = make_list.fn(ListRequest(kind="材料台账", cohort="2023 首批"))
    assert path.name == "材料台账-2023-20251119.xlsx"
    with reading(played) as session:
        assert count_events(session) == before
