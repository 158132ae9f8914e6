"""What a unit states when it declares: self-assessment item by item, planned outcomes, the secretary's project (R20, R27, R36–R38, R59)."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session

from config.screening import Standard
from config.vocabulary import Achievement, OutcomeForm
from flows.steps.errors import refuse
from flows.steps.naming import incumbent, reference
from models.history import Act, record_event
from models.loading import cohort_of, load_plan, project_row
from models.tables import Project, Unit

ALL_ITEMS = "全部"
"""Stands for every item of a standard."""


def assess_self(session: Session, act: Act, project: str, items: Sequence[Mapping[str, str]]) -> None:
    """Record a unit's own assessment: each item is {"item", "grade", "text"}, by title or key; every item must be there (R20, R27)."""
    row = project_row(session, project)
    known = _standard_or_refuse(session, row)
    graded: dict[str, dict[str, str]] = {}
    flaws: list[str] = []
    for given in items:
        _grade(known, given, graded, flaws)
    missing = [item.title for item in known.items if item.key not in graded]
    if flaws or missing:
        told = [*flaws, *([f"缺少 {'、'.join(missing)}"] if missing else [])]
        raise refuse(f"{project} {known.title}自评有误：{'；'.join(told)}", "请逐项写明达到、部分达到或未达到及说明")
    body = {"standard": known.key, "items": [graded[item.key] for item in known.items]}
    record_event(session, row, "assess_self", act, body, clause=known.clause)


def _grade(known: Standard, given: Mapping[str, str], graded: dict[str, dict[str, str]], flaws: list[str]) -> None:
    name, text = str(given.get("item", "")).strip(), str(given.get("text", "")).strip()
    chosen = known.items if name == ALL_ITEMS else [found] if (found := known.item(name)) else []
    grade = next((one for one in Achievement if given.get("grade") in (one.value, one.label)), None)
    if not chosen:
        flaws.append(f"没有“{name}”，应为{'、'.join(item.title for item in known.items)}")
    elif grade is None:
        flaws.append(f"{name}读到“{given.get('grade', '')}”，应为{'、'.join(one.label for one in Achievement)}")
    elif not text:
        flaws.append(f"{name}没有写说明")
    elif twice := [item.title for item in chosen if item.key in graded]:
        flaws.append(f"{'、'.join(twice)}重复")
    else:
        graded.update({item.key: {"item": item.key, "grade": grade.value, "text": text} for item in chosen})


def plan_outcomes(session: Session, act: Act, project: str, outcomes: Sequence[Mapping[str, Any]]) -> None:
    """Record planned outcomes: each is {"form", "target", "central"}; ``central`` says that it serves what the notice names (R36–R38)."""
    row = project_row(session, project)
    if not outcomes:
        raise refuse(f"{project} 没有填写预期成果", "请至少写一项，每行：形式 目标")
    body = {"outcomes": [_outcome(number, given) for number, given in enumerate(outcomes, start=1)]}
    record_event(session, row, "plan_outcomes", act, body)


def _outcome(number: int, given: Mapping[str, Any]) -> dict[str, Any]:
    form, target = str(given.get("form", "")).strip(), str(given.get("target", "")).strip()
    exact = [one for one in OutcomeForm if form in (one.value, one.label)]
    found = exact or [one for one in OutcomeForm if form and form in one.label]
    if len(found) != 1:
        raise refuse(f"第 {number} 项成果形式读到“{form}”", f"应为{'、'.join(one.label for one in OutcomeForm)}之一")
    if not target:
        raise refuse(f"第 {number} 项成果“{found[0].label}”没有写目标", "请写明做到什么、何时、如何检验")
    return {"form": found[0].value, "target": target, "central": bool(given.get("central", False))}


def name_secretary_project(session: Session, act: Act, project: str, title: str = "", secretary: str = "") -> None:
    """Record that the declaration is run as the secretary's project, and who answers for it (R59).

    Empty: the project's own title, and the unit's secretary of the day as on record. The history refers to the person without the name.
    """
    row = project_row(session, project)
    unit = session.get_one(Unit, row.unit_id)
    who = reference(session, act, row.unit_id, secretary) or incumbent(session, act, row.unit_id)
    if not who:
        raise refuse(f"{project} 没有负责的书记", "请填写姓名，或先用“变更联系人”登记书记")
    body = {"title": title.strip() or row.title or f"{unit.name}书记项目", "secretary": who}
    record_event(session, row, "name_secretary_project", act, body)


def _standard_or_refuse(session: Session, project: Project) -> Standard:
    programme = load_plan(cohort_of(session, project)).programme
    known = next((row for row in programme.standards if project.award_kind in row.award_kinds), None)
    if known is None:
        raise refuse(f"批次方案没有{project.award_kind.label}的逐项标准", "请在方案的 standards 中补充")
    return known
