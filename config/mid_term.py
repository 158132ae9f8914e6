"""The mid-term's three parts where the notice is silent on the details (R48, R49, R61): rows of a programme file."""

from typing import Literal

from pydantic import Field

from config.rows import Row
from config.vocabulary import PhaseKind


class DefenceRule(Row):
    """How a defence is held: the order is drawn by lot, the time is divided into sittings."""

    phase: PhaseKind
    report_minutes: int = Field(ge=1)
    questions_minutes: int = Field(ge=0)
    early_minutes: int = Field(ge=0)
    """How long before its time a unit is asked to be there."""
    apart: bool
    """Whether each kind of award is drawn by itself, one kind after the other, or all together."""

    @property
    def minutes(self) -> int:
        """How long one project takes."""
        return self.report_minutes + self.questions_minutes


class SpotCheckRule(Row):
    """How many projects of a phase are visited: a share drawn by lot, rounded up, of each kind of award."""

    phase: PhaseKind
    percent: int = Field(ge=1, le=100)


class SupervisionRule(Row):
    """How often progress is recorded in a phase: once in so many months, counted from January."""

    phase: PhaseKind
    months: Literal[1, 2, 3, 4, 6, 12]
    shown_working_days: int = Field(ge=1)
    """In the last so many working days of each period the desk names those without an entry."""
