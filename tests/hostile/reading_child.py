"""A process of its own that reads workbooks and tells what came of it, so that its memory can be measured.

``python -m tests.hostile.reading_child FOLDER named KIND…`` reads every file by the readers of these kinds;
``... FOLDER random FIRST COUNT`` makes so many random and spoilt ones and reads each by the reader of its kind.
``unguarded`` at the end takes the guard away: the negative control.
"""

import json
import resource
import sys
import time
import warnings
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from random import Random

from openpyxl import load_workbook

from config.loading import PlanError
from models.imports import grid, reading, scores
from models.imports.workbook import Wish
from tests.hostile.workbooks import KINDS, random_sheet, spoilt

CEILING = 3 << 30
"""Bytes of address space: what would eat the machine dies here."""


@contextmanager
def unguarded(path, wish):
    book = load_workbook(path, read_only=wish is Wish.STREAMED, data_only=True)
    yield book
    book.close()


def take_guard_away():
    for module in (reading, grid, scores):
        module.opened = unguarded
        module.rows_of = lambda _, sheet: sheet.iter_rows()


def judged(path, kind, found):
    """Read a file and count what came of it; anything but a refusal that names the file is told."""
    begun = time.process_time()
    try:
        KINDS[kind][1](path)
        found["read"] += 1
    except PlanError as refusal:
        found["refused"] += 1
        if path.name not in str(refusal) or len(str(refusal)) > 100_000:
            found[f"vague: {str(refusal)[:100]}"] += 1
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        found[f"other: {type(error).__name__}"] += 1
    return time.process_time() - begun


def read_named(folder, found, kinds):
    return max(judged(path, kind, found) for path in sorted(folder.glob("*.xlsx")) for kind in kinds)


def read_random(folder, found, first, count):
    """Half of them made by openpyxl, half with bytes changed; the seeds are real sheets of ours and such made ones."""
    seeds = {path.stem: path.read_bytes() for path in folder.glob("*.xlsx")}
    slowest, target = 0.0, folder / "试.xlsx"
    for number in range(first, first + count):
        random = Random(number)
        kind = random.choice(list(KINDS))
        content = seeds.get(kind) if random.random() < 0.5 else None
        content = content or random_sheet(random, kind)
        target.write_bytes(spoilt(random, content) if number % 2 else content)
        slowest = max(slowest, judged(target, kind, found))
    return slowest


def main(folder, mode, *words):
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (CEILING, CEILING))
    if words and words[-1] == "unguarded":
        take_guard_away()
        words = words[:-1]
    found = Counter()
    slowest = read_named(Path(folder), found, words) if mode == "named" else read_random(Path(folder), found, *map(int, words))
    sys.stdout.write(json.dumps({"found": found, "slowest": slowest, "rss_mb": most_memory()}))


def most_memory():
    """Megabytes at the most; the figure of ``getrusage`` would include the process that started this one."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
