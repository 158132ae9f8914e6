"""A hostile workbook is refused by name within bounds of time and memory, whatever reader it is given to; nothing of it is on record."""

import json
import subprocess
import sys

import pytest

from config.loading import PlanError
from flows.steps.acts import perform
from flows.steps.sheets import ballot_sheet, hand_in_sheet, target_sheet
from models.database import engine_for
from models.history import count_events
from models.imports.rosters import read_units
from models.store import reading
from models.tables import Ballot
from tests.hostile.workbooks import ODD, random_plain, sheet_of
from tests.marks import size

pytestmark = pytest.mark.trust
RSS_MAX_MB, SECONDS_MAX = 300, 10
NUMBER = size(40, 4000)
READERS = size(("survey",), ("units", "survey", "scores"))


def child(*words):
    command = [sys.executable, "-m", "tests.hostile.reading_child", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """Every odd workbook as a file."""
    folder = tmp_path_factory.mktemp("odd")
    for name, (make, _) in ODD.items():
        (folder / f"{name}.xlsx").write_bytes(make())
    return folder


@pytest.mark.parametrize("name", ODD)
def test_an_odd_workbook_is_refused_for_what_it_is(odd, name):
    with pytest.raises(PlanError, match=ODD[name][1]) as refused:
        read_units(odd / f"{name}.xlsx")
    assert str(refused.value).startswith(f"{name}.xlsx：")


def test_a_plain_workbook_is_read(tmp_path):
    """Negative control of the table above: what all of them were made from is no oddity."""
    (tmp_path / "a.xlsx").write_bytes(random_plain())
    assert [row.code for row in read_units(tmp_path / "a.xlsx")] == ["S01"]


def test_odd_workbooks_cost_neither_time_nor_memory(odd, figures):
    found = child(odd, "named", *READERS)
    assert found["found"] == {"refused": len(READERS) * len(ODD)}
    assert found["rss_mb"] <= RSS_MAX_MB
    assert found["slowest"] <= SECONDS_MAX
    figures(
        f"{len(ODD)} odd workbooks, {len(READERS)} readers each: all refused; at most {found['slowest']:.1f} s and {found['rss_mb']} MB"
    )


def test_without_the_guard_the_measure_sees_a_bomb(tmp_path):
    """Negative control: one cell of 60 MB, 0.1 MB on disk; its one wide character makes Python need four bytes for each."""
    text = b"<row><c t='inlineStr'><is><t>&#x1F600;" + b"x" * (60 << 20) + b"</t></is></c></row>"
    (tmp_path / "a.xlsx").write_bytes(sheet_of(text))
    assert child(tmp_path, "named", "survey")["rss_mb"] <= RSS_MAX_MB
    assert child(tmp_path, "named", "survey", "unguarded")["rss_mb"] > RSS_MAX_MB


@pytest.fixture(scope="module")
def exported(template, tmp_path_factory):
    """A folder with sheets as the product writes them, by kind."""
    folder, engine = tmp_path_factory.mktemp("exported"), engine_for(f"sqlite:///{template}")
    line = {"project": "2025-S05", "label": "2025-S05 晨曦学院党委", "kind": "标杆二级党组织", "rank": 1, "score": 82.5, "outcome": "selected",
            "reasons": ["综合得分 82.5"], "blockers": [], "options": ["selected", "not_selected"]}  # fmt: skip
    with reading(engine) as session:
        (folder / "hand_ins.xlsx").write_bytes(hand_in_sheet(session, "2023", "typical_case"))
        (folder / "targets.xlsx").write_bytes(target_sheet(session, "2023"))
    ballot = Ballot(code="2025-declaration-1", cohort_id=1, phase="declaration", lines=[line])
    (folder / "ballot.xlsx").write_bytes(ballot_sheet(ballot, "表决单"))
    engine.dispose()
    return folder


@pytest.mark.timeout(900)
def test_random_workbooks_are_read_or_refused_by_name(exported, figures):
    found = child(exported, "random", 0, NUMBER)
    assert set(found["found"]) == {"read", "refused"}
    assert found["rss_mb"] <= RSS_MAX_MB
    assert found["slowest"] <= SECONDS_MAX
    assert min(found["found"].values()) > NUMBER // 50  # neither all refused nor all read
    figures(
        f"{NUMBER} random workbooks: {found['found']['read']} read, {found['found']['refused']} refused by name, nothing else;"
        f" at most {found['slowest']:.2f} s and {found['rss_mb']} MB"
    )


def test_without_the_guard_random_workbooks_find_something(exported):
    found = child(exported, "random", 0, 40, "unguarded")["found"]
    assert [what for what in found if what.startswith("other")] != []


def test_what_is_refused_leaves_nothing_on_record(engine, act, odd, data_folder):
    inbox = data_folder / "inbox"
    inbox.mkdir(parents=True, exist_ok=True)
    with reading(engine) as session:
        before = count_events(session)
    for path in odd.glob("*.xlsx"):
        (inbox / path.name).hardlink_to(path)
        with pytest.raises(PlanError):
            perform(engine, act, "import_honours", sheet=path.name, partial=True)
    with reading(engine) as session:
        assert count_events(session) == before
