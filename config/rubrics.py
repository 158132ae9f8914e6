"""How projects are scored: parts, criteria, grades, what decides between equals (R46, R49, R53, R57). Rows of a programme file."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config.rows import Key, Row
from config.vocabulary import AwardKind, Outcome, OwedBy, PhaseKind


class Criterion(BaseModel):
    """One line of a rubric; scores run from 0 to ``points``."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    key: Key
    title: str
    points: int = Field(gt=0)


class RubricPart(Row):
    """One part of an assessment with its own records (R49: defence, spot check, supervision)."""

    key: Key
    title: str
    weight: int = Field(gt=0)
    assessors_min: int = Field(default=1, ge=1)
    scored_by: Literal[OwedBy.PANEL, OwedBy.OFFICE] = OwedBy.PANEL
    """Who owes the scores: the panel, or the office from its own visits and records."""
    sampled: bool = False
    """Whether, at first, it is scored only where the project is spot-checked: the others' weights then make up the whole (R49)."""
    criteria: tuple[Criterion, ...] = Field(min_length=1)
    reported: bool = False
    """Whether the unit says something about each criterion (R8, R9)."""
    counts: Literal["publicity"] | None = None
    """What is counted beside the score as its ground (R57, R64)."""

    @property
    def points(self) -> int:
        """Full marks of this part."""
        return sum(criterion.points for criterion in self.criteria)


class Grade(Row):
    """The outcome recommended from ``at_least`` points (of 100) upwards; rows run from the highest down."""

    outcome: Outcome
    at_least: float = Field(ge=0, le=100)


class TieRule(Row):
    """What decides between equal totals: the parts or the criteria in the rubric's order, or the one that is named; at last the code."""

    by: Literal["part", "criterion"]
    key: Key | None = None
    """Of one part or criterion; None: all of them, the first that differs decides."""


class Rubric(Row):
    """How projects are scored in a phase, and what each score recommends; the committee decides (R18, R47, R52, R53)."""

    key: Key
    phase: PhaseKind
    award_kinds: tuple[AwardKind, ...]
    method: Literal["mean", "trimmed_mean", "median"] = "mean"
    parts: tuple[RubricPart, ...] = Field(min_length=1)
    grades: tuple[Grade, ...] = Field(min_length=2)
    re_grades: tuple[Grade, ...] = ()
    """The scale used after a rectification (R53)."""
    ties: tuple[TieRule, ...] = ()
    """In order; empty: equal totals stand by project code alone."""

    @model_validator(mode="after")
    def _ties_name_what_exists(self) -> Self:
        known = {"part": {part.key for part in self.parts}, "criterion": {line.key for part in self.parts for line in part.criteria}}
        for rule in self.ties:
            if rule.key is not None and rule.key not in known[rule.by]:
                msg = f"评分表 {self.key} 的同分规则引用的 {rule.key} 不存在；可用：{'、'.join(sorted(known[rule.by]))}"
                raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        total = sum(part.weight for part in self.parts)
        if total != 100:  # noqa: PLR2004 - percent
            msg = f"评分表 {self.key} 各部分权重之和为 {total}，应为 100;请修改 weight"
            raise ValueError(msg)
        return self
