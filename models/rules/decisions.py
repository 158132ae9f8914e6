"""What is up for decision, what the rules recommend, and what follows from a decision (R10, R17–R19, R46, R47, R49–R57)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from config.rubrics import Grade
from config.vocabulary import Machine, MailKind, Outcome, PhaseKind, ProjectState, RectificationState
from models.rules import achievements, survey
from models.rules.lifecycle import allowed_events
from models.rules.negative_list import confirmed_hit, looked_at
from models.rules.outcomes import EVENTS, LETTERS
from models.rules.publicity import former, settled
from models.rules.quotas import excellent_note, places_taken
from models.rules.ranking import Mark, Runner, marks_of, merit, places
from models.rules.recommendations import noticed
from models.rules.rounds import not_good_enough, same_panel
from models.rules.scoring import Score, project_score, weak_criteria
from models.rules.snapshot import Project, World
from models.rules.spot_checks import applying, choice, renormalised, visits
from models.rules.value_added import comparison_words, missing_level

OUTCOMES: Mapping[PhaseKind, tuple[tuple[Outcome, ...], tuple[Outcome, ...]]] = {
    PhaseKind.DECLARATION: ((Outcome.SELECTED, Outcome.NOT_SELECTED), ()),
    PhaseKind.MID_TERM: (
        (Outcome.PASSED, Outcome.FAILED),
        (Outcome.CONTINUED, Outcome.ANOTHER_ROUND, Outcome.TERMINATED),
    ),
    PhaseKind.REVIEW: (
        (Outcome.EXCELLENT, Outcome.QUALIFIED, Outcome.DEFERRED, Outcome.NOT_ACCEPTED),
        (Outcome.QUALIFIED, Outcome.ANOTHER_ROUND, Outcome.NOT_ACCEPTED),
    ),
    PhaseKind.CONSOLIDATION: (
        (Outcome.EXCELLENT, Outcome.QUALIFIED, Outcome.DEFERRED, Outcome.NOT_ACCEPTED),
        (Outcome.QUALIFIED, Outcome.ANOTHER_ROUND, Outcome.NOT_ACCEPTED),
    ),
}
"""What can be decided in a phase: at first, and after a rectification."""

AFTER: Mapping[PhaseKind, Outcome] = {
    PhaseKind.MID_TERM: Outcome.FAILED,
    PhaseKind.REVIEW: Outcome.DEFERRED,
    PhaseKind.CONSOLIDATION: Outcome.DEFERRED,
}
"""Which outcome of a phase opens a rectification."""

DECIDED_PHASES = tuple(OUTCOMES)
"""The phases that end with a decision of the committee."""
FIRST_STATE: Mapping[PhaseKind, ProjectState] = {
    PhaseKind.DECLARATION: ProjectState.SHORTLISTED,
    PhaseKind.MID_TERM: ProjectState.BUILDING,
    PhaseKind.REVIEW: ProjectState.UNDER_ACCEPTANCE,
    PhaseKind.CONSOLIDATION: ProjectState.UNDER_ACCEPTANCE,
}
"""In which state a project is first up for decision."""

OVER = (RectificationState.VERIFIED, RectificationState.FAILED)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the committee is shown about one project."""

    project: str
    phase: PhaseKind
    round_no: int
    outcome: Outcome | None
    score: float | None
    reasons: tuple[str, ...]
    blockers: tuple[str, ...]
    clause: str
    missing_level: str = ""
    """R56: which level is wanting before the committee may determine; then nothing is recommended and nothing can be decided."""
    matters: tuple[str, ...] = ()
    """What would have to be put right, or is recommended to one that passes: weak criteria, hits, what visits have found."""
    marks: tuple[Mark, ...] = ()
    """What decides between equal totals."""
    rank: int = 0
    """Among the projects of its kind that are up for decision; 0: proposed alone."""
    standing: str = ""
    """What decided the rank, where totals are equal."""

    @property
    def runner(self) -> Runner:
        """Return what its rank rests on."""
        return Runner(self.project, self.score, self.marks)


def round_no(project: Project, phase: PhaseKind) -> int:
    """Return which round of assessment a project is in: 0 at first, n after rectification n."""
    return sum(order.after == AFTER.get(phase) for order in project.rectifications)


def decidable(world: World, phase: PhaseKind) -> tuple[Project, ...]:
    """Return the projects of a cohort that are up for decision in a phase."""
    return tuple(project for project in world.projects if _is_up(project, phase))


