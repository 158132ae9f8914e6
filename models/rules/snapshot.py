"""What rules look at: frozen values read from the database by ``models.loading``; rules never see a table row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from config.cohort import Plan
from config.vocabulary import (
    AwardKind,
    BranchKind,
    HonourKind,
    Level,
    Outcome,
    PhaseKind,
    ProjectState,
    RecognitionKind,
    RectificationState,
    SubmissionState,
    UnitKind,
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A Party organisation; ``parent`` is the code of a branch's SO."""

    code: str
    name: str
    kind: UnitKind
    branch_kind: BranchKind | None = None
    parent: str | None = None
    founded_on: date | None = None
    planned_end_on: date | None = None
    secretary_is_dual_leader: bool | None = None
    dissolved: bool = False


@dataclass(frozen=True, slots=True)
class Honour:
    """A commendation or a good appraisal grade of a unit or its secretary (R24, R32)."""

    unit: str
    kind: HonourKind
    level: Level
    awarded_on: date
    to_secretary: bool = False
    title: str = ""


@dataclass(frozen=True, slots=True)
class Recognition:
    """An earlier approval that excludes an organisation (R42)."""

    unit: str
    kind: RecognitionKind
    level: Level
    approved_on: date


@dataclass(frozen=True, slots=True)
class Fact:
    """One event of a project's history that a rule may need; corrected ones are left out by the loader."""

    seq: int
    event: str
    effective_on: date
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Submission:
    """The newest version of a paper of a project."""

    deliverable: str
    version: int
    state: SubmissionState
    received_on: date | None
    endorsed_on: date | None
    pieces: int
    files: int


@dataclass(frozen=True, slots=True)
class Assessment:
    """One assessor's scores for one part of a rubric; ``round_no`` 0 is the first, n follows rectification n."""

    phase: PhaseKind
    part: str
    round_no: int
    assessor: str
    scores: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class RectificationItem:
    """One thing to put right; ``verified`` None: not judged, False: sent back; ``files`` is how many pieces of evidence there are."""

    number: int
    text: str
    answer: str = ""
    verified: bool | None = None
    files: int = 0
    note: str = ""

    @property
    def waits_for_unit(self) -> bool:
        """Whether the unit has to answer it: it has not yet, or what it answered was sent back."""
        return self.verified is False or (self.verified is None and not self.answer)

    @property
    def standing(self) -> str:
        """How it stands."""
        if self.verified is not None:
            return "已核实" if self.verified else "已退回，待重新整改"
        return "已答复，待核实" if self.answer else "待整改"


@dataclass(frozen=True, slots=True)
class Rectification:
    """One round of rectification of a project."""

    code: str
    round_no: int
    after: Outcome
    state: RectificationState
    opened_on: date
    due_on: date
    due_version: int
    items_open: int
    items: tuple[RectificationItem, ...] = ()
    moved_on: date | None = None
    """When its day was last set anew; None: never."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What the committee decided about a project."""

    phase: PhaseKind
    round_no: int
    outcome: Outcome
    decided_on: date


@dataclass(frozen=True, slots=True)
class Project:
    """One unit's run in one cohort, with everything on record about it."""

    code: str
    unit: Unit
    award_kind: AwardKind
    state: ProjectState
    seq: int
    submissions: Mapping[str, Submission] = field(default_factory=dict)
    facts: tuple[Fact, ...] = ()
    assessments: tuple[Assessment, ...] = ()
    rectifications: tuple[Rectification, ...] = ()
    decisions: tuple[Decision, ...] = ()

    def latest(self, event: str) -> Fact | None:
        """Return the newest fact of that name, or None."""
        return next((fact for fact in reversed(self.facts) if fact.event == event), None)

    def all(self, event: str) -> tuple[Fact, ...]:
        """Return all facts of that name, oldest first."""
        return tuple(fact for fact in self.facts if fact.event == event)

    def decided(self, phase: PhaseKind, round_no: int = 0) -> Decision | None:
        """Return the committee's decision of a phase and round, or None."""
        return next((d for d in self.decisions if d.phase == phase and d.round_no == round_no), None)


@dataclass(frozen=True, slots=True)
class Deadline:
    """One row of the append-only table of deadlines; ``subject`` is a project or unit code, None for all."""

    phase: str
    deliverable: str
    subject: str | None
    due_on: date
    version: int
    internal_days: int
    call_on: date
    ladder: str
    endorse_ladder: str | None
    basis: str
    set_on: date

    @property
    def tag(self) -> str:
        """Part of the reminder key: a new version arms a new ladder."""
        return f"{self.subject or 'all'}.{self.version}"


@dataclass(frozen=True, slots=True)
class World:
    """A cohort as it stands."""

    plan: Plan
    units: Mapping[str, Unit]
    projects: tuple[Project, ...]
    deadlines: tuple[Deadline, ...]
    exempt: frozenset[str] = frozenset()
    honours: tuple[Honour, ...] = ()
    recognitions: tuple[Recognition, ...] = ()
    facts: tuple[Fact, ...] = ()
    """What is on record about the cohort itself: draws, sittings, supplementary notices."""
    _by_code: Mapping[str, Project] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the projects: every line of every letter asks for one."""
        object.__setattr__(self, "_by_code", {project.code: project for project in self.projects})

    def latest(self, event: str) -> Fact | None:
        """Return the cohort's newest fact of that name, or None."""
        return next((fact for fact in reversed(self.facts) if fact.event == event), None)

    def all(self, event: str) -> tuple[Fact, ...]:
        """Return all facts of the cohort of that name, oldest first."""
        return tuple(fact for fact in self.facts if fact.event == event)

    def project(self, code: str) -> Project:
        """Return a project by its code; raises KeyError."""
        return self._by_code[code]

    def branches_of(self, so_code: str) -> tuple[Unit, ...]:
        """Return the branches of an SO, by code; one that has been dissolved is none any more."""
        return tuple(sorted((u for u in self.units.values() if u.parent == so_code and not u.dissolved), key=lambda u: u.code))
