"""Which projects the school has approved, whatever came of them (R42)."""

import sqlalchemy as sa
from sqlmodel import col, select

from config.vocabulary import Outcome, PhaseKind, ProjectState
from models.tables import Decision, Event, Project

CHOSEN = ("building", "rectifying", "under_acceptance", "accepted", "not_accepted", "suspended", "terminated")
"""A unit of another batch in one of these states has been approved by the school, whatever came of it (R42)."""


def approved() -> sa.ColumnElement[bool]:
    """Return the condition of an approved project: chosen as it stands, or withdrawn after it had been selected or enrolled."""
    selected = select(Decision.project_id).where(Decision.phase == PhaseKind.DECLARATION, Decision.outcome == Outcome.SELECTED)
    enrolled = select(Event.stream).where(Event.event == "enrol")
    was_chosen = sa.or_(col(Project.id).in_(selected), (sa.literal("project:") + col(Project.code)).in_(enrolled))
    return sa.or_(col(Project.state).in_(CHOSEN), sa.and_(col(Project.state) == ProjectState.WITHDRAWN, was_chosen))
