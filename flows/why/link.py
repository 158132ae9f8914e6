"""One link in a chain of reasons: what is so, since when, by which clause, and which record says it."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Link:
    """A sentence and what it rests on. ``depth`` 0 is an answer, 1 its ground, 2 the ground of that."""

    depth: int
    text: str
    on: date | None = None
    clause: str = ""
    seq: int | None = None
    """Number of the fact in the project's history, where one fact says it."""
    deciding: bool = False
    """Without this fact the answer would be another one."""
