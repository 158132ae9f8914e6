"""The shape of a programme file: what the notice lays down, one rule a row, each row citing its clause."""

from typing import Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config.handling import DigestRule, OfficeDutyRule
from config.mid_term import DefenceRule, SpotCheckRule, SupervisionRule
from config.publicity import PublicityRule
from config.rows import Key, Row
from config.rubrics import Rubric
from config.screening import EligibilityRule, NegativeItem, PaperCheck, Standard, StandardItem, SurveyRule
from config.standards import ComparisonRule
from config.vocabulary import (
    AwardKind,
    DocumentKind,
    DutyKind,
    MailKind,
    Outcome,
    PhaseKind,
    ProjectState,
    RecipientRole,
    UnitKind,
)


class PhaseRule(Row):
    """What a phase of one kind is, and in which project states its papers are owed."""

    kind: PhaseKind
    title: str
    owed_in: tuple[ProjectState, ...]


class DeliverableRule(Row):
    """A paper or record that a project owes in a phase."""

    key: Key
    phase: PhaseKind
    title: str
    award_kinds: tuple[AwardKind, ...]
    endorsed: bool = True
    """Whether the SO must endorse a branch's paper (R60); a benchmark SO signs its own."""
    pieces: int | None = None
    """Exact number of pieces, where the notice fixes one (R15)."""
    files_min: int = 0
    after: tuple[Key, ...] = ()
    """Deliverables that must be on record first (R14)."""
    form: DocumentKind | None = None
    """The annex on which the unit writes it; the call for it carries the form, filled in as far as the office knows (R67)."""
    ladder: Key
    endorse_ladder: Key | None = None


class Rung(BaseModel):
    """One reminder: ``offset`` working days from the deadline (negative before), ``reach`` steps up the escalation chain."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    offset: int
    mail: MailKind
    reach: int = Field(default=0, ge=0, le=4)

    @property
    def name(self) -> str:
        """How the history and the lists call this rung, e.g. ``T-3``, ``T0``, ``T+5``."""
        return f"T{self.offset:+d}" if self.offset else "T0"


class Ladder(Row):
    """The rungs of one kind of duty, in order; ``repeat_every`` working days after the last rung, ``repeat_times`` times."""

    key: Key
    rungs: tuple[Rung, ...] = Field(min_length=1)
    repeat_every: int = Field(default=0, ge=0)
    repeat_times: int = Field(default=0, ge=0, le=30)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        offsets = [rung.offset for rung in self.rungs]
        if offsets != sorted(set(offsets)):
            msg = f"阶梯 {self.key} 的 offset 必须从小到大且不重复，现为 {offsets}；请调整顺序或删除重复行"
            raise ValueError(msg)
        return self

    def all_rungs(self) -> tuple[Rung, ...]:
        """Return the rungs with the repetitions of the last one unrolled."""
        last = self.rungs[-1]
        extra = (last.model_copy(update={"offset": last.offset + self.repeat_every * n}) for n in range(1, self.repeat_times + 1))
        return (*self.rungs, *extra)


class EscalationChain(Row):
    """Who is written to at each ``reach``; beyond the end the last one stays (an SO cannot escalate to itself)."""

    unit_kind: UnitKind
    roles: tuple[Literal["contact", "secretary", "so_contact", "so_secretary", "office"], ...]

    def role(self, reach: int) -> RecipientRole:
        """Return who is written to at a reach."""
        return RecipientRole(self.roles[min(reach, len(self.roles) - 1)])


class RectificationRule(Row):
    """How long a rectification lasts after which decision, and how often it may be repeated (R53; length is ours to set)."""

    after: Outcome
    months: int = 0
    working_days: int = 0
    rounds_max: int = Field(ge=1)
    ladder: Key


class Practice(Row):
    """Office practice that the notice leaves open; every number is a setting."""

    internal_working_days: int = Field(ge=0)
    """How many working days before the office's deadline a branch hands in to its SO (R60)."""
    return_working_days: int = Field(ge=1)
    """Time for correcting a returned paper."""
    excellent_percent_max: int = Field(ge=0, le=100)
    mails_from: str
    mails_until: str
    overdue_from: str
    """HH:MM, business zone: overdue mails leave only from then, so that what arrived can be recorded first."""
    office_ladder: Key
    declare_ladder: Key
    return_ladder: Key
    ballot_waits_working_days: int = Field(default=3, ge=1)
    """A ballot without a decision is told to the office after so many working days, and again each so many."""
    ballot_chase_times_max: int = Field(default=10, ge=0)
    """How often at most."""


