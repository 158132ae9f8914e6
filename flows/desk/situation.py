"""What the desk is built from: the open cohorts, the calendar, today, and what was read beside them. No database in here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from config.vocabulary import MailState, PhaseKind, TaskKind
from models.rules.calendar import Calendar
from models.rules.snapshot import World


@dataclass(frozen=True, slots=True)
class Person:
    """Who answers the telephone at a unit today."""

    name: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class OpenTask:
    """Work left for a person of the office."""

    key: str
    kind: TaskKind
    unit: str
    text: str
    since: date


@dataclass(frozen=True, slots=True)
class WaitingBallot:
    """A ballot without a decision that is not void; ``run`` is the flow run that waits for the form, if one made it."""

    code: str
    cohort: str
    phase: PhaseKind
    projects: tuple[str, ...]
    made_on: date
    run: str = ""


@dataclass(frozen=True, slots=True)
class Post:
    """A mail as the office sees it; ``at`` is when it left or was to leave (aware), ``answer`` what the server said."""

    key: str
    at: datetime
    unit: str
    subject: str
    state: MailState
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that the desk is a view of."""

    on: date
    worlds: tuple[World, ...]
    calendar: Calendar = field(default_factory=Calendar)
    people: Mapping[str, Person] = field(default_factory=dict)
    """Unit code → its contact today."""
    tasks: tuple[OpenTask, ...] = ()
    ballots: tuple[WaitingBallot, ...] = ()
    answered_on: Mapping[str, date] = field(default_factory=dict)
    """Code of a rectification → when the unit last answered."""
    troubled: tuple[Post, ...] = ()
    recent: tuple[Post, ...] = ()
    mail_kept_back: str = ""
    """Why no mail leaves at all, or leaves for the units; empty: it does."""
