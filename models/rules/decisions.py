"""What is up for decision, what the rules recommend, and what follows from a decision (R10, R17–R19, R46, R47, R49–R57)."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from config.cohort import Plan
from config.programme import Grade, RectificationRule
from config.vocabulary import Machine, MailKind, Outcome, PhaseKind, ProjectState, RectificationState, SubmissionState
from models.rules import survey
from models.rules.lifecycle import allowed_events
from models.rules.publicity import former, settled
from models.rules.scoring import Score, project_score, weak_criteria
from models.rules.snapshot import Project, World

EVENTS: Mapping[Outcome, str] = {
    Outcome.SELECTED: "select",
    Outcome.NOT_SELECTED: "not_select",
    Outcome.PASSED: "pass_mid_term",
    Outcome.FAILED: "fail_mid_term",
    Outcome.CONTINUED: "continue_support",
    Outcome.ANOTHER_ROUND: "order_another_round",
    Outcome.TERMINATED: "terminate",
    Outcome.EXCELLENT: "accept",
    Outcome.QUALIFIED: "accept",
    Outcome.DEFERRED: "defer_acceptance",
    Outcome.NOT_ACCEPTED: "refuse_acceptance",
}
"""Outcome → event of the project."""

LETTERS: Mapping[Outcome, MailKind] = {
    Outcome.SELECTED: MailKind.RESULT_SELECTED,
    Outcome.NOT_SELECTED: MailKind.RESULT_NOT_SELECTED,
    Outcome.PASSED: MailKind.RESULT_PASSED,
    Outcome.FAILED: MailKind.RECTIFICATION_ORDER,
    Outcome.CONTINUED: MailKind.REASSESSMENT_RESULT,
    Outcome.ANOTHER_ROUND: MailKind.RECTIFICATION_ORDER,
    Outcome.TERMINATED: MailKind.REASSESSMENT_RESULT,
    Outcome.EXCELLENT: MailKind.RESULT_EXCELLENT,
    Outcome.QUALIFIED: MailKind.RESULT_QUALIFIED,
    Outcome.DEFERRED: MailKind.RECTIFICATION_ORDER,
    Outcome.NOT_ACCEPTED: MailKind.RESULT_NOT_ACCEPTED,
}
"""Outcome → letter."""

OUTCOMES: Mapping[PhaseKind, tuple[tuple[Outcome, ...], tuple[Outcome, ...]]] = {
    PhaseKind.DECLARATION: ((Outcome.SELECTED, Outcome.NOT_SELECTED), ()),
    PhaseKind.MID_TERM: (
        (Outcome.PASSED, Outcome.FAILED),
        (Outcome.CONTINUED, Outcome.ANOTHER_ROUND, Outcome.TERMINATED),
    ),
    PhaseKind.REVIEW: (
        (Outcome.EXCELLENT, Outcome.QUALIFIED, Outcome.DEFERRED, Outcome.NOT_ACCEPTED),
        (Outcome.QUALIFIED, Outcome.ANOTHER_ROUND, Outcome.NOT_ACCEPTED),
    ),
    PhaseKind.CONSOLIDATION: (
        (Outcome.EXCELLENT, Outcome.QUALIFIED, Outcome.DEFERRED, Outcome.NOT_ACCEPTED),
        (Outcome.QUALIFIED, Outcome.ANOTHER_ROUND, Outcome.NOT_ACCEPTED),
    ),
}
"""What can be decided in a phase: at first, and after a rectification."""

AFTER: Mapping[PhaseKind, Outcome] = {
    PhaseKind.MID_TERM: Outcome.FAILED,
    PhaseKind.REVIEW: Outcome.DEFERRED,
    PhaseKind.CONSOLIDATION: Outcome.DEFERRED,
}
"""Which outcome of a phase opens a rectification."""

DECIDED_PHASES = tuple(OUTCOMES)
"""The phases that end with a decision of the committee."""
FIRST_STATE: Mapping[PhaseKind, ProjectState] = {
    PhaseKind.DECLARATION: ProjectState.SHORTLISTED,
    PhaseKind.MID_TERM: ProjectState.BUILDING,
    PhaseKind.REVIEW: ProjectState.UNDER_ACCEPTANCE,
    PhaseKind.CONSOLIDATION: ProjectState.UNDER_ACCEPTANCE,
}
"""In which state a project is first up for decision."""

OVER = (RectificationState.VERIFIED, RectificationState.FAILED)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the committee is shown about one project."""

    project: str
    phase: PhaseKind
    round_no: int
    outcome: Outcome | None
    score: float | None
    reasons: tuple[str, ...]
    blockers: tuple[str, ...]
    clause: str
    matters: tuple[str, ...] = ()
    """What a rectification would have to put right: criteria below the pass mark, confirmed hits."""


