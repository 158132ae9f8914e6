"""Duties by key and by unit: every letter asks for a few among many, so they are sorted once per world."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from models.rules.calendar import Calendar
from models.rules.duties import Duty, cached_duties
from models.rules.memory import remembered
from models.rules.snapshot import World


@dataclass(frozen=True, slots=True)
class Lookup:
    """The duties of a world, done or not."""

    by_key: Mapping[str, Duty]
    by_unit: Mapping[str, tuple[Duty, ...]]
    """Owing unit → its duties by due day and key."""


def lookup(world: World, calendar: Calendar) -> Lookup:
    """Return the duties of a world, looked up once."""
    return _sorted(cached_duties(world, calendar))


@remembered(4)
def _sorted(duties: tuple[Duty, ...]) -> Lookup:
    by_unit: dict[str, list[Duty]] = defaultdict(list)
    for duty in sorted(duties, key=lambda duty: (duty.due_on, duty.key)):
        by_unit[duty.unit].append(duty)
    return Lookup({duty.key: duty for duty in duties}, {unit: tuple(mine) for unit, mine in by_unit.items()})
