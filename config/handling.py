"""What the office and the panel owe, and when the office is told how things stand: rows of a programme file."""

from typing import Literal

from pydantic import Field

from config.rows import Key, Row
from config.vocabulary import DutyKind, PhaseKind


class OfficeDutyRule(Row):
    """How long the office or the panel has for one kind of duty: working days from the day on which its ground arose."""

    kind: Literal[
        DutyKind.CHECK_PAPER, DutyKind.INITIAL_REVIEW, DutyKind.CHECK_NEGATIVE_LIST, DutyKind.VISIT, DutyKind.SCORE, DutyKind.PROPOSE,
        DutyKind.VERIFY, DutyKind.TASK, DutyKind.ANSWER_OBJECTION, DutyKind.VOID_DECISION, DutyKind.GRANT_SUPPORT,
        DutyKind.RECORD_BASELINE,
    ]  # fmt: skip
    working_days: int = Field(ge=0)
    phases: tuple[PhaseKind, ...] = ()
    """Where it is owed; empty: wherever its ground arises."""
    ladder: Key | None = None
    """How those who owe it by name are reminded (panel)."""


class DigestRule(Row):
    """When the office gets its list of work, and what makes it worth a letter."""

    working_day_of_week: int = Field(ge=1, le=5)
    """Which working day of each week, 1 the first."""
    working_days_before: int = Field(ge=1)
    """And so many working days before a deadline that holds for all."""
    working_days_ahead: int = Field(ge=1)
    """How many working days what falls due is listed ahead, the day itself included."""
    late_weeks_max: int = Field(ge=0)
    """What is late for more weeks is listed, but no letter goes for its sake alone."""
