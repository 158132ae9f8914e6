"""Advice to a project (R51): given by hand or with a result, without a deadline; what came of it is recorded before the end."""

from collections.abc import Sequence

from sqlmodel import Session

from config.vocabulary import Outcome
from flows.steps.errors import refuse
from models.history import Act, record_event
from models.loading import cohort_of, load_world, project_row
from models.rules.recommendations import Recommendation, recommendations
from models.tables import Project

GOES_ON = (Outcome.PASSED, Outcome.CONTINUED)
"""After which decisions a project goes on building, so that what was noticed becomes advice."""


def recommend(session: Session, act: Act, project: str, items: Sequence[str]) -> None:
    """Record advice, one item a line; with the next result it is mailed, or becomes part of the order if the project fails."""
    row = project_row(session, project)
    texts = [text.strip() for text in items if text.strip()]
    if not texts:
        raise refuse("改进建议不能为空", "请每行填写一条")
    record_event(session, row, "recommend", act, {"items": texts})


def follow_recommendation(session: Session, act: Act, project: str, number: int, text: str) -> None:
    """Record what came of one piece of advice."""
    row = project_row(session, project)
    known = {item.number for item in _of(session, row)}
    if number not in known:
        raise refuse(f"{project} 没有第 {number} 条改进建议", f"可用：{'、'.join(map(str, sorted(known))) or '无'}")
    if not text.strip():
        raise refuse("请写明改进建议的落实情况", "请填写")
    record_event(session, row, "follow_recommendation", act, {"number": number, "text": text.strip()})


def after_decision(session: Session, act: Act, project: Project, outcome: Outcome, matters: Sequence[str]) -> tuple[str, ...]:
    """Put what was noticed on record as advice to a project that goes on; returns everything that its letter recommends."""
    if outcome not in GOES_ON:
        return ()
    given = [item.text for item in _of(session, project) if item.followed_on is None]
    if fresh := [text for text in matters if text not in given]:
        record_event(session, project, "recommend", act, {"items": fresh})
    return (*given, *fresh)


def _of(session: Session, project: Project) -> tuple[Recommendation, ...]:
    world = session.info.get("world") or load_world(session, cohort_of(session, project).code)
    return recommendations(world.project(project.code))
