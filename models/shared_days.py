"""Who still owes a paper under the day that holds for all, as one selection of rows ready for the table of reminders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from config.cohort import PhaseDates, Plan
from config.programme import DeliverableRule
from config.vocabulary import AwardKind, DutyKind, MailKind, RecipientRole, SubmissionState, UnitKind
from models.rules.calendar import ONE_DAY, Calendar
from models.rules.deadlines import begins_on, effective, internal_due
from models.rules.duties import RESTING, WITH_OFFICE, WITH_SO
from models.rules.ladder import PlannedRung, in_quiet, rung_days
from models.rules.reminders import CALL_RUNG
from models.rules.snapshot import Deadline
from models.tables import Event, Project, Reminder, Submission, Unit

COLUMNS = ("key", "kind", "cohort", "phase", "project", "unit", "deliverable", "duty", "rung", "role", "planned_on", "clause", "details")
"""Columns of ``reminder`` in the order of a selection."""
_P, _U, _E = Project.__table__, Unit.__table__, Event.__table__  # type: ignore[attr-defined]
_S, _NEWER = (Submission.__table__.alias(name) for name in ("paper", "newer"))  # type: ignore[attr-defined]
_SO = _U.alias("so")
_DETAILS = Reminder.__table__.c.details.type  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Debt:
    """One clock of one paper under the deadline that holds for all, for one kind of award."""

    kind: DutyKind
    award: AwardKind
    phase: PhaseDates
    rule: DeliverableRule
    deadline: Deadline
    due_on: date
    ladder: str | None
    done_in: tuple[SubmissionState, ...]
    owed_in: tuple[str, ...]

    @property
    def debtor(self) -> Any:
        """The unit that owes: the project's own, or its SO."""
        return _SO if self.kind == DutyKind.ENDORSE else _U

    def anyone(self, cohort: int, special: sa.ColumnElement[bool]) -> sa.Select[Any]:
        """Return the selection of the projects (ids) that still owe it and are not special."""
        owed = sa.or_(_P.c.state.in_(self.owed_in), sa.and_(_S.c.id.is_not(None), _P.c.state.not_in(RESTING)))
        stands = sa.func.coalesce(sa.type_coerce(_S.c.state, sa.String), "")  # of this PostgreSQL expects many rows, of IS NULL OR … one
        return self._whose(cohort, special, with_paper=False).where(owed, stands.not_in([str(done) for done in self.done_in]))

    def probes(self, cohort: int, special: sa.ColumnElement[bool], *, done: bool = False) -> list[sa.Select[Any]]:
        """Return selections that together are ``anyone`` (``done``: with those that have done it), each quick to find nothing."""
        without = self._whose(cohort, special, with_paper=False).where(_S.c.id.is_(None), _P.c.state.in_(self.owed_in))
        standing = sa.or_(_P.c.state.in_(self.owed_in), _P.c.state.not_in(RESTING))
        handed_in = self._whose(cohort, special, with_paper=True).where(standing)
        return [without, handed_in if done else handed_in.where(_S.c.state.not_in(self.done_in))]

    def _whose(self, cohort: int, special: sa.ColumnElement[bool], *, with_paper: bool) -> sa.Select[Any]:
        """Return the selection of the projects of the kind, each with the newest version of the paper where it has one."""
        newer = sa.and_(_NEWER.c.project_id == _S.c.project_id, _NEWER.c.deliverable == self.rule.key, _NEWER.c.version > _S.c.version)
        newest = sa.and_(_S.c.project_id == _P.c.id, _S.c.deliverable == self.rule.key, ~sa.exists().where(newer))
        rows = _P.join(_U, _U.c.id == _P.c.unit_id).join(_S, newest, isouter=not with_paper)
        if self.kind == DutyKind.ENDORSE:
            rows = rows.join(_SO, _SO.c.id == _U.c.parent_id)
        mine = (_P.c.cohort_id == cohort, _P.c.award_kind == self.award, sa.not_(special))
        return sa.select(_P.c.id).select_from(rows).where(*mine)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which projects share the days of all."""

    special: sa.ColumnElement[bool]
    """The condition of those that do not."""
    newest: date
    """On which day the newest project was entered: mostly before anybody is written to, so that no project's history must be looked up."""


@dataclass(frozen=True, slots=True)
class SharedLine:
    """One line that many get: which letter, about which clock, and the selection of its rows."""

    mail: MailKind
    duty: Debt
    rows: sa.Select[Any]


def open_debts(plan: Plan, calendar: Calendar, general: Sequence[Deadline], phase_key: str) -> tuple[Debt, ...]:
    """Return the clocks of a phase; ``general`` are the deadlines that hold for all, as recorded."""
    phase = plan.cohort.phase(phase_key)
    found: list[Debt] = []
    for award in AwardKind:
        for rule in plan.programme.owed_in(phase.kind, award):
            if (deadline := effective(general, phase.key, rule.key, ())) is not None:
                found += _clocks(plan, calendar, phase, rule, award, deadline)
    return tuple(found)


