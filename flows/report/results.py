"""What came out: rectifications one by one, and decisions by kind of award."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from config.vocabulary import AwardKind, Outcome
from flows.report.marks import DECISION_TITLES, Mark
from flows.report.verdicts import AFTER_WORDS, last_decision, order_mark
from models.rules.decisions import AFTER, OUTCOMES
from models.rules.duties import RECTIFIED_IN
from models.rules.snapshot import Project, Rectification, World


@dataclass(frozen=True, slots=True)
class Order:
    """One round of rectification of a project."""

    project: str
    unit: str
    kind: AwardKind
    after: str
    round_no: int
    opened_on: date
    due_on: date
    items: tuple[str, ...]
    """What is still to be put right."""
    items_open: int
    state: str
    mark: Mark
    decided: str
    """What the committee decided after this round; empty while it has not."""


def orders(world: World, items: Mapping[str, tuple[str, ...]], today: date) -> tuple[Order, ...]:
    """Return every round of rectification, those still to be looked after first."""
    found = [_order(project, order, items, today) for project in world.projects for order in project.rectifications]
    return tuple(sorted(found, key=lambda row: (bool(row.decided), row.due_on, row.project)))


def _order(project: Project, order: Rectification, items: Mapping[str, tuple[str, ...]], today: date) -> Order:
    decided = [d for d in project.decisions if d.phase in RECTIFIED_IN[order.after] and d.round_no == order.round_no]
    return Order(
        project=project.code,
        unit=project.unit.name,
        kind=project.award_kind,
        after=AFTER_WORDS[order.after],
        round_no=order.round_no,
        opened_on=order.opened_on,
        due_on=order.due_on,
        items=items.get(order.code, ()),
        items_open=order.items_open,
        state=order.state.label,
        mark=order_mark(project, order, today),
        decided=decided[-1].outcome.label if decided else "",
    )


@dataclass(frozen=True, slots=True)
class Grades:
    """The newest decisions of one phase about one kind of award."""

    title: str
    kind: AwardKind
    outcomes: Mapping[Outcome, int]
    rectified: int
    """How many of them were decided after a rectification."""

    @property
    def total(self) -> int:
        """Return how many were decided."""
        return sum(self.outcomes.values())


def grades(world: World) -> tuple[Grades, ...]:
    """Return the decisions by phase and kind of award, in the phase's order of outcomes; nothing for what is undecided."""
    found = []
    for phase in world.plan.cohort.phases:
        first, again = OUTCOMES.get(phase.kind, ((), ()))
        for kind in AwardKind:
            decided = [d for p in world.projects if p.award_kind == kind and (d := last_decision(p, phase.kind))]
            counts = Counter(decision.outcome for decision in decided)
            rectified = sum(decision.round_no > 0 for decision in decided) if phase.kind in AFTER else 0
            known = {outcome: counts[outcome] for outcome in dict.fromkeys((*first, *again)) if counts[outcome]}
            if decided:
                found.append(Grades(DECISION_TITLES[phase.kind], kind, known, rectified))
    return tuple(found)
