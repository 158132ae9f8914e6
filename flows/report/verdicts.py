"""How the decisions about a project stand, and its rectifications: the cells of the wall chart that are no papers."""

from dataclasses import dataclass
from datetime import date

from config.vocabulary import Outcome, PhaseKind, ProjectState, RectificationState
from flows.report.marks import DECIDED, LATER, NOT_APPLICABLE, Mark, Tone
from models.rules.decisions import decidable, propose
from models.rules.duties import RECTIFIED_IN
from models.rules.lifecycle import FINAL
from models.rules.publicity import pending
from models.rules.snapshot import Decision, Project, Rectification, World

PUBLIC = Mark("◇", "公示中", Tone.WATCH)
OBJECTED = Mark("△", "有异议", Tone.WATCH)
IN_REVIEW = Mark("○", "评审中", Tone.LATER)
TO_DECIDE = Mark("◇", "待决定", Tone.WATCH)
INITIAL_REVIEW = {"pass_initial_review": Mark("✓", "通过", Tone.DONE), "fail_initial_review": Mark("×", "不符合", Tone.BAD)}


@dataclass(frozen=True, slots=True)
class Docket:
    """The projects whose turn it is in a phase: those that the committee can decide now, and those still being assessed."""

    ready: frozenset[str]
    in_review: frozenset[str]


def docket(world: World, phase: PhaseKind) -> Docket:
    """Return the projects whose turn it is in a phase; one that has not been scored in full cannot be decided."""
    mine = decidable(world, phase)
    ready = frozenset(project.code for project in mine if propose(world, project, phase).outcome is not None)
    return Docket(ready, frozenset(project.code for project in mine) - ready)


def last_decision(project: Project, phase: PhaseKind) -> Decision | None:
    """Return the newest decision of a phase, after whatever rounds of rectification."""
    return max((d for d in project.decisions if d.phase == phase), key=lambda d: d.round_no, default=None)


def initial_review_mark(project: Project) -> Mark:
    """Return the cell of the initial review (R45)."""
    for event, mark in INITIAL_REVIEW.items():
        if project.latest(event):
            return mark
    if project.state == ProjectState.DECLARED:
        return Mark("◇", "待初审", Tone.WATCH)
    return LATER if project.state == ProjectState.DRAFT else NOT_APPLICABLE


def decision_mark(project: Project, phase: PhaseKind, turn: Docket) -> Mark:
    """Return the cell of a phase's decision."""
    decision, proposed = last_decision(project, phase), pending(project)
    if proposed is not None and proposed.phase == phase:
        return OBJECTED if proposed.open_objections else PUBLIC
    if project.code in turn.ready:
        return TO_DECIDE if decision is None else Mark("◇", "待复核", Tone.WATCH)
    if decision is not None:
        return Mark("△", "复评中", Tone.WATCH) if project.code in turn.in_review else DECIDED[decision.outcome]
    if project.state in (*FINAL, ProjectState.SUSPENDED):
        return NOT_APPLICABLE
    started = any(assessment.phase == phase for assessment in project.assessments)
    return IN_REVIEW if started else LATER


def orders_of(project: Project, phase: PhaseKind) -> tuple[Rectification, ...]:
    """Return the rounds of rectification that belong to a phase, oldest first."""
    return tuple(order for order in project.rectifications if phase in RECTIFIED_IN[order.after])


def is_running(project: Project, order: Rectification) -> bool:
    """Return whether a unit still owes the answer of a round."""
    return project.state == ProjectState.RECTIFYING and order.state in (RectificationState.OPEN, RectificationState.REOPENED)


def rectification_mark(project: Project, phase: PhaseKind, today: date) -> Mark:
    """Return the cell of a phase's rectification: the newest round."""
    orders = orders_of(project, phase)
    if not orders:
        return NOT_APPLICABLE
    return order_mark(project, orders[-1], today)


def order_mark(project: Project, order: Rectification, today: date) -> Mark:
    """Return how one round stands."""
    if order.state == RectificationState.VERIFIED:
        return Mark("✓", "属实", Tone.DONE)
    if order.state == RectificationState.FAILED:
        return Mark("×", "未完成", Tone.BAD)
    if order.state == RectificationState.ANSWERED:
        return Mark("△", "待核实", Tone.WATCH)
    if not is_running(project, order):
        return NOT_APPLICABLE
    if order.due_on < today:
        return Mark("×", f"逾期 {(today - order.due_on).days} 天", Tone.BAD)
    return Mark("△", f"剩 {(order.due_on - today).days} 天", Tone.WATCH)


def has_rectification(phase: PhaseKind) -> bool:
    """Return whether a phase can end in a rectification."""
    return any(phase in kinds for kinds in RECTIFIED_IN.values())


AFTER_WORDS = {Outcome.FAILED: "中期考核不合格", Outcome.DEFERRED: "验收暂缓"}
"""What a rectification follows from."""
