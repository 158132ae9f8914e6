"""Planning a large cohort: one statement per paper and clock writes the lines of everybody who shares the day that holds for all.

Python computes from deadline and ladder which rung is the latest; the database picks who still owes. Whoever has a day of his own or a
rectification goes through the pure rules, part by part, so that memory stays flat. ``models.rules.reminders`` is the reference:
``tests/models/test_planning.py`` holds both equal (decision 0015).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm
from sqlmodel import Session, col, func, select

from config.vocabulary import AwardKind, ProjectState
from models import tables as t
from models.kept import kept
from models.loading import EVERYONE, cohort_row, load_calendar, load_deadlines, load_part, load_plan, of_projects
from models.rules.calendar import Calendar
from models.rules.reminders import PlannedReminder, due_reminders
from models.rules.snapshot import World
from models.shared_days import Debt, Scope, SharedLine, open_debts, owing

LARGE_FROM = 5_000
"""Projects of a cohort from which on it is planned this way; a smaller one is in memory anyway, for boards and letters."""
PART = 1_000
"""Projects that are read at once for the rules."""
KEPT_MAX = 20_000
"""Lines of the rules that are kept for who asks next: calls, reminders and the office's list are planned in turn."""


@dataclass(slots=True)
class Due:
    """Lines due on a day: those of papers under the shared days as selections of rows of ``reminder``, the others one by one."""

    shared: tuple[SharedLine, ...] = ()
    by_rules: Callable[[Session], Iterator[PlannedReminder]] = lambda _session: iter(())
    _known: tuple[PlannedReminder, ...] | None = None

    def others(self, session: Session) -> Iterator[PlannedReminder]:
        """Yield the lines that the shared days do not give; computed once unless there are very many."""
        if self._known is not None:
            yield from self._known
            return
        lines = self.by_rules(session)
        first = tuple(islice(lines, KEPT_MAX))
        self._known = first if len(first) < KEPT_MAX else None
        yield from first
        yield from lines


def is_large(session: Session, cohort: str) -> bool:
    """Return whether a cohort is planned by this module."""
    projects = select(t.Project.id).join(t.Cohort).where(t.Cohort.code == cohort)
    return session.exec(projects.offset(LARGE_FROM - 1).limit(1)).first() is not None


def due(session: Session, cohort: str, phase: str, calendar: Calendar, on: date) -> Due:
    """Return the lines of a phase due up to a day: together they are those of ``due_reminders``. Asked again it is not computed again."""
    return kept(session, ("due", cohort, phase), lambda: _due(session, cohort, phase, calendar, on), on, calendar)


def _due(session: Session, cohort: str, phase: str, calendar: Calendar, on: date) -> Due:
    row = cohort_row(session, cohort)
    plan = load_plan(row)
    if on > plan.cohort.ends_on:
        return Due()
    scope = Scope(_special(session, row.id or 0, phase), _newest(session, cohort))
    general = load_deadlines(session, row, (EVERYONE,))
    debts = [(debt, one) for debt in open_debts(plan, calendar, general, phase) if (one := _someone(session, row, debt, scope)) is not None]
    shared = tuple(found for debt, _ in debts for found in owing(row.id or 0, plan, calendar, debt, on, scope))
    owers = tuple(dict.fromkeys(one for _, one in debts))
    return Due(shared, lambda session: _by_rules(session, cohort_row(session, cohort), owers, calendar, on, phase))


def representatives(session: Session, cohort: str) -> World | None:
    """Return a small world with a project for each clock of each paper that runs for anyone, whether it is done or not.

    Of the days that hold for all it knows what the whole cohort knows. None where some clock runs for special projects only.
    """
    calendar = load_calendar(session)
    return kept(session, ("representatives", cohort), lambda: _representatives(session, cohort, calendar), calendar)


def _representatives(session: Session, cohort: str, calendar: Calendar) -> World | None:
    row = cohort_row(session, cohort)
    plan, general = load_plan(row), load_deadlines(session, row, (EVERYONE,))
    found: list[int] = []
    for phase in plan.cohort.phases:
        special = _special(session, row.id or 0, phase.key)
        for debt in open_debts(plan, calendar, general, phase.key):
            one = _first(session, debt.probes(row.id or 0, special, done=True))
            if one is None and _first(session, debt.probes(row.id or 0, sa.false(), done=True)) is not None:
                return None
            found += [] if one is None else [one]
    return _part(session, row, list(dict.fromkeys(found)), every_so=plan.cohort.declare is not None)


