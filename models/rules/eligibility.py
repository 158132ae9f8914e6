"""Eligibility for declaring (notice II.1, II.2.1.1, III.1; R20–R38, R42, R59): each condition passes, warns or fails, with its grounds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from config.screening import EligibilityRule
from config.vocabulary import BranchKind, HonourKind, Level, UnitKind, Verdict
from models.rules import negative_list, stated
from models.rules.condition import Case, Finding, years_before
from models.rules.snapshot import Honour, Project, World

SCHOOL_AND_ABOVE = (Level.SCHOOL, Level.PROVINCIAL, Level.NATIONAL)


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one condition at a reference date."""

    key: str
    title: str
    verdict: Verdict
    reason: str
    clause: str
    requirement: str
    reference_on: date
    waived: bool = False
    evidence: str = ""
    """The records it rests on."""
    decides: bool = False
    """Whether it keeps a declaration from passing until people decide."""


def check_project(world: World, project: Project, reference_on: date) -> tuple[Check, ...]:
    """Return every condition that applies to a project, in file order."""
    cases = (Case(world, project, rule, reference_on) for rule in world.plan.programme.eligibility if applies(rule, project))
    return tuple(_check(case) for case in cases)


def check_declared(world: World, project: str) -> tuple[Check, ...]:
    """Return the eligibility checks of a project at the declaration deadline of its cohort."""
    declare = world.plan.cohort.declare
    reference = declare.due_on if declare else world.plan.cohort.notice.issued_on
    return check_project(world, world.project(project), reference)


def applies(rule: EligibilityRule, project: Project) -> bool:
    """Return whether a condition is meant for this kind of award and branch."""
    if project.award_kind not in rule.award_kinds:
        return False
    return not rule.branch_kinds or project.unit.branch_kind in rule.branch_kinds


def _check(case: Case) -> Check:
    verdict, reason, evidence, decides = RULES[case.rule.rule](case)
    if verdict == Verdict.FAIL and not case.rule.strict:
        verdict = Verdict.WARN
    rule = case.rule
    given = (rule.key, rule.title, verdict, reason, rule.clause, rule.requirement, case.reference_on)
    check = Check(*given, evidence=evidence, decides=decides)
    waiver = next((f.payload["reason"] for f in case.project.all("waive") if f.payload["rule"] == rule.key), None)
    if verdict == Verdict.WARN and waiver and not rule.strict:
        return replace(check, verdict=Verdict.PASS, reason=f"{reason}；已说明理由：{waiver}", waived=True)
    return check


def _dual_leaders(case: Case) -> Finding:
    """R22: all secretaries of the SO's teacher branches are 双带头人; a vacancy counts as not met."""
    branches = [b for b in case.world.branches_of(case.project.unit.code) if b.branch_kind == BranchKind.TEACHER]
    if not branches:
        return Finding(Verdict.WARN, "没有教师党支部，需由组织部裁定", decides=True)
    lacking = [b.name for b in branches if not b.secretary_is_dual_leader]
    evidence = f"党组织名单：教师党支部 {len(branches)} 个"
    percent = 100 * (len(branches) - len(lacking)) / len(branches)
    if percent >= (case.rule.percent or 100):
        return Finding(Verdict.PASS, f"{len(branches)} 个教师党支部书记均为“双带头人”", evidence)
    return Finding(Verdict.FAIL, f"{len(lacking)} 个教师党支部书记不是“双带头人”：{'、'.join(lacking)}", evidence)


def _honours(case: Case) -> Finding:
    """R24, R32: commended at school level or above, or graded good often enough, within the window (both ends count)."""
    since = years_before(case.reference_on, case.rule.years or 0)
    unit = case.project.unit
    own = [h for h in case.world.honours if h.unit == unit.code and since <= h.awarded_on <= case.reference_on]
    commended = [
        h
        for h in own
        if h.kind == HonourKind.COMMENDATION and h.level in SCHOOL_AND_ABOVE and (unit.kind == UnitKind.BRANCH or not h.to_secretary)
    ]
    good = [h for h in own if h.kind == HonourKind.APPRAISAL_GOOD]
    found = f"{since} 以来校级以上表彰 {len(commended)} 次、述职评议“好” {len(good)} 次"
    enough = len(commended) >= (case.rule.commendations or 1) or len(good) >= (case.rule.good_appraisals or 1)
    return Finding(Verdict.PASS if enough else Verdict.FAIL, found, "、".join(_named(h) for h in (*commended, *good)))


def _named(honour: Honour) -> str:
    return f"{honour.awarded_on} {honour.title or honour.kind.label}（{honour.level.label}）"


def _age(case: Case) -> Finding:
    """R28, R29: founded long enough before the reference date (in principle: short of it warns)."""
    founded = case.project.unit.founded_on
    if founded is None:
        return Finding(Verdict.WARN, "成立时间未登记")
    latest = years_before(case.reference_on, case.rule.years or 0)
    verdict = Verdict.PASS if founded <= latest else Verdict.FAIL
    likened = "；通知未列明教职工党支部，比照教师党支部" if case.project.unit.branch_kind == BranchKind.STAFF else ""
    return Finding(verdict, f"成立于 {founded}，应不晚于 {latest}{likened}", f"党组织名单：成立时间 {founded}")


def _stable(case: Case) -> Finding:
    """R30: no dissolution or merger planned within the building period: so many years, and until the cohort's last day (II.2.3)."""
    ends = case.project.unit.planned_end_on
    until = max(years_before(case.reference_on, -(case.rule.years or 0)), case.world.plan.cohort.ends_on)
    if ends is not None and ends <= until:
        return Finding(Verdict.FAIL, f"计划于 {ends} 撤并，建设期至 {until}", f"党组织名单：计划撤并时间 {ends}")
    return Finding(Verdict.PASS, "建设周期内无撤并计划", f"党组织名单：计划撤并时间 {ends or '无'}")


def _not_recognised(case: Case) -> Finding:
    """R42: that very organisation has not been approved at school level or above by the reference date."""
    own = (r for r in case.world.recognitions if r.unit == case.project.unit.code and r.level in SCHOOL_AND_ABOVE)
    known = [r for r in own if r.approved_on <= case.reference_on]
    if known:
        first = known[0]
        told = f"{first.level.label}{first.kind.label}"
        return Finding(Verdict.FAIL, f"已获批{told}，不在申报范围", f"获批记录：{first.approved_on} {told}")
    return Finding(Verdict.PASS, "未获批过同类项目", "获批记录：无")


RULES: Mapping[str, Callable[[Case], Finding]] = {
    "dual_leaders": _dual_leaders,
    "honours": _honours,
    "negative_list": negative_list.judge,
    "age": _age,
    "stable": _stable,
    "not_recognised": _not_recognised,
    "statement": stated.statement,
    "standard": stated.standard,
    "planned_outcomes": stated.planned_outcomes,
    "outcome_forms": stated.outcome_forms,
    "secretary_project": stated.secretary_project,
}
"""Rule name in the programme file → how it is judged."""
