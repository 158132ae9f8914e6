"""Which record a failed condition of the declaration rests on, or which one it lacks (R22–R35, R42)."""

from collections.abc import Callable, Mapping

from config.screening import EligibilityRule
from config.vocabulary import BranchKind
from flows.why.link import Answer, Deciding, of_project
from models.rules.snapshot import Fact, Project, World


def decided_by(world: World, project: Project, rule: EligibilityRule, said: Fact | None) -> Deciding | None:
    """Return what decided a condition; None for one that people judged."""
    if said is not None:
        return Deciding(Answer.CONDITION, (of_project(project, said.seq),), rule.key)
    found = RECORDS.get(rule.rule)
    if found is None:
        return None
    records, lacks = found(world, project, rule)
    return Deciding(Answer.CONDITION, records, rule.key, lacks=lacks) if records else None


def said_by(project: Project, rule: EligibilityRule, before: int) -> Fact | None:
    """Return the fact of the project's own history that a condition looked at; others look at rosters."""
    if rule.rule != "negative_list":
        return None
    for event in ("check_negative_list", "answer_negative_list"):
        if said := [fact for fact in project.all(event) if fact.seq < before]:
            return said[-1]
    return None


Records = tuple[tuple[str, ...], bool]
"""Names of records, and whether their lack decides."""


def _dual_leaders(world: World, project: Project, rule: EligibilityRule) -> Records:
    del rule
    branches = (b for b in world.branches_of(project.unit.code) if b.branch_kind == BranchKind.TEACHER)
    return tuple(f"unit:{b.code}/secretary_is_dual_leader" for b in branches if not b.secretary_is_dual_leader), True


def _honours(world: World, project: Project, rule: EligibilityRule) -> Records:
    del world, rule
    return (f"honour:{project.unit.code}",), True


def _age(world: World, project: Project, rule: EligibilityRule) -> Records:
    """The notice holds it 原则上: what keeps the project out is that nobody has given a reason for a waiver."""
    del world
    return (f"waiver:{project.code}/{rule.key}",), True


def _stable(world: World, project: Project, rule: EligibilityRule) -> Records:
    del world, rule
    return (f"unit:{project.unit.code}/planned_end_on",), False


def _recognised(world: World, project: Project, rule: EligibilityRule) -> Records:
    del world, rule
    return (f"recognition:{project.unit.code}",), False


def _statement(world: World, project: Project, rule: EligibilityRule) -> Records:
    """Nobody has stated or checked anything: that there is no statement is what decides."""
    del world, rule
    return (f"statement:{project.code}",), True


RECORDS: Mapping[str, Callable[[World, Project, EligibilityRule], Records]] = {
    "dual_leaders": _dual_leaders,
    "honours": _honours,
    "age": _age,
    "stable": _stable,
    "not_recognised": _recognised,
    "negative_list": _statement,
}
"""Rule name in the programme file → where its fact stands."""
