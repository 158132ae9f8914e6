"""What a cohort's quotas have been used for before and beside a ballot: decided, or before the public (R19, R47; P.office)."""

from collections import Counter
from collections.abc import Mapping

from config.vocabulary import AwardKind, Outcome, PhaseKind, ProjectState
from models.rules.publicity import pending, proposals
from models.rules.snapshot import Project, World


def standing_outcome(project: Project, phase: PhaseKind) -> Outcome | None:
    """Return what was last decided about a project in a phase, else what is before the public; None while it is open."""
    decided = [decision.outcome for decision in project.decisions if decision.phase == phase]
    if decided:
        return decided[-1]
    shown = _before_public(project)
    return shown[1] if shown and shown[0] == phase else None


def _before_public(project: Project) -> tuple[PhaseKind, Outcome] | None:
    """Return phase and outcome of the proposal that stands; one that rests while the project is suspended keeps its place."""
    shown = proposals(project)
    if not shown or shown[-1].ended_by is not None:
        return None
    stands = pending(project) is not None or project.state == ProjectState.SUSPENDED
    return (shown[-1].phase, shown[-1].outcome) if stands else None


def places_taken(world: World) -> Counter[AwardKind]:
    """Return how many places of the selection are taken, by kind; who has withdrawn leaves its place (R47)."""
    chosen = (
        project.award_kind
        for project in world.projects
        if project.state != ProjectState.WITHDRAWN and standing_outcome(project, PhaseKind.DECLARATION) == Outcome.SELECTED
    )
    return Counter(chosen)


def excellent_note(world: World, phase: PhaseKind, proposed: Mapping[str, Outcome | None]) -> str:
    """Return the warning that the excellent of a cohort exceed the customary share, "" for none; it never blocks.

    ``proposed`` is what is recommended about those that are up; what was decided before counts with them, and so does what the
    committee granted against the recommendation.
    """
    share = world.plan.programme.practice.excellent_percent_max
    known = {p.code: found for p in world.projects if p.code not in proposed and (found := standing_outcome(p, phase))}
    granted = sum(outcome == Outcome.EXCELLENT for outcome in known.values())
    advised = sum(outcome == Outcome.EXCELLENT for outcome in proposed.values())
    total = len(known) + len(proposed)
    if granted + advised <= total * share // 100:
        return ""
    counted = "、".join(f"{word}优秀 {number} 个" for word, number in (("已定", granted), ("建议", advised)) if number)
    return f"{counted}，超过 {share}% 的参考比例（共 {total} 个项目），请党委斟酌"
