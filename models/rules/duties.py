"""Who owes what, to whom, by when: the one view behind lists, reminders and boards (architecture, Tables)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from config.cohort import PhaseDates
from config.programme import DeliverableRule
from config.vocabulary import (
    AwardKind,
    DutyKind,
    Outcome,
    OwedBy,
    PhaseKind,
    ProjectState,
    RectificationState,
    SubmissionState,
    UnitKind,
)
from models.rules.calendar import Calendar
from models.rules.deadlines import begins_on, concerning, holding, internal_due
from models.rules.memory import remembered
from models.rules.snapshot import Deadline, Project, Rectification, Submission, World

DECLARE = "declare"
WITH_OFFICE = (SubmissionState.HANDED_IN, SubmissionState.COMPLETE, SubmissionState.RELEASED)
WITH_SO = (SubmissionState.AWAITING_ENDORSEMENT, *WITH_OFFICE)
RESTING = (ProjectState.SUSPENDED, ProjectState.WITHDRAWN, ProjectState.TERMINATED, ProjectState.INELIGIBLE, ProjectState.NOT_SELECTED)


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing owed by a unit; ``since`` is the first day on which writing about it makes sense."""

    key: str
    kind: DutyKind
    phase: str
    phase_kind: PhaseKind
    deliverable: str | None
    title: str
    project: str | None
    unit: str
    due_on: date
    official_due_on: date
    tag: str
    revision: int
    """How often its deadline has been set anew: the SEQUENCE of its calendar entry, never falling."""
    ladder: str | None
    call_on: date
    since: date
    done: bool
    done_on: date | None
    state: SubmissionState | None
    clause: str
    detail: str = ""
    """What of it is still lacking, where it can be done in part."""

    @property
    def name(self) -> str:
        """What people call it: a project's paper stands in book marks."""
        return f"《{self.title}》" if self.project and self.deliverable else self.title

    @property
    def owed_by(self) -> OwedBy:
        """Whether the unit owes its own paper, or the SO something for its branches."""
        return OwedBy.SO if self.kind in (DutyKind.ENDORSE, DutyKind.DECLARE) else OwedBy.UNIT

    @property
    def in_turn(self) -> bool:
        """Whether it can be done now: of the two who owe a branch's paper the SO's turn comes once the branch has handed in."""
        return self.kind != DutyKind.ENDORSE or self.state == SubmissionState.AWAITING_ENDORSEMENT

    @property
    def individual(self) -> bool:
        """Whether its day was granted to it alone."""
        return not self.tag.startswith("all.")

    def days_left(self, today: date) -> int:
        """Return calendar days to the due day; negative when late."""
        return (self.due_on - today).days


def duties(world: World, calendar: Calendar) -> tuple[Duty, ...]:
    """Return every duty of a cohort, done or not, by key."""
    found = [*_paper_duties(world, calendar), *_declare_duties(world), *_rectify_duties(world)]
    return tuple(sorted(found, key=lambda duty: duty.key))


@remembered(8)
def cached_duties(world: World, calendar: Calendar) -> tuple[Duty, ...]:
    """Return the duties of a world, computed once."""
    return duties(world, calendar)


def outstanding(all_duties: Iterable[Duty]) -> tuple[Duty, ...]:
    """Return those not done."""
    return tuple(duty for duty in all_duties if not duty.done)


def missing_sos(world: World) -> tuple[str, ...]:
    """Return the SOs with no declaration at all and no exemption (R41)."""
    return tuple(duty.unit for duty in _declare_duties(world) if not duty.done)


def _paper_duties(world: World, calendar: Calendar) -> Iterator[Duty]:
    programme = world.plan.programme
    for phase in world.plan.cohort.phases:
        owed_in = programme.phase(phase.kind).owed_in
        for project in world.projects:
            for rule in programme.owed_in(phase.kind, project.award_kind):
                paper = project.submissions.get(rule.key)
                owed = project.state in owed_in or (paper is not None and project.state not in RESTING)
                rows = _deadlines(world, phase, rule, project) if owed else ()
                if (deadline := holding(rows)) is not None:
                    yield from _of_paper(world, calendar, phase, rule, project, paper, deadline, len(rows) - 1)


def _deadlines(world: World, phase: PhaseDates, rule: DeliverableRule, project: Project) -> tuple[Deadline, ...]:
    subjects = [code for code in (project.code, project.unit.code, project.unit.parent) if code]
    return concerning(world.deadlines, phase.key, rule.key, subjects)