def round_no(project: Project, phase: PhaseKind) -> int:
    """Return which round of assessment a project is in: 0 at first, n after rectification n."""
    return sum(order.after == AFTER.get(phase) for order in project.rectifications)


def decidable(world: World, phase: PhaseKind) -> tuple[Project, ...]:
    """Return the projects of a cohort that are up for decision in a phase."""
    return tuple(project for project in world.projects if _is_up(project, phase))


def _is_up(project: Project, phase: PhaseKind) -> bool:
    waits = phase in (PhaseKind.MID_TERM, PhaseKind.DECLARATION) and project.state == FIRST_STATE[phase]
    return assessable(project, phase) and (not waits or any(a.phase == phase for a in project.assessments))


def assessable(project: Project, phase: PhaseKind) -> bool:
    """Return whether a project is to be assessed in a phase: at first, or after a rectification has ended."""
    if phase not in FIRST_STATE or settled(project, phase, round_no(project, phase)):
        return False
    if project.state == FIRST_STATE[phase]:
        return True
    orders = [order for order in project.rectifications if order.after == AFTER.get(phase)]
    return project.state == ProjectState.RECTIFYING and bool(orders) and orders[-1].state in OVER


def propose(world: World, project: Project, phase: PhaseKind) -> Proposal:
    """Recommend an outcome from scores and facts, with grounds; the committee decides."""
    rubric = world.plan.programme.rubric(phase, project.award_kind)
    if rubric is None:
        msg = f"no rubric for {phase}"
        raise LookupError(msg)
    number = round_no(project, phase)
    marks = [a for a in project.assessments if a.phase == phase and a.round_no == number]
    score = project_score(rubric, marks)
    grades = rubric.re_grades if number and rubric.re_grades else rubric.grades
    outcome, grounds = _graded(grades, score)
    hit = _negative_hit(project)
    if hit and outcome is not None:
        outcome = grades[-1].outcome
        grounds = (*grounds, hit)
    if outcome == Outcome.EXCELLENT and (weak := _weak_survey(world, project)):
        outcome, grounds = grades[1].outcome, (*grounds, weak)
    matters = (*weak_criteria(rubric, marks, pass_mark(grades)), *((hit,) if hit else ()))
    grounds = (*grounds, *former(project, phase, number))
    return Proposal(
        project.code, phase, number, outcome, score.total, grounds, _blockers(project, phase, score, hit), rubric.clause, matters
    )


def _graded(grades: tuple[Grade, ...], score: Score) -> tuple[Outcome | None, tuple[str, ...]]:
    if score.total is None:
        return None, ()
    grade = next(grade for grade in grades if score.total >= grade.at_least)
    if grade.at_least:
        return grade.outcome, (f"综合得分 {score.total:g}，达到“{grade.outcome.label}”标准（{grade.at_least:g} 分及以上）",)
    return grade.outcome, (f"综合得分 {score.total:g}，未达到 {pass_mark(grades):g} 分",)


def pass_mark(grades: tuple[Grade, ...]) -> float:
    """Return the points from which a scale's lowest outcome is avoided."""
    return min((grade.at_least for grade in grades if grade.at_least), default=0)


def _negative_hit(project: Project) -> str:
    """R10: a confirmed hit keeps a project from passing until people decide otherwise by name and reason."""
    fact = project.latest("check_negative_list")
    hits = fact.payload["hits"] if fact else []
    return f"负面清单核查发现：{'、'.join(hit['item'] for hit in hits)}" if hits else ""


def _weak_survey(world: World, project: Project) -> str:
    fact, rule = project.latest("record_survey"), world.plan.programme.survey
    if fact is None:
        return ""
    rate = survey.satisfaction(fact.payload).rate
    return f"满意率 {rate:g}% 低于 {rule.pass_percent:g}%，不宜评为优秀" if rate < rule.pass_percent else ""


def _blockers(project: Project, phase: PhaseKind, score: Score, hit: str) -> tuple[str, ...]:
    found = list(score.missing)
    if hit:
        found.append(f"{hit}，须由党委写明理由后决定")
    return (*found, *_not_looked_at(project, phase))


def _not_looked_at(project: Project, phase: PhaseKind) -> Iterator[str]:
    """R17: negative list and visit before the first acceptance; R56: the three levels in their order."""
    if phase == PhaseKind.REVIEW:
        if project.latest("check_negative_list") is None:
            yield "尚未核查负面清单"
        if project.latest("visit") is None:
            yield "尚无实地考察记录"
    if phase == PhaseKind.CONSOLIDATION:
        paper = project.submissions.get("value_added_self_evaluation")
        if paper is None or paper.state == SubmissionState.RETURNED:
            yield "缺少增值自评"
        elif project.latest("compare_peers") is None:
            yield "尚未横向对比"


