"""What was true about a day, as is known now and as was known then: late entries, corrections, moved deadlines."""

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import pytest

from flows.steps.acts import perform
from models.history import Act
from models.rules.replay import replay


@dataclass(frozen=True)
class Entry:
    seq: int
    effective_on: date
    recorded_at: datetime
    event: str = "visit"
    payload: dict = field(default_factory=dict)


def on(day):
    return date(2025, 11, day)


def at(day):
    return datetime(2025, 11, day, 12, tzinfo=UTC)


HISTORY = (
    Entry(1, on(4), at(4)),
    Entry(2, on(6), at(10)),  # entered late
    Entry(3, on(12), at(12)),
    Entry(4, on(20), at(20), "correct", {"corrects": 2}),
    Entry(5, on(20), at(21), "visit", {"corrects": 1}),  # no correction, whatever it holds
)


@pytest.mark.parametrize(
    ("day", "known", "seen"),
    [
        (4, 30, (1,)),
        (6, 9, (1,)),
        (6, 10, (1, 2)),
        (11, 19, (1, 2)),
        (11, 20, (1,)),
        (12, 11, (1, 2)),
        (20, 19, (1, 2, 3)),
        (20, 20, (1, 3, 4)),
        (30, 30, (1, 3, 4, 5)),
        (3, 30, ()),
    ],
)
def test_two_times(day, known, seen):
    """Row by row: what had taken effect by the day, of what was on record, without what was known to be wrong."""
    assert tuple(entry.seq for entry in replay(HISTORY, on(day), at(known))) == seen


@pytest.fixture
def told(engine, monkeypatch):
    """A finding entered late and corrected later still, and a self-check; each recorded on a day of its own, six years on."""

    def record(recorded, effective, name, **fields):
        monkeypatch.setattr("models.history.clock.now", lambda: datetime(2031, 11, recorded, 4, tzinfo=UTC))
        return perform(engine, Act("A01", "command:test", date(2025, 11, effective)), name, project="2023-S01", **fields)

    record(10, 6, "record_finding", text="台账不全")
    record(11, 11, "tick_self_check", note="已自查")
    record(20, 20, "correct", seq=2, reason="记错了单位")


def seen(creation, *words):
    code, text = creation("asof", "2023", *words, "--json")
    assert code == 0, text
    found = json.loads(text)
    return next(row for row in found["projects"] if row["project"] == "2023-S01"), found["duties"]


@pytest.mark.parametrize(
    ("day", "known", "facts", "owes"),
    [
        ("2025-11-06", "2031-11-09", 1, True),
        ("2025-11-06", "2031-11-10", 2, True),
        ("2025-11-06", "2031-11-20", 1, True),
        ("2025-11-06", None, 1, True),
        ("2025-11-12", "2031-11-10", 2, True),
        ("2025-11-12", "2031-11-12", 3, False),
        ("2025-11-12", "2031-11-20", 2, False),
    ],
)
def test_the_command_tells_both_times(creation, told, monkeypatch, day, known, facts, owes):
    """The first fact is the enrolment of the sample, in effect before all."""
    monkeypatch.setattr("flows.commands.looking_back.now", lambda: datetime(2032, 1, 1, tzinfo=UTC))
    monkeypatch.setattr("flows.commands.looking_back.today_in", lambda _: date(2032, 1, 1))
    project, duties = seen(creation, day, *(("--known", known) if known else ()))
    assert (project["state"], project["facts"]) == ("building", facts)
    assert (("2023-S01", "self_check_form") in {(row["project"], row["deliverable"]) for row in duties}) == owes


def test_a_day_to_come_is_refused(creation):
    code, text = creation("asof", "2023", "2099-01-01")
    assert (code, "还没有到" in text) == (2, True)


def test_the_table_is_chinese(creation):
    code, text = creation("asof", "2023", "2025-11-04", "--known", "2099-01-01")
    assert (code, "按截至 2099-01-01 已登记的情况" in text, "末条序号" in text, "未完成" in text) == (0, True, True, True)
