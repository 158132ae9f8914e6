"""What a project has achieved, item by item, read off its facts: targets, standards, measures, demonstration (R5–R9, R17, R57, R64)."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from config.rubrics import Criterion, RubricPart
from config.screening import StandardItem
from config.vocabulary import Achievement, Level, OutputKind, PhaseKind
from models.rules.snapshot import Project, World

ACCEPTED_IN = (PhaseKind.REVIEW, PhaseKind.CONSOLIDATION)
"""The phases that end with acceptance."""
UNSAID = "未说明"


@dataclass(frozen=True, slots=True)
class Target:
    """One target of the unit's own declaration (R5); ``state`` None: nothing recorded about it."""

    number: int
    text: str
    state: Achievement | None = None
    result: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Standard:
    """One item of 五个到位 or 七个有力 with what is recorded about it (R6, R7)."""

    rule: StandardItem
    state: Achievement | None = None
    text: str = ""


class Aspect(NamedTuple):
    """One criterion on which the unit reports (R8, R9); ``text`` is empty until it has."""

    part: RubricPart
    criterion: Criterion
    text: str

    @property
    def key(self) -> str:
        """Return how the history calls it."""
        return f"{self.part.key}.{self.criterion.key}"


@dataclass(frozen=True, slots=True)
class Output:
    """One thing that a project has to show (R9)."""

    kind: OutputKind
    title: str
    level: Level
    on: date
    link: str = ""


def targets(project: Project) -> tuple[Target, ...]:
    """Return the declared targets in their order; results recorded before the targets were last set no longer count."""
    declared = project.latest("set_targets")
    if declared is None:
        return ()
    said = {
        row["number"]: row for fact in project.all("record_results") if fact.seq > declared.seq for row in fact.payload["results"]
    }  # fmt: skip
    return tuple(_target(number, text, said.get(number)) for number, text in enumerate(declared.payload["targets"], start=1))


def _target(number: int, text: str, said: dict[str, str] | None) -> Target:
    return Target(number, text, Achievement(said["state"]), said["result"], said["evidence"]) if said else Target(number, text)


def standard_title(world: World, project: Project) -> str:
    """Return the name of the standard that the project's kind is held against: 五个到位 or 七个有力."""
    kind = project.award_kind
    return next((row.title for row in world.plan.programme.standards if kind in row.award_kinds), "任务指南")


def standards(world: World, project: Project) -> tuple[Standard, ...]:
    """Return every standard that the project's kind is held against, in the programme's order; the newest word counts."""
    said = {key: row for fact in project.all("assess_standards") for key, row in fact.payload["standards"].items()}
    return tuple(
        Standard(rule, Achievement(said[rule.key]["state"]), said[rule.key]["text"]) if rule.key in said else Standard(rule)
        for rule in world.plan.programme.standards_of(project.award_kind)
    )


def aspects(world: World, project: Project) -> tuple[Aspect, ...]:
    """Return the criteria of acceptance on which the unit reports, with what it said last."""
    said = {key: text for fact in project.all("report_aspects") for key, text in fact.payload["aspects"].items()}
    return tuple(
        Aspect(part, criterion, said.get(f"{part.key}.{criterion.key}", ""))
        for part in acceptance_parts(world, project)
        if part.reported
        for criterion in part.criteria
    )


def acceptance_parts(world: World, project: Project) -> tuple[RubricPart, ...]:
    """Return the parts of the rubric by which the project's cohort is accepted; none where it has no such phase."""
    phase = next((row.kind for row in world.plan.cohort.phases if row.kind in ACCEPTED_IN), None)
    rubric = world.plan.programme.rubric(phase, project.award_kind) if phase else None
    return rubric.parts if rubric else ()


def outputs(project: Project) -> tuple[Output, ...]:
    """Return what the project has to show, by day."""
    rows = (row for fact in project.all("record_outputs") for row in fact.payload["outputs"])
    found = (Output(OutputKind(r["kind"]), r["title"], Level(r["level"]), date.fromisoformat(r["on"]), r["link"]) for r in rows)
    return tuple(sorted(found, key=lambda row: (row.on, row.title)))


def promotion(project: Project) -> str:
    """Return what was last said about the effect of promotion (R17); empty where nothing was."""
    fact = project.latest("record_promotion")
    return str(fact.payload["text"]) if fact else ""


def publicity(project: Project) -> int:
    """Return how many publications are logged (R64)."""
    return len(project.all("record_publicity"))


def grounds(world: World, project: Project, phase: PhaseKind) -> Iterator[str]:
    """Yield in few words what the committee should know beside the score; nothing about what nobody has recorded."""
    if phase not in ACCEPTED_IN:
        return
    if mine := targets(project):
        yield f"目标 {len(mine)} 项，{tally(row.state for row in mine)}"
    held, known = standards(world, project), aspects(world, project)
    if any(row.state for row in held):
        yield f"{standard_title(world, project)}：{tally(row.state for row in held)}"
    if any(row.text for row in known):
        parts = "、".join(dict.fromkeys(row.part.title for row in known))
        yield f"{parts}：已说明 {sum(bool(row.text) for row in known)}/{len(known)} 项"
    if shown := outputs(project):
        yield f"成果 {len(shown)} 项（{tally_levels(shown)}）"
    yield from _counted(world, project)


def _counted(world: World, project: Project) -> Iterator[str]:
    """Yield what the programme counts beside a score (R57), and the effect of promotion where the cohort has no such count (R17)."""
    counted = [part for part in acceptance_parts(world, project) if part.counts]
    number = publicity(project)
    yield from (f"{part.title}：登记宣传 {number} 次" for part in counted)
    if not counted and (promotion(project) or number):
        yield f"推广成效{'已说明' if promotion(project) else UNSAID}，登记宣传 {number} 次"


def tally(states: Iterable[Achievement | None]) -> str:
    """Return how many are in each state: 达到 5 项、未登记 1 项."""
    counts = Counter(states)
    words = [f"{state.label} {counts[state]} 项" for state in Achievement if counts[state]]
    return "、".join([*words, *([f"未登记 {counts[None]} 项"] if counts[None] else [])])


def tally_levels(shown: Iterable[Output]) -> str:
    """Return how many there are of each level, the highest first."""
    counts = Counter(row.level for row in shown)
    return "、".join(f"{level.label} {counts[level]}" for level in Level if counts[level])


def unsettled(project: Project) -> str:
    """Return what is wanting before targets can be judged (R5): those without a word about them; empty where there is none."""
    missing = [row.number for row in targets(project) if row.state is None]
    return f"申报目标第 {'、'.join(map(str, missing))} 项未登记完成情况" if missing else ""


def unmet_standards(world: World, project: Project) -> str:
    """Return why a project should not be excellent (R6, R7): standards that are not reached; empty where there is none."""
    failed = [row.rule for row in standards(world, project) if row.state == Achievement.NOT_ACHIEVED]
    return f"{standard_title(world, project)}中{'、'.join(rule.title for rule in failed)}未达到，不宜评为优秀" if failed else ""
