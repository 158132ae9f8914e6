"""From assessors' points to one score of 100 (R46, R49, R57): percent of full marks, aggregated per part, weighted.

All arithmetic is exact: points are decimals as people wrote them, and only the end result is rounded. Otherwise two equal totals could
differ in the last digit, and that digit would decide a rank.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from statistics import mean, median

from config.rubrics import Criterion, Rubric, RubricPart
from models.rules.snapshot import Assessment

TRIM_FROM = 3
"""From so many scores on, a trimmed mean leaves out the highest and the lowest."""


@dataclass(frozen=True, slots=True)
class Score:
    """Total of 100 (None while a part is missing), the parts' percentages, and what is missing."""

    total: float | None
    parts: Mapping[str, float | None]
    missing: tuple[str, ...]


def _trimmed(values: Sequence[Fraction]) -> Fraction:
    return mean(sorted(values)[1:-1]) if len(values) >= TRIM_FROM else mean(values)


METHODS: Mapping[str, Callable[[Sequence[Fraction]], Fraction]] = {"mean": mean, "trimmed_mean": _trimmed, "median": median}


def sheet_percent(part: RubricPart, scores: Mapping[str, float]) -> Fraction:
    """Return the percentage of a part's full marks on one sheet."""
    return 100 * sum(map(_exact, scores.values()), Fraction()) / part.points


def part_percent(part: RubricPart, assessments: Sequence[Assessment], method: str) -> Fraction | None:
    """Return the percentage of full marks of a part, exactly; None with fewer than ``assessors_min`` assessors."""
    percents = [sheet_percent(part, a.scores) for a in assessments if a.part == part.key]
    return METHODS[method](percents) if len(percents) >= part.assessors_min else None


def part_score(part: RubricPart, assessments: Sequence[Assessment], method: str) -> float | None:
    """Return the percentage of full marks of a part, None with fewer than ``assessors_min`` assessors."""
    percent = part_percent(part, assessments, method)
    return None if percent is None else float(percent)


def criterion_percent(part: RubricPart, criterion: Criterion, assessments: Sequence[Assessment], method: str) -> Fraction:
    """Return the percentage of a criterion's points, aggregated over the sheets that name it; 0 without any."""
    sheets = [a.scores for a in assessments if a.part == part.key]
    given = [100 * _exact(sheet[criterion.key]) / criterion.points for sheet in sheets if criterion.key in sheet]
    return METHODS[method](given) if given else Fraction()


def project_score(rubric: Rubric, assessments: Sequence[Assessment], applying: Sequence[RubricPart] = ()) -> Score:
    """Return the weighted score; assessments are those of one phase and round.

    Where only some parts apply (``applying``; empty: all), their weights make up the whole.
    """
    counted = applying or rubric.parts
    whole = sum(part.weight for part in counted)
    exact = {part.key: part_percent(part, assessments, rubric.method) for part in counted}
    parts = {key: None if percent is None else float(percent) for key, percent in exact.items()}
    missing = tuple(
        f"{part.title}评分不足 {part.assessors_min} 人（现 {sum(a.part == part.key for a in assessments)} 人）"
        for part in counted
        if exact[part.key] is None
    )
    if missing:
        return Score(None, parts, missing)
    total = sum(((exact[part.key] or Fraction()) * part.weight / whole for part in counted), Fraction())
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


def _exact(points: float) -> Fraction:
    """Return points as they were written: 32.8 is 328/10, not the nearest float."""
    return Fraction(str(points))


def round_half_up(value: float | Fraction) -> float:
    """Return a score with two digits, as people round."""
    exact = Decimal(value.numerator) / Decimal(value.denominator) if isinstance(value, Fraction) else Decimal(repr(value))
    return float(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))


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