def _part(session: Session, cohort: t.Cohort, projects: Sequence[int], *, every_so: bool = False) -> World:
    """Return a part of a cohort that knows which SOs have declared, though their projects are not all in it."""
    world = load_part(session, cohort.code, projects, every_so=every_so)
    return replace(world, exempt=world.exempt | _declared(session, cohort))


def _newest(session: Session, cohort: str) -> date:
    """Return the day on which the newest project of a cohort was entered."""
    first = (of_projects(cohort), col(t.Event.seq) == 1)
    query = select(func.max(t.Event.effective_on)).where(*first)
    return kept(session, ("newest", cohort), lambda: session.exec(query).one()) or date.min


def _someone(session: Session, cohort: t.Cohort, debt: Debt, scope: Scope) -> int | None:
    """Return one project that still owes a paper under the shared day."""
    return _first(session, debt.probes(cohort.id or 0, scope.special))


def _first(session: Session, selections: Iterable[sa.Select[Any]]) -> int | None:
    """Return the first project that any of some selections finds."""
    return next((found for rows in selections if (found := session.execute(rows.limit(1)).scalar()) is not None), None)


def _special(session: Session, cohort: int, phase: str) -> sa.ColumnElement[bool]:
    """Return the condition of a project that the rules look at one by one: a day of its own, of its unit or SO; a rectification."""
    mine = (col(t.Deadline.cohort_id) == cohort, col(t.Deadline.phase) == phase, col(t.Deadline.subject) != EVERYONE)
    own = sa.select(col(t.Deadline.subject)).where(*mine)
    special = [col(t.Project.code).in_(own), col(t.Project.id).in_(sa.select(col(t.Rectification.project_id)))]
    units = sa.select(col(t.Unit.id)).where(col(t.Unit.code).in_(own))
    if session.execute(units.limit(1)).first() is not None:  # mostly none, and databases are slow to find that out for every project
        branches = sa.select(col(t.Unit.id)).where(col(t.Unit.parent_id).in_(units))
        special += [col(t.Project.unit_id).in_(units), col(t.Project.unit_id).in_(branches)]
    return sa.or_(*special)


def _by_rules(
    session: Session, cohort: t.Cohort, owers: Sequence[int], calendar: Calendar, on: date, phase: str
) -> Iterator[PlannedReminder]:
    """Yield the lines that the shared days do not give, perhaps some of theirs as well: SOs that must declare, lists, special projects."""
    lists: dict[str, PlannedReminder] = {}
    for world in _parts(session, cohort, owers, phase):
        for line in due_reminders(world, calendar, on):
            if line.phase == phase and line.duty is not None:
                yield line
            elif line.phase == phase and (line.key not in lists or line.clause < lists[line.key].clause):
                lists[line.key] = line  # a list cites the first clause of all that is owed, whichever part has it
    yield from lists.values()


def _parts(session: Session, cohort: t.Cohort, owers: Sequence[int], phase: str) -> Iterator[World]:
    """Yield one project for each paper that somebody still owes, with all SOs where they must declare; then the special projects."""
    special = _special(session, cohort.id or 0, phase)
    declare = load_plan(cohort).cohort.declare
    yield _part(session, cohort, owers, every_so=declare is not None and declare.phase == phase)
    mine = sa.select(col(t.Project.id)).where(col(t.Project.cohort_id) == cohort.id, special).order_by(col(t.Project.id))
    numbers = session.execute(mine).scalars().all()
    for start in range(0, len(numbers), PART):
        yield _part(session, cohort, numbers[start : start + PART])


def _declared(session: Session, cohort: t.Cohort) -> frozenset[str]:
    """Return the SOs that have declared as many branches as they must: their projects are not all there in a part (R41)."""
    return kept(session, ("declared", cohort.code), lambda: _who_declared(session, cohort))


def _who_declared(session: Session, cohort: t.Cohort) -> frozenset[str]:
    declare = load_plan(cohort).cohort.declare
    if declare is None:
        return frozenset()
    so = sa.orm.aliased(t.Unit)
    query = (
        sa.select(col(so.code))
        .select_from(t.Project)
        .join(t.Unit, col(t.Project.unit_id) == col(t.Unit.id))
        .join(so, col(t.Unit.parent_id) == col(so.id))
        .where(col(t.Project.cohort_id) == cohort.id, col(t.Project.award_kind) == AwardKind.MODEL_BRANCH)
        .where(col(t.Project.state) != ProjectState.WITHDRAWN)
        .group_by(col(so.code))
        .having(sa.func.count() >= declare.at_least)
    )
    return frozenset(session.execute(query).scalars())
