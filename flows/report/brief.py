"""Three sentences that a leader can read out: how many units, what is done and late, what needs deciding."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from config.vocabulary import AwardKind, DutyKind, ProjectState, RectificationState
from flows.report.marks import DECISION_TITLES
from flows.report.papers import Paper
from flows.report.verdicts import Docket, docket, is_running
from models.rules.calendar import Calendar
from models.rules.duties import cached_duties
from models.rules.snapshot import Project, World
from notifications.typeset import full_day

NAMED = 4
"""How many units a sentence names before it says how many there are."""
CHOSEN_BY = frozenset({"select", "enrol"})
"""Events by which a unit has become a construction unit, whatever came of it."""


def brief(world: World, calendar: Calendar, papers: Sequence[Paper], today: date) -> tuple[str, str, str]:
    """Return the three sentences."""
    return _extent(world, today), _progress(world, calendar, papers, today), _to_decide(world, today)


def _extent(world: World, today: date) -> str:
    chosen = [project for project in world.projects if CHOSEN_BY & {fact.event for fact in project.facts}]
    declared = world.plan.cohort.declare is not None
    text = f"截至{full_day(today)}，{world.plan.cohort.title}共有"
    text += f"申报项目 {len(world.projects)} 个（{_by_kind(world.projects)}）" if declared else f"建设单位 {_by_kind(chosen, total=True)}"
    if declared and chosen:
        text += f"，已入选培育创建 {_by_kind(chosen, total=True)}"
    running = [phase.kind.label for phase in world.plan.cohort.phases if phase.opens_on <= today <= phase.closes_on]
    return f"{text}；{'正在进行' + '、'.join(running) if running else '各阶段均已结束'}。"


def _by_kind(projects: Iterable[Project], *, total: bool = False) -> str:
    found = list(projects)
    parts = [f"{kind.label} {sum(p.award_kind == kind for p in found)} 个" for kind in AwardKind]
    return f"{len(found)} 个（{'、'.join(parts)}）" if total else "、".join(parts)


def _progress(world: World, calendar: Calendar, papers: Sequence[Paper], today: date) -> str:
    due = [paper for paper in papers if paper.counts and paper.due_on <= today]
    done, late = sum(paper.done for paper in due), sum(paper.days_late > 0 for paper in due)
    text = f"到期应报材料 {len(due)} 份，已报 {done} 份" if due else "目前没有到期的材料"
    text += f"（其中迟报 {late} 份）" if late else ""
    overdue = [world.project(paper.project).unit.name for paper in due if paper.overdue(today)]
    if overdue:
        text += f"；逾期未报 {len(overdue)} 份，涉及{_named(overdue)}"
    elif due:
        text += "，没有逾期未报"
    return f"{text}{''.join(_also_late(world, calendar, today))}。"


def _also_late(world: World, calendar: Calendar, today: date) -> Iterator[str]:
    overdue = [duty for duty in cached_duties(world, calendar) if not duty.done and duty.due_on < today]
    if silent := [world.units[duty.unit].name for duty in overdue if duty.kind == DutyKind.DECLARE]:
        yield f"；未组织申报的二级党组织{_named(silent)}"
    if late := [world.units[duty.unit].name for duty in overdue if duty.kind == DutyKind.RECTIFY]:
        yield f"；整改逾期未报{_named(late)}"


def _named(names: Sequence[str]) -> str:
    unique = list(dict.fromkeys(names))
    shown = "、".join(unique[:NAMED])
    return f" {len(unique)} 个单位（{shown}{'等' if len(unique) > NAMED else ''}）"


def _to_decide(world: World, today: date) -> str:
    turns = {phase.kind: docket(world, phase.kind) for phase in world.plan.cohort.phases if phase.opens_on <= today}
    ready = [f"{DECISION_TITLES[kind]} {len(turn.ready)} 个项目" for kind, turn in turns.items() if turn.ready]
    text = f"需要学校党委决定的事项：{'、'.join(ready)}" if ready else "目前没有需要学校党委决定的事项"
    return f"{text}{''.join(_still_to_do(world, turns.values(), today))}。"


def _still_to_do(world: World, turns: Iterable[Docket], today: date) -> Iterator[str]:
    """Yield what the office or units have to do before a decision can be taken."""
    if to_screen := sum(project.state == ProjectState.DECLARED for project in world.projects):
        yield f"；待组织部初审 {to_screen} 个项目"
    if in_review := sum(len(turn.in_review) for turn in turns):
        yield f"；评审尚未完成 {in_review} 个项目"
    orders = [(project, order) for project in world.projects for order in project.rectifications]
    if running := [order.due_on for project, order in orders if is_running(project, order)]:
        nearest = min((day for day in running if day >= today), default=max(running))
        yield f"；正在整改 {len(running)} 个项目，{'最近' if len(set(running)) > 1 else ''}期限为{full_day(nearest)}"
    if answered := sum(p.state == ProjectState.RECTIFYING and o.state == RectificationState.ANSWERED for p, o in orders):
        yield f"；待组织部核实整改 {answered} 个项目"
