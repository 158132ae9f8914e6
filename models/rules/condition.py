"""What one condition of the declaration looks at, and what it finds."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from config.screening import EligibilityRule
from config.vocabulary import Verdict
from models.rules.snapshot import Fact, Project, World


@dataclass(frozen=True, slots=True)
class Case:
    """What one condition looks at."""

    world: World
    project: Project
    rule: EligibilityRule
    reference_on: date


class Finding(NamedTuple):
    """What a condition comes to; ``evidence`` names the records it rests on, ``decides`` that only people can settle it."""

    verdict: Verdict
    reason: str
    evidence: str = ""
    decides: bool = False


def on_record(fact: Fact, what: str) -> str:
    """Return how a check names the fact it rests on."""
    return f"{what}（第 {fact.seq} 条，{fact.effective_on}）"


def years_before(day: date, years: int) -> date:
    """Return the same day so many years earlier; 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
