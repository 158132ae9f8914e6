"""SECURITY.md is held to its word: every row has tests that exist, or a reason; and small proofs that are nobody else's."""

import re
import tomllib
from pathlib import Path

import openpyxl
import pytest

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def rows(text):
    """Return (item, what is done, proof) of every row of the tables."""
    cells = [tuple(cell.strip() for cell in line.strip("| ").split(" | ")) for line in text.splitlines() if line.startswith("|")]
    return [row for row in cells if len(row) == 3 and row[0] != "item"]


def missing(text):
    """Return what a page promises and the tree does not have."""
    for item, done, proof in rows(text):
        named = NAMED.findall(proof)
        if not named and "Reason:" not in done:
            yield item
        for path, test in named:
            source = ROOT / path
            if not source.is_file() or not re.search(rf"^def {test}\(", source.read_text(encoding="utf-8"), re.MULTILINE):
                yield f"{path}::{test}"


def test_every_item_has_its_test_or_its_reason():
    page = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert len(rows(page)) > 25
    assert list(missing(page)) == []
    assert sorted(path for path in re.findall(r"`(tests/[^`:]+)`", page) if not (ROOT / path).exists()) == []


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (
            "| x | done | `tests/flows/test_security_page.py::test_that_is_not_there` |",
            "tests/flows/test_security_page.py::test_that_is_not_there",
        ),
        ("| x | done | `tests/flows/test_gone.py::test_a` |", "tests/flows/test_gone.py::test_a"),
        ("| x | done | some day |", "x"),
    ],
)
def test_a_promise_without_a_test_is_seen(row, told):
    assert list(missing(row)) == [told]


def test_the_threat_model_is_one_page():
    assert len((ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8").split()) < 900


def test_workbooks_are_parsed_by_a_guarded_parser():
    assert openpyxl.DEFUSEDXML


def test_the_security_rules_of_the_linter_are_on():
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    assert lint["select"] == ["ALL"]
    assert [rule for rule in lint["ignore"] if re.fullmatch(r"S\d*", rule)] == []
    ours = [path for package in ("config", "models", "notifications", "flows") for path in (ROOT / package).rglob("*.py")]
    assert [path.name for path in ours if re.search(r"noqa: S608", path.read_text(encoding="utf-8"))] == ["guards.py"]
