"""Rounds of rectification (R53): how long one lasts, how many there are, what is recommended after one. The committee is free. Pure."""

from collections.abc import Callable
from datetime import date

from config.cohort import Plan
from config.programme import RectificationRule
from config.vocabulary import Outcome, PhaseKind, RectificationState
from models.rules.snapshot import Project


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


def not_good_enough(plan: Plan, project: Project, after: Outcome, otherwise: Outcome) -> tuple[Outcome, str]:
    """Return what is recommended after a round that did not bring a project to the mark, with the ground.

    Another round while rounds are left and the work was done; else ``otherwise``, which never follows by itself (R53).
    """
    orders = [order for order in project.rectifications if order.after == after]
    most = rectification_rule(plan, after).rounds_max
    if orders[-1].state == RectificationState.FAILED:
        return otherwise, f"第 {len(orders)} 轮整改未按期完成，由学校党委视情况决定"
    if len(orders) < most:
        return Outcome.ANOTHER_ROUND, f"第 {len(orders)} 轮整改事项已核实，复核仍未达标；整改以 {most} 轮为限，建议再次限期整改"
    return otherwise, f"已整改 {len(orders)} 轮，达到 {most} 轮的限度，由学校党委视情况决定"


def assessed_by(project: Project, phase: PhaseKind, round_no: int) -> frozenset[str]:
    """Return who scored a project in a round, by code."""
    return frozenset(mark.assessor for mark in project.assessments if (mark.phase, mark.round_no) == (phase, round_no))


def same_panel(project: Project, phase: PhaseKind, round_no: int) -> str:
    """Return whether the round before was scored by the same people, as a sentence; "" at first or without scores."""
    now, before = assessed_by(project, phase, round_no), assessed_by(project, phase, round_no - 1)
    if not (round_no and now and before):
        return ""
    if now == before:
        return "复核由上一轮的评审人员进行"
    return "复核由与上一轮部分不同的评审人员进行" if now & before else "复核由另一组评审人员进行"
