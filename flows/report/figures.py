"""The figures of a report: pure, from what was read, without drawing or wording of the page."""

from dataclasses import dataclass
from datetime import date

from flows.report.brief import brief
from flows.report.comparison import Peers, comparisons
from flows.report.effect import Effect, effect
from flows.report.funnel import Stage, funnel
from flows.report.growth import Growth, Slope, growths, slopes
from flows.report.guidance import Guidance, guidance
from flows.report.papers import papers
from flows.report.reading import Material
from flows.report.results import Grades, Order, grades, orders
from flows.report.timeline import Timeline, timeline
from flows.report.wall import Wall, wall


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a report tells."""

    cohort: str
    title: str
    notice: str
    on: date
    brief: tuple[str, str, str]
    timeline: Timeline
    wall: Wall
    funnel: tuple[Stage, ...]
    effect: Effect
    guidance: tuple[Guidance, ...]
    rectifications: tuple[Order, ...]
    grades: tuple[Grades, ...]
    excellent_percent_max: int
    has_baseline: bool
    growth: tuple[Growth, ...]
    slopes: tuple[Slope, ...]
    peers: tuple[Peers, ...]


def report(material: Material) -> Report:
    """Return the figures of a cohort as of the day of its material."""
    world, calendar, on = material.world, material.calendar, material.on
    standing = papers(world, calendar, on)
    grown = growths(world)
    return Report(
        cohort=world.plan.cohort.cohort,
        title=world.plan.cohort.title,
        notice=world.plan.cohort.notice.title,
        on=on,
        brief=brief(world, calendar, standing, on),
        timeline=timeline(world, calendar, standing, on),
        wall=wall(world, calendar, standing, on),
        funnel=funnel(world),
        effect=effect(world, material.reminded, material.arrivals),
        guidance=guidance(world, on),
        rectifications=orders(world, material.items, on),
        grades=grades(world),
        excellent_percent_max=world.plan.programme.practice.excellent_percent_max,
        has_baseline=world.plan.cohort.has_baseline,
        growth=grown,
        slopes=slopes(grown),
        peers=comparisons(world),
    )
