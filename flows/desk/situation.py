"""What the desk is built from: the open cohorts, the calendar, today, and what was read beside them. No database in here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from config.vocabulary import MailState
from models.rules.calendar import Calendar
from models.rules.office_work import OfficeWork
from models.rules.snapshot import World


@dataclass(frozen=True, slots=True)
class Person:
    """Who answers the telephone at a unit today."""

    name: str = ""
    phone: str = ""


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
    work: OfficeWork = field(default_factory=OfficeWork)
    names: Mapping[str, str] = field(default_factory=dict)
    """Unit code → name, also of units outside the open cohorts."""
    troubled: tuple[Post, ...] = ()
    recent: tuple[Post, ...] = ()
    mail_kept_back: str = ""
    """Why no mail leaves at all, or leaves for the units; empty: it does."""
