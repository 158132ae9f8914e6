"""What the long suite has found, as docs/trust.md: a section per test, written by a run in which nothing failed.

A run of a part renews the sections of that part; each says when, on which commit and how long it ran.
"""

import os
import platform
import re
import sqlite3
import subprocess
from datetime import UTC, datetime
from pathlib import Path

HEAD = """# Trust: what was tried, and what it found

Written by `make trust`; every text was printed by the test that it stands under, in a run in which none failed.
"""
SECTION = re.compile(r"^## (tests/\S+)\n.*?(?=^## tests/|\Z)", re.MULTILINE | re.DOTALL)


def found(reports):
    """Return test → (seconds, figures) for every test that has told figures."""
    told = {}
    for report in reports:
        texts = [text for name, text in report.user_properties if name == "figures"]
        if texts:
            told[report.nodeid.partition("@")[0].replace(" ", "_")] = (report.duration, "\n".join(texts))
    return told


def write_report(page, reports):
    """Write the page; ``reports`` are the calls that passed. Sections of tests that did not run stay, if the test is still there."""
    path = Path(page)
    known = {match[1]: match[0] for match in SECTION.finditer(path.read_text(encoding="utf-8"))} if path.is_file() else {}
    sections = {test: text for test, text in known.items() if is_there(test)}
    how = f"{datetime.now(UTC).date()}, commit {commit()}, {os.cpu_count()} cores, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    for test, (seconds, text) in found(reports).items():
        sections[test] = f"## {test}\n\n{how}, {seconds:.0f} s\n\n```text\n{text}\n```\n"
    path.write_text("\n".join([HEAD, *(f"{sections[test].rstrip()}\n" for test in sorted(sections))]), encoding="utf-8")


def is_there(test):
    """Return whether a test of this name still stands in its file."""
    file, _, name = test.partition("::")
    return Path(file).is_file() and f"def {name.partition('[')[0]}(" in Path(file).read_text(encoding="utf-8")


def commit():
    """Return the name of the commit, with a plus if anything but the page has been changed since."""
    named = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    changed = subprocess.run(["git", "diff", "--quiet", "HEAD", "--", ".", ":!docs/trust.md"], check=False).returncode
    return f"{named}{'+' if changed else ''}" if named else "not known"
