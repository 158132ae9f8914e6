"""What drop-downs about the panels offer: parts that a panel scores, panels by name, assignments that can be taken back."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from config.rubrics import Rubric
from config.vocabulary import PhaseKind
from flows.steps.panels import panels_of
from models.loading import load_plan, open_cohort_rows
from models.rules.panels import EVERY_PART, panel_parts
from models.tables import Assessment, Assignment, Person, Project, Unit

Choices = dict[str, Any]


def panel_marks(session: Session) -> Choices:
    """Return the parts that a panel scores, by phase; first all of them where there are several."""
    found: Choices = {}
    for rubric in _rubrics(session):
        parts = panel_parts(rubric)
        if len(parts) > 1:
            found[f"{rubric.phase.label}：联评组全部评分项"] = (rubric.phase.value, EVERY_PART)
        found |= {f"{rubric.phase.label}：{part.title}": (rubric.phase.value, part.key) for part in parts}
    return found


def _rubrics(session: Session) -> list[Rubric]:
    plans = [load_plan(row) for row in reversed(open_cohort_rows(session))]
    return [
        rubric for plan in plans for rubric in plan.programme.rubrics if any(phase.kind == rubric.phase for phase in plan.cohort.phases)
    ]


def panel_names(session: Session) -> Choices:
    """Return the panels of the open cohorts by name; two cohorts may have one of the same name."""
    return {name: name for row in reversed(open_cohort_rows(session)) for name in panels_of(session, row)}


def unscored_assignments(session: Session) -> Choices:
    """Return every assignment that has not been scored."""
    titles = {(rubric.phase, part.key): part.title for rubric in _rubrics(session) for part in panel_parts(rubric)}
    keys = ("project_id", "phase", "part", "round_no", "assessor")
    scored = sa.exists().where(*(getattr(Assessment, key) == getattr(Assignment, key) for key in keys))
    query: Any = sa.select(Project.code, Unit.name, Assignment.phase, Assignment.part, Assignment.assessor, Person.name.label("who"))  # type: ignore[call-overload, attr-defined]
    query = query.join(Project, col(Assignment.project_id) == col(Project.id)).join(Unit, col(Project.unit_id) == col(Unit.id))
    query = query.join(Person, col(Person.code) == col(Assignment.assessor)).where(~scored)
    rows = session.execute(query.order_by(col(Project.code), col(Assignment.part), col(Assignment.assessor)))
    return {
        f"{r.code} {r.name} {PhaseKind(r.phase).label}：{titles.get((r.phase, r.part), r.part)} {r.assessor} {r.who}": (
            r.code, PhaseKind(r.phase).value, r.part, r.assessor,
        )
        for r in rows
    }  # fmt: skip
