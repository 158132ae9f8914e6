"""From assessors' points to one score of 100 (R46, R49, R57): percent of full marks, aggregated per part, weighted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from statistics import mean, median

from config.programme import Rubric, RubricPart
from models.rules.snapshot import Assessment

TRIM_FROM = 3
"""From so many scores on, a trimmed mean leaves out the highest and the lowest."""


@dataclass(frozen=True, slots=True)
class Score:
    """Total of 100 (None while a part is missing), the parts' percentages, and what is missing."""

    total: float | None
    parts: Mapping[str, float | None]
    missing: tuple[str, ...]


def _trimmed(values: Sequence[float]) -> float:
    return mean(sorted(values)[1:-1]) if len(values) >= TRIM_FROM else mean(values)


METHODS: Mapping[str, Callable[[Sequence[float]], float]] = {"mean": mean, "trimmed_mean": _trimmed, "median": median}


def part_score(part: RubricPart, assessments: Sequence[Assessment], method: str) -> float | None:
    """Return the percentage of full marks of a part, None with fewer than ``assessors_min`` assessors."""
    percents = [100 * sum(a.scores.values()) / part.points for a in assessments if a.part == part.key]
    return METHODS[method](percents) if len(percents) >= part.assessors_min else None


def project_score(rubric: Rubric, assessments: Sequence[Assessment], applying: Sequence[RubricPart] = ()) -> Score:
    """Return the weighted score; assessments are those of one phase and round.

    Where only some parts apply (``applying``; empty: all), their weights make up the whole.
    """
    counted = applying or rubric.parts
    whole = sum(part.weight for part in counted)
    parts = {part.key: part_score(part, assessments, rubric.method) for part in counted}
    missing = tuple(
        f"{part.title}评分不足 {part.assessors_min} 人（现 {sum(a.part == part.key for a in assessments)} 人）"
        for part in counted
        if parts[part.key] is None
    )
    if missing:
        return Score(None, parts, missing)
    total = sum((parts[part.key] or 0.0) * part.weight / whole for part in counted)
    return Score(round_half_up(total), parts, ())


def weak_criteria(rubric: Rubric, assessments: Sequence[Assessment], below_percent: float) -> tuple[str, ...]:
    """Return the criteria whose mean share of the points lies below a percentage, in the rubric's order, in Chinese."""
    found = []
    for part in rubric.parts:
        sheets = [a.scores for a in assessments if a.part == part.key]
        for criterion in part.criteria:
            points = [sheet[criterion.key] for sheet in sheets if criterion.key in sheet]
            percent = 100 * mean(points) / criterion.points if points else 100.0
            if percent < below_percent:
                found.append(f"{part.title}中“{criterion.title}”得分率 {round_half_up(percent):g}%，低于 {below_percent:g}%")
    return tuple(found)


def round_half_up(value: float) -> float:
    """Return a score with two digits, as people round."""
    return float(Decimal(repr(value)).quantize(Decimal("0.01"), ROUND_HALF_UP))


def by_key(part: RubricPart, scores: Mapping[str, float]) -> dict[str, float]:
    """Return scores by criterion key where people wrote the criterion's title; unknown names stay as they are."""
    keys = {criterion.title: criterion.key for criterion in part.criteria}
    return {keys.get(name, name): points for name, points in scores.items()}


def score_problems(rubric: Rubric, part_key: str, scores: Mapping[str, float]) -> tuple[str, ...]:
    """Return what is wrong with a score sheet: unknown or missing criteria, points out of range."""
    part = next(p for p in rubric.parts if p.key == part_key)
    known = {criterion.key: criterion for criterion in part.criteria}
    found = [f"没有评分点 {key}" for key in scores if key not in known]
    found += [f"缺少评分点{known[key].title}" for key in known if key not in scores]
    for key, points in scores.items():
        if key in known and not 0 <= points <= known[key].points:
            found.append(f"{known[key].title}为 {points:g}，应在 0 至 {known[key].points} 之间")
    return tuple(found)
