"""Acts of the declaration: declare, state a condition, waive, exempt, initial review (R22–R45)."""

from collections.abc import Iterable

from sqlmodel import Session, select

from config.vocabulary import AWARD_OF, MailKind, PhaseKind, ProjectState, UnitKind, UnitState, Verdict
from flows.steps import letters
from flows.steps.errors import refuse
from models.history import Act, record_event
from models.loading import cohort_of, cohort_row, load_plan, load_world, project_row, unit_row
from models.rules.eligibility import Check, check_declared
from models.rules.snapshot import World
from models.tables import Project


def declare_project(session: Session, act: Act, cohort: str, unit: str, title: str = "") -> Project:
    """Open a declaration of a unit (R40, R41); whether it is eligible is shown, and decided at the initial review."""
    batch, owner = cohort_row(session, cohort), unit_row(session, unit)
    if load_plan(batch).cohort.declare is None:
        raise refuse(f"批次 {cohort} 不接受申报")
    if owner.state == UnitState.DISSOLVED:
        raise refuse(f"{owner.name}已撤销", "请核对党组织代码")
    if session.exec(select(Project).where(Project.cohort_id == batch.id, Project.unit_id == owner.id)).first():
        raise refuse(f"{owner.name}在批次 {cohort} 已有申报")
    project = Project(code=f"{cohort}-{unit}", cohort_id=batch.id or 0, unit_id=owner.id or 0, award_kind=AWARD_OF[owner.kind], title=title)
    record_event(session, project, "create", act, {"title": title})
    return project


def state_condition(session: Session, act: Act, project: str, condition: str, text: str) -> None:
    """Record what the unit states about a condition that people judge (R21, R23, R25, R31, R33, R34)."""
    row = project_row(session, project)
    _rule_or_refuse(session, row, condition)
    if not text.strip():
        raise refuse("条件说明不能为空", "请填写")
    record_event(session, row, "state_condition", act, {"condition": condition, "text": text})


def waive(session: Session, act: Act, project: str, rule: str, reason: str) -> None:
    """Waive a condition that the notice holds 原则上 (R28, R29), with a reason."""
    row = project_row(session, project)
    found = _rule_or_refuse(session, row, rule)
    if found.strict:
        raise refuse(f"“{found.title}”是硬性条件，不能放宽", "只有通知中“原则上”的条件可以说明理由后放宽")
    if not reason.strip():
        raise refuse("放宽条件必须写明理由", "请填写")
    record_event(session, row, "waive", act, {"rule": rule, "reason": reason}, clause=found.clause)


def exempt(session: Session, act: Act, cohort: str, unit: str, reason: str) -> None:
    """Exempt an SO without an eligible branch from declaring (R41), with a reason."""
    batch, owner = cohort_row(session, cohort), unit_row(session, unit)
    if owner.kind != UnitKind.SO:
        raise refuse(f"{owner.name}不是二级党组织", "申报义务由二级党组织承担")
    if not reason.strip():
        raise refuse("免于申报必须写明理由", "请填写")
    record_event(session, owner, "exempt", act, {"cohort": batch.code, "reason": reason})


def initial_review(session: Session, act: Act, project: str, passed: bool | None = None, reason: str = "") -> ProjectState:
    """Pass or fail a declaration (R45): by rule when ``passed`` is empty; a hard condition cannot be passed over."""
    row = project_row(session, project)
    batch = cohort_of(session, row)
    world = load_world(session, batch.code)
    checks = check_declared(world, project)
    unmet = blocking(world, checks)
    hard = [check for check in unmet if check.verdict == Verdict.FAIL]
    if passed and hard:
        raise refuse(f"{project} 不符合硬性条件：{'、'.join(c.title for c in hard)}", "不能通过初审；如事实有误请先更正事实")
    if passed is not None and passed != (not unmet) and not reason.strip():
        raise refuse("与规则结论不同的初审意见必须写明理由", "请填写")
    verdict = not unmet if passed is None else passed
    body = {"checks": [summary(check, blocks=check in unmet) for check in checks], "reason": reason}
    event = record_event(session, row, "pass_initial_review" if verdict else "fail_initial_review", act, body)
    if not verdict:
        reasons = tuple(f"{check.title}：{check.reason}" for check in unmet) or (reason,)
        letters.decide(session, act, MailKind.RESULT_INELIGIBLE, row, event, PhaseKind.DECLARATION, {"reasons": reasons})
    return row.state


def blocking(world: World, checks: Iterable[Check]) -> tuple[Check, ...]:
    """Return what keeps a declaration from passing by rule: hard failures, what people must decide, measured 原则上 without a waiver."""
    measured = {row.key for row in world.plan.programme.eligibility if row.rule == "age"}
    return tuple(
        check
        for check in checks
        if check.verdict == Verdict.FAIL or check.decides or (check.verdict == Verdict.WARN and check.key in measured and not check.waived)
    )


def summary(check: Check, *, blocks: bool) -> dict[str, str | bool]:
    """Return what the history keeps of a check; ``blocks``: it keeps the declaration from passing by rule."""
    return {
        "key": check.key, "verdict": check.verdict.value, "reason": check.reason, "clause": check.clause,
        "evidence": check.evidence, "reference_on": check.reference_on.isoformat(), "blocks": blocks,
    }  # fmt: skip


def _rule_or_refuse(session: Session, project: Project, key: str):  # type: ignore[no-untyped-def] # noqa: ANN202 - EligibilityRule
    rules = {row.key: row for row in load_plan(cohort_of(session, project)).programme.eligibility}
    if key not in rules:
        raise refuse(f"没有条件“{key}”", f"可用：{'、'.join(rules)}")
    return rules[key]