def propose_all(world: World, phase: PhaseKind) -> tuple[Proposal, ...]:
    """Return the proposals of a phase, best first; quotas apply to the selection, the excellent share only warns."""
    proposals = sorted(
        (propose(world, project, phase) for project in decidable(world, phase)), key=lambda p: (-(p.score or -1.0), p.project)
    )
    if phase == PhaseKind.DECLARATION:
        return _within_quota(world, tuple(proposals))
    return _with_excellent_note(world, tuple(proposals))


def _within_quota(world: World, proposals: tuple[Proposal, ...]) -> tuple[Proposal, ...]:
    """R47: by rank within each kind of award; a tie goes to the smaller project code."""
    taken: dict[str, int] = {}
    result = []
    for proposal in proposals:
        kind = world.project(proposal.project).award_kind
        quota = world.plan.cohort.quotas.get(kind)
        if proposal.outcome == Outcome.SELECTED:
            taken[kind] = taken.get(kind, 0) + 1
            if quota is not None and taken[kind] > quota:
                reasons = (*proposal.reasons, f"{kind.label}名额 {quota} 个，名次 {taken[kind]}")
                result.append(replace(proposal, outcome=Outcome.NOT_SELECTED, reasons=reasons))
                continue
        result.append(proposal)
    return tuple(result)


def _with_excellent_note(world: World, proposals: tuple[Proposal, ...]) -> tuple[Proposal, ...]:
    share = world.plan.programme.practice.excellent_percent_max
    excellent = [p for p in proposals if p.outcome == Outcome.EXCELLENT]
    if len(excellent) <= len(proposals) * share // 100:
        return proposals
    note = f"建议优秀 {len(excellent)} 个，超过 {share}% 的参考比例，请党委斟酌"
    return tuple(replace(p, reasons=(*p.reasons, note)) if p in excellent else p for p in proposals)


def project_event(outcome: Outcome, state: ProjectState) -> str:
    """Return the event that an outcome means for a project; the state only decides whether it is legal."""
    del state
    return EVENTS[outcome]


def allowed_outcomes(phase: PhaseKind, state: ProjectState) -> tuple[Outcome, ...]:
    """Return what can be decided about a project in a state."""
    first, again = OUTCOMES[phase]
    offered = again if state == ProjectState.RECTIFYING else first
    legal = allowed_events(Machine.PROJECT, state)
    return tuple(outcome for outcome in offered if EVENTS[outcome] in legal)


def result_mail(outcome: Outcome) -> MailKind:
    """Return the letter that tells an outcome."""
    return LETTERS[outcome]


def opens_rectification(outcome: Outcome) -> bool:
    """Return whether a decision opens a round of rectification by itself (R53)."""
    return outcome in (Outcome.FAILED, Outcome.DEFERRED, Outcome.ANOTHER_ROUND)


def rectification_rule(plan: Plan, after: Outcome) -> RectificationRule:
    """Return length and rounds of the rectification after an outcome."""
    return next(row for row in plan.programme.rectification if row.after == after)


def rectification_due(plan: Plan, after: Outcome, from_on: date, shift: Callable[[date, int], date]) -> date:
    """Return the last day of a rectification: months, then working days, then back to a working day."""
    rule = rectification_rule(plan, after)
    year, month = divmod(from_on.month - 1 + rule.months, 12)
    first = date(from_on.year + year, month + 1, 1)
    day = first.replace(day=min(from_on.day, _month_days(first)))
    return shift(day, rule.working_days)


def _month_days(first: date) -> int:
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return (following - first).days


def peer_comparison(world: World) -> dict[str, dict[str, object]]:
    """Return, per project under acceptance, its added value and its percentile among projects of its kind (R56)."""
    gains = {p.code: _gain(p) for p in world.projects if p.state == ProjectState.UNDER_ACCEPTANCE}
    result: dict[str, dict[str, object]] = {}
    for project in (p for p in world.projects if p.code in gains):
        peers = [gain for code, gain in gains.items() if world.project(code).award_kind == project.award_kind and gain is not None]
        own = gains[project.code]
        if own is None:
            result[project.code] = {"gain": None, "percentile": None, "note": "无基线数据，不适用"}
        else:
            below = sum(gain < own for gain in peers) + 0.5 * sum(gain == own for gain in peers)
            result[project.code] = {"gain": own, "percentile": round(100 * below / len(peers), 1), "peers": len(peers)}
    return result


def _gain(project: Project) -> float | None:
    """Mean growth in percent over the measures present in both the baseline and the newest figures."""
    start, end = project.latest("record_baseline"), project.latest("record_measures")
    if start is None or end is None:
        return None
    before, after = start.payload["measures"], end.payload["measures"]
    growth = [100 * (after[name] - value) / value for name, value in before.items() if name in after and value]
    return round(sum(growth) / len(growth), 2) if growth else None
