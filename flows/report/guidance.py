"""Process supervision in the report: per period, how many projects were looked after and which have no entry (R48, R61). Pure."""

from dataclasses import dataclass
from datetime import date

from models.rules.snapshot import World
from models.rules.supervision import entries, is_expected, periods, unrecorded


@dataclass(frozen=True, slots=True)
class Guidance:
    """One period: projects under construction, entries about them, and those without any."""

    title: str
    expected: int
    entries: int
    missing: tuple[str, ...]


def guidance(world: World, on: date) -> tuple[Guidance, ...]:
    """Return the periods begun up to a day in which anybody was to be looked after."""
    rows = []
    for period in periods(world, on):
        expected = [project for project in world.projects if is_expected(project, period)]
        count = sum(len(entries(project, period)) for project in expected)
        names = tuple(project.unit.name for project in unrecorded(world, period))
        rows.append(Guidance(period.title, len(expected), count, names))
    return tuple(row for row in rows if row.expected)
