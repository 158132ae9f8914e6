"""Who was accepted as excellent, and what the incentives of a cohort come to (R19, R62, R63)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from config.vocabulary import Level, Outcome, ProjectState
from models.rules.snapshot import Fact, Project, World


@dataclass(frozen=True, slots=True)
class Commendation:
    """A commendation of a unit, or of one of its members; ``seq`` is its number in the unit's history.

    ``member`` refers to a person: a name only where it has been read for showing.
    """

    unit: str
    seq: int
    title: str
    level: Level
    member: str
    document: str
    commended_on: date


@dataclass(frozen=True, slots=True)
class Award:
    """One line of the ledger; ``amount`` in yuan for funds, None for a commendation; ``what`` names the grade or the title."""

    kind: str
    unit: str
    name: str
    project: str
    member: str
    what: str
    level: str
    amount: Decimal | None
    document: str
    on: date | None
    """None: funds that are still to be granted."""


FUNDS, COMMENDATION = "支持经费", "表彰奖励"


def excellence(project: Project) -> Fact | None:
    """Return the acceptance of a project as excellent, or None where it was not, or does not stand as accepted."""
    accepted = project.latest("accept")
    if project.state != ProjectState.ACCEPTED or accepted is None or accepted.payload.get("outcome") != Outcome.EXCELLENT:
        return None
    return accepted


def ledger(world: World, commendations: tuple[Commendation, ...]) -> tuple[Award, ...]:
    """Return the funds of every excellent project, granted or to be granted, then the commendations."""
    funds = [award for project in world.projects if excellence(project) for award in _funds(project)]
    return (*funds, *(_commended(world, row) for row in sorted(commendations, key=lambda row: (row.commended_on, row.unit, row.seq))))


def _funds(project: Project) -> list[Award]:
    told = (FUNDS, project.unit.code, project.unit.name, project.code, "", Outcome.EXCELLENT.label, "")
    rows = [
        Award(*told, Decimal(fact.payload["amount"]), fact.payload["document"], date.fromisoformat(fact.payload["granted_on"]))
        for fact in project.all("grant_support")
    ]
    return rows or [Award(*told, None, "", None)]


def _commended(world: World, row: Commendation) -> Award:
    name = world.units[row.unit].name
    return Award(COMMENDATION, row.unit, name, "", row.member, row.title, row.level.label, None, row.document, row.commended_on)
