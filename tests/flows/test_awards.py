"""Funds for the excellent and commendations: what is recorded, refused, owed and listed (R62, R63)."""

import io
import json
from datetime import date
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from config.vocabulary import Outcome
from flows.deployments import ALL
from flows.forms.choices import offered
from flows.steps.acts import perform
from flows.steps.awards import awards, awards_sheet
from flows.steps.errors import ActError
from models.history import Act, count_events, record_event, verify
from models.loading import project_row
from models.store import reading, transaction

BY = Act("A01", "command:test", date(2026, 1, 8))
BEST, GOOD = "2023-S01", "2023-S02"
FUNDS = {"project": BEST, "amount": 10000, "document": "校党字〔2026〕3号"}
PRAISE = {"cohort": "2023", "unit": "S04B01", "title": "优秀党务工作者", "level": "school", "document": "校党字〔2026〕4号"}


@pytest.fixture
def accepted(engine):
    """One project accepted as excellent, one as qualified."""
    with transaction(engine) as session:
        for code, outcome in ((BEST, Outcome.EXCELLENT), (GOOD, Outcome.QUALIFIED)):
            row = project_row(session, code)
            record_event(session, row, "enter_acceptance", BY, {"phase": "summary"})
            record_event(session, row, "accept", BY, {"phase": "review", "round_no": 0, "outcome": outcome.value, "ballot": "x"})
    return engine


def lines(engine):
    with reading(engine) as session:
        assert [flaw for flaw in verify(session) if "中的决定" not in flaw] == [], "the fixture records decisions without their rows"
        return [(one.kind, one.unit, one.member, one.amount, one.on) for one in awards(session, "2023")]


def test_only_the_excellent_are_granted_funds_and_until_then_they_are_listed_as_waiting(accepted):
    assert lines(accepted) == [("支持经费", "S01", "", None, None)]
    perform(accepted, BY, "grant_support", **FUNDS, granted_on=date(2026, 1, 6))
    assert lines(accepted) == [("支持经费", "S01", "", Decimal("10000.00"), date(2026, 1, 6))]
    with pytest.raises(ActError, match=f"{GOOD} 的验收结论不是“优秀”"):
        perform(accepted, BY, "grant_support", **{**FUNDS, "project": GOOD})


@pytest.mark.parametrize(
    ("spoiled", "told"),
    [
        ({"amount": 0}, "应为大于 0"),
        ({"amount": 0.005}, "两位小数"),
        ({"document": " "}, "依据的文件"),
        ({"granted_on": date(2026, 1, 9)}, "晚于今天"),
    ],
)
def test_wrong_funds_change_nothing(accepted, spoiled, told):
    with reading(accepted) as session:
        before = count_events(session)
    with pytest.raises(ActError, match=told):
        perform(accepted, BY, "grant_support", **{**FUNDS, **spoiled})
    with reading(accepted) as session:
        assert count_events(session) == before


def test_one_document_is_recorded_once_and_a_wrong_one_is_corrected(accepted):
    perform(accepted, BY, "grant_support", **FUNDS)
    with pytest.raises(ActError, match="依据“校党字〔2026〕3号”的经费已登记"):
        perform(accepted, BY, "grant_support", **FUNDS)
    with reading(accepted) as session:
        records = offered(session, "record")
    ((label, (project, seq)),) = [(label, value) for label, value in records.items() if "支持经费" in label]
    perform(accepted, BY, "correct", project=project, seq=seq, reason="金额有误")
    perform(accepted, BY, "grant_support", **{**FUNDS, "amount": 8000.5})
    assert lines(accepted)[0][3] == Decimal("8000.50"), label


def test_organisations_and_members_are_commended_and_a_wrong_record_is_taken_back(accepted):
    perform(accepted, BY, "commend", **{**PRAISE, "unit": "S01", "title": "先进基层党组织"})
    perform(accepted, BY, "commend", **PRAISE, member="张某")
    with pytest.raises(ActError, match="这项表彰已登记"):
        perform(accepted, BY, "commend", **PRAISE, member="张某")
    assert [row[:3] for row in lines(accepted)[1:]] == [("表彰奖励", "S01", ""), ("表彰奖励", "S04B01", "张某")]
    with reading(accepted) as session:
        (unit, seq) = next(value for label, value in offered(session, "commendation").items() if "张某" in label)
    perform(accepted, BY, "retract_commendation", unit=unit, seq=seq, reason="同名误登")
    assert [row[:3] for row in lines(accepted)[1:]] == [("表彰奖励", "S01", "")]
    with pytest.raises(ActError, match="没有第"):
        perform(accepted, BY, "retract_commendation", unit=unit, seq=seq, reason="再来一次")
    perform(accepted, BY, "commend", **PRAISE, member="张某")
    assert len(lines(accepted)) == 3, "after a correction it may be recorded again"


def test_the_ledger_on_the_screen_and_as_a_workbook(accepted, creation, tmp_path):
    perform(accepted, BY, "grant_support", **FUNDS)
    perform(accepted, BY, "commend", **PRAISE, member="=1+1")
    code, said = creation("awards", "2023", "--json")
    told = json.loads(said)
    assert (code, [(row["kind"], row["amount"], row["member"]) for row in told]) == (
        0, [("支持经费", "10000.00", ""), ("表彰奖励", None, "=1+1")]
    )  # fmt: skip
    assert creation("sheet", "awards", "2023", "--out", str(tmp_path / "a.xlsx"))[0] == 0
    page = load_workbook(tmp_path / "a.xlsx").active
    assert [cell.value for cell in page[4]][:4] == [1, "支持经费", "S01", "云杉学院党委"]
    assert (page["I4"].value, page["F5"].value, page["F5"].data_type) == (10000, "=1+1", "s")
    assert "合计 10,000.00 元" in page["A2"].value
    assert creation("awards", "1999")[0] == 2


def test_without_anything_to_list_there_is_no_workbook(engine):
    with reading(engine) as session, pytest.raises(ActError, match="没有验收优秀的项目"):
        awards_sheet(session, "2023")
    assert "生成表彰经费台账" in {row.flow.name for row in ALL}


def test_the_workbook_says_what_is_still_to_be_granted(accepted):
    with reading(accepted) as session:
        page = load_workbook(io.BytesIO(awards_sheet(session, "2023"))).active
    assert page["I4"].value == "待落实"
