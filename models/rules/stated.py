"""Conditions that rest on what a unit states and people judge (R20, R21, R23, R25, R27, R31, R33, R34, R36–R38, R59)."""

from typing import Any

from config.vocabulary import Achievement, BranchKind, OutcomeForm, Verdict
from models.rules.condition import Case, Finding, on_record
from models.rules.snapshot import Fact

SHOWN = 60
"""Characters of a statement that a check repeats."""


def statement(case: Case) -> Finding:
    """R21, R23, R25, R31, R33, R34: people judge; here only whether the unit stated anything."""
    if stated := _stated(case, case.rule.key):
        return Finding(Verdict.PASS, f"已说明：{stated.payload['text'][:SHOWN]}", on_record(stated, "单位说明"))
    if case.rule.either is None or case.project.unit.branch_kind != BranchKind.JOINT:
        return Finding(Verdict.WARN, "尚无说明材料，由评审判断")
    other = next(row.title for row in case.world.plan.programme.eligibility if row.key == case.rule.either)
    if stated := _stated(case, case.rule.either):
        return Finding(Verdict.PASS, f"师生联合党支部两项具备其一即可，已说明“{other}”", on_record(stated, "单位说明"))
    return Finding(Verdict.WARN, f"尚无说明材料；师生联合党支部须说明本项或“{other}”，由评审判断")


def _stated(case: Case, condition: str) -> Fact | None:
    """Return the unit's newest statement about a condition."""
    return next((f for f in reversed(case.project.all("state_condition")) if f.payload["condition"] == condition), None)


def standard(case: Case) -> Finding:
    """R20, R27: every item assessed by the unit and met; one that it says itself it does not meet is a hard failure."""
    known = case.world.plan.programme.standard(case.rule.standard)
    fact = case.project.latest("assess_self")
    if known is None or fact is None:
        return Finding(Verdict.WARN, "尚未逐项自评")
    given = {row["item"]: row for row in fact.payload["items"]}
    named = {
        grade: [item.title for item in known.items if item.key in given and given[item.key]["grade"] == grade] for grade in Achievement
    }
    missing = [item.title for item in known.items if item.key not in given]
    evidence = on_record(fact, "单位自评")
    if named[Achievement.NOT_ACHIEVED]:
        return Finding(Verdict.FAIL, f"自评未达到：{'、'.join(named[Achievement.NOT_ACHIEVED])}", evidence)
    if named[Achievement.PARTLY] or missing:
        told = [
            f"{label}：{'、'.join(titles)}" for label, titles in (("部分达到", named[Achievement.PARTLY]), ("未自评", missing)) if titles
        ]
        return Finding(Verdict.WARN, "；".join(told), evidence)
    return Finding(Verdict.PASS, f"{len(known.items)} 项均自评达到", evidence)


def planned_outcomes(case: Case) -> Finding:
    """R36, R37: at least one planned outcome that the unit says centres on what the notice names; how far it does is judged."""
    fact = case.project.latest("plan_outcomes")
    if fact is None:
        return Finding(Verdict.WARN, f"尚未填报预期成果，应围绕{case.rule.focus}")
    central = [row for row in fact.payload["outcomes"] if row.get("central")]
    evidence = on_record(fact, "预期成果")
    if not central:
        return Finding(Verdict.WARN, f"没有一项成果注明围绕{case.rule.focus}", evidence)
    return Finding(Verdict.PASS, f"围绕{case.rule.focus}的成果 {len(central)} 项：{_told(central)}", evidence)


def outcome_forms(case: Case) -> Finding:
    """R38: planned outcomes have a form of the open list and a target."""
    fact = case.project.latest("plan_outcomes")
    if fact is None:
        return Finding(Verdict.WARN, "尚未填报预期成果的形式和目标")
    rows = fact.payload["outcomes"]
    return Finding(Verdict.PASS, f"预期成果 {len(rows)} 项：{_told(rows)}", on_record(fact, "预期成果"))


def secretary_project(case: Case) -> Finding:
    """R59: the declaration is run as the secretary's project, with the responsible secretary named."""
    fact = case.project.latest("name_secretary_project")
    if fact is None:
        return Finding(Verdict.WARN, "尚未列为书记项目，或未写明负责的书记")
    told = f"书记项目“{fact.payload['title']}”，已明确负责的书记"
    return Finding(Verdict.PASS, told, on_record(fact, "书记项目"))


def _told(rows: list[dict[str, Any]]) -> str:
    return "；".join(f"{OutcomeForm(row['form']).label}：{row['target'][:SHOWN]}" for row in rows)
