"""Who stands before whom: by total, then by the rubric's rules for equal totals, at last by project code (R46, R47, R49, R57)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from config.rubrics import Rubric, TieRule
from models.rules.scoring import criterion_percent, part_percent, round_half_up
from models.rules.snapshot import Assessment


class Mark(NamedTuple):
    """What may decide between equal totals: its name, and the percentage as people read it (two digits)."""

    title: str
    percent: float


class Runner(NamedTuple):
    """A project in the order of merit; ``total`` None: not scored in full, and so behind all others."""

    project: str
    total: float | None
    marks: tuple[Mark, ...]


class Place(NamedTuple):
    """A rank among the projects of one kind, with what decided it where totals are equal."""

    rank: int
    note: str = ""


def marks_of(rubric: Rubric, assessments: Sequence[Assessment]) -> tuple[Mark, ...]:
    """Return what decides between equal totals, in the order of the rubric's rules; assessments are those of one phase and round."""
    return tuple(mark for rule in rubric.ties for mark in _marks(rule, rubric, assessments))


def _marks(rule: TieRule, rubric: Rubric, assessments: Sequence[Assessment]) -> Iterator[Mark]:
    for part in rubric.parts:
        if rule.by == "part" and rule.key in (None, part.key):
            yield Mark(part.title, round_half_up(part_percent(part, assessments, rubric.method) or 0.0))
        for line in part.criteria if rule.by == "criterion" else ():
            if rule.key in (None, line.key):
                yield Mark(line.title, round_half_up(criterion_percent(part, line, assessments, rubric.method)))


def merit(runner: Runner) -> tuple[float, tuple[float, ...], str]:
    """Return the key by which runners are sorted, the best first."""
    return -(-1.0 if runner.total is None else runner.total), tuple(-mark.percent for mark in runner.marks), runner.project


def places(runners: Sequence[Runner]) -> Mapping[str, Place]:
    """Return project → place of the projects of one kind."""
    ordered = sorted(runners, key=merit)
    found = {}
    for index, runner in enumerate(ordered):
        above = ordered[index - 1] if index else None
        below = ordered[index + 1] if index + 1 < len(ordered) else None
        note = ""
        if _tied(runner, above):
            note = _told(runner, above, index, "列后")
        elif _tied(runner, below):
            note = _told(runner, below, index + 2, "列前")
        found[runner.project] = Place(index + 1, note)
    return found


def _tied(runner: Runner, other: Runner | None) -> bool:
    return other is not None and runner.total is not None and runner.total == other.total


def _told(runner: Runner, other: Runner | None, rank: int, where: str) -> str:
    assert other is not None  # noqa: S101 - tied
    for mine, theirs in zip(runner.marks, other.marks, strict=True):
        if mine.percent != theirs.percent:
            return f"与第 {rank} 名 {other.project} 同分，依“{mine.title}”得分率（{mine.percent:g} 比 {theirs.percent:g}）{where}"
    return f"与第 {rank} 名 {other.project} 同分，各项也相同，依项目编号{where}"
