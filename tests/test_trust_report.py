"""The page of the long suite: a run of a part renews that part, and what is no longer a test goes."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from tests.trust_report import write_report

THIS = "tests/test_trust_report.py::test_a_part_is_renewed_and_the_rest_stays"


def call(nodeid, text):
    return SimpleNamespace(nodeid=nodeid, duration=61.4, user_properties=[("figures", text)])


def test_a_part_is_renewed_and_the_rest_stays(tmp_path):
    page = tmp_path / "trust.md"
    write_report(page, [call(f"{THIS}[a]@group", "first\n## of all"), call(f"{THIS}[b]", "second"), call("tests/gone.py::test_x", "old")])
    write_report(page, [call(f"{THIS}[b]", "third"), SimpleNamespace(nodeid=THIS, duration=1.0, user_properties=[])])
    told = page.read_text(encoding="utf-8")
    assert [line for line in told.splitlines() if line.startswith("## tests/")] == [f"## {THIS}[a]", f"## {THIS}[b]"]
    assert ["first\n## of all" in told, "third" in told, "second" in told, "old" in told] == [True, True, False, False]
    assert told.count("61 s") == 2


@pytest.mark.parametrize("server", ["", "postgresql+psycopg://nobody@127.0.0.1:1/none"])
def test_no_page_without_postgresql(server, tmp_path):
    """Half of what is tried would be skipped, and the page would not say so."""
    given = os.environ | {"CREATION_TRUST_REPORT": str(tmp_path / "trust.md"), "CREATION_TEST_POSTGRES": server}
    given.pop("PYTEST_XDIST_WORKER", None)
    asked = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__, "-k", "renewed"]
    run = subprocess.run(asked, env=given, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "CREATION_TEST_POSTGRES" in run.stdout + run.stderr
    assert not (tmp_path / "trust.md").exists()
