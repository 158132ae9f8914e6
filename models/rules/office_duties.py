"""What the office and the panel owe: the same view as ``duties``, with other debtors (R10, R17, R45–R47, R49, R53, R57, R62).

What scores are lacking follows from the assignments of a project where there are any: then each of those assigned owes a sheet. Without
any it follows from the rubric, and every panel member who may score and has not done so can close the gap. What follows from a decision
(publicity, objections, funds) stands in ``aftermath``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from config.cohort import PhaseDates
from config.rubrics import Rubric, RubricPart
from config.vocabulary import DutyKind, OwedBy, PhaseKind, ProjectState, RectificationState, SubmissionState
from models.rules import decisions
from models.rules.aftermath import Ground, aftermath
from models.rules.calendar import ONE_DAY, Calendar
from models.rules.committee import before_committee, decided_kinds
from models.rules.completeness import defects
from models.rules.duties import Duty, cached_duties, outstanding
from models.rules.lifecycle import ACTIVE
from models.rules.memory import remembered
from models.rules.negative_list import looked_at
from models.rules.office_work import OfficeWork, OpenTask
from models.rules.panels import assigned
from models.rules.recusal import ground
from models.rules.snapshot import Project, World
from models.rules.spot_checks import applying, choice, must_be_visited, visits


@dataclass(frozen=True, slots=True)
class OfficeDuty:
    """One thing owed by the office or the panel; it exists while it is open. ``since`` is the day on which its ground arose."""

    key: str
    kind: DutyKind
    owed_by: OwedBy
    phase: str | None
    phase_kind: PhaseKind | None
    deliverable: str | None
    title: str
    project: str | None
    unit: str | None
    """Whose paper or matter it is."""
    since: date
    due_on: date
    clause: str
    detail: str = ""
    """What of it is still lacking, where it can be done in part."""
    projects: tuple[str, ...] = ()
    """Where it is about several: what stands on a ballot or can be put on one."""
    persons: tuple[str, ...] = ()
    """Codes of the panel members any of whom can do it."""

    def days_left(self, today: date) -> int:
        """Return calendar days to the due day; negative when late."""
        return (self.due_on - today).days


Owed = Duty | OfficeDuty


def owed(world: World, calendar: Calendar, work: OfficeWork, on: date) -> tuple[Owed, ...]:
    """Return everything that anybody owes on a day, by due day: what units have been called for, what the office and the panel have."""
    units = [duty for duty in outstanding(cached_duties(world, calendar)) if duty.call_on <= on]
    own = [*office_duties(world, calendar, work), *task_duties(world, calendar, work.tasks)]
    return tuple(sorted([*units, *(duty for duty in own if duty.since <= on)], key=lambda duty: (duty.due_on, duty.key)))


@remembered(8)
def office_duties(world: World, calendar: Calendar, work: OfficeWork) -> tuple[OfficeDuty, ...]:
    """Return what the office and the panel owe in a cohort, by key, also what will only be owed later; tasks come beside it."""
    return tuple(sorted(_View(world, calendar, work).duties(), key=lambda duty: duty.key))


def task_duties(world: World, calendar: Calendar, tasks: Iterable[OpenTask]) -> tuple[OfficeDuty, ...]:
    """Return the office's open tasks as duties; they belong to no cohort, whose programme only says how long there is."""
    rule = world.plan.programme.office_duty(DutyKind.TASK)
    days, clause = (rule.working_days, rule.clause) if rule else (0, "P.office")
    return tuple(
        OfficeDuty(
            task.key, DutyKind.TASK, OwedBy.OFFICE, None, None, None, f"{task.kind.label}：{task.text}", None, task.unit or None,
            task.since, max(task.since, calendar.shift(task.since, days)), clause,
        )
        for task in tasks
    )  # fmt: skip


def _lacking(part: RubricPart, given: set[str], named: tuple[str, ...], persons: tuple[str, ...]) -> str:
    """Return how many sheets are lacking, and for how many of them somebody has yet to be assigned."""
    if not named:
        return f"还缺 {part.assessors_min - len(given)} 人"
    gone = len(set(named) - given - set(persons))
    short = max(0, part.assessors_min - len(given | set(persons)))
    told = [f"还缺 {len(persons)} 人"] if persons else []
    told += [f"{gone} 人须回避或已离任，请撤销后另派"] if gone else []
    return "，".join([*told, *([f"须再分派 {short} 人"] if short else [])])


ENTERED = {
    ProjectState.SHORTLISTED: ("pass_initial_review",),
    ProjectState.BUILDING: ("select", "enrol", "continue_support"),
    ProjectState.UNDER_ACCEPTANCE: ("enter_acceptance",),
}
"""By which events a project comes into a state in which it is assessed."""


