"""The hand-over sheet: what a unit, an SO, a panel member or the office still has open."""

import io
from datetime import date

import pytest
from openpyxl import load_workbook

from flows.listing import HandoverRequest, make_handover
from flows.steps.errors import ActError
from flows.steps.handover import handover_sheet
from models.database import engine_for
from models.store import reading
from tests.conftest import keep

DAY = date(2025, 11, 19)


@pytest.fixture
def played(evening, tmp_path):
    keep(evening(DAY), tmp_path / "played.db")
    made = engine_for(f"sqlite:///{tmp_path / 'played.db'}")
    yield made
    made.dispose()


def rows_of(engine, who, on=DAY):
    with reading(engine) as session:
        page = load_workbook(io.BytesIO(handover_sheet(session, who, on))).active
    head, *rows = list(page.values)[2:]
    return page["A1"].value, [dict(zip(head, row, strict=True)) for row in rows]


def test_a_contact_hands_over_what_the_unit_still_owes(played):
    title, rows = rows_of(played, "S07B01")
    assert title == "松涛学院教师第一党支部工作交接单"
    assert {row["项目或单位"] for row in rows} == {"松涛学院教师第一党支部"}
    late = next(row for row in rows if "满意度" in row["事项"])
    assert (late["现状"], late["时限"].date(), late["如何办理"]) == ("逾期 2 天", date(2025, 11, 17), "回复通知邮件并附材料")


def test_an_so_hands_over_what_its_branches_owe_as_well(played):
    _, rows = rows_of(played, "S07")
    assert {"松涛学院教师第一党支部", "松涛学院党委"} <= {row["项目或单位"] for row in rows}
    assert any("审核" in row["事项"] for row in rows)


def test_an_officer_hands_over_the_office_s_work(evening):
    engine = engine_for(f"sqlite:///{evening(date(2025, 12, 10))}")
    title, rows = rows_of(engine, "A01", date(2025, 12, 10))
    panel = rows_of(engine, "P01", date(2025, 12, 10))[1]
    engine.dispose()
    assert title == "A01 工作人员1工作交接单"
    assert rows
    assert all("评分" in row["事项"] for row in panel)


def test_whoever_is_unknown_is_refused_and_the_form_writes_one_file(played, data_folder, monkeypatch, creation):
    with pytest.raises(ActError, match="没有党组织或人员“X9”"):
        rows_of(played, "X9")
    code, said = creation("sheet", "handover", "S07B01", "--on", "2025-11-19", url=str(played.url))
    assert (code, "交接单-S07B01-20251119.xlsx" in "".join(said.split())) == (0, True)
    assert make_handover.fn(HandoverRequest(who="S07B01 松涛")).name == "交接单-S07B01-20251119.xlsx"
