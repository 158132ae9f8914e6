"""The forms that make paper: what they write, what they refuse, and that they record nothing."""

import io
from datetime import date, datetime

import pytest
from openpyxl import load_workbook
from pydantic import ValidationError
from sqlmodel import func, select

from config.clock import BUSINESS_ZONE
from config.settings import settings
from flows.deployments import ALL, entrypoint, schemas
from flows.forms.choices import offered
from flows.forms.schema import CHOICES
from flows.offering import Offer, schema_now
from flows.paperwork import ReportRequest, SheetRequest, make_report, make_sheet
from flows.steps.errors import ActError
from models.business_clock import move_clock
from models.loading import UnknownCodeError
from models.store import reading, transaction
from models.tables import Event


@pytest.fixture
def data(engine, tmp_path, monkeypatch):
    monkeypatch.setenv("CREATION_DATA", str(tmp_path))
    monkeypatch.setenv("CREATION_DATABASE_URL", str(engine.url))
    settings.cache_clear()
    with transaction(engine) as session:
        move_clock(session, datetime(2025, 11, 18, 9, 0, tzinfo=BUSINESS_ZONE))
    yield tmp_path
    settings.cache_clear()


def events(engine):
    with reading(engine) as session:
        return session.exec(select(func.count()).select_from(Event)).one()


def labels(engine, kind):
    with reading(engine) as session:
        return offered(session, kind)


@pytest.mark.parametrize("given", ["label", "code"])
def test_a_sheet_lists_who_has_not_handed_in(engine, data, given):
    before = events(engine)
    title = next(title for title, key in labels(engine, "deliverable").items() if key == "typical_case")
    cohort = next(label for label, code in labels(engine, "cohort").items() if code == "2023")
    asked = SheetRequest(cohort=cohort, deliverable=title) if given == "label" else SheetRequest(cohort="2023", deliverable="typical_case")
    path = make_sheet.fn(asked)
    assert path == data / "sheets" / "报送登记-2023-typical_case-20251118.xlsx"
    rows = list(load_workbook(io.BytesIO(path.read_bytes())).active.values)
    assert any(row[0] == "2023-S01" for row in rows)
    assert events(engine) == before


def test_a_report_is_one_file_of_its_day(engine, data):
    before = events(engine)
    assert make_report.fn(ReportRequest(cohort="2023 首批")) == data / "reports" / "2023-2025-11-18.html"
    path = make_report.fn(ReportRequest(cohort="2023", on=date(2025, 11, 10)))
    assert path.name == "2023-2025-11-10.html"
    assert "进展报告" in path.read_text(encoding="utf-8")
    assert "<script" not in path.read_text(encoding="utf-8")
    assert events(engine) == before


def test_what_does_not_fit_is_refused_and_writes_nothing(engine, data):
    with pytest.raises(ActError, match="没有未报"):
        make_sheet.fn(SheetRequest(cohort="2023", deliverable="../../x"))
    with pytest.raises(ActError, match="没有选择批次"):
        make_report.fn(ReportRequest(cohort=" "))
    with pytest.raises(UnknownCodeError, match="没有批次“1999”"):
        make_report.fn(ReportRequest(cohort="1999"))
    with pytest.raises(ActError, match="晚于今天"):
        make_report.fn(ReportRequest(cohort="2023", on=date(2025, 11, 19)))
    with pytest.raises(ValidationError):
        SheetRequest(cohort="2023")
    assert not (data / "sheets").exists()
    assert not (data / "reports").exists()


def test_the_forms_are_deployed_with_drop_downs(engine):
    rows = {row.flow.name: row for row in ALL}
    marked = {
        "生成报送登记表": {"cohort": "cohort", "deliverable": "deliverable"},
        "生成进展报告": {"cohort": "cohort"},
        "查明缘由": {"project": "any_project"},
        "生成文书": {"kind": "document", "about": "document_about"},
    }
    for name, fields in marked.items():
        schema = schemas()[entrypoint(rows[name])]
        (model,) = schema["definitions"].values()
        assert {field: told[CHOICES] for field, told in model["properties"].items() if CHOICES in told} == fields
        with reading(engine) as session:
            fresh = schema_now(schema, Offer(session))
        (now,) = fresh["definitions"].values()
        assert all(now["properties"][field]["enum"] for field in fields)
        assert all(told["title"] and not told["title"].isascii() for told in now["properties"].values())
