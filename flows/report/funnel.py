"""The funnel: how far the projects of a cohort have come, in the notice's terms, and where the others stayed."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from config.vocabulary import AwardKind, Outcome, ProjectState
from models.rules.lifecycle import FINAL
from models.rules.publicity import voids
from models.rules.snapshot import Project, World

EXCELLENT = "excellent"
"""Not an event: the grade that the committee gave when it accepted."""

DECLARED_STAGES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("组织申报", ("create",)),
    ("材料齐全", ("declare",)),
    ("初审通过", ("pass_initial_review",)),
    ("遴选入选", ("select",)),
    ("中期考核合格", ("pass_mid_term", "continue_support")),
    ("进入验收", ("enter_acceptance",)),
    ("通过验收", ("accept",)),
    ("优秀等次", (EXCELLENT,)),
)
"""Stages of a cohort that declares (notice II.2): title, and the events of which any one means that it was reached."""

ENROLLED_STAGES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("培育创建", ("enrol",)),
    ("验收材料齐全", ("enter_acceptance",)),
    ("通过验收", ("accept",)),
    ("优秀等次", (EXCELLENT,)),
)
"""Stages of a cohort that began before this system (notice I)."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage: who reached it, by kind of award; of those who do not go on, who waits and who has left, by state."""

    title: str
    reached: Mapping[AwardKind, int]
    waiting: int
    left: Mapping[str, int]

    @property
    def total(self) -> int:
        """Return how many reached it."""
        return sum(self.reached.values())


def funnel(world: World) -> tuple[Stage, ...]:
    """Return the stages in order; of each, reached = reached the next + waiting + left.

    Who reached a later stage has reached all before it, even where no event says so.
    """
    plan = ENROLLED_STAGES if world.plan.cohort.declare is None else DECLARED_STAGES
    depth = {project.code: _depth(project, plan) for project in world.projects}
    stages = []
    for number, (title, _) in enumerate(plan):
        reached = Counter(project.award_kind for project in world.projects if depth[project.code] >= number)
        stay = [project for project in world.projects if depth[project.code] == number]
        last = number == len(plan) - 1
        left = Counter(_label(project) for project in stay if project.state in FINAL and not last)
        waiting = 0 if last else len(stay) - left.total()
        stages.append(Stage(title, {kind: reached[kind] for kind in AwardKind}, waiting, dict(sorted(left.items()))))
    return tuple(stages)


def _depth(project: Project, plan: tuple[tuple[str, tuple[str, ...]], ...]) -> int:
    gone = voids(project)
    had = {fact.event for fact in project.facts if fact.seq not in gone}
    if any(decision.outcome == Outcome.EXCELLENT for decision in project.decisions):
        had.add(EXCELLENT)
    return max((number for number, (_, events) in enumerate(plan) if had & set(events)), default=0)


def _label(project: Project) -> str:
    return "合格等次" if project.state == ProjectState.ACCEPTED else project.state.label