@dataclass(slots=True)
class _View:
    """One cohort looked at once."""

    world: World
    calendar: Calendar
    work: OfficeWork
    papers_due: dict[tuple[str, str], date] = field(init=False)
    phases: dict[PhaseKind, PhaseDates] = field(init=False)

    def __post_init__(self) -> None:
        self.papers_due = {}
        for duty in cached_duties(self.world, self.calendar):
            if duty.project and duty.deliverable:
                key = duty.project, duty.phase
                self.papers_due[key] = max(duty.official_due_on, self.papers_due.get(key, duty.official_due_on))
        self.phases = {phase.kind: phase for phase in reversed(self.world.plan.cohort.phases)}

    def duties(self) -> Iterator[OfficeDuty]:
        for project in self.world.projects:
            yield from self._papers(project)
            yield from self._review(project)
            yield from self._verify(project)
            for phase in (self.phases[kind] for kind in self.phases if decisions.assessable(project, kind)):
                yield from self._looks(project, phase)
                yield from self._scores(project, phase)
        for kind in decided_kinds(self.world):
            yield from self._committee(self.phases[kind])
        for found in aftermath(self.world):
            yield self._after_decision(found)

    def _after_decision(self, ground: Ground) -> OfficeDuty:
        """Return the duty of a ground; no phase ends it, and a period of publicity says itself when it ends."""
        project = self.world.project(ground.project) if ground.project else None
        made = self._duty(
            ground.kind, self.phases.get(ground.phase), project, ground.since, ground.title, part=ground.part, until_end=False,
            detail=ground.detail, projects=ground.projects,
        )  # fmt: skip
        return replace(made, due_on=ground.due_on, clause="P.publicity") if ground.due_on else made

    def _papers(self, project: Project) -> Iterator[OfficeDuty]:
        """A paper in order is marked complete by itself; one with defects waits for a person."""
        rules = {rule.key: rule for rule in self.world.plan.programme.deliverables}
        for key, paper in project.submissions.items() if project.state in ACTIVE else ():
            arrived = paper.endorsed_on or paper.received_on
            if paper.state != SubmissionState.HANDED_IN or arrived is None or not (found := defects(rules[key], paper, project)):
                continue
            faults = "；".join(found)
            for other, rule in rules.items():  # the rule speaks of keys, the office of titles
                faults = faults.replace(f" {other}", f"《{rule.title}》")
            title = f"《{rules[key].title}》有缺：{faults}"
            yield self._duty(DutyKind.CHECK_PAPER, self.phases.get(rules[key].phase), project, arrived, title, deliverable=key)

    def _review(self, project: Project) -> Iterator[OfficeDuty]:
        declared, phase = project.latest("declare"), self.phases.get(PhaseKind.DECLARATION)
        if declared and phase and project.state == ProjectState.DECLARED:
            since = declared.effective_on
            counted_from = self.papers_due.get((project.code, phase.key), since)
            yield self._duty(DutyKind.INITIAL_REVIEW, phase, project, since, "待初审", counted_from=counted_from)

    def _verify(self, project: Project) -> Iterator[OfficeDuty]:
        for order in project.rectifications:
            if order.state == RectificationState.ANSWERED:
                kind = next((kind for kind, after in decisions.AFTER.items() if after == order.after and kind in self.phases), None)
                phase = self.phases[kind] if kind else None
                since = self.work.answered_on.get(order.code, order.opened_on)
                title = f"整改答复待核实（第 {order.round_no} 轮）"
                yield self._duty(
                    DutyKind.VERIFY, phase, project, since, title, part=order.code, detail=f"{order.items_open} 项", until_end=False
                )

    def _looks(self, project: Project, phase: PhaseDates) -> Iterator[OfficeDuty]:
        for kind, title in ((DutyKind.CHECK_NEGATIVE_LIST, "负面清单待核查"), (DutyKind.VISIT, "尚无实地考察记录")):
            rule = self.world.plan.programme.office_duty(kind)
            if rule is None or phase.kind not in rule.phases:
                continue
            done = visits(self.world, project, phase.kind) if kind == DutyKind.VISIT else looked_at(self.world, project, phase.kind)
            if not done and (kind != DutyKind.VISIT or must_be_visited(self.world, project, phase.kind)):
                yield self._duty(kind, phase, project, self._to_look_since(project, phase), title)

    def _to_look_since(self, project: Project, phase: PhaseDates) -> date:
        """Return from when a project is to be looked at: a visit of the sample from the day of the draw, though papers are not yet due."""
        chosen = choice(self.world, project, phase.kind)
        return chosen.on if chosen else self._up_since(project, phase)

    def _scores(self, project: Project, phase: PhaseDates) -> Iterator[OfficeDuty]:
        rubric: Rubric | None = self.world.plan.programme.rubric(phase.kind, project.award_kind)
        number = decisions.round_no(project, phase.kind)
        for part in applying(self.world, rubric, project, number) if rubric else ():
            given = {a.assessor for a in project.assessments if (a.phase, a.round_no, a.part) == (phase.kind, number, part.key)}
            named = assigned(project, phase.kind, part.key, number)
            lacking = len(set(named) - given) if named else 0
            if len(given) < part.assessors_min or lacking:
                persons = self._can_score(project, part, given, named)
                yield self._duty(
                    DutyKind.SCORE, phase, project, self._up_since(project, phase), f"{part.title}待评分", part=f"{part.key}.{number}",
                    detail=_lacking(part, given, named, persons), owed_by=part.scored_by, until_end=not number, persons=persons,
                )  # fmt: skip

    def _can_score(self, project: Project, part: RubricPart, given: set[str], named: tuple[str, ...]) -> tuple[str, ...]:
        """Return who of the panel is to score and has not: those assigned, else all; nobody scores a project of their own SO (R46)."""
        if part.scored_by != OwedBy.PANEL:
            return ()
        mine = (person for person in self.work.panel if person.code not in given and (not named or person.code in named))
        return tuple(person.code for person in mine if not ground(person, project.unit))

    def _up_since(self, project: Project, phase: PhaseDates) -> date:
        """Return from when a project is to be assessed: in its state, its phase open, the papers' deadline past or its answer in."""
        if project.state == ProjectState.RECTIFYING:
            order = project.rectifications[-1]
            return self.work.answered_on.get(order.code, order.due_on)
        entered = [fact.effective_on for name in ENTERED.get(project.state, ()) if (fact := project.latest(name))]
        papers = [day + ONE_DAY] if (day := self.papers_due.get((project.code, phase.key))) else []
        return max([phase.opens_on, *entered, *papers])

    def _committee(self, phase: PhaseDates) -> Iterator[OfficeDuty]:
        for row in before_committee(self.world, phase.kind, self.work.ballots):
            ready = tuple(code for code in row.projects if code not in row.unready)
            if row.ballot:
                days = self.world.plan.programme.practice.ballot_waits_working_days
                yield self._duty(
                    DutyKind.BALLOT, phase, None, row.since or phase.opens_on, f"表决单 {row.ballot} 待填写会议决定", part=row.ballot,
                    detail=f"{len(row.projects)} 个项目", projects=row.projects, days=days,
                )  # fmt: skip
            elif ready:
                since = max(row.since or phase.opens_on, phase.opens_on)
                told = f"{len(ready)} 个项目"
                yield self._duty(DutyKind.PROPOSE, phase, None, since, "可提请党委决定", detail=told, projects=ready)

    def _duty(  # noqa: PLR0913 - the columns of a duty
        self,
        kind: DutyKind,
        phase: PhaseDates | None,
        project: Project | None,
        since: date,
        title: str,
        *,
        part: str = "",
        days: int | None = None,
        counted_from: date = date.min,
        until_end: bool = True,
        owed_by: OwedBy = OwedBy.OFFICE,
        **more: Any,
    ) -> OfficeDuty:
        rule = self.world.plan.programme.office_duty(kind)
        cohort = self.world.plan.cohort.cohort
        about = project.code if project else ""
        given = days if days is not None else rule.working_days if rule else 0
        return OfficeDuty(
            key=":".join(filter(None, (cohort, phase.key if phase else "", more.get("deliverable") or part, about, kind))),
            kind=kind, owed_by=owed_by, phase=phase.key if phase else None, phase_kind=phase.kind if phase else None,
            deliverable=more.pop("deliverable", None), title=title, project=project.code if project else None,
            unit=project.unit.code if project else None, since=since, clause=rule.clause if rule else phase.clause if phase else "P.office",
            due_on=self._due(since, max(since, counted_from), given, phase if until_end else None), **more,
        )  # fmt: skip

    def _due(self, since: date, counted_from: date, working_days: int, phase: PhaseDates | None) -> date:
        """Return the last day: so many working days on, not beyond the phase, never before its ground arose."""
        day = self.calendar.shift(counted_from, working_days)
        return max(since, min(day, self.calendar.on_or_before(phase.closes_on)) if phase else day)
