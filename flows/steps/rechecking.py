"""Who leads a branch or how long it lasts has changed: running projects are held against R22 and R30 anew; what is unmet is a task."""

from datetime import date

from sqlmodel import Session

from config.vocabulary import TaskKind, Verdict
from models.loading import load_world, open_cohort_rows
from models.rules.eligibility import Check, check_project
from models.rules.lifecycle import ACTIVE
from models.rules.snapshot import Project, World
from models.tables import Unit
from notifications.tasks import close_tasks, leave_task, task_key

LASTING = ("dual_leaders", "stable")
"""Conditions that have to hold as long as a project runs."""


def recheck(session: Session, unit: Unit, on: date) -> tuple[str, ...]:
    """Return what the running projects of a unit and of its SO no longer meet; each once as a task, which closes when it is met again."""
    session.flush()
    told: list[str] = []
    for cohort in open_cohort_rows(session):
        world = load_world(session, cohort.code)
        if world.plan.cohort.declare is None:
            continue
        parent = world.units[unit.code].parent
        for project in world.projects:
            if project.unit.code in (unit.code, parent) and project.state in ACTIVE:
                told += _recheck(session, world, project, on)
    return tuple(told)


def _recheck(session: Session, world: World, project: Project, on: date) -> list[str]:
    told = []
    for check in lasting(world, project):
        about = f"{project.code}:{check.key}"
        if check.verdict == Verdict.FAIL:
            text = f"{project.code} 不再符合“{check.title}”：{check.reason}；请核实后按规定处理"
            leave_task(session, TaskKind.RECHECK_CONDITION, about, text, on, project.unit.code, again=True)
            told.append(text)
        else:
            close_tasks(session, [task_key(TaskKind.RECHECK_CONDITION, about)], on)
    return told


def lasting(world: World, project: Project) -> tuple[Check, ...]:
    """Return the conditions that have to last, at the day from which the building period counts (the declaration's deadline)."""
    declare = world.plan.cohort.declare
    keys = {rule.key for rule in world.plan.programme.eligibility if rule.rule in LASTING}
    return tuple(check for check in check_project(world, project, declare.due_on) if check.key in keys) if declare else ()
