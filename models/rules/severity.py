"""How strictly each member of the panel has scored, measured against those who scored the same projects (R46, R49, R57)."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import mean, pstdev

from config.vocabulary import PhaseKind
from models.rules.panels import panel_parts
from models.rules.scoring import TRIM_FROM, round_half_up, sheet_percent
from models.rules.snapshot import World


@dataclass(frozen=True, slots=True)
class Severity:
    """One member's sheets in a phase; all figures are percentages of full marks, with two digits."""

    person: str
    sheets: int
    """One for each project and part of the rubric."""
    average: float
    compared: int
    """Sheets that somebody else scored as well."""
    deviation: float | None
    """Mean difference from the mean of the others on the same project and part: below 0 is stricter. None: nobody else scored."""
    spread: float
    """Standard deviation of the member's own sheets: 0 gives every project the same."""
    highest: int
    """Sheets that alone were the highest of three or more, and which a trimmed mean leaves out."""
    lowest: int

    @property
    def extremes(self) -> int:
        """Return how many sheets were the one that a trimmed mean leaves out."""
        return self.highest + self.lowest


Group = Mapping[str, Fraction]
"""Member → percentage, of one project, part and round."""


def severities(world: World, phase: PhaseKind) -> tuple[Severity, ...]:
    """Return every member who has scored in a phase, of all rounds, by code."""
    sheets: defaultdict[str, list[tuple[Fraction, Group]]] = defaultdict(list)
    for group in _groups(world, phase):
        for person, percent in group.items():
            sheets[person].append((percent, group))
    return tuple(_severity(person, sheets[person]) for person in sorted(sheets))


def _groups(world: World, phase: PhaseKind) -> Iterator[Group]:
    for project in world.projects:
        rubric = world.plan.programme.rubric(phase, project.award_kind)
        for part in panel_parts(rubric) if rubric else ():
            rounds: defaultdict[int, dict[str, Fraction]] = defaultdict(dict)
            for sheet in project.assessments:
                if (sheet.phase, sheet.part) == (phase, part.key):
                    rounds[sheet.round_no][sheet.assessor] = sheet_percent(part, sheet.scores)
            yield from rounds.values()


def _severity(person: str, sheets: Sequence[tuple[Fraction, Group]]) -> Severity:
    own = [percent for percent, _ in sheets]
    apart = [percent - mean(p for other, p in group.items() if other != person) for percent, group in sheets if len(group) > 1]
    return Severity(
        person, len(own), round_half_up(mean(own)), len(apart), _signed(mean(apart)) if apart else None,
        round_half_up(pstdev(map(float, own))), sum(_alone(percent, group, max) for percent, group in sheets),
        sum(_alone(percent, group, min) for percent, group in sheets),
    )  # fmt: skip


def _alone(percent: Fraction, group: Group, end: Callable[[list[Fraction]], Fraction]) -> bool:
    values = list(group.values())
    return len(values) >= TRIM_FROM and percent == end(values) and values.count(percent) == 1


def _signed(value: Fraction) -> float:
    return round_half_up(abs(value)) * (-1 if value < 0 else 1)
