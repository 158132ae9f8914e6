"""Who of the panel is to score what; the history tells how it came about."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from config.vocabulary import PhaseKind
from models.tables.columns import enum_column


class Assignment(SQLModel, table=True):
    """One member's duty to score one part of a project's rubric in a round (R46); the key makes a double one impossible.

    Rules read assignments from the project's history (``models.rules.panels``); this row goes when one is taken back.
    """

    __table_args__ = (sa.UniqueConstraint("project_id", "phase", "part", "round_no", "assessor", name="uq_assignment_assessor"),)
    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id", index=True)
    phase: PhaseKind = Field(sa_column=enum_column(PhaseKind, "assignment_phase"))
    part: str = Field(max_length=40)
    round_no: int = Field(ge=0)
    assessor: str = Field(max_length=60)
    panel: str = Field(default="", max_length=60)
    """Name of the panel for which the member scores, such as 第一组; empty: none was named."""
