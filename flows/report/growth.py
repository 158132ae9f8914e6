"""Added value on the page: every measure from the baseline over the mid-term to the newest figures (III.4, R66)."""

from collections import Counter
from dataclasses import dataclass
from statistics import median

from config.vocabulary import AwardKind
from models.rules.snapshot import Project, World
from models.rules.value_added import course


@dataclass(frozen=True, slots=True)
class Change:
    """One measure of one project; ``after`` is empty until newer figures are recorded, ``middle`` until final ones follow others."""

    measure: str
    before: float
    after: float | None
    middle: float | None = None

    @property
    def percent(self) -> float | None:
        """Return the growth in percent; None without newer figures or from a baseline of 0."""
        return None if self.after is None or not self.before else round(100 * (self.after - self.before) / self.before, 1)


@dataclass(frozen=True, slots=True)
class Growth:
    """A project with a baseline."""

    project: str
    unit: str
    kind: AwardKind
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Slope:
    """One measure over all projects: pairs of figures with their number, and the medians of those that have both."""

    measure: str
    pairs: tuple[tuple[float, float, int], ...]
    before: float
    after: float

    @property
    def projects(self) -> int:
        """Return how many projects have both figures."""
        return sum(number for _, _, number in self.pairs)


def changes_of(world: World, project: Project) -> tuple[Change, ...] | None:
    """Return the measures of a project by name; None where it has no baseline."""
    known = course(world.plan, project)
    if known is None:
        return None
    return tuple(Change(m.name, m.baseline, m.newest, None if m.final is None else m.mid_term) for m in known)


def growths(world: World) -> tuple[Growth, ...]:
    """Return every project that has a baseline, by code."""
    known = ((project, changes_of(world, project)) for project in world.projects)
    return tuple(Growth(project.code, project.unit.name, project.award_kind, changes) for project, changes in known if changes is not None)


def measures(rows: tuple[Growth, ...]) -> tuple[str, ...]:
    """Return the measures that occur, the most frequent first."""
    counts = Counter(change.measure for row in rows for change in row.changes)
    return tuple(sorted(counts, key=lambda name: (-counts[name], name)))


def slopes(rows: tuple[Growth, ...]) -> tuple[Slope, ...]:
    """Return one slope per measure for which newer figures exist."""
    found = []
    for measure in measures(rows):
        pairs = [(c.before, c.after) for row in rows for c in row.changes if c.measure == measure and c.after is not None]
        if pairs:
            counted = tuple((before, after, number) for (before, after), number in sorted(Counter(pairs).items()))
            found.append(Slope(measure, counted, median(p[0] for p in pairs), median(p[1] for p in pairs)))
    return tuple(found)
