"""The declaration form for an SO that has not declared yet: prefilled as far as it can be before a branch is chosen (R41, R67)."""

from collections.abc import Iterator
from datetime import date

from config.vocabulary import AwardKind, DocumentKind, PhaseKind
from flows.steps.documents import UNKNOWN, filled, of_cohort
from flows.steps.errors import refuse
from models.rules.calendar import Calendar
from models.rules.deadlines import effective, internal_due
from models.rules.snapshot import World
from notifications.typeset import full_day

AWARD = AwardKind.MODEL_BRANCH
"""What every SO owes at least one declaration for."""


def blank_declaration(world: World, calendar: Calendar, so: str, on: date) -> bytes:
    """Return the form with notice, SO, award, conditions and papers, and room for the rest; refused where a batch takes no declarations."""
    declare = world.plan.cohort.declare
    if declare is None:
        raise refuse(f"批次 {world.plan.cohort.cohort} 不接受申报", "申报书只用于申报批次")
    rules = (rule for rule in world.plan.programme.eligibility if AWARD in rule.award_kinds)
    reference = full_day(declare.due_on)
    room = dict.fromkeys(("project", "unit", "secretary", "contact", "phone", "title"), UNKNOWN)
    lines = [{"title": rule.title, "verdict": UNKNOWN, "reason": UNKNOWN, "evidence": UNKNOWN, "reference_on": reference} for rule in rules]
    given = {
        "so": world.units[so].name,
        "award": AWARD.label,
        "checks": lines,
        "outcomes": [],
        "papers": list(_papers(world, calendar, so)),
    }
    return filled(DocumentKind.DECLARATION, on, {**of_cohort(world), **room, **given})


def _papers(world: World, calendar: Calendar, so: str) -> Iterator[dict[str, str]]:
    """Yield what a branch hands in, with the day on which its SO needs it."""
    for phase in (row for row in world.plan.cohort.phases if row.kind == PhaseKind.DECLARATION):
        for rule in world.plan.programme.owed_in(phase.kind, AWARD):
            if (row := effective(world.deadlines, phase.key, rule.key, [so])) is not None:
                yield {"title": f"《{rule.title}》", "due_on": full_day(internal_due(calendar, row))}
