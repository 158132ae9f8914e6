"""What drop-downs offer of what follows from a decision: projects made public, open objections, the excellent, commendations."""

from collections.abc import Iterator
from typing import Any

from sqlmodel import Session

from models.commendations import by_name
from models.loading import load_world, open_cohort_ids
from models.rules.awards import excellence
from models.rules.publicity import proposals
from models.rules.recommendations import open_recommendations
from models.rules.snapshot import Project

Choices = dict[str, Any]


def _projects(session: Session) -> Iterator[Project]:
    for cohort in open_cohort_ids(session):
        yield from load_world(session, cohort).projects


def publicised(session: Session) -> Choices:
    """Offer the projects whose newest proposal stands or has become final: an objection may have come in time."""
    newest = ((project, known[-1]) for project in _projects(session) if (known := proposals(project)))
    return {
        f"{project.code} {project.unit.name}": project.code
        for project, proposed in newest
        if proposed.ended_by is None or proposed.is_final
    }


def open_objections(session: Session) -> Choices:
    """Offer the objections that nobody has answered, by project and day; the text stands in the history."""
    return {
        f"{project.code} 第 {objection.seq} 条 {objection.received_on}（{'实名' if objection.raised_by else '匿名'}）": (
            project.code,
            objection.seq,
        )
        for project in _projects(session)
        for proposed in proposals(project)
        for objection in proposed.open_objections
    }


def unanswered_advice(session: Session) -> Choices:
    """Offer the advice of which nobody has said yet what came of it, by project and number."""
    return {
        f"{project.code} 第 {row.number} 条：{row.text[:40]}": (project.code, row.number)
        for project in _projects(session)
        for row in open_recommendations(project)
    }


def excellent(session: Session) -> Choices:
    """Offer the projects that were accepted as excellent."""
    return {f"{project.code} {project.unit.name}": project.code for project in _projects(session) if excellence(project)}


def commended(session: Session) -> Choices:
    """Offer the commendations on record of the open cohorts."""
    return {
        f"{row.unit} 第 {row.seq} 条 {row.title}{f'（{row.member}）' if row.member else ''} {row.commended_on}": (row.unit, row.seq)
        for cohort in open_cohort_ids(session)
        for row in by_name(session, cohort)
    }