def _of_paper(  # noqa: PLR0913 - the parts of one duty
    world: World,
    calendar: Calendar,
    phase: PhaseDates,
    rule: DeliverableRule,
    project: Project,
    paper: Submission | None,
    deadline: Deadline,
    revision: int,
) -> Iterator[Duty]:
    state = paper.state if paper else None
    endorsed = rule.endorsed and project.award_kind == AwardKind.MODEL_BRANCH
    created = next((fact.effective_on for fact in project.facts if fact.event in ("create", "enrol")), deadline.call_on)
    since = max(begins_on(deadline), created)
    common: dict[str, Any] = {
        "phase": phase.key, "phase_kind": phase.kind, "deliverable": rule.key, "title": rule.title, "project": project.code, "state": state,
        "official_due_on": deadline.due_on, "tag": deadline.tag, "revision": revision, "call_on": deadline.call_on, "since": since,
        "clause": rule.clause,
    }  # fmt: skip
    base = f"{world.plan.cohort.cohort}:{phase.key}:{rule.key}:{project.code}"
    yield Duty(
        key=f"{base}:{DutyKind.HAND_IN}", kind=DutyKind.HAND_IN, unit=project.unit.code, ladder=deadline.ladder,
        due_on=internal_due(calendar, deadline) if endorsed else deadline.due_on,
        done=state in (WITH_SO if endorsed else WITH_OFFICE), done_on=paper.received_on if paper else None, **common,
    )  # fmt: skip
    if endorsed and project.unit.parent:
        yield Duty(
            key=f"{base}:{DutyKind.ENDORSE}", kind=DutyKind.ENDORSE, unit=project.unit.parent, ladder=deadline.endorse_ladder,
            due_on=deadline.due_on, done=state in WITH_OFFICE, done_on=paper.endorsed_on if paper else None, **common,
        )  # fmt: skip


def _declare_duties(world: World) -> Iterator[Duty]:
    declare = world.plan.cohort.declare
    if declare is None:
        return
    counts: dict[str | None, int] = {}
    for project in world.projects:
        if project.award_kind == AwardKind.MODEL_BRANCH and project.state != ProjectState.WITHDRAWN:
            counts[project.unit.parent] = counts.get(project.unit.parent, 0) + 1
    phase = world.plan.cohort.phase(declare.phase)
    for unit in (u for u in world.units.values() if u.kind == UnitKind.SO and not u.dissolved):
        rows = concerning(world.deadlines, declare.phase, DECLARE, [unit.code])
        if (deadline := holding(rows)) is None:
            continue
        yield Duty(
            key=f"{world.plan.cohort.cohort}:{phase.key}:{DECLARE}:{unit.code}:{DutyKind.DECLARE}", kind=DutyKind.DECLARE,
            phase=phase.key, phase_kind=phase.kind, deliverable=DECLARE, title=f"至少申报 {declare.at_least} 个样板党支部", project=None,
            unit=unit.code, due_on=deadline.due_on, official_due_on=deadline.due_on, tag=deadline.tag, revision=len(rows) - 1,
            ladder=deadline.ladder, call_on=deadline.call_on, since=begins_on(deadline), done_on=None, state=None, clause=declare.clause,
            done=unit.code in world.exempt or counts.get(unit.code, 0) >= declare.at_least,
        )  # fmt: skip


RECTIFIED_IN = {
    Outcome.FAILED: (PhaseKind.MID_TERM,),
    Outcome.DEFERRED: (PhaseKind.REVIEW, PhaseKind.CONSOLIDATION),
}
"""To which phases a rectification after an outcome belongs."""


def _rectify_duties(world: World) -> Iterator[Duty]:
    ladders = {row.after: row for row in world.plan.programme.rectification}
    for project in world.projects:
        for order in project.rectifications:
            phase = next((p for p in world.plan.cohort.phases if p.kind in RECTIFIED_IN[order.after]), None)
            if phase is not None and (project.state == ProjectState.RECTIFYING or _closed(order)):
                rule = ladders[order.after]
                yield _rectify_duty(world, phase, project, order, rule.ladder, rule.clause)


def _rectify_duty(world: World, phase: PhaseDates, project: Project, order: Rectification, ladder: str, clause: str) -> Duty:
    return Duty(
        key=f"{world.plan.cohort.cohort}:{phase.key}:rectify{order.round_no}:{project.code}:{DutyKind.RECTIFY}",
        kind=DutyKind.RECTIFY, phase=phase.key, phase_kind=phase.kind, deliverable=None, title=f"整改报告（第 {order.round_no} 轮）",
        project=project.code, unit=project.unit.code, due_on=order.due_on, official_due_on=order.due_on,
        tag=f"{order.code}.{order.due_version}", revision=order.due_version - 1, ladder=ladder,
        call_on=order.opened_on, since=order.moved_on or order.opened_on, done=_closed(order), done_on=None, state=None, clause=clause,
        detail=_items_left(order),
    )  # fmt: skip


def _items_left(order: Rectification) -> str:
    """Return how many items are not verified yet; of a past day the list itself is not kept, only how many were open."""
    return f"{len(order.items)} 项中 {order.items_open} 项未完成" if order.items else f"{order.items_open} 项未完成"


def _closed(order: Rectification) -> bool:
    return order.state not in (RectificationState.OPEN, RectificationState.REOPENED)
