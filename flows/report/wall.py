"""The wall chart: units by milestones, grouped by SO."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from config.cohort import PhaseDates
from config.vocabulary import AwardKind, DutyKind, PhaseKind, ProjectState
from flows.report.marks import DECISION_TITLES, NOT_APPLICABLE, Mark, Tone
from flows.report.papers import Paper, paper_mark
from flows.report.verdicts import decision_mark, docket, has_rectification, initial_review_mark, rectification_mark
from models.rules.calendar import Calendar
from models.rules.deadlines import effective
from models.rules.duties import Duty, cached_duties
from models.rules.lifecycle import FINAL
from models.rules.snapshot import Project, World


@dataclass(frozen=True, slots=True)
class Column:
    """A milestone; ``key`` is a deliverable's key or what kind of judgement it is."""

    phase: str
    key: str
    title: str
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Band:
    """The columns of one phase."""

    title: str
    opens_on: date
    closes_on: date
    columns: int


@dataclass(frozen=True, slots=True)
class Row:
    """A project with one mark per column."""

    project: str
    unit: str
    kind: AwardKind
    state: str
    over: bool
    """Whether the project has left the programme without being accepted."""
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """An SO, how its own duty to declare stands (R41; None where there is none), and the projects under it."""

    so: str
    name: str
    declare: Mark | None
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Wall:
    """The chart as a whole."""

    bands: tuple[Band, ...]
    columns: tuple[Column, ...]
    groups: tuple[Group, ...]


REVIEWED, DECIDED, RECTIFIED = "initial_review", "decision", "rectification"


def wall(world: World, calendar: Calendar, papers: tuple[Paper, ...], today: date) -> Wall:
    """Return the wall chart of a cohort; an SO that owes a declaration appears even without a project."""
    phases = {phase.key: tuple(_columns(world, phase)) for phase in world.plan.cohort.phases}
    bands = tuple(
        Band(phase.kind.label, phase.opens_on, phase.closes_on, len(phases[phase.key]))
        for phase in world.plan.cohort.phases
        if phases[phase.key]
    )
    columns = tuple(column for found in phases.values() for column in found)
    rows = _rows(world, columns, papers, today)
    declare = {duty.unit: duty for duty in cached_duties(world, calendar) if duty.kind == DutyKind.DECLARE}
    sos = sorted({*declare, *(project.unit.parent or project.unit.code for project in world.projects)})
    groups = (Group(so, world.units[so].name, _declared(world, declare.get(so), today), tuple(_of_so(world, rows, so))) for so in sos)
    return Wall(bands, columns, tuple(groups))


def _columns(world: World, phase: PhaseDates) -> Iterator[Column]:
    kinds = {rubric.phase for rubric in world.plan.programme.rubrics}
    for rule in world.plan.programme.deliverables:
        deadline = effective(world.deadlines, phase.key, rule.key, ()) if rule.phase == phase.kind else None
        if deadline is not None:
            yield Column(phase.key, rule.key, rule.title, deadline.due_on)
    if phase.kind == PhaseKind.DECLARATION:
        yield Column(phase.key, REVIEWED, "初审")
    if phase.kind in kinds:
        yield Column(phase.key, DECIDED, DECISION_TITLES[phase.kind])
    if has_rectification(phase.kind):
        yield Column(phase.key, RECTIFIED, "限期整改")


def _rows(world: World, columns: tuple[Column, ...], papers: tuple[Paper, ...], today: date) -> dict[str, Row]:
    by_key = {(paper.project, paper.phase, paper.deliverable): paper for paper in papers}
    phases = {phase.key: phase for phase in world.plan.cohort.phases}
    turns = {key: docket(world, phase.kind) for key, phase in phases.items()}

    def mark(project: Project, column: Column) -> Mark:
        phase = phases[column.phase]
        if column.key == REVIEWED:
            return initial_review_mark(project)
        if column.key == DECIDED:
            return decision_mark(project, phase.kind, turns[phase.key])
        if column.key == RECTIFIED:
            return rectification_mark(project, phase.kind, today)
        paper = by_key.get((project.code, column.phase, column.key))
        return paper_mark(paper, project, today) if paper else NOT_APPLICABLE

    return {
        project.code: Row(
            project=project.code,
            unit=project.unit.name,
            kind=project.award_kind,
            state=project.state.label,
            over=project.state in FINAL and project.state != ProjectState.ACCEPTED,
            marks=tuple(mark(project, column) for column in columns),
        )
        for project in world.projects
    }


def _of_so(world: World, rows: Mapping[str, Row], so: str) -> Iterator[Row]:
    for project in sorted(world.projects, key=lambda p: (p.unit.parent is not None, p.unit.code)):
        if (project.unit.parent or project.unit.code) == so:
            yield rows[project.code]


def _declared(world: World, duty: Duty | None, today: date) -> Mark | None:
    if duty is None:
        return None
    number = sum(p.unit.parent == duty.unit and p.award_kind == AwardKind.MODEL_BRANCH for p in world.projects)
    if duty.unit in world.exempt:
        return Mark("✓", "免于申报", Tone.DONE)
    if duty.done:
        return Mark("✓", f"申报 {number} 个", Tone.DONE)
    if duty.due_on < today:
        return Mark("×", f"未申报，逾期 {(today - duty.due_on).days} 天", Tone.BAD)
    return Mark("○", f"未申报，剩 {(duty.due_on - today).days} 天", Tone.LATER)