def _is_up(project: Project, phase: PhaseKind) -> bool:
    waits = phase in (PhaseKind.MID_TERM, PhaseKind.DECLARATION) and project.state == FIRST_STATE[phase]
    return assessable(project, phase) and (not waits or any(a.phase == phase for a in project.assessments))


def assessable(project: Project, phase: PhaseKind) -> bool:
    """Return whether a project is to be assessed in a phase: at first, or after a rectification has ended."""
    if phase not in FIRST_STATE or settled(project, phase, round_no(project, phase)):
        return False
    if project.state == FIRST_STATE[phase]:
        return True
    orders = [order for order in project.rectifications if order.after == AFTER.get(phase)]
    return project.state == ProjectState.RECTIFYING and bool(orders) and orders[-1].state in OVER


def propose(world: World, project: Project, phase: PhaseKind) -> Proposal:
    """Recommend an outcome from scores and facts, with grounds; the committee decides."""
    rubric = world.plan.programme.rubric(phase, project.award_kind)
    if rubric is None:
        msg = f"no rubric for {phase}"
        raise LookupError(msg)
    number = round_no(project, phase)
    marks = [a for a in project.assessments if a.phase == phase and a.round_no == number]
    parts = applying(world, rubric, project, number)
    score = project_score(rubric, marks, parts)
    grades = rubric.re_grades if number and rubric.re_grades else rubric.grades
    outcome, grounds = _graded(grades, score)
    grounds = (*grounds, *filter(None, (renormalised(rubric, parts), same_panel(project, phase, number)))) if outcome else grounds
    if number and outcome == grades[-1].outcome:
        outcome, ground = not_good_enough(world.plan, project, AFTER[phase], outcome)
        grounds = (*grounds, ground)
    hit, blocks = confirmed_hit(world, project, phase)
    if blocks and outcome is not None:
        outcome = grades[-1].outcome
        grounds = (*grounds, hit)
    if outcome == Outcome.EXCELLENT and (weak := _unfit_for_excellence(world, project)):
        outcome, grounds = grades[1].outcome, (*grounds, *weak)
    wanting = missing_level(project) if phase == PhaseKind.CONSOLIDATION and not number else ""
    reasons = (*grounds, *achievements.grounds(world, project, phase), *_compared(project, phase), *former(project, phase, number))
    matters = tuple(dict.fromkeys((*weak_criteria(rubric, marks, pass_mark(grades)), *((hit,) if hit else ()), *noticed(project))))
    missing = (*score.missing, *([wanting] if wanting else []))
    return Proposal(
        project.code, phase, number, None if wanting else outcome, score.total, reasons,
        _blockers(world, project, phase, missing, hit), rubric.clause, wanting, matters,
        marks_of(rubric, marks) if score.total is not None else (),
    )  # fmt: skip


def _graded(grades: tuple[Grade, ...], score: Score) -> tuple[Outcome | None, tuple[str, ...]]:
    if score.total is None:
        return None, ()
    grade = next(grade for grade in grades if score.total >= grade.at_least)
    if grade.at_least:
        return grade.outcome, (f"综合得分 {score.total:g}，达到“{grade.outcome.label}”标准（{grade.at_least:g} 分及以上）",)
    return grade.outcome, (f"综合得分 {score.total:g}，未达到 {pass_mark(grades):g} 分",)


def pass_mark(grades: tuple[Grade, ...]) -> float:
    """Return the points from which a scale's lowest outcome is avoided."""
    return min((grade.at_least for grade in grades if grade.at_least), default=0)


def _compared(project: Project, phase: PhaseKind) -> tuple[str, ...]:
    words = comparison_words(project) if phase == PhaseKind.CONSOLIDATION else ""
    return (words,) if words else ()


def _unfit_for_excellence(world: World, project: Project) -> tuple[str, ...]:
    """What speaks against the highest grade whatever the score (R6, R7, R12)."""
    return tuple(text for text in (_weak_survey(world, project), achievements.unmet_standards(world, project)) if text)


def _weak_survey(world: World, project: Project) -> str:
    fact, rule = project.latest("record_survey"), world.plan.programme.survey
    if fact is None:
        return ""
    found = survey.weak(fact.payload, rule)
    return f"{found}，不宜评为优秀" if found else ""


