"""Added value on three levels, in their order: the unit's own evaluation, the comparison with its peers, the committee (R56, R66).

A project's course is its measures at the frozen baseline, at the mid-term and at the end; figures count for the stage in which they
were recorded. Only projects of one kind are put side by side: benchmark organisations, teacher, student, joint and staff branches.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from config.cohort import Plan
from config.vocabulary import AwardKind, PhaseKind, ProjectState, SubmissionState
from models.rules.snapshot import Project, World

PAPER = "value_added_self_evaluation"
FIRST_LEVEL, SECOND_LEVEL = "第一级“增值自评”", "第二级“横向对比”"
NO_BASELINE = "无基线数据，不适用"
COMPARED_IN = (ProjectState.UNDER_ACCEPTANCE, ProjectState.RECTIFYING, ProjectState.ACCEPTED, ProjectState.NOT_ACCEPTED)
"""States in which a project that has evaluated itself is a peer: one that was decided early does not leave the others alone."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of a project's course; None where no figure is on record."""

    name: str
    baseline: float
    mid_term: float | None = None
    final: float | None = None

    @property
    def newest(self) -> float | None:
        """Return the newest figure after the baseline."""
        return self.mid_term if self.final is None else self.final

    @property
    def delta(self) -> float | None:
        """Return what came on top of the baseline."""
        return None if self.newest is None else round(self.newest - self.baseline, 4)

    @property
    def percent(self) -> float | None:
        """Return the growth in percent; None without newer figures or from a baseline of 0."""
        return growth(self.baseline, self.newest)


def growth(before: float, after: float | None) -> float | None:
    """Return the growth from one figure to another in percent."""
    return None if after is None or not before else round(100 * (after - before) / before, 2)


def course(plan: Plan, project: Project) -> tuple[Measure, ...] | None:
    """Return the measures of the baseline by name, with the newest figures of each stage; None where there is no baseline."""
    start = project.latest("record_baseline")
    if start is None:
        return None
    closes_on = max((phase.closes_on for phase in plan.cohort.phases if phase.kind == PhaseKind.MID_TERM), default=None)
    mid_term: dict[str, float] = {}
    final: dict[str, float] = {}
    for fact in project.all("record_measures"):
        (mid_term if closes_on and fact.effective_on <= closes_on else final).update(fact.payload["measures"])
    return tuple(Measure(name, value, mid_term.get(name), final.get(name)) for name, value in sorted(start.payload["measures"].items()))


def mean_growth(pairs: Iterable[tuple[float, float | None]]) -> float | None:
    """Return the mean growth in percent over pairs of figures; None where none can be told."""
    known = [100 * (after - before) / before for before, after in pairs if after is not None and before]
    return round(sum(known) / len(known), 2) if known else None


def kind_of(project: Project) -> str:
    """Return the kind within which a project is compared."""
    kind = project.unit.branch_kind
    return project.award_kind.label if project.award_kind == AwardKind.BENCHMARK_ORG or kind is None else kind.label


def evaluation(project: Project, measures: Sequence[Measure] | None, text: str) -> dict[str, Any]:
    """Return what the history keeps of a self-evaluation: the figures as they stood, and the unit's own words."""
    rows = [
        {"name": m.name, "baseline": m.baseline, "mid_term": m.mid_term, "final": m.final, "percent": m.percent} for m in measures or ()
    ]
    return {"kind": kind_of(project), "gain": mean_growth((m.baseline, m.newest) for m in measures or ()), "measures": rows, "text": text}


def narrative(measures: Sequence[Measure] | None) -> str:
    """Return a draft of the self-evaluation in words, which the unit completes."""
    if measures is None:
        return f"{NO_BASELINE}。"
    told = "；".join(_told(measure) for measure in measures if measure.newest is not None)
    mean = mean_growth((m.baseline, m.newest) for m in measures)
    average = "" if mean is None else f"各项指标平均增幅 {mean:+g}%。"
    return f"与立项基线相比，{told}。{average}" if told else "立项基线已登记，尚无新的数据。"


def _told(measure: Measure) -> str:
    middle = "" if measure.mid_term is None or measure.final is None else f"（中期 {figure(measure.mid_term)}）"
    change = measure.delta or 0
    word = f"增加 {figure(change)}" if change > 0 else f"减少 {figure(-change)}" if change < 0 else "持平"
    percent = "" if measure.percent is None or not change else f"（{measure.percent:+g}%）"
    return f"{measure.name}由 {figure(measure.baseline)} 变为 {figure(measure.newest)}{middle}，{word}{percent}"


def figure(value: float | None) -> str:
    """Return a figure without idle decimals; a dash where there is none."""
    return "—" if value is None else f"{value:.10g}"


