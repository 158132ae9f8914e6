"""What reminders did: after which rung the papers that are in came."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from flows.report.reading import Arrival, Reminded
from models.rules.reminders import CALL_RUNG
from models.rules.snapshot import World

NONE = "none"
"""Came before anybody had been written to."""


@dataclass(frozen=True, slots=True)
class Answered:
    """Papers of one kind by the rung after which they came."""

    deliverable: str
    title: str
    by_rung: Mapping[str, int]

    @property
    def total(self) -> int:
        """Return how many came."""
        return sum(self.by_rung.values())


@dataclass(frozen=True, slots=True)
class Effect:
    """The rungs that occur, in their order, and the papers by rung."""

    rungs: tuple[str, ...]
    rows: tuple[Answered, ...]

    @property
    def totals(self) -> Mapping[str, int]:
        """Return all papers by rung."""
        return {rung: sum(row.by_rung.get(rung, 0) for row in self.rows) for rung in self.rungs}

    @property
    def late(self) -> int:
        """Return how many came only after a reminder that said they were overdue."""
        return sum(number for rung, number in self.totals.items() if offset(rung) > 0)


def effect(world: World, reminded: Iterable[Reminded], arrivals: Iterable[Arrival]) -> Effect:
    """Return, for the papers that came, the last reminder to their unit that had left by that day (mail goes in the morning)."""
    sent: defaultdict[tuple[str, str], list[tuple[date, int, str]]] = defaultdict(list)
    for line in reminded:
        sent[line.project, line.deliverable].append((line.on, offset(line.rung), line.rung))
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for arrival in arrivals:
        before = [line for line in sent[arrival.project, arrival.deliverable] if line[0] <= arrival.on]
        counts[arrival.deliverable][max(before)[2] if before else NONE] += 1
    rungs = sorted({rung for row in counts.values() for rung in row}, key=offset)
    rules = (rule for rule in world.plan.programme.deliverables if rule.key in counts)
    return Effect(tuple(rungs), tuple(Answered(rule.key, rule.title, dict(counts[rule.key])) for rule in rules))


BEFORE_ALL, BEFORE_RUNGS = -10_000, -9_999


def offset(rung: str) -> int:
    """Return the place of a rung: working days from the deadline; no reminder and the call come before all."""
    if rung in (NONE, CALL_RUNG):
        return BEFORE_ALL if rung == NONE else BEFORE_RUNGS
    return int(rung.removeprefix("T"))


def rung_label(rung: str) -> str:
    """Return how people call a rung; its days are working days."""
    if rung in (NONE, CALL_RUNG):
        return "未经提醒" if rung == NONE else "报送通知"
    days = offset(rung)
    return "到期当日" if days == 0 else f"到期前 {-days} 日" if days < 0 else f"逾期 {days} 日"
