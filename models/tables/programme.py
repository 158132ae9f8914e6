"""Cohorts with their pinned plan, projects, deadlines and what units hand in."""

from datetime import date
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from config.vocabulary import AwardKind, CohortState, Machine, ProjectState, SubmissionState
from models.tables.columns import CanonicalJson, enum_column


class Cohort(SQLModel, table=True):
    """One batch with the plan read at ``creation open``; from then on only acts change dates."""

    machine: ClassVar[Machine] = Machine.COHORT
    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True, max_length=20)
    title: str = Field(max_length=200)
    plan: Any = Field(sa_column=sa.Column(CanonicalJson, nullable=False))
    plan_sha256: str = Field(max_length=64)
    opened_on: date
    state: CohortState = Field(default=CohortState.NEW, sa_column=enum_column(CohortState, "cohort_state"))


class Project(SQLModel, table=True):
    """One unit's run in one cohort; ``state`` moves only by an event."""

    __table_args__ = (
        sa.UniqueConstraint("cohort_id", "unit_id", name="uq_project_unit"),
        sa.Index("ix_project_standing", "cohort_id", "award_kind", "state"),
    )
    machine: ClassVar[Machine] = Machine.PROJECT
    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True, max_length=40)
    cohort_id: int = Field(foreign_key="cohort.id")
    unit_id: int = Field(foreign_key="unit.id", index=True)
    award_kind: AwardKind = Field(sa_column=enum_column(AwardKind, "project_award_kind"))
    title: str = Field(default="", max_length=200)
    state: ProjectState = Field(default=ProjectState.NEW, sa_column=enum_column(ProjectState, "project_state"))


class Deadline(SQLModel, table=True):
    """The last day that counts, append-only: an extension is a row with a subject, a supplementary notice one without.

    ``subject`` is a project or unit code, ``*`` for all. The unit's internal day lies ``internal_days`` working days earlier.
    """

    __table_args__ = (sa.UniqueConstraint("cohort_id", "phase", "deliverable", "subject", "version", name="uq_deadline_version"),)
    id: int | None = Field(default=None, primary_key=True)
    cohort_id: int = Field(foreign_key="cohort.id", index=True)
    phase: str = Field(max_length=40)
    deliverable: str = Field(max_length=40)
    subject: str = Field(default="*", max_length=40)
    due_on: date
    version: int = Field(ge=1)
    internal_days: int = Field(ge=0)
    call_on: date
    ladder: str = Field(max_length=40)
    endorse_ladder: str | None = Field(default=None, max_length=40)
    basis: str = Field(max_length=300)
    set_on: date


class Submission(SQLModel, table=True):
    """One version of one paper of a project; its content never changes, its state moves by events."""

    __table_args__ = (
        sa.UniqueConstraint("project_id", "deliverable", "version", name="uq_submission_version"),
        sa.Index("ix_submission_standing", "deliverable", "state"),
    )
    machine: ClassVar[Machine] = Machine.SUBMISSION
    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True, max_length=120)
    project_id: int = Field(foreign_key="project.id")
    deliverable: str = Field(max_length=40)
    version: int = Field(ge=1)
    received_on: date | None = None
    endorsed_on: date | None = None
    pieces: int = Field(default=1, ge=0)
    files: Any = Field(default_factory=list, sa_column=sa.Column(CanonicalJson, nullable=False))
    """List of {"name", "sha256"}."""
    state: SubmissionState = Field(default=SubmissionState.NEW, sa_column=enum_column(SubmissionState, "submission_state"))
