"""The negative list (annex 2; R10, R26, R35): what an item is called, what it does, and what stands against a project."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from config.programme import Programme
from config.screening import EligibilityRule, NegativeItem
from config.vocabulary import Consequence, NegativeAnswer, Verdict
from models.rules.condition import Case, Finding, on_record, years_before
from models.rules.snapshot import Project, World

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


def judge(case: Case) -> Finding:
    """R26, R35: no hit within the window; the office's check overrides the unit's own statement."""
    checked = case.project.latest("check_negative_list")
    fact = checked or case.project.latest("answer_negative_list")
    if fact is None:
        return Finding(Verdict.WARN, "尚未填报负面清单说明")
    evidence = on_record(fact, f"组织部核查（{fact.payload.get('checked_by', '')}）" if checked else "单位说明")
    since, programme = window(case.rule, case.reference_on), case.world.plan.programme
    hits = [hit for hit in fact.payload["hits"] if since <= date.fromisoformat(hit["on"]) <= case.reference_on]
    blocking = [hit["item"] for hit in hits if consequence(programme, hit) == Consequence.BLOCKS]
    if blocking:
        return Finding(Verdict.FAIL, f"存在负面清单事项：{'、'.join(blocking)}", evidence)
    if open_ones := [*(hit["item"] for hit in hits), *_explained(fact.payload, since, case.reference_on)]:
        return Finding(Verdict.WARN, f"须研究决定的负面清单事项：{'、'.join(open_ones)}", evidence, decides=True)
    return Finding(Verdict.PASS, f"{since} 以来无负面清单事项", evidence)


def confirmed_hit(world: World, project: Project) -> tuple[str, bool]:
    """R10: what the office's check found keeps a project from passing until people decide otherwise by name and reason.

    Returns what was found, "" for nothing, and whether any of it speaks for the lowest outcome: what only has to be decided does not.
    """
    fact = project.latest("check_negative_list")
    hits = fact.payload["hits"] if fact else []
    found = f"负面清单核查发现：{'、'.join(hit['item'] for hit in hits)}" if hits else ""
    return found, any(consequence(world.plan.programme, hit) == Consequence.BLOCKS for hit in hits)


def _explained(payload: Mapping[str, Any], since: date, until: date) -> list[str]:
    told = payload.get("explained", ())
    return [f"{row['item']}（{row['text']}）" for row in told if since <= date.fromisoformat(row["on"]) <= until]
