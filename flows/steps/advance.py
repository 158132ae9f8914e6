"""What a run of a phase is given and gives back, and the order of its steps: one table for flows, timetable and command line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlalchemy.engine import Engine

from config.clock import business_day
from config.vocabulary import AuthMethod, PhaseKind
from flows.forms.people import person_of
from flows.forms.schema import CHOICES, TODAY, code_of, plain_schema
from flows.steps.errors import refuse
from models.business_clock import business_now
from models.history import Act
from models.loading import cohort_row, load_plan
from models.store import reading

SYSTEM = "系统"
"""How the history names what no person did: the timetable, a run that a schedule made."""


class Advance(BaseModel):
    """办理一个阶段：把批次推进到日历所要求的位置，可重复办理。"""

    model_config = ConfigDict(frozen=True, json_schema_extra=plain_schema)
    cohort: str = Field(title="批次", description="从清单中选择", examples=["2025"], json_schema_extra={"position": 0, CHOICES: "cohort"})
    phase: str | None = Field(
        default=None,
        title="阶段",
        description="同一类阶段在批次中出现多次时选择",
        json_schema_extra={"position": 1, CHOICES: "phase"},
    )
    on: date | None = Field(
        default=None, title="办理日期", description="通常是今天；不能晚于今天", json_schema_extra={"position": 2, TODAY: True}
    )
    recorded_by: str | None = Field(
        default=None, title="办理人", description="选择您本人；不选的记为系统办理", json_schema_extra={"position": 3, CHOICES: "person"}
    )

    @field_validator("cohort", "phase")
    @classmethod
    def _code(cls, label: str | None) -> str | None:
        """Take the code alone: the drop-down shows the name behind it."""
        return label and (code_of(label) or label)


@dataclass(frozen=True, slots=True)
class Stage:
    """A phase of a cohort on a business day, as every step gets it: ids and dates, never rows."""

    cohort: str
    phase: str
    kind: PhaseKind
    on: date
    act: Act


@dataclass(frozen=True, slots=True)
class StepResult:
    """What one step did."""

    step: str
    transitions: int = 0
    planned: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Board:
    """Where a phase stands after a run."""

    cohort: str
    phase: str
    on: date
    states: Mapping[str, int]
    done: int
    outstanding: int
    overdue: int
    transitions: int
    planned: int
    attention: tuple[str, ...] = ()
    steps: tuple[StepResult, ...] = field(default_factory=tuple)


def act_of(engine: Engine, advance: Advance, origin: str, otherwise: str = SYSTEM) -> Act:
    """Return the act of who is named on the form; where nobody is, a program does it, under the name ``otherwise``."""
    on = today_of(engine, advance)
    if not advance.recorded_by:
        return Act(actor=otherwise, origin=origin, on=on, auth_method=AuthMethod.SYSTEM)
    with reading(engine) as session:
        return Act(actor=person_of(session, advance.recorded_by), origin=origin, on=on)


def stage_for(engine: Engine, kind: PhaseKind, advance: Advance, origin: str, otherwise: str = SYSTEM) -> Stage:
    """Check a request against the pinned plan and today; refused by name when it does not fit."""
    with reading(engine) as session:
        plan = load_plan(cohort_row(session, advance.cohort))
    act = act_of(engine, advance, origin, otherwise)
    phases = [row for row in plan.cohort.phases if row.kind == kind and advance.phase in (None, row.key)]
    if not phases:
        raise refuse(f"批次 {advance.cohort} 没有“{kind.label}”阶段", f"该批次的阶段：{'、'.join(p.key for p in plan.cohort.phases)}")
    if len(phases) > 1:
        raise refuse(f"批次 {advance.cohort} 有 {len(phases)} 个“{kind.label}”阶段", "请填写阶段代码")
    return Stage(advance.cohort, phases[0].key, kind, act.on, act)


def today_of(engine: Engine, advance: Advance) -> date:
    """Return the day a request is for: today by the business clock, or an earlier day; a later one is refused."""
    with reading(engine) as session:
        today = business_day(business_now(session))
    on = advance.on or today
    if on > today:
        raise refuse(f"办理日期 {on} 晚于今天 {today}", "请留空或改为今天以前的日期")
    return on
