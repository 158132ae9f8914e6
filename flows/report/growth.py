"""Added value: every measure from the baseline to the newest figures (III.4, R66)."""

from collections import Counter
from dataclasses import dataclass
from statistics import median

from config.vocabulary import AwardKind
from models.rules.snapshot import Project, World


@dataclass(frozen=True, slots=True)
class Change:
    """One measure of one project; ``after`` is empty until newer figures are recorded."""

    measure: str
    before: float
    after: float | None

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


def changes_of(project: Project) -> tuple[Change, ...] | None:
    """Return the measures of a project by name; None where it has no baseline."""
    start, end = project.latest("record_baseline"), project.latest("record_measures")
    if start is None:
        return None
    newest = end.payload["measures"] if end else {}
    return tuple(Change(name, value, newest.get(name)) for name, value in sorted(start.payload["measures"].items()))


def growths(world: World) -> tuple[Growth, ...]:
    """Return every project that has a baseline, by code."""
    known = ((project, changes_of(project)) for project in world.projects)
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
