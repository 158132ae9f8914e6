"""The page of the long suite: a run of a part renews that part, and what is no longer a test goes."""

from types import SimpleNamespace

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
