"""The sittings of the defence that are still to come, as the desk lists them (R49). Pure."""

from dataclasses import dataclass
from datetime import date
from itertools import groupby

from flows.desk.situation import Situation
from models.rules.defence import Slot, slots


@dataclass(frozen=True, slots=True)
class SittingRow:
    """One sitting: when, where, which lots, whose."""

    cohort: str
    day: date
    starts: str
    ends: str
    place: str
    numbers: str
    names: tuple[str, ...]


def coming_defences(situation: Situation) -> tuple[SittingRow, ...]:
    """Return the sittings from today on, by day and hour."""
    rows = []
    for world in situation.worlds:
        left = sorted((slot for slot in slots(world) if slot.day >= situation.on), key=lambda slot: (slot.day, slot.place, slot.starts))
        for (day, place), mine in groupby(left, key=lambda slot: (slot.day, slot.place)):
            held: list[Slot] = list(mine)
            names = tuple(f"{slot.number} {world.project(slot.project).unit.name}" for slot in held)
            numbers = f"{held[0].number}—{held[-1].number}" if len(held) > 1 else f"{held[0].number}"
            rows.append(SittingRow(world.plan.cohort.cohort, day, held[0].starts, held[-1].ends, place, numbers, names))
    return tuple(sorted(rows, key=lambda row: (row.day, row.starts, row.place)))