def has_evaluated(project: Project) -> bool:
    """Return whether the first level is done: paper in (or released) and evaluation recorded from the newest figures."""
    return not first_level_missing(project)


def first_level_missing(project: Project) -> str:
    """Return what is wanting on the first level; empty when it is done."""
    paper, said = project.submissions.get(PAPER), project.latest("self_evaluate")
    if paper is None or paper.state == SubmissionState.RETURNED:
        return f"{FIRST_LEVEL}：缺少增值自评表"
    if said is None:
        return f"{FIRST_LEVEL}：尚未登记增值自评"
    figures = (project.latest("record_measures"), project.latest("record_baseline"))
    newer = any(fact is not None and fact.seq > said.seq for fact in figures)
    withdrawn = bool(said.payload["measures"]) and figures[1] is None
    return f"{FIRST_LEVEL}：自评后又登记或更正了数据，须重新自评" if newer or withdrawn else ""


def missing_level(project: Project) -> str:
    """Return which level is wanting before the committee may determine (R56); empty when both are done."""
    if wanting := first_level_missing(project):
        return wanting
    said, compared = project.latest("self_evaluate"), project.latest("compare_peers")
    done = said is not None and compared is not None and compared.seq > said.seq
    return "" if done else f"{SECOND_LEVEL}：尚未与同类项目对比"


def peer_comparison(world: World) -> dict[str, dict[str, Any]]:
    """Return, per project under acceptance whose first level is done, how it stands among those of its kind (R56)."""
    peers = [project for project in world.projects if project.state in COMPARED_IN and has_evaluated(project)]
    kinds: dict[str, list[Project]] = {}
    for project in peers:
        kinds.setdefault(kind_of(project), []).append(project)
    rule = world.plan.programme.comparison
    found: dict[str, dict[str, Any]] = {}
    for kind, members in kinds.items():
        found |= _compared(kind, members, rule.peers_min if rule else 0)
    return {p.code: found[p.code] for p in peers if p.state == ProjectState.UNDER_ACCEPTANCE}


def _compared(kind: str, members: Sequence[Project], peers_min: int) -> dict[str, dict[str, Any]]:
    said = {project.code: _evaluated(project) for project in members}
    overall = percentiles({code: body["gain"] for code, body in said.items()})
    names = sorted({row["name"] for body in said.values() for row in body["measures"]})
    by_measure = {name: percentiles({code: _percent(body, name) for code, body in said.items()}) for name in names}
    return {
        code: {
            "kind": kind,
            "gain": body["gain"],
            "percentile": overall[code],
            "peers": (others := max(0, sum(other["gain"] is not None for other in said.values()) - (body["gain"] is not None))),
            "measures": {name: {"percent": _percent(body, name), "percentile": by_measure[name][code]} for name in names},
            "note": _note(body, others, peers_min),
        }
        for code, body in said.items()
    }


def _evaluated(project: Project) -> Mapping[str, Any]:
    said = project.latest("self_evaluate")
    assert said is not None  # noqa: S101 - only those that have evaluated themselves are compared
    return said.payload


def _percent(body: Mapping[str, Any], name: str) -> float | None:
    return next((row["percent"] for row in body["measures"] if row["name"] == name), None)


def _note(body: Mapping[str, Any], peers: int, peers_min: int) -> str:
    if body["gain"] is None:
        return NO_BASELINE
    if not peers:
        return "没有同类项目可比"
    return f"同类可比项目仅 {peers} 个，百分位仅供参考" if peers < peers_min else ""


def percentiles(values: Mapping[str, float | None]) -> dict[str, float | None]:
    """Return the mid-rank percentile of each value: those below and half of those equal, of all with a value; None alone or without."""
    known = sorted(value for value in values.values() if value is not None)
    if len(known) < 2:  # noqa: PLR2004 - alone there is nobody to compare with
        return dict.fromkeys(values)
    return {code: None if value is None else _rank(known, value) for code, value in values.items()}


def _rank(known: Sequence[float], value: float) -> float:
    low, high = bisect_left(known, value), bisect_right(known, value)
    return round(100 * (low + (high - low) / 2) / len(known), 1)


def comparison_words(project: Project) -> str:
    """Return in one sentence how the project stands among its peers; empty before they were compared."""
    fact = project.latest("compare_peers")
    if fact is None:
        return ""
    body = fact.payload
    if body["gain"] is None:
        return f"增值：{body['note']}"
    place = "" if body["percentile"] is None else f"，在同类 {body['peers'] + 1} 个（{body['kind']}）中居第 {body['percentile']:g} 百分位"
    note = f"（{body['note']}）" if body["note"] else ""
    return f"增值平均 {body['gain']:+g}%{place}{note}"
