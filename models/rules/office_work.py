"""What waits for the office beside a cohort's own snapshot, as frozen values; read by ``models.office_work``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from config.vocabulary import PhaseKind, TaskKind


@dataclass(frozen=True, slots=True)
class OpenTask:
    """Work left for a person of the office; ``unit`` is the code of the unit it is about, "" where it is about none."""

    key: str
    kind: TaskKind
    unit: str
    text: str
    since: date


@dataclass(frozen=True, slots=True)
class WaitingBallot:
    """A ballot that is neither void nor decided nor replaced; ``run`` is the flow run that waits for the form, if one made it."""

    code: str
    cohort: str
    phase: PhaseKind
    projects: tuple[str, ...]
    """Those not decided elsewhere."""
    made_on: date
    run: str = ""


@dataclass(frozen=True, slots=True)
class Tie:
    """A tie to a unit that a member has declared, with the unit's SO where it is a branch."""

    unit: str
    name: str
    parent: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Panellist:
    """A panel member in office; ``home`` is the code of the unit they belong to, whose SO they may not assess (R46)."""

    code: str
    home: str | None = None
    name: str = ""
    home_name: str = ""
    home_so: str | None = None
    """The SO above ``home`` where that is a branch."""
    ties: tuple[Tie, ...] = ()

    @property
    def label(self) -> str:
        """Return code and name."""
        return f"{self.code} {self.name}".rstrip()


@dataclass(frozen=True, slots=True)
class OfficeWork:
    """Everything of the kind on a day."""

    tasks: tuple[OpenTask, ...] = ()
    ballots: tuple[WaitingBallot, ...] = ()
    answered_on: Mapping[str, date] = field(default_factory=dict)
    """Code of a rectification → when the unit last answered."""
    panel: tuple[Panellist, ...] = ()
