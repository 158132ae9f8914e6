"""Scenarios: facts and acts by day, readable by an official; checked before anything is played."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from inspect import signature
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from config.loading import FOLDER, PlanError, read_yaml, validated
from config.vocabulary import DutyKind, PhaseKind
from flows.steps.acts import ACTS
from models.rules.calendar import Calendar
from models.rules.decisions import round_no
from models.rules.duties import cached_duties
from models.rules.lifecycle import FINAL
from models.rules.panels import assigned
from models.rules.snapshot import Project, World
from models.rules.spot_checks import applying, choice

DEMO = FOLDER / "samples" / "demo.yaml"
SELECTORS = frozenset({"do", "projects", "except", "states", "units", "spot_checked", "refused", "sheet"})
PANEL = "assess_panel"
KNOWN = [*ACTS, PANEL]
RUNS = frozenset({"advance", "committee", "rectification"})


class _Row(BaseModel):
    """One day of a file."""

    model_config = ConfigDict(extra="forbid")
    day: date
    acts: tuple[dict[str, Any], ...] = ()
    runs: tuple[dict[str, Any], ...] = ()


class _File(BaseModel):
    """A scenario file."""

    model_config = ConfigDict(extra="forbid")
    days: tuple[_Row, ...]
    panel: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Day:
    """What happens on one day: acts first, then runs."""

    day: date
    acts: tuple[Mapping[str, Any], ...]
    runs: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """The days of a story, in order, and the usual panel."""

    days: Mapping[date, Day]
    panel: tuple[str, ...]

    @property
    def runs(self) -> int:
        """How many phase runs the story names."""
        return sum(len(day.runs) for day in self.days.values())


def load_scenario(path: Path = DEMO) -> Scenario:
    """Return a scenario; raises PlanError with file, row and remedy."""
    file = validated(_File, read_yaml(path), path.name)
    days: dict[date, Day] = {}
    for row in file.days:
        where = f"{path.name} → days[{row.day}]"
        if row.day in days:
            raise PlanError(f"{where}：日期重复；请每天写成一段")
        for act in row.acts:
            if act.get("do") not in KNOWN:
                raise PlanError(f"{where}：没有事项“{str(act.get('do'))[:40]}”；可用：{'、'.join(KNOWN)}")
        for run in row.runs:
            if not RUNS & set(run):
                raise PlanError(f"{where}：运行 {str(run)[:60]} 未写明 advance、committee 或 rectification；请补充")
        days[row.day] = Day(row.day, row.acts, row.runs)
    return Scenario(dict(sorted(days.items())), file.panel)


def expand(scenario: Scenario, act: Mapping[str, Any], world: World | None) -> tuple[str, list[dict[str, Any]]]:
    """Return the act's name and the fields of each performance: one per project or unit it goes to."""
    fields = {name: value for name, value in act.items() if name not in SELECTORS}
    name = act["do"]
    if "units" in act:
        return name, [{**fields, "unit": unit} for unit in act["units"]]
    if "projects" not in act and (world is None or not _about_a_project(name)):
        return name, [fields]
    if name == "assign":
        return name, [{**fields, "projects": act["projects"]}]
    codes = act["projects"] if "projects" in act else _of_cohort(act, world)
    if "projects" not in act:
        fields.pop("cohort", None)
    if name == PANEL:
        return "assess", [entry for code in codes for entry in _panel(scenario, act, code, world)]
    return name, [{**fields, "project": code} for code in codes]


def _about_a_project(name: str) -> bool:
    """Return whether an act goes to one project after the other; the others name a cohort or a unit."""
    return name == PANEL or "project" in signature(ACTS[name]).parameters


def _of_cohort(act: Mapping[str, Any], world: World | None) -> list[str]:
    assert world is not None  # noqa: S101 - the caller has looked
    left_out = set(act.get("except", ()))
    states = set(act.get("states", ()))
    chosen = [p for p in world.projects if p.code not in left_out and (not states or str(p.state) in states)]
    if act.get("spot_checked"):
        chosen = [p for p in chosen if choice(world, p, PhaseKind.MID_TERM)]
    if "deliverable" in act:
        owing = _owing(world, act)
        return [p.code for p in chosen if p.code in owing]
    return [p.code for p in chosen if states or not _is_over(p)]


def _is_over(project: Project) -> bool:
    return project.state in FINAL


def _owing(world: World, act: Mapping[str, Any]) -> set[str | None]:
    kind = DutyKind.ENDORSE if act["do"] == "endorse" else DutyKind.HAND_IN
    ready = {p.code for p in world.projects if _awaits(p, act)} if kind == DutyKind.ENDORSE else None
    found = {d.project for d in cached_duties(world, Calendar()) if d.kind == kind and d.deliverable == act["deliverable"] and not d.done}
    return found if ready is None else found & ready


def _awaits(project: Project, act: Mapping[str, Any]) -> bool:
    paper = project.submissions.get(act["deliverable"])
    return paper is not None and paper.state == "awaiting_endorsement"


def _panel(scenario: Scenario, act: Mapping[str, Any], code: str, world: World | None) -> Iterable[dict[str, Any]]:
    """Yield one sheet for each of those assigned, else for the members that the act or the story names.

    ``percents`` gives a project one percentage for all, or a list with one for each of them in their order.
    """
    assert world is not None  # noqa: S101 - scores need a programme
    project = world.project(code)
    rubric = world.plan.programme.rubric(PhaseKind(act["phase"]), project.award_kind)
    part = next((p for p in rubric.parts if p.key == act["part"]), None) if rubric else None
    if rubric is None or part is None:
        raise PlanError(f"{act['phase']} 没有评分项 {act['part']}；请核对场景文件")
    phase, number = PhaseKind(act["phase"]), round_no(project, rubric.phase)
    if part not in applying(world, rubric, project, number):
        return
    named = assigned(project, phase, part.key, number)
    assessors = act.get("assessors", named or scenario.panel)
    given = act.get("percents", {}).get(code, act["percent"])
    percents = given if isinstance(given, list) else [given] * len(assessors)
    if len(percents) != len(assessors):
        raise PlanError(f"{code} 有 {len(assessors)} 位评审人，percents 却有 {len(percents)} 个；请核对场景文件")
    for assessor, percent in zip(assessors, percents, strict=True):
        scores = {criterion.key: round(criterion.points * percent / 100, 1) for criterion in part.criteria}
        yield {"project": code, "phase": act["phase"], "part": act["part"], "assessor": assessor, "scores": scores}
