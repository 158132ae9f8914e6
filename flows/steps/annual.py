"""The yearly list for appraisals: per SO and per project what a cohort's year has brought (R65, R66). Nothing is recorded by writing it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import mean
from typing import Any

from sqlmodel import Session

from config.vocabulary import AwardKind, Outcome, PhaseKind, ProjectState, UnitKind
from flows.report.as_of import load_past
from flows.steps.errors import refuse
from models.loading import cohort_row
from models.rules import achievements
from models.rules.snapshot import Fact, Project, World
from models.rules.value_added import course, kind_of, mean_growth
from notifications.papers.sheets import Column, Sheet, workbook_of

NONE = "不适用"
USES = "用于党组织书记述职评议、党建工作成效考核、处级单位和干部年度考核，以及重点任务“擂台赛”"


@dataclass(frozen=True, slots=True)
class Year:
    """One project's year."""

    project: Project
    decisions: tuple[Fact, ...]
    """What the committee decided within the year, oldest first."""
    publications: int
    """Logged within the year."""
    gain: float | None
    percentile: float | None


def annual_workbook(session: Session, cohort: str, year: int, today: date) -> bytes:
    """Return a workbook of two sheets: one row per SO, one row per project, as of the end of the year (or today).

    Refused for a year that has not begun or that ended before the cohort was opened; raises UnknownCodeError.
    """
    opened_on = cohort_row(session, cohort).opened_on
    if not opened_on.year <= year <= today.year:
        raise refuse(f"批次 {cohort} 没有 {year} 年的情况", f"可选 {opened_on.year} 至 {today.year} 年")
    day = min(today, date(year, 12, 31))
    world = load_past(session, cohort, day).world
    rows = [_year(world, project, year) for project in sorted(world.projects, key=lambda p: (_so(p), p.unit.code))]
    title = f"{world.plan.cohort.title} {year} 年度考核清单"
    return workbook_of(_summary(world, rows, title, day), _details(world, rows, title, day))


def _year(world: World, project: Project, year: int) -> Year:
    decided = tuple(f for f in project.facts if "ballot" in f.payload and date.fromisoformat(f.payload["decided_on"]).year == year)
    measures = course(world.plan, project)
    compared = project.latest("compare_peers")
    return Year(
        project=project,
        decisions=decided,
        publications=sum(fact.effective_on.year == year for fact in project.all("record_publicity")),
        gain=mean_growth((m.baseline, m.newest) for m in measures) if measures else None,
        percentile=compared.payload["percentile"] if compared else None,
    )


def _so(project: Project) -> str:
    return project.unit.parent or project.unit.code


def _summary(world: World, rows: Sequence[Year], title: str, day: date) -> Sheet:
    columns = (
        Column("二级党组织", 24), Column("项目", 8), Column("标杆", 8), Column("样板", 8), Column("在建或验收中", 10),
        Column("验收优秀", 8), Column("验收合格", 8), Column("未通过或终止", 10), Column("本年限期整改", 10), Column("本年宣传（次）", 10),
        Column("增值平均（%）", 11),
    )  # fmt: skip
    sos = sorted((u for u in world.units.values() if u.kind == UnitKind.SO), key=lambda unit: unit.code)
    cells = [_so_row(unit.name, [row for row in rows if _so(row.project) == unit.code]) for unit in sos]
    return Sheet("汇总", f"{title}（按二级党组织）", f"截至 {day}；{USES}。没有项目的二级党组织也列出。", columns, cells)


def _so_row(name: str, mine: Sequence[Year]) -> tuple[Any, ...]:
    kinds = Counter(row.project.award_kind for row in mine)
    states = Counter(row.project.state for row in mine)
    results = Counter(_accepted(row.project) for row in mine)
    gains = [row.gain for row in mine if row.gain is not None]
    running = (ProjectState.BUILDING, ProjectState.RECTIFYING, ProjectState.UNDER_ACCEPTANCE)
    return (
        name, len(mine), kinds[AwardKind.BENCHMARK_ORG], kinds[AwardKind.MODEL_BRANCH], sum(states[state] for state in running),
        results[Outcome.EXCELLENT], results[Outcome.QUALIFIED], states[ProjectState.NOT_ACCEPTED] + states[ProjectState.TERMINATED],
        sum(_ordered(row) for row in mine), sum(row.publications for row in mine), round(mean(gains), 2) if gains else NONE,
    )  # fmt: skip


def _accepted(project: Project) -> Outcome | None:
    """Return with which grade a project was accepted, if it was."""
    decided = [d for d in project.decisions if d.phase in achievements.ACCEPTED_IN]
    return decided[-1].outcome if decided and project.state == ProjectState.ACCEPTED else None


ORDERS = (Outcome.FAILED, Outcome.DEFERRED, Outcome.ANOTHER_ROUND)


def _ordered(row: Year) -> int:
    """Return how many rectifications the committee ordered within the year."""
    return sum(Outcome(fact.payload["outcome"]) in ORDERS for fact in row.decisions)


def _details(world: World, rows: Iterable[Year], title: str, day: date) -> Sheet:
    heads = (
        ("二级党组织", 18), ("建设单位", 24), ("类别", 14), ("对比类别", 14), ("项目编号", 15), ("现状", 10), ("本年党委决定", 34),
        ("得分", 8), ("申报目标", 18), ("达标情况", 20), ("成果（项）", 8), ("本年宣传（次）", 9), ("累计宣传（次）", 9), ("限期整改", 22),
        ("增值平均（%）", 10), ("同类百分位", 10),
    )  # fmt: skip
    columns = tuple(Column(head, width) for head, width in heads)
    note = f"截至 {day}；{USES}。增值为各项指标自立项基线的平均增幅；百分位只在同类项目中比较；没有基线的为“{NONE}”。"
    return Sheet("明细", f"{title}（按项目）", note, columns, [_detail(world, row) for row in rows])


def _detail(world: World, row: Year) -> tuple[Any, ...]:
    project = row.project
    scores = [fact.payload["score"] for fact in row.decisions if fact.payload["score"] is not None]
    targets = achievements.targets(project)
    held = [one.state for one in achievements.standards(world, project)]
    return (
        world.units[_so(project)].name, project.unit.name, project.award_kind.label, kind_of(project), project.code, project.state.label,
        "；".join(_decided(fact) for fact in row.decisions) or "无", scores[-1] if scores else "",
        f"{len(targets)} 项，{achievements.tally(one.state for one in targets)}" if targets else "未登记",
        achievements.tally(held) if any(held) else "未登记", len(achievements.outputs(project)), row.publications,
        achievements.publicity(project),
        "；".join(f"第 {order.round_no} 轮（{order.opened_on} 起）{order.state.label}" for order in project.rectifications) or "无",
        NONE if row.gain is None else row.gain, NONE if row.percentile is None else row.percentile,
    )  # fmt: skip


def _decided(fact: Fact) -> str:
    body = fact.payload
    return f"{body['decided_on']} {PhaseKind(body['phase']).label}：{Outcome(body['outcome']).label}（{body['meeting']}）"
