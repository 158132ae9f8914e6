"""Run the benchmarks: ``python -m tests.benchmarks``. Prints a table, writes bench.json, fails only if work was not done."""

import argparse
import sys
import tempfile
from pathlib import Path

from rich.progress import Progress

from tests.benchmarks import planning, posting
from tests.benchmarks.databases import KINDS, database
from tests.benchmarks.rounds import MismatchError, show, write
from tests.benchmarks.sink import Sink


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=200, help="mails of one round of delivery")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--projects", type=int, default=100_000, help="live projects of the planning")
    parser.add_argument("--planning-rounds", type=int, default=3)
    parser.add_argument("--only", choices=("delivery", "planning"))
    given = parser.parse_args()
    rows, notes = [], []
    with tempfile.TemporaryDirectory(prefix="creation-bench-") as folder, Progress() as progress:
        if given.only != "planning":
            rows += _delivery(given, Path(folder), progress)
        if given.only != "delivery":
            for row, beside in _planning(given, Path(folder), progress):
                rows.append(row)
                notes += beside
    show(rows, notes)
    write(rows, notes)


def _delivery(given, folder, progress):
    found = []
    task = progress.add_task("delivery", total=len(KINDS) * (given.rounds + 1) * 5)
    for kind in KINDS:
        with database(kind, folder) as made, Sink() as plain, Sink(folder) as locked:
            posting.prepare(made, given.mails)
            found += posting.measure(kind, made, (plain, locked), given.rounds, lambda: progress.advance(task))
    return found


def _planning(given, folder, progress):
    sizes = [given.projects // 10, given.projects]
    task = progress.add_task("planning", total=len(KINDS) * len(sizes) * (2 * given.planning_rounds + 1))
    for kind in KINDS:
        for size in sizes:
            with database(kind, folder / str(size)) as made:
                planning.prepare(made, size)
                progress.advance(task)
                yield planning.measure(kind, made, size, given.planning_rounds, lambda: progress.advance(task))


if __name__ == "__main__":
    try:
        main()
    except MismatchError as error:
        sys.exit(f"not the same work: {error}")
