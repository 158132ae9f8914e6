"""The negative list (annex 2; R10, R26, R35): what an item is called, what it does, and what stands against a project."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from config.cohort import Plan
from config.programme import Programme
from config.screening import EligibilityRule, NegativeItem
from config.vocabulary import AwardKind, Consequence, NegativeAnswer, PhaseKind, Verdict
from models.rules.condition import Case, Finding, on_record, years_before
from models.rules.snapshot import Fact, Project, World

OTHER = "其他"
"""How an item begins that is not on the list."""


def item_of(programme: Programme, text: str) -> NegativeItem | None:
    """Return the item of the list that a text names by key or wording, or None."""
    name = text.strip()
    return next((row for row in programme.negative_list if name in (row.key, row.text)), None)


def is_other(text: str) -> bool:
    """Return whether a text names something beside the list, as ``其他：…`` with a word on what."""
    head, _, rest = text.strip().partition("：" if "：" in text else ":")
    return head.strip() == OTHER and bool(rest.strip())


def consequence(programme: Programme, hit: Mapping[str, Any]) -> Consequence:
    """Return what a recorded hit does; what is not on the list blocks, as everything did before there was one."""
    known = item_of(programme, str(hit["item"]))
    return known.consequence if known else Consequence.BLOCKS


def answers(programme: Programme, hits: Mapping[str, NegativeAnswer]) -> dict[str, str]:
    """Return the answer to every item of the list by key: 无 unless the statement (item text → answer) says otherwise."""
    return {row.key: str(hits.get(row.text, NegativeAnswer.NONE)) for row in programme.negative_list}


def window(rule: EligibilityRule, reference_on: date) -> date:
    """Return the first day that counts."""
    return years_before(reference_on, rule.years or 0)


def period_begins(plan: Plan, award_kind: AwardKind, *, choosing: bool) -> date:
    """Return from when entries count: the building period's first day (R10); while projects are chosen, years back (R26, R35)."""
    if plan.cohort.declare is None or not choosing:
        return plan.cohort.starts_on
    rules = (row for row in plan.programme.eligibility if row.rule == "negative_list" and award_kind in row.award_kinds)
    rule = next(rules, None)
    return window(rule, plan.cohort.declare.due_on) if rule else plan.cohort.declare.due_on


def judge(case: Case) -> Finding:
    """R26, R35: no hit within the window; the office's check overrides the unit's own statement, and without either people decide."""
    checked = case.project.latest("check_negative_list")
    fact = checked or case.project.latest("answer_negative_list")
    if fact is None:
        return Finding(Verdict.WARN, "尚未填报负面清单说明", decides=True)
    evidence = on_record(fact, f"组织部核查（{fact.payload.get('checked_by', '')}）" if checked else "单位说明")
    since, programme = window(case.rule, case.reference_on), case.world.plan.programme
    hits = [hit for hit in fact.payload["hits"] if since <= date.fromisoformat(hit["on"]) <= case.reference_on]
    blocking = [hit["item"] for hit in hits if consequence(programme, hit) == Consequence.BLOCKS]
    if blocking:
        return Finding(Verdict.FAIL, f"存在负面清单事项：{'、'.join(blocking)}", evidence)
    if open_ones := [*(hit["item"] for hit in hits), *_explained(fact.payload, since, case.reference_on)]:
        return Finding(Verdict.WARN, f"须研究决定的负面清单事项：{'、'.join(open_ones)}", evidence, decides=True)
    return Finding(Verdict.PASS, f"{since} 以来无负面清单事项", evidence)


def confirmed_hit(world: World, project: Project, phase: PhaseKind) -> tuple[str, bool]:
    """R10: what is known of the period keeps a project from passing until people decide otherwise by name and reason.

    That is what the office's check found and, once a project has been chosen, what the unit says itself (R57): also where a later check
    did not find it. Returns what is known, "" for nothing, and whether any of it speaks for the lowest outcome: what only has to be
    decided does not, nor what the office did not confirm.
    """
    choosing = phase == PhaseKind.DECLARATION
    since = period_begins(world.plan, project.award_kind, choosing=choosing)
    check, own = project.latest("check_negative_list"), None if choosing else project.latest("answer_negative_list")
    confirmed = _since(check, "hits", since)
    named = {hit["item"] for hit in confirmed}
    said = [hit for hit in _since(own, "hits", since) if hit["item"] not in named]
    overruled = check is not None and own is not None and check.seq > own.seq
    told = [] if overruled else [f"{row['item']}（{row['text']}）" for row in _since(own, "explained", since)]
    known = (
        ("负面清单核查发现", [hit["item"] for hit in confirmed]),
        (f"单位自报负面清单事项{'，组织部核查未认定' if overruled else ''}", [hit["item"] for hit in said]),
        ("单位说明的负面清单事项", told),
    )
    counted = [*confirmed, *([] if overruled else said)]
    found = "；".join(f"{head}：{'、'.join(items)}" for head, items in known if items)
    return found, any(consequence(world.plan.programme, hit) == Consequence.BLOCKS for hit in counted)


def looked_at(world: World, project: Project, phase: PhaseKind) -> bool:
    """Return whether the office has checked the list for an acceptance; the second batch's was checked before at its selection (R57)."""
    check = project.latest("check_negative_list")
    if check is None or phase != PhaseKind.CONSOLIDATION:
        return check is not None
    return check.effective_on >= min(row.opens_on for row in world.plan.cohort.phases if row.kind == phase)


def _since(fact: Fact | None, entries: str, since: date) -> list[Mapping[str, Any]]:
    return [row for row in (fact.payload.get(entries, ()) if fact else ()) if since <= date.fromisoformat(row["on"])]


def _explained(payload: Mapping[str, Any], since: date, until: date) -> list[str]:
    told = payload.get("explained", ())
    return [f"{row['item']}（{row['text']}）" for row in told if since <= date.fromisoformat(row["on"]) <= until]
