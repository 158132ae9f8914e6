"""The mid-term's defence (R49, P.defence): who speaks when, from the draw and the sittings on record. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from config.vocabulary import AwardKind, PhaseKind
from models.rules.decisions import assessable, round_no
from models.rules.lifecycle import FINAL
from models.rules.lots import drawn
from models.rules.office_work import Panellist
from models.rules.panels import assigned
from models.rules.recusal import ground
from models.rules.snapshot import Fact, Project, World

HOUR = 60
PART = "defence"
"""Of the rubric: what is scored on a defence."""


@dataclass(frozen=True, slots=True)
class Sitting:
    """One stretch of defences in one place; times are HH:MM of the business zone."""

    day: date
    starts: str
    ends: str
    place: str

    def room(self, minutes: int) -> int:
        """Return how many projects fit, each of so many minutes."""
        return max(0, (as_minutes(self.ends) - as_minutes(self.starts)) // minutes)


@dataclass(frozen=True, slots=True)
class Slot:
    """When and where one project defends; ``number`` is its lot, 1 the first."""

    project: str
    number: int
    day: date
    starts: str
    ends: str
    place: str


def as_minutes(text: str) -> int:
    """Return the minutes since midnight of ``HH:MM``; raises ValueError with what is expected."""
    hours, _, minutes = text.strip().replace("：", ":").partition(":")
    if not (hours.isdecimal() and minutes.isdecimal() and int(hours) < 24 and int(minutes) < HOUR):  # noqa: PLR2004 - a day
        raise ValueError(f"时间应写成 09:00，读到“{text}”")
    return int(hours) * HOUR + int(minutes)


def as_time(minutes: int) -> str:
    """Return ``HH:MM`` of minutes since midnight."""
    return f"{minutes // HOUR:02d}:{minutes % HOUR:02d}"


def candidates(world: World) -> tuple[Project, ...]:
    """Return the projects that have to defend: those whose first assessment of the phase is still to come."""
    rule = world.plan.programme.defence
    return tuple(p for p in world.projects if rule and p.state not in FINAL and not p.rectifications and assessable(p, rule.phase))


def order_of(projects: Iterable[Project], seed: str, *, apart: bool) -> tuple[str, ...]:
    """Return the codes as drawn; with ``apart`` each kind of award by itself, in the vocabulary's order."""
    known = tuple(projects)
    groups = [[p.code for p in known if p.award_kind == kind] for kind in AwardKind] if apart else [[p.code for p in known]]
    return tuple(code for group in groups for code in drawn(group, seed, "defence"))


def draw(world: World) -> Fact | None:
    """Return the draw that holds."""
    return world.latest("draw_defence")


def sittings(world: World) -> tuple[Sitting, ...]:
    """Return the sittings that hold, as they were given."""
    fact = world.latest("schedule_defence")
    return sittings_of(fact.payload["sittings"]) if fact else ()


def sittings_of(rows: Iterable[Mapping[str, str]]) -> tuple[Sitting, ...]:
    """Return sittings from ``{"day", "starts", "ends", "place"}``."""
    return tuple(Sitting(date.fromisoformat(str(r["day"])), r["starts"], r["ends"], r["place"]) for r in rows)


def arranged(order: Sequence[str], given: Sequence[Sitting], minutes: int) -> Iterator[Slot]:
    """Yield a slot per code, sitting after sitting as given; codes beyond the last sitting's room get none."""
    places = [(sitting, n) for sitting in given for n in range(sitting.room(minutes))]
    for number, (code, (sitting, n)) in enumerate(zip(order, places, strict=False), start=1):
        begins = as_minutes(sitting.starts) + n * minutes
        yield Slot(code, number, sitting.day, as_time(begins), as_time(begins + minutes), sitting.place)


def slots(world: World) -> tuple[Slot, ...]:
    """Return who defends when, by number. A project that left keeps its number and nobody moves up: all have been told theirs."""
    running = {project.code for project in world.projects if project.state not in FINAL}
    return tuple(slot for slot in given_slots(world) if slot.project in running)


def given_slots(world: World) -> tuple[Slot, ...]:
    """Return every slot that was given, also those of projects that have left since."""
    lots, schedule = draw(world), world.latest("schedule_defence")
    if lots is None or schedule is None:
        return ()
    return tuple(arranged(lots.payload["order"], sittings(world), schedule.payload["minutes"]))


def listening(world: World, people: Iterable[Panellist]) -> dict[str, tuple[Slot, ...]]:
    """Return code → the defences that a panel member hears and scores: those assigned to them, of projects without anybody assigned all.

    Who may not assess any is left out.
    """
    found: dict[str, list[Slot]] = {}
    known = slots(world)
    for person in people:
        for slot in known:
            project = world.project(slot.project)
            named = assigned(project, PhaseKind.MID_TERM, PART, round_no(project, PhaseKind.MID_TERM))
            if (not named or person.code in named) and not ground(person, project.unit):
                found.setdefault(person.code, []).append(slot)
    return {code: tuple(heard) for code, heard in found.items()}


def version(world: World) -> int:
    """Return how often lots or sittings have been set: a letter about them is told by this number."""
    return len(world.all("draw_defence")) + len(world.all("schedule_defence"))


def number_of(world: World, code: str) -> int | None:
    """Return the lot of a project, None where it has not been drawn."""
    order: Sequence[str] = lots.payload["order"] if (lots := draw(world)) else ()
    return order.index(code) + 1 if code in order else None
