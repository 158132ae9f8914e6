"""The shape of a cohort file: what one notice announces for one batch (title, dates, quotas), each row citing its clause."""

from datetime import date
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config.programme import Programme
from config.rows import Key, Row
from config.vocabulary import AwardKind, PhaseKind


class NoticeFile(Row):
    """The notice that mails cite."""

    title: str
    number: str | None = None
    issued_on: date


class PhaseDates(Row):
    """When a phase of the cohort runs; both days count. Phases may overlap."""

    key: Key
    kind: PhaseKind
    opens_on: date
    closes_on: date

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.closes_on < self.opens_on:
            msg = f"阶段 {self.key} 的结束日期 {self.closes_on} 早于开始日期 {self.opens_on}；请更正"
            raise ValueError(msg)
        return self


class DeadlineRow(Row):
    """The last day that counts for a deliverable, as the office sees it; ladders may be chosen per deadline."""

    phase: Key
    deliverable: Key
    due_on: date
    call_on: date | None = None
    """When units are called for it; empty: the day the phase opens."""
    ladder: Key | None = None
    endorse_ladder: Key | None = None


class QuietPeriod(Row):
    """Days, both included, on which nobody is chased (winter vacation): a rung before its deadline goes before, one after it later."""

    title: str
    from_on: date
    until_on: date

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.until_on < self.from_on:
            msg = f"静默期“{self.title}”的结束日期 {self.until_on} 早于开始日期 {self.from_on}；请更正"
            raise ValueError(msg)
        return self


class DeclareDuty(Row):
    """Every SO declares at least ``at_least`` branches by ``due_on`` (R41)."""

    phase: Key
    due_on: date
    at_least: int = Field(ge=1)


class CohortFile(BaseModel):
    """A cohort file as a whole."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    cohort: str = Field(pattern=r"^[0-9A-Za-z_-]{1,20}$")
    programme: Key
    title: str
    notice: NoticeFile
    starts_on: date
    ends_on: date
    expected: dict[AwardKind, int] = Field(default_factory=dict)
    """Announced number of projects per kind; a difference is a warning (R4)."""
    quotas: dict[AwardKind, int] = Field(default_factory=dict)
    """How many may be selected per kind; none: no limit."""
    has_baseline: bool = True
    phases: tuple[PhaseDates, ...] = Field(min_length=1)
    deadlines: tuple[DeadlineRow, ...]
    declare: DeclareDuty | None = None
    quiet: tuple[QuietPeriod, ...] = ()

    def phase(self, key: str) -> PhaseDates:
        """Return a phase by its key; raises KeyError."""
        for row in self.phases:
            if row.key == key:
                return row
        raise KeyError(key)


class Plan(BaseModel):
    """A cohort with the programme it follows: what `creation open` pins in the database."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    programme: Programme
    cohort: CohortFile

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.cohort.programme != self.programme.programme:
            msg = f"批次文件引用的方案 {self.cohort.programme} 与方案文件 {self.programme.programme} 不一致"
            raise ValueError(msg)
        for row in self.cohort.deadlines:
            _check_deadline(self, row)
        if self.cohort.declare:
            _check_in_phase(self, "declare", self.cohort.declare.phase, self.cohort.declare.due_on)
        return self


def _check_deadline(plan: Plan, row: DeadlineRow) -> None:
    where = f"deadlines.{row.deliverable}"
    phase = _check_in_phase(plan, where, row.phase, row.due_on)
    try:
        rule = plan.programme.deliverable(row.deliverable)
        for name in (row.ladder, row.endorse_ladder):
            if name is not None:
                plan.programme.ladder(name)
    except KeyError as error:
        msg = f"{where}：方案中没有 {error}；请改用方案文件里的 key"
        raise ValueError(msg) from None
    if rule.phase != phase.kind:
        msg = f"{where}：材料属于{rule.phase.label}，却列在阶段 {row.phase}({phase.kind.label})；请改 phase"
        raise ValueError(msg)


def _check_in_phase(plan: Plan, where: str, phase_key: str, on: date) -> PhaseDates:
    try:
        phase = plan.cohort.phase(phase_key)
    except KeyError:
        known = "、".join(row.key for row in plan.cohort.phases)
        msg = f"{where}：没有阶段 {phase_key}；可用：{known}"
        raise ValueError(msg) from None
    if not phase.opens_on <= on <= phase.closes_on:
        msg = f"{where}：日期 {on} 不在阶段 {phase_key} 之内（{phase.opens_on} 至 {phase.closes_on}）；请改日期或阶段"
        raise ValueError(msg)
    return phase
