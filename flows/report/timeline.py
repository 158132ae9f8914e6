"""Phases and deadlines of a cohort, and how the papers stand at each deadline."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from config.vocabulary import DutyKind
from flows.report.papers import Paper
from flows.report.verdicts import is_running
from models.rules.calendar import Calendar
from models.rules.deadlines import effective
from models.rules.duties import DECLARE, cached_duties
from models.rules.snapshot import World


@dataclass(frozen=True, slots=True)
class Span:
    """A phase on the time line."""

    title: str
    opens_on: date
    closes_on: date


@dataclass(frozen=True, slots=True)
class Node:
    """A deadline that holds for all: what is due and, of what is owed under it, how much is in, late or missing."""

    on: date
    titles: tuple[str, ...]
    owed: int
    done: int
    late: int
    overdue: int
    own_day: int = 0
    """How many papers have a deadline of their own (an extension, a paper returned for revision)."""
    announced: date | None = None
    """The day first announced, where a supplementary notice has moved it."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """What the drawing shows; ``rectify_on`` are the last days of running rectifications."""

    starts_on: date
    ends_on: date
    today: date
    spans: tuple[Span, ...]
    nodes: tuple[Node, ...]
    rectify_on: tuple[date, ...]


def timeline(world: World, calendar: Calendar, papers: tuple[Paper, ...], today: date) -> Timeline:
    """Return the time line of a cohort as of a day."""
    spans = tuple(Span(phase.kind.label, phase.opens_on, phase.closes_on) for phase in world.plan.cohort.phases)
    running = {order.due_on for project in world.projects for order in project.rectifications if is_running(project, order)}
    starts_on = min(span.opens_on for span in spans)
    ends_on = max(world.plan.cohort.ends_on, today, *(span.closes_on for span in spans), *running)
    nodes = sorted((*_nodes(world, papers, today), *_declare_nodes(world, calendar, today)), key=lambda node: node.on)
    return Timeline(starts_on, ends_on, today, spans, tuple(nodes), tuple(sorted(running)))


def _nodes(world: World, papers: tuple[Paper, ...], today: date) -> Iterator[Node]:
    by_day: defaultdict[date, list[tuple[str, str]]] = defaultdict(list)
    for phase, deliverable in dict.fromkeys((row.phase, row.deliverable) for row in world.deadlines if row.subject is None):
        deadline = effective(world.deadlines, phase, deliverable, ())
        if deadline is not None and deliverable != DECLARE:
            by_day[deadline.due_on].append((phase, deliverable))
    for on, keys in by_day.items():
        mine = [paper for paper in papers if (paper.phase, paper.deliverable) in keys and paper.counts]
        yield Node(
            on=on,
            titles=tuple(world.plan.programme.deliverable(deliverable).title for _, deliverable in keys),
            owed=len(mine),
            done=sum(paper.done for paper in mine),
            late=sum(paper.days_late > 0 for paper in mine),
            overdue=sum(paper.overdue(today) for paper in mine),
            own_day=sum(paper.own_day for paper in mine),
            announced=_announced(world, keys, on),
        )


def _announced(world: World, keys: list[tuple[str, str]], on: date) -> date | None:
    first = min(row.due_on for row in world.deadlines if row.subject is None and row.version == 1 and (row.phase, row.deliverable) in keys)
    return first if first != on else None


def _declare_nodes(world: World, calendar: Calendar, today: date) -> Iterator[Node]:
    """Every SO declares or is exempt (R41): counted in SOs, not in papers."""
    by_day: defaultdict[date, list[bool]] = defaultdict(list)
    for duty in cached_duties(world, calendar):
        if duty.kind == DutyKind.DECLARE:
            by_day[duty.due_on].append(duty.done)
    for on, done in by_day.items():
        missing = done.count(False)
        yield Node(on, ("二级党组织组织申报",), len(done), len(done) - missing, 0, missing if on < today else 0)
