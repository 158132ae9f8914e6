"""What is looked at when units declare and hand in: standards, the negative list, papers on arrival, the survey. Rows of a programme file.

The annexes that name all this are not public: every row is the office's to edit.
"""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config.rows import Key, Row
from config.vocabulary import AwardKind, BranchKind, Consequence


class EligibilityRule(Row):
    """One condition of notice II.1; ``strict=False`` where the notice says 原则上 (in principle)."""

    key: Key
    rule: Literal[
        "dual_leaders", "honours", "negative_list", "age", "stable", "not_recognised", "statement",
        "standard", "planned_outcomes", "outcome_forms", "secretary_project",
    ]  # fmt: skip
    title: str
    requirement: str = Field(pattern=r"^R\d+$")
    award_kinds: tuple[AwardKind, ...]
    branch_kinds: tuple[BranchKind, ...] = ()
    """Empty: every kind of branch."""
    strict: bool = True
    years: int | None = None
    percent: int | None = None
    commendations: int | None = None
    good_appraisals: int | None = None
    standard: Key | None = None
    """Which standard is assessed item by item (rule ``standard``)."""
    focus: str = ""
    """What outcomes are to centre on (rule ``planned_outcomes``)."""
    either: Key | None = None
    """Another condition (rule ``statement``): a joint branch needs one of both (R33, R34)."""


class StandardItem(BaseModel):
    """One item of a standard; ``about`` says what belongs to it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    key: Key
    title: str
    about: str = ""


class Standard(Row):
    """五个到位 (R20) or 七个有力 (R27), assessed item by item by the unit itself."""

    key: Key
    title: str
    award_kinds: tuple[AwardKind, ...]
    items: tuple[StandardItem, ...] = Field(min_length=1)

    def item(self, text: str) -> StandardItem | None:
        """Return the item named by its key or its title."""
        return next((item for item in self.items if text in (item.key, item.title)), None)


class NegativeItem(Row):
    """One item of the negative list (R10, R26, R35; annex 2)."""

    key: Key
    text: str
    consequence: Consequence


class Section(BaseModel):
    """A heading that a paper needs: ``title`` as it is told, ``words`` any of which names it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str
    words: tuple[str, ...] = Field(min_length=1)


class PaperCheck(Row):
    """What a paper is looked at for on arrival, beside the number of pieces and files (R15, R43; practice)."""

    deliverable: Key
    formats: tuple[str, ...] = ()
    """Endings of which one file at least must be, such as ``.docx``; empty: any."""
    forms: tuple[str, ...] = ()
    """Words of which each must stand in the name of a file: the forms that belong to it."""
    evidence_min: int = Field(default=0, ge=0)
    """How many files must be there beside the text."""
    chars_max: int = Field(default=0, ge=0)
    """Characters of the text without spaces; 0: no limit."""
    chars_min: int = Field(default=0, ge=0)
    sections: tuple[Section, ...] = ()
    seal: bool = False
    """Whether a scanned page with seal and signature must be among the files."""
    survey: bool = False
    """Whether the survey on record must be there and add up (R12, R14)."""


SEAL_WORDS = ("盖章", "签章", "签字", "用印")
"""One of these in a file's name says that it is the page with the seal: nobody can see that in a picture by rule."""


class SurveyRule(Row):
    """Annex 3: the satisfaction survey (R12), both customary formulas: satisfied of valid ballots, weighted mean of the answers given."""

    pass_percent: float
    warn_percent: float
    ballots_min: int
    return_percent_min: float
    weights: tuple[float, ...] = (100, 80, 60, 0)
    """Points of 非常满意, 满意, 一般, 不满意 in the weighted formula."""
    weighted_pass: float = 80
    weighted_warn: float = 90
    blank_percent_max: float = 10
    """Questions left unanswered on valid ballots: from more on the office is told."""

    @model_validator(mode="after")
    def _four_falling(self) -> Self:
        if len(self.weights) != 4 or list(self.weights) != sorted(self.weights, reverse=True):  # noqa: PLR2004 - four options
            raise ValueError(f"survey 的 weights 应为 4 个由高到低的分值，现为 {list(self.weights)}；请改正")
        return self
