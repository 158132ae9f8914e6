"""What the long suite has found, as docs/trust.md: written only by a whole run in which nothing failed."""

import os
import platform
import sqlite3
import subprocess
from datetime import UTC, datetime
from pathlib import Path

HEAD = """# Trust: what was tried, and what it found

Written by `make trust`; every line was printed by the test that it names, in one run in which none failed.

- Date: {date}
- Commit: {commit}
- Machine: {cores} cores, Python {python}, SQLite {sqlite}
- Time: {minutes:.0f} minutes

"""


def found(reports):
    """Return (test, figures) for every test that has told figures, in the order of their names."""
    told = [(report.nodeid.partition("@")[0], text) for report in reports for name, text in report.user_properties if name == "figures"]
    return sorted(told)


def write_report(path, reports, seconds):
    """Write the page; ``reports`` are the calls that passed."""
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False).stdout.strip()
    head = HEAD.format(
        date=datetime.now(UTC).date(),
        commit=commit or "not known",
        cores=os.cpu_count(),
        python=platform.python_version(),
        sqlite=sqlite3.sqlite_version,
        minutes=seconds / 60,
    )
    blocks = [f"## {test}\n\n```text\n{text}\n```\n" for test, text in found(reports)]
    Path(path).write_text(head + "\n".join(blocks), encoding="utf-8")
