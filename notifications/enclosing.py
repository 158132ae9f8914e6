"""What goes with a letter: Word documents by file name. Who delivers says how they are made; a letter never waits for one."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date

from sqlmodel import Session

from config.vocabulary import DocumentKind, DutyKind, MailKind
from models.rules.calendar import Calendar
from models.rules.lookup import lookup
from models.rules.snapshot import World
from notifications.catalogue import CATALOGUE
from notifications.compose import Line

Enclosures = Mapping[str, bytes]
"""File name → the document."""
Enclose = Callable[[Session, World, Calendar, MailKind, Sequence[Line], date], Enclosures]
"""Makes what goes with a letter of a kind that tells these lines on a day."""


def nothing(*_letter: object) -> Enclosures:
    """Enclose nothing."""
    return {}


def wanted(world: World, calendar: Calendar, kind: MailKind, lines: Sequence[Line]) -> tuple[tuple[DocumentKind, Line], ...]:
    """Return which documents go with a letter, each with the line that asks for it: as its kind says, each project's once."""
    entry = CATALOGUE[kind]
    found: dict[tuple[DocumentKind, str], Line] = {}
    for line in lines:
        if line.project is not None and entry.encloses is not None:
            found.setdefault((entry.encloses, line.project), line)
        for form in _forms(world, calendar, line) if entry.encloses_forms else ():
            found.setdefault((form, line.project or ""), line)
        if entry.encloses_blank and _is_undeclared(world, calendar, line):
            found.setdefault((DocumentKind.DECLARATION, line.unit or ""), line)
    return tuple((document, line) for (document, _), line in found.items())


def _is_undeclared(world: World, calendar: Calendar, line: Line) -> bool:
    """Return whether a line is about declaring at all, which no project has been opened for yet."""
    duty = lookup(world, calendar).by_key.get(line.duty or "")
    return duty is not None and duty.kind == DutyKind.DECLARE


def traced(enclosures: Enclosures) -> tuple[tuple[str, str], ...]:
    """Return one header per document with its SHA-256, by which a kept mail proves what it brought."""
    return tuple(("X-Creation-File", hashlib.sha256(content).hexdigest()) for content in enclosures.values())


def _forms(world: World, calendar: Calendar, line: Line) -> Iterator[DocumentKind]:
    """Yield the form of the paper that a line calls for from the unit that writes it; its SO, which endorses, needs none."""
    duty = lookup(world, calendar).by_key.get(line.duty or "")
    if duty is not None and duty.kind == DutyKind.HAND_IN and duty.deliverable is not None and duty.project is not None:
        form = world.plan.programme.deliverable(duty.deliverable).form
        if form is not None:
            yield form
