"""Eligibility for declaring (notice II.1, II.2.1.1; R22–R35, R42): each condition passes, warns or fails, with its grounds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from config.programme import EligibilityRule
from config.vocabulary import BranchKind, HonourKind, Level, UnitKind, Verdict
from models.rules.snapshot import Project, World

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


@dataclass(frozen=True, slots=True)
class Case:
    """What one condition looks at."""

    world: World
    project: Project
    rule: EligibilityRule
    reference_on: date


Finding = tuple[Verdict, str]


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
    verdict, reason = RULES[case.rule.rule](case)
    if verdict == Verdict.FAIL and not case.rule.strict:
        verdict = Verdict.WARN
    rule = case.rule
    check = Check(rule.key, rule.title, verdict, reason, rule.clause, rule.requirement, case.reference_on)
    waiver = next((f.payload["reason"] for f in case.project.all("waive") if f.payload["rule"] == rule.key), None)
    if verdict == Verdict.WARN and waiver and not rule.strict:
        return replace(check, verdict=Verdict.PASS, reason=f"{reason}；已说明理由：{waiver}", waived=True)
    return check


def years_before(day: date, years: int) -> date:
    """Return the same day so many years earlier; 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def _dual_leaders(case: Case) -> Finding:
    """R22: all secretaries of the SO's teacher branches are 双带头人; a vacancy counts as not met."""
    branches = [b for b in case.world.branches_of(case.project.unit.code) if b.branch_kind == BranchKind.TEACHER]
    if not branches:
        return Verdict.WARN, "没有教师党支部，需由组织部裁定"
    lacking = [b.name for b in branches if not b.secretary_is_dual_leader]
    percent = 100 * (len(branches) - len(lacking)) / len(branches)
    if percent >= (case.rule.percent or 100):
        return Verdict.PASS, f"{len(branches)} 个教师党支部书记均为“双带头人”"
    return Verdict.FAIL, f"{len(lacking)} 个教师党支部书记不是“双带头人”：{'、'.join(lacking)}"


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
    return (Verdict.PASS if enough else Verdict.FAIL), found


def _negative_list(case: Case) -> Finding:
    """R26, R35: no hit within the window; the office's check overrides the unit's own statement."""
    fact = case.project.latest("check_negative_list") or case.project.latest("answer_negative_list")
    if fact is None:
        return Verdict.WARN, "尚未填报负面清单说明"
    since = years_before(case.reference_on, case.rule.years or 0)
    hits = [hit for hit in fact.payload["hits"] if since <= date.fromisoformat(hit["on"]) <= case.reference_on]
    if hits:
        return Verdict.FAIL, f"存在负面清单事项：{'、'.join(hit['item'] for hit in hits)}"
    return Verdict.PASS, f"{since} 以来无负面清单事项"


def _age(case: Case) -> Finding:
    """R28, R29: founded long enough before the reference date (in principle: short of it warns)."""
    founded = case.project.unit.founded_on
    if founded is None:
        return Verdict.WARN, "成立时间未登记"
    latest = years_before(case.reference_on, case.rule.years or 0)
    verdict = Verdict.PASS if founded <= latest else Verdict.FAIL
    return verdict, f"成立于 {founded}，应不晚于 {latest}"


def _stable(case: Case) -> Finding:
    """R30: no dissolution or merger planned within the building period."""
    ends = case.project.unit.planned_end_on
    until = years_before(case.reference_on, -(case.rule.years or 0))
    if ends is not None and ends < until:
        return Verdict.FAIL, f"计划于 {ends} 撤并，早于建设期满 {until}"
    return Verdict.PASS, "建设周期内无撤并计划"


def _not_recognised(case: Case) -> Finding:
    """R42: that very organisation has not been approved at school level or above before."""
    known = [r for r in case.world.recognitions if r.unit == case.project.unit.code and r.level in SCHOOL_AND_ABOVE]
    if known:
        return Verdict.FAIL, f"已获批{known[0].level.label}{known[0].kind.label}，不在申报范围"
    return Verdict.PASS, "未获批过同类项目"


def _statement(case: Case) -> Finding:
    """R21, R23, R25, R31, R33, R34: people judge; here only whether the unit stated anything."""
    stated = [f for f in case.project.all("state_condition") if f.payload["condition"] == case.rule.key]
    if stated:
        return Verdict.PASS, f"已说明：{stated[-1].payload['text'][:60]}"
    return Verdict.WARN, "尚无说明材料，由评审判断"


RULES: Mapping[str, Callable[[Case], Finding]] = {
    "dual_leaders": _dual_leaders,
    "honours": _honours,
    "negative_list": _negative_list,
    "age": _age,
    "stable": _stable,
    "not_recognised": _not_recognised,
    "statement": _statement,
}
"""Rule name in the programme file → how it is judged."""
