"""Which projects are spot-checked at the mid-term (R17, R49, P.spot_check): drawn by lot, or chosen by a person with a reason. Pure.

A project that is not visited has no score for the visit. The parts that apply to it make up the whole, each in proportion to its
weight, so that nobody gains or loses by the lot; on a re-assessment every part applies, because everybody is visited then.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from config.rubrics import Rubric, RubricPart
from config.vocabulary import AwardKind, PhaseKind
from models.rules.lots import drawn, share
from models.rules.snapshot import Fact, Project, World


@dataclass(frozen=True, slots=True)
class Choice:
    """Why a project is spot-checked, and since when."""

    on: date
    text: str
    seq: int | None = None
    """Number of the fact in the project's own history, where a person chose it."""


def sample(projects: Iterable[Project], seed: str, percent: int) -> tuple[str, ...]:
    """Return the codes drawn: of each kind of award its share, rounded up; by code."""
    known = tuple(projects)
    groups = [[p.code for p in known if p.award_kind == kind] for kind in AwardKind]
    return tuple(sorted(code for group in groups for code in drawn(group, seed, "spot_check")[: share(percent, len(group))]))


def drawn_sample(world: World, phase: PhaseKind) -> Fact | None:
    """Return the sample that holds in a phase; None before it has been drawn."""
    return next((fact for fact in reversed(world.all("sample_spot_checks")) if fact.payload["phase"] == phase), None)


def choice(world: World, project: Project, phase: PhaseKind) -> Choice | None:
    """Return why a project is spot-checked in a phase, None where it is not."""
    for fact in project.all("choose_spot_check"):
        if fact.payload["phase"] == phase:
            return Choice(fact.effective_on, f"指定实地抽查：{fact.payload['reason']}", fact.seq)
    found = drawn_sample(world, phase)
    if found is None or project.code not in found.payload["chosen"]:
        return None
    body = found.payload
    text = f"抽中实地抽查：{len(body['pool'])} 个项目按 {body['percent']}% 抽取 {len(body['chosen'])} 个，种子“{body['seed']}”"
    return Choice(found.effective_on, text)


def is_left_out(world: World, project: Project, phase: PhaseKind, round_no: int) -> bool:
    """Return whether a sample has been drawn and a project is not in it; a re-assessment leaves nobody out."""
    return round_no == 0 and drawn_sample(world, phase) is not None and choice(world, project, phase) is None


def applying(world: World, rubric: Rubric, project: Project, round_no: int) -> tuple[RubricPart, ...]:
    """Return the parts of a rubric that a project is scored on in a round."""
    out = any(part.sampled for part in rubric.parts) and is_left_out(world, project, rubric.phase, round_no)
    return tuple(part for part in rubric.parts if not (out and part.sampled))


def renormalised(rubric: Rubric, parts: tuple[RubricPart, ...]) -> str:
    """Return how the weights are shared out where not every part applies, "" where all do."""
    if len(parts) == len(rubric.parts):
        return ""
    whole = sum(part.weight for part in parts)
    told = "、".join(f"{part.title} {100 * part.weight / whole:.1f}%" for part in parts)
    absent = "、".join(part.title for part in rubric.parts if part not in parts)
    return f"未列入{absent}，其余部分按权重折算：{told}"


def must_be_visited(world: World, project: Project, phase: PhaseKind) -> bool:
    """Return whether a visit of a phase is owed: to everyone, but where the phase samples only to the chosen (P.spot_check)."""
    rule = world.plan.programme.spot_check
    return rule is None or rule.phase != phase or choice(world, project, phase) is not None


def visits(world: World, project: Project, phase: PhaseKind) -> tuple[Fact, ...]:
    """Return the visits that count for a phase: any, but where it samples only those since the project was chosen."""
    chosen = choice(world, project, phase)
    since = chosen.on if chosen else date.min
    return tuple(fact for fact in project.all("visit") if fact.effective_on >= since)
