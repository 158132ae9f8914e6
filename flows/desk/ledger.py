"""The ledger of a phase (units × papers) and the funnel of a cohort, as rows of a table. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from config.cohort import PhaseDates
from config.vocabulary import DutyKind, SubmissionState
from models.rules.calendar import Calendar
from models.rules.duties import Duty, cached_duties
from models.rules.snapshot import World

NOTHING = "—"
"""In a cell: this unit does not owe this paper."""
Row = dict[str, str | int]


def ledger(world: World, calendar: Calendar, phase: str, on: date) -> list[Row]:
    """Return one row per unit that owes something in a phase, one column per paper: 已交, 待交, 逾期, 退回 or 免交."""
    owed: defaultdict[str, defaultdict[str, list[Duty]]] = defaultdict(lambda: defaultdict(list))
    for duty in cached_duties(world, calendar):
        if duty.phase == phase:
            owed[world.project(duty.project).unit.code if duty.project else duty.unit][duty.title].append(duty)
    titles = sorted({title for papers in owed.values() for title in papers}, key=lambda title: _order(world, title))
    rows: list[Row] = []
    for unit in sorted(owed):
        cells = {title: _cell(world, owed[unit][title], on) if title in owed[unit] else NOTHING for title in titles}
        rows.append({"代码": unit, "单位": world.units[unit].name, **cells})
    return rows


def _order(world: World, title: str) -> tuple[int, str]:
    titles = [rule.title for rule in world.plan.programme.deliverables]
    return (titles.index(title) if title in titles else len(titles), title)


def _cell(world: World, duties: Iterable[Duty], on: date) -> str:
    """Return how a paper stands towards the office: an unendorsed one has not arrived yet."""
    owed = tuple(duties)
    first = owed[0]
    if first.state == SubmissionState.RELEASED or (first.kind == DutyKind.DECLARE and first.unit in world.exempt):
        return "免交"
    if all(duty.done for duty in owed):
        return "已交"
    late = first.official_due_on < on
    if first.state == SubmissionState.RETURNED:
        return "退回，逾期" if late else "退回"
    held = "（待审核）" if first.state == SubmissionState.AWAITING_ENDORSEMENT else ""
    return f"{'逾期' if late else '待交'}{held}"


def funnel(world: World, calendar: Calendar, on: date) -> list[Row]:
    """Return one row per phase that has opened: how many projects owe papers, have handed in, are complete, scored, decided."""
    return [_stage(world, calendar, phase) for phase in world.plan.cohort.phases if phase.opens_on <= on]


def _stage(world: World, calendar: Calendar, phase: PhaseDates) -> Row:
    owed: defaultdict[str, list[Duty]] = defaultdict(list)
    for duty in cached_duties(world, calendar):
        if duty.phase == phase.key and duty.project and duty.kind != DutyKind.RECTIFY:
            owed[duty.project].append(duty)
    complete = (SubmissionState.COMPLETE, SubmissionState.RELEASED)
    return {
        "阶段": phase.kind.label,
        "起止": f"{phase.opens_on} 至 {phase.closes_on}",
        "应交项目": len(owed),
        "已交齐": sum(all(duty.done for duty in duties) for duties in owed.values()),
        "材料齐全": sum(all(duty.state in complete for duty in duties) for duties in owed.values()),
        "已评分": sum(any(mark.phase == phase.kind for mark in project.assessments) for project in world.projects),
        "已决定": sum(project.decided(phase.kind) is not None for project in world.projects),
    }
