"""A project's moves, replayed from its facts: how it came from one state to the next."""

from dataclasses import dataclass

from config.vocabulary import Machine, ProjectState
from models.rules.lifecycle import transition
from models.rules.publicity import VOIDED
from models.rules.snapshot import Fact, Project


@dataclass(frozen=True, slots=True)
class Move:
    """One fact that led from a state to another (or, decided by the committee, back to the same)."""

    fact: Fact
    source: ProjectState
    target: ProjectState
    clause: str

    @property
    def decided(self) -> bool:
        """Return whether the committee decided it."""
        return "ballot" in self.fact.payload


def moves(project: Project) -> tuple[Move, ...]:
    """Return the moves of a project, oldest first."""
    state, found = ProjectState.NEW, []
    for fact in project.facts:
        row = transition(Machine.PROJECT, state, fact.event)
        move = Move(fact, state, ProjectState(row.target), row.clause)
        if move.source != move.target or move.decided or fact.event in VOIDED:
            found.append(move)
        state = move.target
    return tuple(found)