def _clocks(plan: Plan, calendar: Calendar, phase: PhaseDates, rule: DeliverableRule, award: AwardKind, deadline: Deadline) -> list[Debt]:
    """Return one clock, or two where the SO endorses (R60)."""
    owed_in = plan.programme.phase(phase.kind).owed_in
    endorsed = rule.endorsed and award == AwardKind.MODEL_BRANCH
    due = internal_due(calendar, deadline) if endorsed else deadline.due_on
    done = WITH_SO if endorsed else WITH_OFFICE
    clocks = [Debt(DutyKind.HAND_IN, award, phase, rule, deadline, due, deadline.ladder, done, owed_in)]
    if endorsed:
        endorse = deadline.endorse_ladder
        clocks.append(Debt(DutyKind.ENDORSE, award, phase, rule, deadline, deadline.due_on, endorse, WITH_OFFICE, owed_in))
    return clocks


def owing(cohort: int, plan: Plan, calendar: Calendar, debt: Debt, on: date, scope: Scope) -> list[SharedLine]:
    """Return the lines of a clock due up to a day: its latest rung for whoever was called before that day, the call for the others."""
    latest, found = _latest(plan, calendar, debt, on), []
    who = _debtors(debt, cohort, scope)
    before = calendar.shift(latest.planned_on, -1) if latest else date.min
    first, last = begins_on(debt.deadline), calendar.on_or_before(on)
    if latest and first <= before and not in_quiet(plan.cohort.quiet, on):
        rung = latest.rung
        roles = {kind: plan.programme.chain(kind).role(rung.reach) for kind in UnitKind}
        line = _line(plan, debt, who, (rung.mail, rung.name), roles, sa.literal(latest.planned_on, sa.Date))
        found.append(SharedLine(rung.mail, debt, line.where(who.c.began <= before)))
    if max(first, scope.newest) > before and first <= last:
        day = _called_on(calendar, who.c.began, max(before, first), on)
        call = _line(plan, debt, who, (MailKind.CALL, CALL_RUNG), dict.fromkeys(UnitKind, RecipientRole.CONTACT), day)
        found.append(SharedLine(MailKind.CALL, debt, call.where(who.c.began > before, who.c.began <= last)))
    return found


def _latest(plan: Plan, calendar: Calendar, debt: Debt, on: date) -> PlannedRung | None:
    """Return the rung that has come due last: everyone who was called before its day gets it."""
    if debt.ladder is None:
        return None
    rungs = rung_days(calendar, plan.programme.ladder(debt.ladder), debt.due_on, plan.cohort.ends_on, plan.cohort.quiet)
    return next((one for one in reversed(rungs) if one.planned_on <= on), None)


def _debtors(debt: Debt, cohort: int, scope: Scope) -> sa.Subquery:
    """Return who owes, and from when on each is written to: the deadline's own day, or that of the project if it came later."""
    general = sa.literal(begins_on(debt.deadline), sa.Date)
    first = sa.and_(_E.c.stream == _text("project:") + _P.c.code, _E.c.seq == 1)
    made = sa.select(_E.c.effective_on).where(first).correlate(_P).scalar_subquery()
    began = general if scope.newest <= begins_on(debt.deadline) else sa.case((made > general, made), else_=general)
    unit = debt.debtor.c
    shown = (_P.c.code.label("project"), unit.code.label("unit"), unit.kind.label("unit_kind"), began.label("began"))
    return debt.anyone(cohort, scope.special).with_only_columns(*shown).subquery("debtors")


def _called_on(calendar: Calendar, began: sa.ColumnElement[date], first: date, last: date) -> sa.ColumnElement[date]:
    """Return the working day on which a call goes that is due from ``began`` on, a day after ``first`` and up to ``last``."""
    days = [first + ONE_DAY * n for n in range((last - first).days + 1)]
    rests = [day for day in days if not calendar.is_working_day(day)]
    if not rests:
        return began
    to = [(began == sa.literal(day, sa.Date), sa.literal(calendar.on_or_after(day), sa.Date)) for day in rests]
    return sa.case(*to, else_=began)


def _line(
    plan: Plan,
    debt: Debt,
    who: sa.Subquery,
    what: tuple[MailKind, str],
    roles: Mapping[UnitKind, RecipientRole],
    day: sa.ColumnElement[date],
) -> sa.Select[Any]:
    """Return the selection of one line for each debtor; the key is that of ``reminders.line_key``."""
    (mail, rung), cohort, phase, paper = what, plan.cohort.cohort, debt.phase.key, debt.rule.key
    to_so, to_branch = roles[UnitKind.SO], roles[UnitKind.BRANCH]
    before, after = f"{cohort}:{phase}:{paper}:", f":{debt.kind}"
    duty = _text(before) + who.c.project + _text(after)
    start, tail = _text(f"{mail}:{before}") + who.c.project, f"{after}:{debt.deadline.tag}:{rung}:"
    if to_so == to_branch:
        role, key = _text(to_so), start + _text(f"{tail}{to_so}")
    else:
        of_so = who.c.unit_kind == UnitKind.SO
        role = sa.case((of_so, _text(to_so)), else_=_text(to_branch))
        key = start + sa.case((of_so, _text(f"{tail}{to_so}")), else_=_text(f"{tail}{to_branch}"))
    values: tuple[sa.ColumnElement[Any], ...] = (
        key, _text(mail), _text(cohort), _text(phase), who.c.project, who.c.unit, _text(paper), duty, _text(rung), role, day,
        _text(debt.rule.clause), sa.literal({}, _DETAILS),
    )  # fmt: skip
    return sa.select(*(value.label(name) for name, value in zip(COLUMNS, values, strict=True)))


def _text(value: str) -> sa.ColumnElement[str]:
    return sa.literal(str(value), sa.String)
