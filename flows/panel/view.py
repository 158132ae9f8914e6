"""How a panel has done its work in a phase: who had what, how strictly each scored, and what rank came of it (R46, R49, R57, 6.12)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlmodel import Session, col, select

from config.rubrics import Rubric
from config.vocabulary import AwardKind, Outcome, PhaseKind
from flows.steps.errors import refuse
from flows.steps.panels import panels_of
from flows.why.judging import METHOD
from models.history import stream_of
from models.loading import cohort_row, load_world
from models.office_work import panellists
from models.rules import decisions
from models.rules.panels import assigned, panel_parts, scorers
from models.rules.ranking import Runner, marks_of, places
from models.rules.scoring import project_score
from models.rules.severity import Severity, severities
from models.rules.snapshot import Project, World
from models.tables import Event, Person


@dataclass(frozen=True, slots=True)
class MemberLine:
    """One member in a phase."""

    code: str
    name: str
    panels: tuple[str, ...]
    assigned: int
    """Sheets to be given: one for each project and part, of the rounds that run."""
    given: int
    """Of these, those that are in."""
    severity: Severity | None


@dataclass(frozen=True, slots=True)
class RankLine:
    """One project that has been scored in a round; rank among those of its kind and round."""

    project: str
    unit: str
    kind: AwardKind
    round_no: int
    rank: int
    score: float | None
    standing: str
    """What decided the rank at equal totals."""
    mean: float | None
    """The score by the plain mean of all sheets, for comparison."""
    mean_rank: int
    outcome: Outcome | None
    """What the committee has decided, or what the rules recommend."""
    decided: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PanelView:
    """Everything of a phase of a cohort."""

    title: str
    method: str
    panels: Mapping[str, tuple[str, ...]]
    """Name → its members, code and name."""
    draws: tuple[Mapping[str, Any], ...]
    """The lots that were drawn, oldest first: payloads of ``draw_panel``, each with the day as "on"."""
    refused: tuple[Mapping[str, Any], ...]
    """Conflicts of interest that were refused, oldest first: payloads of ``refuse_conflict``, each with the day as "on"."""
    members: tuple[MemberLine, ...]
    ranking: tuple[RankLine, ...]


def panel_view(session: Session, cohort: str, phase: PhaseKind) -> PanelView:
    """Return how the panel's work in a phase stands; refused where a phase has no rubric."""
    batch, kind = cohort_row(session, cohort), PhaseKind(phase)
    world = load_world(session, cohort)
    rubrics = [rubric for rubric in world.plan.programme.rubrics if rubric.phase == kind]
    if not rubrics or kind not in {row.kind for row in world.plan.cohort.phases}:
        raise refuse(f"批次 {cohort} 的{kind.label}不评分", "请选择申报认定、管理考核、审查评估或巩固推广")
    people = {row.code: row for row in panellists(session, session.exec(select(Person).order_by(col(Person.code))).all())}
    known = panels_of(session, batch)
    names = {code: row.label for code, row in people.items()}
    return PanelView(
        title=f"{world.plan.cohort.title}{kind.label}",
        method="；".join(dict.fromkeys(METHOD[rubric.method] for rubric in rubrics)),
        panels={name: tuple(names.get(code, code) for code in members) for name, members in known.items()},
        draws=tuple(_on_record(session, stream_of(batch), "draw_panel", kind)),
        refused=tuple(_on_record(session, stream_of(batch), "refuse_conflict", kind)),
        members=tuple(_members(world, kind, {code: row.name for code, row in people.items()}, known)),
        ranking=tuple(_ranking(world, kind)),
    )


def _on_record(session: Session, stream: str, event_name: str, phase: PhaseKind) -> Iterator[Mapping[str, Any]]:
    query = select(Event).where(Event.stream == stream, Event.event == event_name).order_by(col(Event.seq))
    for event in session.exec(query):
        if event.payload["phase"] == phase:
            yield {"on": event.effective_on.isoformat(), **event.payload}


def _members(world: World, phase: PhaseKind, names: Mapping[str, str], panels: Mapping[str, tuple[str, ...]]) -> Iterator[MemberLine]:
    """Yield everybody who sits on a panel, is assigned or has scored, by code."""
    strict = {row.person: row for row in severities(world, phase)}
    due: dict[str, list[bool]] = {}
    for project in world.projects:
        for code, done in _owed(world, project, phase):
            due.setdefault(code, []).append(done)
    for code in sorted({*strict, *due, *(code for members in panels.values() for code in members)}):
        mine = tuple(name for name, members in panels.items() if code in members)
        yield MemberLine(code, names.get(code, ""), mine, len(due.get(code, ())), sum(due.get(code, ())), strict.get(code))


def _owed(world: World, project: Project, phase: PhaseKind) -> Iterator[tuple[str, bool]]:
    rubric = world.plan.programme.rubric(phase, project.award_kind)
    number = decisions.round_no(project, phase)
    for part in panel_parts(rubric) if rubric else ():
        done = scorers(project, phase, part.key, number)
        for code in assigned(project, phase, part.key, number):
            yield code, code in done


def _ranking(world: World, phase: PhaseKind) -> Iterator[RankLine]:
    """Yield every project that has been scored, by kind, round and rank, beside what the plain mean would have made of it."""
    groups: dict[tuple[AwardKind, int], list[_Scored]] = {}
    for project in world.projects:
        rubric = world.plan.programme.rubric(phase, project.award_kind)
        if rubric is None:
            continue
        for number in sorted({mark.round_no for mark in project.assessments if mark.phase == phase}):
            groups.setdefault((project.award_kind, number), []).append(_scored(project, phase, number, rubric))
    proposals = {(row.project, row.round_no): row for row in decisions.propose_all(world, phase)}
    for (kind, number), mine in sorted(groups.items()):
        ranks, plain = places([row.runner for row in mine]), places([row.plain for row in mine])
        for row in sorted(mine, key=lambda row: ranks[row.runner.project].rank):
            project, place = world.project(row.runner.project), ranks[row.runner.project]
            proposal, decided = proposals.get((project.code, number)), project.decided(phase, number)
            outcome = decided.outcome if decided else proposal.outcome if proposal else None
            yield RankLine(
                project.code, project.unit.name, kind, number, place.rank, row.runner.total, place.note, row.plain.total,
                plain[project.code].rank, outcome, decided is not None, proposal.reasons if proposal else (),
            )  # fmt: skip


class _Scored(NamedTuple):
    """A project's total by the rubric's method, and by the plain mean."""

    runner: Runner
    plain: Runner


def _scored(project: Project, phase: PhaseKind, number: int, rubric: Rubric) -> _Scored:
    sheets = [mark for mark in project.assessments if (mark.phase, mark.round_no) == (phase, number)]
    by_mean = rubric.model_copy(update={"method": "mean"})
    found = [Runner(project.code, project_score(one, sheets).total, marks_of(one, sheets)) for one in (rubric, by_mean)]
    return _Scored(*found)
