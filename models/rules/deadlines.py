"""Which deadline holds for whom: the newest general one or the newest individual one, whichever is later."""

from collections.abc import Iterable, Sequence
from datetime import date
from operator import itemgetter

from models.rules.calendar import Calendar
from models.rules.memory import remembered
from models.rules.snapshot import Deadline


def concerning(deadlines: Sequence[Deadline], phase: str, deliverable: str, subjects: Iterable[str]) -> tuple[Deadline, ...]:
    """Return every row ever set that concerns any of ``subjects`` (project, branch or SO code), as recorded.

    Their number grows by one with each act that may move the day, so it serves as the version of a calendar entry.
    """
    known = _by_subject(deadlines)
    found = [pair for subject in {None, *subjects} for pair in known.get((phase, deliverable, subject), ())]
    return tuple(row for _, row in sorted(found, key=itemgetter(0)))


@remembered(4)
def _by_subject(deadlines: Sequence[Deadline]) -> dict[tuple[str, str, str | None], list[tuple[int, Deadline]]]:
    """Return the rows about each paper of each subject, numbered as recorded: every project of a cohort looks for its own."""
    found: dict[tuple[str, str, str | None], list[tuple[int, Deadline]]] = {}
    for number, row in enumerate(deadlines):
        found.setdefault((row.phase, row.deliverable, row.subject), []).append((number, row))
    return found


def effective(deadlines: Sequence[Deadline], phase: str, deliverable: str, subjects: Iterable[str]) -> Deadline | None:
    """Return the deadline that holds for any of ``subjects``, or None."""
    return holding(concerning(deadlines, phase, deliverable, subjects))


def holding(rows: Iterable[Deadline]) -> Deadline | None:
    """Return which of the rows concerning a duty holds, or None without any.

    An extension never shortens what is granted to all; on a tie the individual row names the basis.
    """
    newest: dict[str | None, Deadline] = {}
    for row in rows:
        if row.subject not in newest or newest[row.subject].version < row.version:
            newest[row.subject] = row
    return max(newest.values(), key=lambda row: (row.due_on, row.subject is not None), default=None)


def internal_due(calendar: Calendar, deadline: Deadline) -> date:
    """Return the day by which a branch hands in to its SO: so many working days before the official one (R60)."""
    return calendar.shift(deadline.due_on, -deadline.internal_days) if deadline.internal_days else deadline.due_on


def begins_on(deadline: Deadline) -> date:
    """Return from when a deadline is written about: a moved one never before it was moved, so that its past rungs stay silent."""
    moved = deadline.subject is not None or deadline.version > 1
    return max(deadline.call_on, deadline.set_on) if moved else deadline.call_on