def _blockers(world: World, project: Project, phase: PhaseKind, missing: tuple[str, ...], hit: str) -> tuple[str, ...]:
    found = list(missing)
    if hit:
        found.append(f"{hit}，须由党委写明理由后决定")
    if choice(world, project, phase) and not visits(world, project, phase):
        found.append("已列入实地抽查，尚无考察记录")
    return (*found, *_not_looked_at(world, project, phase))


def _not_looked_at(world: World, project: Project, phase: PhaseKind) -> Iterator[str]:
    """R17, R57: the negative list before an acceptance, the visit before the first one; R5: a word about each target.

    At the second acceptance the supervision on site is a part of the score, without which nothing is recommended.
    """
    if phase in achievements.ACCEPTED_IN and not looked_at(world, project, phase):
        yield "尚未核查负面清单"
    if phase == PhaseKind.REVIEW and project.latest("visit") is None:
        yield "尚无实地考察记录"
    if phase in achievements.ACCEPTED_IN and (open_targets := achievements.unsettled(project)):
        yield open_targets


def propose_all(world: World, phase: PhaseKind) -> tuple[Proposal, ...]:
    """Return the proposals of a phase, best first; quotas apply to the selection, the excellent share only warns."""
    known = sorted((propose(world, project, phase) for project in decidable(world, phase)), key=lambda proposal: merit(proposal.runner))
    proposals = _ranked(world, known)
    return _within_quota(world, proposals) if phase == PhaseKind.DECLARATION else _with_excellent_note(world, phase, proposals)


def _ranked(world: World, proposals: Iterable[Proposal]) -> tuple[Proposal, ...]:
    """Number the proposals of each kind of award: kinds are never ranked against each other."""
    kinds: dict[str, list[Runner]] = defaultdict(list)
    for proposal in proposals:
        kinds[world.project(proposal.project).award_kind].append(proposal.runner)
    found = {project: place for runners in kinds.values() for project, place in places(runners).items()}
    return tuple(replace(p, rank=found[p.project].rank, standing=found[p.project].note) for p in proposals)


def _within_quota(world: World, proposals: tuple[Proposal, ...]) -> tuple[Proposal, ...]:
    """R47: by rank within each kind of award, for the places still free; who misses one by a tie is told what decided."""
    before = places_taken(world)
    taken = before.copy()
    result = []
    for proposal in proposals:
        kind = world.project(proposal.project).award_kind
        quota = world.plan.cohort.quotas.get(kind)
        if proposal.outcome == Outcome.SELECTED:
            taken[kind] += 1
            if quota is not None and taken[kind] > quota:
                tie = (proposal.standing,) if proposal.standing else ()
                gone = f"（此前已用 {before[kind]} 个）" if before[kind] else ""
                reasons = (*proposal.reasons, f"{kind.label}名额 {quota} 个{gone}，名次 {proposal.rank}", *tie)
                result.append(replace(proposal, outcome=Outcome.NOT_SELECTED, reasons=reasons))
                continue
        result.append(proposal)
    return tuple(result)


def _with_excellent_note(world: World, phase: PhaseKind, proposals: tuple[Proposal, ...]) -> tuple[Proposal, ...]:
    note = excellent_note(world, phase, {p.project: p.outcome for p in proposals})
    return tuple(replace(p, reasons=(*p.reasons, note)) if note and p.outcome == Outcome.EXCELLENT else p for p in proposals)


def project_event(outcome: Outcome, state: ProjectState) -> str:
    """Return the event that an outcome means for a project; the state only decides whether it is legal."""
    del state
    return EVENTS[outcome]


def allowed_outcomes(phase: PhaseKind, state: ProjectState) -> tuple[Outcome, ...]:
    """Return what can be decided about a project in a state."""
    first, again = OUTCOMES[phase]
    offered = again if state == ProjectState.RECTIFYING else first
    legal = allowed_events(Machine.PROJECT, state)
    return tuple(outcome for outcome in offered if EVENTS[outcome] in legal)


def result_mail(outcome: Outcome) -> MailKind:
    """Return the letter that tells an outcome."""
    return LETTERS[outcome]


def opens_rectification(outcome: Outcome) -> bool:
    """Return whether a decision opens a round of rectification by itself (R53)."""
    return outcome in (Outcome.FAILED, Outcome.DEFERRED, Outcome.ANOTHER_ROUND)
