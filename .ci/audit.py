"""Known vulnerabilities of what is locked: fails on one that has no exception, says so where no service answers.

An exception is a line of ``.ci/audit-exceptions.yaml`` with a reason and a day until which it holds.
"""

import json
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

ROOT = Path(__file__).parents[1]
EXCEPTIONS = ROOT / ".ci" / "audit-exceptions.yaml"
AUDITOR = "pip-audit==2.10.1"
SECONDS = 300


def audited():
    """Return what the auditor found, one row per package; None where it could not be fetched or no service answered."""
    with TemporaryDirectory() as folder:
        found = Path(folder) / "found.json"
        lock = ("--requirement", str(ROOT / "requirements.lock"), "--no-deps", "--disable-pip")
        tool = (sys.executable, "-m", "uv", "tool", "run", AUDITOR)
        try:
            subprocess.run([*tool, *lock, "--format", "json", "--output", str(found)], capture_output=True, check=False, timeout=SECONDS)
            return json.loads(found.read_text(encoding="utf-8"))["dependencies"]
        except (OSError, ValueError, KeyError, subprocess.TimeoutExpired):
            return None


def unaudited(rows):
    """Return the names of packages about which nobody could be asked."""
    return [row["name"] for row in rows if "skip_reason" in row]


def flaws(rows, exceptions, today):
    """Return one line per vulnerability without a valid exception, and per exception that is over or of no use."""
    holding = {one["id"] for one in exceptions if one["reason"] and date.fromisoformat(str(one["until"])) >= today}
    known = {}
    for row in rows:
        for found in row.get("vulns", ()):
            known |= dict.fromkeys((found["id"], *found.get("aliases", ())), found["id"])
            if holding.isdisjoint({found["id"], *found.get("aliases", ())}):
                mended = ", ".join(found.get("fix_versions", ())) or "no release"
                yield f"{row['name']} {row['version']}: {found['id']}, mended in {mended}"
    for one in exceptions:
        if one["id"] not in known:
            yield f"exception {one['id']} excuses nothing any more"


def main():
    rows = audited()
    if rows is None or len(unaudited(rows)) == len(rows):
        print("audit: no vulnerability service can be reached; NOT audited")
        return 0
    found = list(flaws(rows, yaml.safe_load(EXCEPTIONS.read_text(encoding="utf-8")) or (), datetime.now(UTC).date()))
    print(f"audit: {len(rows) - len(unaudited(rows))} of {len(rows)} packages audited, {len(found)} flaws")
    print(*found, sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
