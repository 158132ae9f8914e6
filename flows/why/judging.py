"""Why the committee decided as it did: recommendation, score by parts, assessors, and what stood against it (R10, R18, R46–R57)."""

from collections.abc import Iterator, Mapping
from datetime import date

from config.rubrics import Rubric, RubricPart
from config.vocabulary import Outcome, PhaseKind
from flows.why.link import Answer, Deciding, Link, of_project
from flows.why.moves import Move
from models.rules.achievements import publicity
from models.rules.decisions import AFTER, decidable, propose_all, round_no
from models.rules.scoring import TRIM_FROM, part_score, round_half_up
from models.rules.snapshot import Assessment, Fact, Project, World
from models.rules.spot_checks import applying, renormalised

METHOD: Mapping[str, str] = {"mean": "取平均", "trimmed_mean": "去掉最高、最低后平均", "median": "取中位数"}


def decided(project: Project, move: Move, answer: Answer | None) -> Link:
    """Return the link of a decision: outcome, meeting, date, basis; without an answer it decides nothing any more."""
    body = move.fact.payload
    deciding = Deciding(answer, (of_project(project, move.fact.seq),), f"{body['phase']}/{body['round_no']}") if answer else None
    text = f"党委决定：{Outcome(body['outcome']).label}（{body['meeting']}，{body['basis']}）"
    return Link(1, text, date.fromisoformat(body["decided_on"]), move.clause, move.fact.seq, deciding)


def grounds_of_decision(world: World, project: Project, move: Move) -> Iterator[Link]:
    """Yield what the committee had before it: recommendation and grounds, its own reason, the scores."""
    body = move.fact.payload
    phase, number = PhaseKind(body["phase"]), int(body["round_no"])
    recommended = body["recommended"]
    label = Outcome(recommended).label if recommended else "暂无"
    agreed = "与建议一致" if recommended == body["outcome"] else f"与建议“{label}”不同"
    shown = _proposed(project, phase, number, move.fact.seq)
    grounds = "；".join((*shown.payload["reasons"], *shown.payload["blockers"])) if shown else ""
    yield Link(2, f"{agreed}{f'：{grounds}' if grounds else ''}", shown.effective_on if shown else None, seq=shown.seq if shown else None)
    if body["reason"]:
        yield Link(2, f"党委写明的理由：{body['reason']}", seq=move.fact.seq)
    yield from scored(world, project, phase, number)
    clauses = {rule.after: rule.clause for rule in world.plan.programme.rectification}
    for order in project.rectifications:
        if (order.after, order.round_no) == (AFTER.get(phase), number):
            text = f"第 {number} 轮整改：{order.state.label}，期限 {order.due_on}"
            yield Link(2, text, order.opened_on, clauses.get(order.after, move.clause))


def _proposed(project: Project, phase: PhaseKind, number: int, before: int) -> Fact | None:
    """Return the recommendation as it stood when the committee decided."""
    mine = (f for f in project.all("propose") if (f.payload["phase"], f.payload["round_no"]) == (phase, number) and f.seq < before)
    return max(mine, key=lambda fact: fact.seq, default=None)


def scored(world: World, project: Project, phase: PhaseKind, number: int) -> Iterator[Link]:
    """Yield how a round's score came about, part by part, with every assessor's points; nothing without any."""
    rubric = world.plan.programme.rubric(phase, project.award_kind)
    marks = [mark for mark in project.assessments if (mark.phase, mark.round_no) == (phase, number)]
    if rubric is None or not marks:
        return
    applied = applying(world, rubric, project, number)
    for part in applied:
        counted = f"；登记宣传 {publicity(project)} 次" if part.counts else ""
        sheets = [mark for mark in marks if mark.part == part.key]
        deciding = Deciding(Answer.SCORE, _weightiest(project, rubric, part, sheets), _place(phase, number, part)) if sheets else None
        yield Link(2, f"{_part_text(rubric, part, sheets)}{counted}", clause=part.clause, deciding=deciding)
    if told := renormalised(rubric, applied):
        yield Link(2, told, clause="P.spot_check")


def _place(phase: PhaseKind, number: int, part: RubricPart) -> str:
    return f"{phase}/{number}/{part.key}"


def _weightiest(project: Project, rubric: Rubric, part: RubricPart, sheets: list[Assessment]) -> tuple[str, ...]:
    """Return the sheet without which a part's score differs most, or all of them where none alone makes a difference."""
    score = part_score(part, sheets, rubric.method)

    def moved(sheet: Assessment) -> float:
        without = part_score(part, [other for other in sheets if other is not sheet], rubric.method)
        return 0.0 if without == score else abs((score or 0.0) - (without or 0.0))

    found = max(sheets, key=moved)
    named = [found] if moved(found) else sheets
    return tuple(f"assessment:{project.code}/{_place(sheet.phase, sheet.round_no, part)}/{sheet.assessor}" for sheet in named)


def _part_text(rubric: Rubric, part: RubricPart, sheets: list[Assessment]) -> str:
    given = [(sheet.assessor, 100 * sum(sheet.scores.values()) / part.points) for sheet in sheets]
    percent = part_score(part, sheets, rubric.method)
    if percent is None:
        return f"{part.title}（占 {part.weight}%）：须 {part.assessors_min} 人评分，现 {len(given)} 人"
    trimmed = rubric.method != "trimmed_mean" or len(given) >= TRIM_FROM
    how = f"，{METHOD[rubric.method] if trimmed else METHOD['mean']}" if len(given) > 1 else ""
    told = "、".join(f"{assessor} {round_half_up(value):g}" for assessor, value in given)
    return f"{part.title}（占 {part.weight}%）：{round_half_up(percent):g} 分（{told}{how}）"


def waiting(world: World, project: Project) -> Iterator[Link]:
    """Yield what would be recommended now, while a project is up for decision."""
    for phase in dict.fromkeys(row.kind for row in world.plan.cohort.phases):
        if project not in decidable(world, phase):
            continue
        proposal = next(row for row in propose_all(world, phase) if row.project == project.code)
        label = proposal.outcome.label if proposal.outcome else "暂无"
        yield Link(0, f"{phase.label}：待党委决定，现在的建议：{label}", clause=proposal.clause)
        yield from (Link(1, reason) for reason in dict.fromkeys((*proposal.reasons, *filter(None, (proposal.standing,)))))
        yield from (Link(1, f"尚有未了事项：{blocker}") for blocker in proposal.blockers)
        yield from scored(world, project, phase, round_no(project, phase))
