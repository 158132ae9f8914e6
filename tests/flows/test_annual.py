"""The yearly list for appraisals, and the sheet of targets: by command, by form, safe against what people wrote (R65, R66)."""

import io
from datetime import date

import pytest
from openpyxl import load_workbook
from sqlmodel import func, select

from config.settings import settings
from flows.paperwork import AnnualRequest, TargetsRequest, make_annual, make_targets
from flows.steps.annual import annual_workbook
from flows.steps.errors import ActError
from models.database import engine_for
from models.loading import load_world, unit_row
from models.store import reading, transaction
from models.tables import Event
from tests.conftest import keep


def events(engine):
    with reading(engine) as session:
        return session.exec(select(func.count()).select_from(Event)).one()


def test_a_year_is_listed_per_so_and_per_project(evening, tmp_path):
    keep(evening(date(2025, 12, 30)), tmp_path / "copy.db")
    played = engine_for(f"sqlite:///{tmp_path / 'copy.db'}")
    with transaction(played) as session:
        unit_row(session, "S01").name = "=cmd|' /C calc'!A0"
    with reading(played) as session:
        content = annual_workbook(session, "2023", 2025, date(2025, 12, 30))
        world = load_world(session, "2023")
        for year in (2024, 2026):
            with pytest.raises(ActError, match=f"批次 2023 没有 {year} 年的情况"):
                annual_workbook(session, "2023", year, date(2025, 12, 30))
    played.dispose()
    book = load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["汇总", "明细"]
    total, detail = (list(book[name].iter_rows(min_row=4, values_only=True)) for name in book.sheetnames)
    assert len(total) == 30, "an SO without a project is listed too"
    assert [sum(row[n] for row in total) for n in range(1, 9)] == [17, 3, 14, 0, 4, 13, 0, 0]
    assert {row[4] for row in detail} == {project.code for project in world.projects}
    first = next(row for row in detail if row[4] == "2023-S01")
    assert first[6] == "2025-12-15 审查评估：优秀（党委会2025年第20次会议）"
    assert first[8:13] == ("6 项，达到 6 项", "达到 5 项", 3, 1, 1)
    assert first[14:] == ("不适用", "不适用")
    hostile = book["明细"].cell(4, 1)
    assert (hostile.value, hostile.data_type, hostile.quotePrefix) == ("=cmd|' /C calc'!A0", "s", True)
    assert book["明细"].print_title_rows == "$1:$3"
    assert [page.page_setup.orientation for page in book] == ["landscape", "landscape"]


def test_the_commands_write_the_list_and_the_sheet(creation, tmp_path):
    code, said = creation("export", "annual", "2023", "--out", str(tmp_path / "a.xlsx"))
    assert (code, (tmp_path / "a.xlsx").is_file()) == (0, True), said
    code, said = creation("export", "annual", "2023", "--year", "2019")
    assert (code, "可选 2025 至 2025 年" in said) == (2, True)
    code, said = creation("sheet", "targets", "2023")
    assert (code, "申报目标-2023-20251104.xlsx" in said.replace("\n", "")) == (0, True)


def test_the_forms_write_them_too(engine, data_folder, monkeypatch):
    monkeypatch.setenv("CREATION_DATABASE_URL", str(engine.url))
    settings.cache_clear()
    before = events(engine)
    assert make_annual.fn(AnnualRequest(cohort="2023 首批")).name == "年度考核清单-2023-2025-20251104.xlsx"
    assert make_targets.fn(TargetsRequest(cohort="2023")).is_file()
    assert events(engine) == before
