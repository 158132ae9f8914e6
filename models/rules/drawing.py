"""Drawing who assesses which project by lot: every project gets its number, and loads are as even as conflicts allow (R46).

The lot is a number: the order of members and projects follows from the SHA-256 of number and code, so that the same number gives the same
result on every machine. First each project takes the members with the least to do; then work moves along chains from who has two or more
above another to that other, until no chain is left: then no distribution has a smaller sum of squared loads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.rules.lots import lot


@dataclass(frozen=True, slots=True)
class Wanted:
    """A project that needs so many more members, and who cannot be one of them: in conflict, or on it already."""

    project: str
    number: int
    barred: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Drawn:
    """Project → its new members in order of code; member → how many projects they then have in all."""

    chosen: Mapping[str, tuple[str, ...]]
    loads: Mapping[str, int]


class TooFewError(ValueError):
    """Some projects have fewer members left than they need; ``short`` holds them."""

    def __init__(self, short: Sequence[Wanted]) -> None:
        """Keep the projects."""
        super().__init__("too few members")
        self.short = tuple(short)


def draw(wanted: Sequence[Wanted], loads: Mapping[str, int], seed: int) -> Drawn:
    """Return who assesses what; ``loads`` names the members with what they already have. Raises TooFewError."""
    if short := [one for one in wanted if len(loads.keys() - one.barred) < one.number]:
        raise TooFewError(short)
    lots = {member: lot(str(seed), member) for member in loads}
    now = dict(loads)
    chosen: dict[str, set[str]] = {}
    for one in sorted(wanted, key=lambda row: lot(str(seed), row.project)):
        free = sorted(loads.keys() - one.barred, key=lambda member: (now[member], lots[member]))
        chosen[one.project] = set(free[: one.number])
        for member in chosen[one.project]:
            now[member] += 1
    barred = {one.project: one.barred for one in wanted}
    while _even_out(chosen, barred, now, lots):
        pass
    return Drawn({project: tuple(sorted(members)) for project, members in sorted(chosen.items())}, now)


def _even_out(chosen: Mapping[str, set[str]], barred: Mapping[str, frozenset[str]], loads: dict[str, int], lots: Mapping[str, str]) -> bool:
    """Move one project's worth of work along a chain to somebody with two less; returns whether there was one."""
    for start in sorted(loads, key=lambda member: (-loads[member], lots[member])):
        came = _reached(start, chosen, barred, lots)
        ends = [member for member in came if loads[member] <= loads[start] - 2]
        if not ends:
            continue
        end = member = min(ends, key=lambda one: (loads[one], lots[one]))
        while member != start:
            before, project = came[member]
            chosen[project].remove(before)
            chosen[project].add(member)
            member = before
        loads[start] -= 1
        loads[end] += 1
        return True
    return False


def _reached(
    start: str, chosen: Mapping[str, set[str]], barred: Mapping[str, frozenset[str]], lots: Mapping[str, str]
) -> dict[str, tuple[str, str]]:
    """Return member → from whom, with which project, work can come to them from ``start`` by the shortest chain."""
    came: dict[str, tuple[str, str]] = {start: ("", "")}
    queue = [start]
    for giver in queue:
        for project in sorted(code for code, members in chosen.items() if giver in members):
            takers = lots.keys() - barred[project] - chosen[project] - came.keys()
            for taker in sorted(takers, key=lots.__getitem__):
                came[taker] = (giver, project)
                queue.append(taker)
    return came
