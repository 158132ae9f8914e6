"""Assessments, ballots, decisions and rectifications."""

from datetime import date, datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from config.vocabulary import Machine, Outcome, PhaseKind, RectificationState
from models.tables.columns import CanonicalJson, UtcDateTime, enum_column


class Assessment(SQLModel, table=True):
    """One assessor's scores for one part of a rubric; round 0 is the first, n follows rectification n."""

    __table_args__ = (sa.UniqueConstraint("project_id", "phase", "part", "round_no", "assessor", name="uq_assessment_assessor"),)
    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id", index=True)
    phase: PhaseKind = Field(sa_column=enum_column(PhaseKind, "assessment_phase"))
    part: str = Field(max_length=40)
    round_no: int = Field(ge=0)
    assessor: str = Field(max_length=60)
    scores: Any = Field(sa_column=sa.Column(CanonicalJson, nullable=False))
    """Mapping criterion key → points."""
    opinion: str = Field(default="", max_length=2000)
    assessed_on: date


class Ballot(SQLModel, table=True):
    """What a committee form offered: projects, expected sequence numbers, recommendations; frozen when made."""

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True, max_length=60)
    cohort_id: int = Field(foreign_key="cohort.id", index=True)
    phase: PhaseKind = Field(sa_column=enum_column(PhaseKind, "ballot_phase"))
    lines: Any = Field(sa_column=sa.Column(CanonicalJson, nullable=False))
    """List of {"project", "label", "kind", "rank", "seq", "round_no", "outcome", "score", "standing", "reasons", "blockers", "matters",
    "options"}."""
    made_by: str = Field(max_length=120)
    made_at: datetime = Field(sa_column=sa.Column(UtcDateTime, nullable=False))
    made_on: date
    """The business day: a ballot that waits is chased by this one, ``made_at`` is real time."""
    voided_because: str | None = Field(default=None, max_length=300)
    refusals: Any = Field(default_factory=list, sa_column=sa.Column(CanonicalJson, nullable=False))
    """Why each answer so far was refused, in order: a run that comes back replays its answers and must not apply a refused one."""


class Decision(SQLModel, table=True):
    """What the Party committee decided about a project (R18, R47, R52, R53): meeting, date and basis are mandatory."""

    __table_args__ = (sa.UniqueConstraint("project_id", "phase", "round_no", name="uq_decision_round"),)
    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id", index=True)
    ballot_id: int | None = Field(default=None, foreign_key="ballot.id")
    phase: PhaseKind = Field(sa_column=enum_column(PhaseKind, "decision_phase"))
    round_no: int = Field(ge=0)
    outcome: Outcome = Field(sa_column=enum_column(Outcome, "decision_outcome"))
    score: float | None = None
    reason: str = Field(default="", max_length=2000)
    meeting: str = Field(max_length=200)
    decided_on: date
    basis: str = Field(max_length=300)
    recorded_by: str = Field(max_length=120)


class Rectification(SQLModel, table=True):
    """One round of rectification, opened by itself when a decision fails a project (R53)."""

    __table_args__ = (sa.UniqueConstraint("project_id", "after", "round_no", name="uq_rectification_round"),)
    machine: ClassVar[Machine] = Machine.RECTIFICATION
    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True, max_length=60)
    project_id: int = Field(foreign_key="project.id", index=True)
    after: Outcome = Field(sa_column=enum_column(Outcome, "rectification_after"))
    round_no: int = Field(ge=1)
    opened_on: date
    due_on: date
    due_version: int = Field(default=1, ge=1)
    state: RectificationState = Field(default=RectificationState.NEW, sa_column=enum_column(RectificationState, "rectification_state"))


class RectificationItem(SQLModel, table=True):
    """One thing to put right, with the unit's answer and evidence and the office's finding on it."""

    __table_args__ = (sa.UniqueConstraint("rectification_id", "number", name="uq_rectification_item"),)
    id: int | None = Field(default=None, primary_key=True)
    rectification_id: int = Field(foreign_key="rectification.id", index=True)
    number: int = Field(ge=1)
    text: str = Field(max_length=500)
    answer: str = Field(default="", max_length=2000)
    verified: bool | None = None
    """None: not judged, or answered anew; False: sent back."""
    files: Any = Field(default_factory=list, sa_column=sa.Column(CanonicalJson, nullable=False))
    """Evidence: list of {"name", "sha256"}; the hash is empty where only a name was given."""
    note: str = Field(default="", max_length=500)
    """What the office found when it verified the item or sent it back."""
