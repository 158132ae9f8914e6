"""The dependency audit of CI: what it makes of an auditor's answers. Whether a service answers depends on where it runs."""

import runpy
from datetime import date
from pathlib import Path

import pytest
import yaml

AUDIT = runpy.run_path(str(Path(__file__).parents[2] / ".ci" / "audit.py"))
TODAY = date(2026, 11, 24)
VULNERABLE = [
    {"name": "jinja2", "version": "2.10", "vulns": [{"id": "PYSEC-2019-217", "aliases": ["CVE-2019-10906"], "fix_versions": ["2.10.1"]}]},
    {"name": "rich", "version": "14.0", "vulns": []},
]


def excused(id_, until="2026-12-31", reason="no template comes from outside"):
    return {"id": id_, "package": "jinja2", "reason": reason, "until": until}


@pytest.mark.parametrize(
    ("exceptions", "told"),
    [
        ((), ["jinja2 2.10: PYSEC-2019-217, mended in 2.10.1"]),
        ((excused("PYSEC-2019-217"),), []),
        ((excused("CVE-2019-10906"),), []),
        ((excused("CVE-2019-10906", until="2026-11-23"),), ["jinja2 2.10: PYSEC-2019-217, mended in 2.10.1"]),
        ((excused("CVE-2019-10906", reason=""),), ["jinja2 2.10: PYSEC-2019-217, mended in 2.10.1"]),
        ((excused("CVE-2019-10906"), excused("CVE-1")), ["exception CVE-1 excuses nothing any more"]),
    ],
)
def test_a_finding_needs_an_exception_that_holds(exceptions, told):
    assert list(AUDIT["flaws"](VULNERABLE, exceptions, TODAY)) == told


def test_what_nobody_could_be_asked_about_does_not_count_as_audited():
    skipped = [{"name": "jinja2", "skip_reason": "not found"}]
    assert AUDIT["unaudited"](skipped + VULNERABLE) == ["jinja2"]


def test_every_exception_has_its_reason_and_its_end():
    for one in yaml.safe_load(AUDIT["EXCEPTIONS"].read_text(encoding="utf-8")):
        assert set(one) == {"id", "package", "reason", "until"}
        assert one["reason"]


def test_ci_runs_the_audit():
    assert ".ci/audit.py" in (Path(__file__).parents[2] / ".ci" / "run").read_text(encoding="utf-8")
