"""One link in a chain of reasons: what is so, since when, by which clause, and which record says it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum, auto

from models.rules.snapshot import Deadline, Fact, Project, World


class Answer(StrEnum):
    """Which question a deciding fact settles."""

    STATE = auto()
    GRADE = auto()
    CONDITION = auto()
    SCORE = auto()
    PUBLICITY = auto()
    SAMPLE = auto()
    LOT = auto()
    CONFLICT = auto()
    REMINDER = auto()
    SILENCE = auto()


@dataclass(frozen=True, slots=True)
class Deciding:
    """The fact without which an answer would be another one, for a machine."""

    answer: Answer
    records: tuple[str, ...]
    """``kind:key`` of what decides, several where only all of them together do. Facts are ``project:2025-S10#19`` and ``cohort:2025#4``
    (number in the history), others ``assessment:``, ``deadline:``, ``submission:``, ``rectification:``, ``recognition:``, ``honour:``,
    ``unit:``, ``waiver:``, ``statement:``, ``tie:``, ``home:`` with the parts of their key."""
    of: str = ""
    """Which one, where a project has several: the condition, phase and round, the duty."""
    lacks: bool = False
    """The records are not there, or do not say yes: that decides."""


@dataclass(frozen=True, slots=True)
class Link:
    """A sentence and what it rests on. ``depth`` 0 is an answer, 1 its ground, 2 the ground of that."""

    depth: int
    text: str
    on: date | None = None
    clause: str = ""
    seq: int | None = None
    """Number of the fact in the project's history, where one fact says it."""
    deciding: Deciding | None = None


def of_project(project: Project, seq: int) -> str:
    """Return the name of a fact of a project's history, by its number there."""
    return f"project:{project.code}#{seq}"


def of_cohort(world: World, fact: Fact) -> str:
    """Return the name of a fact of the cohort's history."""
    return f"cohort:{world.plan.cohort.cohort}#{fact.seq}"


def of_deadline(row: Deadline) -> str:
    """Return the name of a row of the table of deadlines."""
    return f"deadline:{row.phase}/{row.deliverable}/{row.subject or '*'}/{row.version}"
