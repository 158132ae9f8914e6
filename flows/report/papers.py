"""How every paper of every project stands: in, late, with the SO, returned, chased or not yet asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from config.cohort import PhaseDates
from config.programme import DeliverableRule
from config.vocabulary import AwardKind, DutyKind, ProjectState, SubmissionState
from flows.report.marks import LATER, NOT_APPLICABLE, Mark, Tone
from models.rules.calendar import Calendar
from models.rules.deadlines import effective
from models.rules.duties import WITH_OFFICE, Duty, cached_duties
from models.rules.lifecycle import FINAL
from models.rules.reminders import CALL_RUNG, ladder_lines
from models.rules.snapshot import Deadline, Project, Submission, World


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper of one project; ``due_on`` is the office's deadline that holds for it, ``done_on`` the day it counted."""

    project: str
    phase: str
    deliverable: str
    state: SubmissionState | None
    due_on: date
    done_on: date | None
    own_day: bool
    """Whether the deadline is its own (an extension, a paper returned for revision)."""
    owed: bool
    """Whether the project still has to hand it in."""
    chased: bool
    """Whether the first rung of its ladder has come, so that it is time to look after it."""

    @property
    def done(self) -> bool:
        """Whether it is with the office (or the project was released from it)."""
        return self.state in WITH_OFFICE

    @property
    def counts(self) -> bool:
        """Whether it belongs to what was to be handed in."""
        return self.done or self.owed

    @property
    def days_late(self) -> int:
        """Calendar days between the deadline and the day on which it counted; 0 when in time or not in."""
        return max(0, (self.done_on - self.due_on).days) if self.done_on else 0

    def overdue(self, today: date) -> bool:
        """Return whether it is missing though its last day has passed."""
        return self.owed and self.due_on < today


def papers(world: World, calendar: Calendar, today: date) -> tuple[Paper, ...]:
    """Return every paper for which the cohort has a deadline, by phase, project and the programme's order."""
    asked = {(d.phase, d.deliverable, d.project): d for d in cached_duties(world, calendar) if d.kind == DutyKind.HAND_IN}
    found = []
    for phase in world.plan.cohort.phases:
        for project in world.projects:
            for rule, deadline in _rules(world, phase, project):
                duty = asked.get((phase.key, rule.key, project.code))
                chased = duty is not None and _chased(world, calendar, duty, today)
                found.append(_paper(project, rule, deadline, asked=duty is not None, chased=chased))
    return tuple(found)


def _rules(world: World, phase: PhaseDates, project: Project) -> Iterator[tuple[DeliverableRule, Deadline]]:
    subjects = [code for code in (project.code, project.unit.code, project.unit.parent) if code]
    for rule in world.plan.programme.owed_in(phase.kind, project.award_kind):
        if deadline := effective(world.deadlines, phase.key, rule.key, subjects):
            yield rule, deadline


def _chased(world: World, calendar: Calendar, duty: Duty, today: date) -> bool:
    return not duty.done and any(line.rung != CALL_RUNG and line.planned_on <= today for line in ladder_lines(world, calendar, duty))


def _paper(project: Project, rule: DeliverableRule, deadline: Deadline, *, asked: bool, chased: bool) -> Paper:
    paper = project.submissions.get(rule.key)
    done = paper is not None and paper.state in WITH_OFFICE
    done_on = _counted_on(rule, project, paper) if paper and done else None
    return Paper(
        project=project.code,
        phase=deadline.phase,
        deliverable=rule.key,
        state=paper.state if paper else None,
        due_on=deadline.due_on,
        done_on=done_on,
        own_day=deadline.subject is not None,
        owed=asked and not done and project.state not in FINAL,
        chased=chased,
    )


def _counted_on(rule: DeliverableRule, project: Project, paper: Submission) -> date | None:
    """Lateness towards the office is that of the endorsement (R60)."""
    endorsed = rule.endorsed and project.award_kind == AwardKind.MODEL_BRANCH
    return paper.endorsed_on if endorsed else paper.received_on


ON_TIME = Mark("✓", "按时", Tone.DONE)
OPEN_WORDS: Mapping[SubmissionState | None, str] = {
    SubmissionState.AWAITING_ENDORSEMENT: "待审核",
    SubmissionState.RETURNED: "退回",
}


def paper_mark(paper: Paper, project: Project, today: date) -> Mark:
    """Return the cell of a paper."""
    if paper.state == SubmissionState.RELEASED:
        return Mark("✓", "免交", Tone.DONE)
    if paper.done:
        return Mark("✓", f"迟 {paper.days_late} 天", Tone.LATE) if paper.days_late else ON_TIME
    if not paper.owed:
        return NOT_APPLICABLE if project.state in (*FINAL, ProjectState.SUSPENDED) else LATER
    if paper.overdue(today):
        return Mark("×", f"逾期 {(today - paper.due_on).days} 天", Tone.BAD)
    word = OPEN_WORDS.get(paper.state, "")
    left = "今日到期" if paper.due_on == today else f"剩 {(paper.due_on - today).days} 天"
    if word or paper.chased:
        return Mark("△", word or left, Tone.WATCH)
    return Mark("○", f"限 {paper.due_on.month}月{paper.due_on.day}日", Tone.LATER) if paper.own_day else LATER
