"""Projects of one kind side by side: how each has grown since its baseline, and where it stands among its peers (R56, R66)."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import quantiles

from config.vocabulary import AwardKind, BranchKind
from models.rules.snapshot import Project, World
from models.rules.value_added import Measure, course, kind_of, mean_growth

FEW = 4
"""From so many values quartiles can be told."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One project among its peers; growth is the mean over its measures in percent of the baseline."""

    project: str
    unit: str
    mid_term: float | None
    newest: float | None
    final: bool
    """Whether the newest growth is that of the end."""
    percentile: float | None
    by_measure: Mapping[str, float | None]
    """Measure → percentile."""
    note: str

    @property
    def points(self) -> tuple[tuple[int, float], ...]:
        """Return the course: 0 the baseline, 1 the mid-term, 2 the end."""
        middle = () if self.mid_term is None else ((1, self.mid_term),)
        end = ((2, self.newest),) if self.final and self.newest is not None else ()
        return ((0, 0.0), *middle, *end)


@dataclass(frozen=True, slots=True)
class Peers:
    """The projects of one kind, the best first; kinds are never mixed."""

    kind: str
    standings: tuple[Standing, ...]

    @property
    def compared(self) -> bool:
        """Return whether any of them has a place among the others."""
        return any(row.percentile is not None for row in self.standings)

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what the comparison itself has noted, each once."""
        return tuple(dict.fromkeys(row.note for row in self.standings if row.note))

    @property
    def measures(self) -> tuple[str, ...]:
        """Return the measures that were compared, by name."""
        return tuple(sorted({name for row in self.standings for name in row.by_measure}))

    def middle_half(self, at: int) -> tuple[float, float] | None:
        """Return the quartiles of growth at a stage; None of too few."""
        values = [growth for row in self.standings for stage, growth in row.points if stage == at]
        if len(values) < FEW:
            return None
        low, _, high = quantiles(values, n=4, method="inclusive")
        return low, high


KINDS = (AwardKind.BENCHMARK_ORG.label, *(kind.label for kind in BranchKind), AwardKind.MODEL_BRANCH.label)
"""In which order the kinds are told."""


def comparisons(world: World) -> tuple[Peers, ...]:
    """Return the kinds that have figures after the baseline, each with its projects, the highest growth first."""
    found: dict[str, list[Standing]] = {}
    for project in world.projects:
        measures = course(world.plan, project)
        if measures and any(row.newest is not None for row in measures):
            found.setdefault(kind_of(project), []).append(_standing(project, measures))
    ordered = sorted(found, key=KINDS.index)
    return tuple(Peers(kind, tuple(sorted(found[kind], key=lambda s: (-(s.newest or 0.0), s.unit)))) for kind in ordered)


def _standing(project: Project, measures: tuple[Measure, ...]) -> Standing:
    compared = project.latest("compare_peers")
    body = compared.payload if compared else {}
    return Standing(
        project=project.code,
        unit=project.unit.name,
        mid_term=mean_growth((m.baseline, m.mid_term) for m in measures),
        newest=mean_growth((m.baseline, m.newest) for m in measures),
        final=any(m.final is not None for m in measures),
        percentile=body.get("percentile"),
        by_measure={name: row["percentile"] for name, row in body.get("measures", {}).items()},
        note=str(body.get("note", "")),
    )
