"""The steps of the phases. Each gathers, decides and applies in one transaction, and is safe to run twice or late."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy.engine import Engine
from sqlmodel import Session, select

from config.vocabulary import DutyKind, MailKind, Outcome, PhaseKind, ProjectState, SubmissionState
from flows.steps import rectifying
from flows.steps.advance import Board, Stage, StepResult
from flows.steps.counting import SCAN_SECONDS, counting
from flows.steps.declaring import blocking, summary
from flows.steps.handlers import handler_lines
from flows.steps.publicity import end_publicity
from flows.steps.scale import plan_large
from models.history import Act, record_event
from models.loading import load_calendar, load_world, project_row
from models.planning import is_large
from models.rules import decisions, value_added
from models.rules.completeness import defects
from models.rules.duties import cached_duties
from models.rules.eligibility import check_declared
from models.rules.quotas import excellent_note
from models.rules.reminders import due_reminders
from models.rules.snapshot import Project, World
from models.store import reading, transaction
from models.tables import Decision, Submission
from notifications import outbox

Step = Callable[[Engine, Stage], StepResult]


def call_for_materials(engine: Engine, stage: Stage) -> StepResult:
    """Tell every unit what is due, with a calendar entry; once per duty."""
    return _plan(engine, stage, "call_for_materials", lambda line: line.mail == MailKind.CALL)


def remind_outstanding(engine: Engine, stage: Stage) -> StepResult:
    """Plan the one rung that is due for each duty still open, along its escalation chain, and the lists of the office and the panel."""
    return _plan(engine, stage, "remind_outstanding", lambda line: line.mail != MailKind.CALL, handlers=True)


def _plan(engine: Engine, stage: Stage, name: str, wanted: Callable[[Any], bool], *, handlers: bool = False) -> StepResult:
    with reading(engine) as session:
        large = is_large(session, stage.cohort)
    planned = plan_large(engine, stage, wanted) if large else 0
    with reading(engine) as session:
        fresh = [] if large else _unplanned(session, stage, wanted)
        if handlers:
            fresh += handler_lines(session, stage.cohort, load_calendar(session), stage.phase, stage.on, large=large)
    if fresh:
        with transaction(engine) as session:
            planned += outbox.plan_lines(session, fresh)
    return StepResult(name, planned=planned)


def _unplanned(session: Session, stage: Stage, wanted: Callable[[Any], bool]) -> list[outbox.PlannedLine]:
    due = due_reminders(load_world(session, stage.cohort), load_calendar(session), stage.on)
    lines = [outbox.PlannedLine.from_reminder(stage.cohort, line) for line in due if line.phase == stage.phase and wanted(line)]
    return outbox.unplanned(session, lines)


def close_submissions(engine: Engine, stage: Stage) -> StepResult:
    """Mark what arrived in order as complete, and move every project whose papers are all in."""
    with transaction(engine) as session:
        world = load_world(session, stage.cohort)
        moved = 0
        notes: list[str] = []
        with counting("材料齐全核对", len(world.projects), SCAN_SECONDS) as step:
            for project in world.projects:
                moved += _complete_papers(session, stage, world, project, notes)
                step()
        world = load_world(session, stage.cohort) if moved else world
        for project in world.projects:
            if event := event_when_all_in(world, project, stage):
                record_event(session, project_row(session, project.code), event, stage.act, {"phase": stage.phase})
                moved += 1
    return StepResult("close_submissions", transitions=moved, notes=tuple(notes))


def _complete_papers(session: Session, stage: Stage, world: World, project: Project, notes: list[str]) -> int:
    moved = 0
    for rule in world.plan.programme.owed_in(stage.kind, project.award_kind):
        paper = project.submissions.get(rule.key)
        if paper is None or paper.state != SubmissionState.HANDED_IN:
            continue
        if found := defects(rule, paper, project):
            notes.append(f"{project.code} {rule.title}：{'；'.join(found)}")
            continue
        row = session.exec(select(Submission).where(Submission.code == f"{project.code}/{rule.key}/v{paper.version}")).one()
        record_event(session, row, "complete", stage.act, {}, clause=rule.clause)
        moved += 1
    return moved


ALL_IN: Mapping[PhaseKind, tuple[ProjectState, str]] = {
    PhaseKind.DECLARATION: (ProjectState.DRAFT, "declare"),
    PhaseKind.SUMMARY: (ProjectState.BUILDING, "enter_acceptance"),
    PhaseKind.CONSOLIDATION: (ProjectState.BUILDING, "enter_acceptance"),
}
"""Which event follows when every paper of a phase is complete or released."""


def event_when_all_in(world: World, project: Project, stage: Stage) -> str | None:
    """Choose the event for a project whose papers of this phase are all in, or whose declaration came to nothing."""
    if stage.kind not in ALL_IN:
        return None
    state, event = ALL_IN[stage.kind]
    if project.state != state:
        return None
    rules = world.plan.programme.owed_in(stage.kind, project.award_kind)
    done = (SubmissionState.COMPLETE, SubmissionState.RELEASED)
    if all((paper := project.submissions.get(rule.key)) and paper.state in done for rule in rules):
        return event
    over = stage.on > world.plan.cohort.phase(stage.phase).closes_on
    return "lapse" if over and project.state == ProjectState.DRAFT else None


def screen_declarations(engine: Engine, stage: Stage) -> StepResult:
    """Compute the eligibility of every declared project and keep the result with its grounds; people decide (R45)."""
    recorded = 0
    notes: list[str] = []
    with transaction(engine) as session:
        world = load_world(session, stage.cohort)
        declared = [project for project in world.projects if project.state == ProjectState.DECLARED]
        with counting("申报条件审查", len(declared), SCAN_SECONDS) as step:
            for project in declared:
                recorded += _screen(session, stage, world, project, notes)
                step()
    return StepResult("screen_declarations", transitions=recorded, notes=tuple(notes))


def _screen(session: Session, stage: Stage, world: World, project: Project, notes: list[str]) -> bool:
    checks = check_declared(world, project.code)
    unmet = blocking(world, checks)
    body = {"checks": [summary(check, blocks=check in unmet) for check in checks]}
    if unmet:
        notes.append(f"{project.code} 待初审，不符合：{'、'.join(check.title for check in unmet)}")
    last = project.latest("screen")
    if last is not None and last.payload == body:
        return False
    record_event(session, project_row(session, project.code), "screen", stage.act, body)
    return True


def compare_peers(engine: Engine, stage: Stage) -> StepResult:
    """Put the added value of projects of one kind side by side (R56); kinds are never mixed, and who has not evaluated itself waits."""
    recorded = 0
    with transaction(engine) as session:
        world = load_world(session, stage.cohort)
        for code, body in value_added.peer_comparison(world).items():
            project = world.project(code)
            last = project.latest("compare_peers")
            if last is None or last.payload != body or value_added.missing_level(project):
                record_event(session, project_row(session, code), "compare_peers", stage.act, body)
                recorded += 1
        waiting = (p for p in world.projects if p.state == ProjectState.UNDER_ACCEPTANCE and p.latest("compare_peers") is None)
        notes = [f"{p.code} 未列入横向对比，{gap}" for p in waiting if (gap := value_added.first_level_missing(p))]
    return StepResult("compare_peers", transitions=recorded, notes=tuple(notes))


def propose_outcomes(engine: Engine, stage: Stage) -> StepResult:
    """Keep what the committee will see for each project up for decision: score, recommendation, grounds."""
    recorded, waiting = 0, []
    with transaction(engine) as session:
        world = load_world(session, stage.cohort)
        proposals = decisions.propose_all(world, stage.kind)
        for proposal in proposals:
            body = {
                "phase": stage.kind.value,
                "round_no": proposal.round_no,
                "outcome": proposal.outcome.value if proposal.outcome else None,
                "score": proposal.score,
                "reasons": list(proposal.reasons),
                "blockers": list(proposal.blockers),
            }
            waiting.append(f"{proposal.project} 待决定，建议：{Outcome(proposal.outcome).label if proposal.outcome else '暂无'}")
            last = world.project(proposal.project).latest("propose")
            if last is None or last.payload != body:
                record_event(session, project_row(session, proposal.project), "propose", stage.act, body, clause=proposal.clause)
                recorded += 1
    if note := excellent_note(world, stage.kind, {proposal.project: proposal.outcome for proposal in proposals}):
        waiting.append(note)
    return StepResult("propose_outcomes", transitions=recorded, notes=tuple(waiting))


def open_rectifications(engine: Engine, stage: Stage) -> StepResult:
    """See to it that every project that is to put things right has a running order (a crash may have come between)."""
    opened = 0
    with transaction(engine) as session:
        world = load_world(session, stage.cohort)
        for project in (p for p in world.projects if p.state == ProjectState.RECTIFYING and not p.rectifications):
            row = project_row(session, project.code)
            decision = session.exec(select(Decision).where(Decision.project_id == row.id).order_by(Decision.id.desc())).first()  # type: ignore[union-attr]
            if decision is not None and decisions.opens_rectification(decision.outcome):
                rectifying.open_rectification(session, stage.act, row, decision)
                opened += 1
    return StepResult("open_rectifications", transitions=opened)


STEPS: Mapping[PhaseKind, tuple[Step, ...]] = {
    PhaseKind.SELF_CHECK: (call_for_materials, remind_outstanding, close_submissions),
    PhaseKind.SUMMARY: (call_for_materials, remind_outstanding, close_submissions),
    PhaseKind.REVIEW: (end_publicity, remind_outstanding, propose_outcomes, open_rectifications),
    PhaseKind.DECLARATION: (
        end_publicity,
        call_for_materials,
        remind_outstanding,
        close_submissions,
        screen_declarations,
        propose_outcomes,
    ),
    PhaseKind.MID_TERM: (
        end_publicity,
        call_for_materials,
        remind_outstanding,
        close_submissions,
        propose_outcomes,
        open_rectifications,
    ),
    PhaseKind.CONSOLIDATION: (
        end_publicity,
        call_for_materials,
        remind_outstanding,
        close_submissions,
        compare_peers,
        propose_outcomes,
        open_rectifications,
    ),
}
"""The steps of each phase, in order; the flows show the same ones."""


def run_phase(engine: Engine, stage: Stage) -> Board:
    """Run every step of a phase without Prefect (timetable, command line, rehearsal)."""
    return publish_board(engine, stage, [step(engine, stage) for step in STEPS[stage.kind]])


def publish_board(engine: Engine, stage: Stage, results: Iterable[StepResult]) -> Board:
    """Return where the phase stands: what is done, outstanding, overdue, and what needs a person."""
    with reading(engine) as session:
        world = load_world(session, stage.cohort)
        owed = [d for d in cached_duties(world, load_calendar(session)) if d.phase == stage.phase]
    steps = tuple(results)
    open_ones = [d for d in owed if not d.done]
    late = [d for d in open_ones if d.days_left(stage.on) < 0]
    attention = [note for step in steps for note in step.notes]
    attention += [f"{d.unit} 逾期 {-d.days_left(stage.on)} 天：{d.title}" for d in late if d.kind != DutyKind.ENDORSE]
    return Board(
        cohort=stage.cohort,
        phase=stage.phase,
        on=stage.on,
        states=dict(Counter(str(p.state) for p in world.projects)),
        done=len(owed) - len(open_ones),
        outstanding=len(open_ones),
        overdue=len(late),
        transitions=sum(step.transitions for step in steps),
        planned=sum(step.planned for step in steps),
        attention=tuple(attention),
        steps=steps,
    )


def run_rectifications(engine: Engine, cohort: str, act: Act) -> Board:
    """Bring the rectifications of a cohort to where the calendar says: orders, reminders, re-assessment proposals (R53)."""
    results: list[StepResult] = []
    with reading(engine) as session:
        phases = load_world(session, cohort).plan.cohort.phases
    stages = [Stage(cohort, row.key, row.kind, act.on, act) for row in phases if row.kind in decisions.AFTER and row.opens_on <= act.on]
    for stage in stages:
        results += [open_rectifications(engine, stage), remind_rectifying(engine, stage), propose_outcomes(engine, stage)]
    return publish_board(engine, stages[-1], results)


def remind_rectifying(engine: Engine, stage: Stage) -> StepResult:
    """Plan the one rung that is due for each running rectification."""
    return _plan(engine, stage, "remind_rectifying", lambda line: line.duty is not None and line.duty.kind == DutyKind.RECTIFY)
