"""What a letter says: plain values only, so that a template can reach nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from config.vocabulary import DutyKind, MailKind, SubmissionState

ROWS_MAX = 200
"""Rows of one table or list in a letter; what is beyond is counted, not shown."""
OVERDUE = "逾期"
"""The status of a duty that is late and neither done nor returned."""
Extra = Mapping[str, str | int | tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Office:
    """The signature block (settings, R68)."""

    name: str
    phone: str
    email: str
    room: str


@dataclass(frozen=True, slots=True)
class DutyLine:
    """One duty as a letter shows it; ``last_working_day`` is the due day itself or the working day before it."""

    title: str
    unit: str
    kind_label: str
    due_on: date
    last_working_day: date
    days_left: int
    status: str
    phone: str = ""
    phase_title: str = ""
    owed_by: str = ""
    """Who has to act, where that is not ``unit``: the SO that endorses a branch's paper."""
    official_due_on: date | None = None
    """The day on which the school expects the paper, where ``due_on`` is the earlier one on which the SO does (R60)."""

    @property
    def days_late(self) -> int:
        """Calendar days after the due day, 0 while it is in time."""
        return max(0, -self.days_left)

    @property
    def overdue(self) -> bool:
        """Whether the status says so; a duty done late is no longer overdue."""
        return self.status == OVERDUE

    @property
    def returned(self) -> bool:
        """Whether a returned paper has not come back."""
        return self.status == SubmissionState.RETURNED.label

    @property
    def due_on_rest_day(self) -> bool:
        """Whether the due day is no working day (R16: the date stands, the letter names the last working day)."""
        return self.last_working_day < self.due_on


@dataclass(frozen=True, slots=True)
class UnitLines:
    """The lines of one unit in the office's list."""

    unit: str
    phone: str
    lines: tuple[DutyLine, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter to one recipient; what ``extra`` must hold for a kind stands in the catalogue."""

    kind: MailKind
    salutation: str
    office: Office
    notice_title: str
    cohort_title: str
    signed_on: date
    lines: tuple[DutyLine, ...] = ()
    all_duties: tuple[DutyLine, ...] = ()
    unit: str = ""
    extra: Extra = field(default_factory=dict)
    greeting_person: str = ""
    notice_number: str = ""
    for_branches: bool = False
    """Whether it tells an SO the lines of its branches as well (CREATION_MAIL_PER_SO)."""
    submit_to: str = ""
    """How to hand in, a whole sentence; empty: by reply or to the office's address and room."""
    enclosed: tuple[str, ...] = ()
    """File names of the Word documents that go with it."""

    @property
    def to_office(self) -> bool:
        """Whether the office writes to itself: the last step of an SO's escalation."""
        return self.salutation == self.office.name

    @property
    def addressees(self) -> str:
        """Whose matters it is about."""
        return "贵单位及所属党支部" if self.for_branches else "贵单位"

    @property
    def late_lines(self) -> tuple[DutyLine, ...]:
        """The lines whose due day has passed."""
        return tuple(line for line in self.lines if line.days_late)

    @property
    def due_today(self) -> tuple[DutyLine, ...]:
        """The lines whose due day it is."""
        return tuple(line for line in self.lines if line.days_left == 0)

    @property
    def undeclared(self) -> tuple[DutyLine, ...]:
        """The lines of SOs that have not declared as many branches as they must (R41)."""
        return tuple(line for line in self.lines if line.kind_label == DutyKind.DECLARE.label)

    @property
    def owing(self) -> tuple[DutyLine, ...]:
        """The other lines."""
        return tuple(line for line in self.lines if line.kind_label != DutyKind.DECLARE.label)

    @property
    def owing_units(self) -> int:
        """How many units that is."""
        return len({line.owed_by or line.unit for line in self.owing})

    @property
    def by_unit(self) -> tuple[UnitLines, ...]:
        """What is owed, as far as it is shown, by owing unit and telephone, in order of first appearance."""
        groups: dict[tuple[str, str], list[DutyLine]] = {}
        for line in self.owing[:ROWS_MAX]:
            groups.setdefault((line.owed_by or line.unit, line.phone), []).append(line)
        return tuple(UnitLines(unit, phone, tuple(lines)) for (unit, phone), lines in groups.items())


@dataclass(frozen=True, slots=True)
class Rendered:
    """A letter ready to be put into a mail."""

    subject: str
    text: str
    html: str
