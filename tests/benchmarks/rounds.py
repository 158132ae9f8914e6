"""Contenders measured in turn, round after round, so that whatever else the machine does meets all of them alike."""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Row:
    """One comparison: medians in ``unit``, their ratio (ours / baseline), and how far each round's ratio lay apart."""

    name: str
    ours: float
    baseline: float
    unit: str
    ratio: float
    spread: tuple[float, float]
    """Smallest and greatest ratio of any round."""
    wanted: str


@dataclass(frozen=True)
class Note:
    """A figure without a baseline."""

    name: str
    value: float
    unit: str


class MismatchError(AssertionError):
    """Two contenders did not do the same work: their times say nothing."""


def timed(work):
    """Return (seconds, what the work returned)."""
    began = time.perf_counter()
    found = work()
    return time.perf_counter() - began, found


def compare(name, ours, baseline, unit, wanted):
    """Return the row of two series of figures, one of each per round."""
    ratios = [mine / theirs for mine, theirs in zip(ours, baseline, strict=True)]
    spread = (round(min(ratios), 3), round(max(ratios), 3))
    return Row(name, round(median(ours), 3), round(median(baseline), 3), unit, round(median(ratios), 3), spread, wanted)


def same(what, *numbers):
    """Raise MismatchError unless all numbers are equal."""
    if len(set(numbers)) != 1:
        raise MismatchError(f"{what}: {' ≠ '.join(map(str, numbers))}")


def show(rows, notes):
    """Print the comparisons and the figures beside them."""
    table = Table(title="ours against the barest way of doing the same")
    for title in ("name", "ours", "baseline", "unit", "ratio", "spread", "wanted"):
        table.add_column(title, justify="left" if title in ("name", "unit", "wanted") else "right")
    for row in rows:
        spread = f"{row.spread[0]:.2f} to {row.spread[1]:.2f}"
        table.add_row(row.name, f"{row.ours:.2f}", f"{row.baseline:.2f}", row.unit, f"{row.ratio:.2f}", spread, row.wanted)
    console = Console()
    console.print(table)
    for note in notes:
        console.print(f"{note.name}: {note.value:g} {note.unit}")


def write(rows, notes, path=Path("bench.json")):
    """Write everything as JSON."""
    found = {"comparisons": [asdict(row) for row in rows], "notes": [asdict(note) for note in notes]}
    path.write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