class Programme(BaseModel):
    """A programme file as a whole."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    programme: Key
    title: str
    phases: tuple[PhaseRule, ...]
    deliverables: tuple[DeliverableRule, ...]
    ladders: tuple[Ladder, ...]
    escalation: tuple[EscalationChain, ...]
    eligibility: tuple[EligibilityRule, ...]
    rubrics: tuple[Rubric, ...]
    survey: SurveyRule
    rectification: tuple[RectificationRule, ...]
    practice: Practice
    office_duties: tuple[OfficeDutyRule, ...] = ()
    publicity: tuple[PublicityRule, ...] = ()
    digest: DigestRule | None = None
    """None: the office gets no list of work (plans pinned before there was one)."""
    defence: DefenceRule | None = None
    spot_check: SpotCheckRule | None = None
    supervision: SupervisionRule | None = None
    """None of the three: the mid-term is held without them."""
    comparison: ComparisonRule | None = None
    standards: tuple[Standard, ...] = ()
    negative_list: tuple[NegativeItem, ...] = ()
    paper_checks: tuple[PaperCheck, ...] = ()

    @model_validator(mode="after")
    def _refers_to_what_exists(self) -> Self:
        known = {ladder.key for ladder in self.ladders}
        named = [(f"deliverables.{row.key}", name) for row in self.deliverables for name in (row.ladder, row.endorse_ladder)]
        named += [(f"rectification.{row.after}", row.ladder) for row in self.rectification]
        named += [("practice", self.practice.office_ladder), ("practice", self.practice.declare_ladder)]
        named += [("practice", self.practice.return_ladder)]
        named += [(f"office_duties.{row.kind}", row.ladder) for row in self.office_duties]
        self._screening_refers_to_what_exists()
        for where, name in named:
            if name is not None and name not in known:
                msg = f"{where} 引用的阶梯 {name} 不存在；可用：{'、'.join(sorted(known))}"
                raise ValueError(msg)
        _refuse_twice("deliverables", [row.key for row in self.deliverables])
        _refuse_twice("ladders", [row.key for row in self.ladders])
        _refuse_twice("eligibility", [row.key for row in self.eligibility])
        _refuse_twice("rubrics", [row.key for row in self.rubrics])
        _refuse_twice("standards", [row.key for row in self.standards])
        _refuse_twice("negative_list", [row.key for row in self.negative_list])
        _refuse_twice("paper_checks", [row.deliverable for row in self.paper_checks])
        _refuse_twice("office_duties", [row.kind for row in self.office_duties])
        _refuse_twice("publicity", [row.phase for row in self.publicity])
        for row in self.publicity:
            graded = {grade.outcome for rubric in self.rubrics if rubric.phase == row.phase for grade in rubric.grades}
            if unknown := [outcome for outcome in row.named if outcome not in graded]:
                msg = f"publicity.{row.phase} 的 named 写了该阶段没有的结论 {'、'.join(unknown)}；可用：{'、'.join(sorted(graded)) or '无'}"
                raise ValueError(msg)
        return self

    def _screening_refers_to_what_exists(self) -> None:
        standards, papers = {row.key for row in self.standards}, {row.key for row in self.deliverables}
        for row in self.eligibility:
            if row.rule == "standard" and row.standard not in standards:
                raise ValueError(f"eligibility.{row.key} 引用的标准 {row.standard} 不存在；可用：{'、'.join(sorted(standards)) or '无'}")
            if row.either is not None and row.either not in {other.key for other in self.eligibility if other.rule == "statement"}:
                raise ValueError(f"eligibility.{row.key} 的 either 引用的条件 {row.either} 不存在；请写另一项 rule: statement 的 key")
        for check in self.paper_checks:
            if check.deliverable not in papers:
                raise ValueError(f"paper_checks 引用的材料 {check.deliverable} 不存在；可用：{'、'.join(sorted(papers))}")

    def standard(self, key: str | None) -> Standard | None:
        """Return a standard by its key, if the programme has it."""
        return next((row for row in self.standards if row.key == key), None)

    def paper_check(self, deliverable: str) -> PaperCheck | None:
        """Return what a paper is looked at for when it arrives, if the programme says so."""
        return next((row for row in self.paper_checks if row.deliverable == deliverable), None)

    def phase(self, kind: PhaseKind) -> PhaseRule:
        """Return the rule of a kind of phase."""
        return next(row for row in self.phases if row.kind == kind)

    def deliverable(self, key: str) -> DeliverableRule:
        """Return a deliverable by its key; raises KeyError."""
        return _find(self.deliverables, key)

    def ladder(self, key: str) -> Ladder:
        """Return a ladder by its key; raises KeyError."""
        return _find(self.ladders, key)

    def chain(self, unit_kind: UnitKind) -> EscalationChain:
        """Return the escalation chain of a kind of unit."""
        return next(row for row in self.escalation if row.unit_kind == unit_kind)

    def rubric(self, phase: PhaseKind, award_kind: AwardKind) -> Rubric | None:
        """Return the rubric of a phase for a kind of award, if it has one."""
        return next((row for row in self.rubrics if row.phase == phase and award_kind in row.award_kinds), None)

    def standards_of(self, award_kind: AwardKind) -> tuple[StandardItem, ...]:
        """Return what a kind of award is held against item by item, in order (R6, R7, R20, R27)."""
        return tuple(item for row in self.standards if award_kind in row.award_kinds for item in row.items)

    def office_duty(self, kind: DutyKind) -> OfficeDutyRule | None:
        """Return how long the office or the panel has for a kind of duty, if the programme says so."""
        return next((row for row in self.office_duties if row.kind == kind), None)

    def publicity_of(self, phase: PhaseKind) -> PublicityRule | None:
        """Return how decisions of a phase are made public before they hold, or None where they are not."""
        return next((row for row in self.publicity if row.phase == phase), None)

    def owed_in(self, phase: PhaseKind, award_kind: AwardKind) -> tuple[DeliverableRule, ...]:
        """Return the deliverables of a phase for a kind of award, in file order."""
        return tuple(row for row in self.deliverables if row.phase == phase and award_kind in row.award_kinds)


_Keyed = TypeVar("_Keyed", DeliverableRule, Ladder)


def _find(rows: tuple[_Keyed, ...], key: str) -> _Keyed:
    for row in rows:
        if row.key == key:
            return row
    raise KeyError(key)


def _refuse_twice(where: str, keys: list[str]) -> None:
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        msg = f"{where} 中 key 重复：{'、'.join(twice)}；请改名或删除"
        raise ValueError(msg)
