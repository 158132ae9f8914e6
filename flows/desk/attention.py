"""What needs a person now, and what waits for the committee (R18, R45, R47, R51–R53). Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from config.clock import business_day
from config.vocabulary import MailState, PhaseKind, ProjectState, RectificationState, SubmissionState
from flows.desk.links import COMMITTEE, Link, Links, run_page
from flows.desk.situation import Situation, WaitingBallot
from flows.forms.labels import LABELS
from models.rules.completeness import defects
from models.rules.decisions import FIRST_STATE, propose_all, round_no
from models.rules.lifecycle import ACTIVE
from models.rules.snapshot import Project, World

INITIAL_REVIEW, RETURN_PAPER = LABELS["initial_review"], LABELS["return_paper"]
VERIFY, CHANGE_CONTACT, ASSESS = LABELS["verify_rectification"], LABELS["change_contact"], LABELS["assess"]


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a person of the office does now: what, about whom, waiting since, with which form."""

    what: str
    about: str
    since: date | None
    form: Link


@dataclass(frozen=True, slots=True)
class Undecided:
    """Projects that wait for the committee: on a ballot (``ballot``), or not yet put before it."""

    cohort: str
    phase: PhaseKind
    projects: tuple[str, ...]
    unready: int
    """How many of them still lack scores or something that must be looked at first."""
    since: date | None
    ballot: str
    form: Link


def undecided(situation: Situation, links: Links) -> tuple[Undecided, ...]:
    """Return the ballots that wait, then what is up for decision and on none of them.

    A ballot none of whose projects is up for decision any more has been overtaken and is left out.
    """
    found = [row for world in situation.worlds for kind in _opened(situation, world) for row in _of_phase(situation, world, kind, links)]
    return tuple(sorted(found, key=lambda row: (not row.ballot, row.since or situation.on, row.cohort, row.phase)))


def _opened(situation: Situation, world: World) -> tuple[PhaseKind, ...]:
    phases = (phase for phase in world.plan.cohort.phases if phase.opens_on <= situation.on)
    return tuple(dict.fromkeys(phase.kind for phase in phases if phase.kind in FIRST_STATE))


def _of_phase(situation: Situation, world: World, phase: PhaseKind, links: Links) -> Iterator[Undecided]:
    cohort = world.plan.cohort.cohort
    proposals = propose_all(world, phase)
    up = {proposal.project: world.project(proposal.project) for proposal in sorted(proposals, key=lambda proposal: proposal.project)}
    unready = {proposal.project for proposal in proposals if proposal.outcome is None or proposal.blockers}
    offered: set[str] = set()
    for ballot in (b for b in situation.ballots if (b.cohort, b.phase) == (cohort, phase)):
        if waiting := [up[code] for code in ballot.projects if code in up]:
            offered.update(ballot.projects)
            yield Undecided(cohort, phase, _names(waiting), 0, ballot.made_on, ballot.code, _answer(ballot, links))
    if rest := [project for code, project in up.items() if code not in offered]:
        since = min((day for project in rest if (day := _up_since(project, phase))), default=None)
        form = links.form(COMMITTEE, cohort=cohort, phase=phase.label)
        yield Undecided(cohort, phase, _names(rest), sum(project.code in unready for project in rest), since, "", form)


def _answer(ballot: WaitingBallot, links: Links) -> Link:
    return (
        Link("填写会议决定（⋮ → Resume）", run_page(ballot.run))
        if ballot.run
        else links.form(COMMITTEE, cohort=ballot.cohort, phase=ballot.phase.label)
    )


def _up_since(project: Project, phase: PhaseKind) -> date | None:
    """Return the day of the first proposal of this round, else of the newest fact."""
    round_now = round_no(project, phase)
    proposed = (f.effective_on for f in project.all("propose") if (f.payload.get("phase"), f.payload.get("round_no")) == (phase, round_now))
    return next(proposed, project.facts[-1].effective_on if project.facts else None)


def actions(situation: Situation, links: Links, waiting: tuple[Undecided, ...]) -> tuple[Action, ...]:
    """Return what needs a person now, longest waiting first."""
    found = [*_to_decide(waiting, links), *_undelivered(situation, links)]
    if situation.mail_kept_back:
        found.append(Action(situation.mail_kept_back, "", situation.on, Link("creation mail release")))
    for world in situation.worlds:
        for project in world.projects:
            found += [*_to_review(project, links), *_defective(world, project, links), *_to_verify(situation, project, links)]
    return tuple(sorted(found, key=lambda action: (action.since or situation.on, action.what, action.about)))


def _to_decide(waiting: tuple[Undecided, ...], links: Links) -> Iterator[Action]:
    for row in waiting:
        batch, ready = f"{row.cohort} 批次{row.phase.label}", len(row.projects) - row.unready
        if row.ballot:
            yield Action(f"表决单 {row.ballot} 待填写会议决定", f"{batch}，{ready} 个项目", row.since, row.form)
        elif ready:
            yield Action("可提请党委决定", f"{batch}，{ready} 个项目", row.since, row.form)
        if row.unready:
            yield Action("评分或核查未齐，暂不宜提请决定", f"{batch}，{row.unready} 个项目", row.since, links.form(ASSESS))


def _undelivered(situation: Situation, links: Links) -> Iterator[Action]:
    for post in situation.troubled:
        form = links.form(CHANGE_CONTACT) if post.state == MailState.FAILED else Link("请电话确认")
        yield Action(f"邮件{post.state.label}：{post.subject}", post.unit, business_day(post.at), form)


def _to_review(project: Project, links: Links) -> Iterator[Action]:
    if (declared := project.latest("declare")) and project.state == ProjectState.DECLARED:
        yield Action("待初审", _name(project), declared.effective_on, links.form(INITIAL_REVIEW, project=project.code))


def _defective(world: World, project: Project, links: Links) -> Iterator[Action]:
    rules = {rule.key: rule for rule in world.plan.programme.deliverables}
    for key, paper in project.submissions.items() if project.state in ACTIVE else ():
        if paper.state != SubmissionState.HANDED_IN or not (found := defects(rules[key], paper, project)):
            continue
        faults = "；".join(found)
        for other, rule in rules.items():  # the rule speaks of keys, the office of titles
            faults = faults.replace(f" {other}", f"《{rule.title}》")
        form = links.form(RETURN_PAPER, project=project.code, deliverable=key)
        yield Action(f"《{rules[key].title}》有缺：{faults}", _name(project), paper.endorsed_on or paper.received_on, form)


def _to_verify(situation: Situation, project: Project, links: Links) -> Iterator[Action]:
    for order in project.rectifications:
        if order.state == RectificationState.ANSWERED:
            since = situation.answered_on.get(order.code)
            yield Action(f"整改答复待核实（第 {order.round_no} 轮）", _name(project), since, links.form(VERIFY, project=project.code))


def _names(projects: Iterable[Project]) -> tuple[str, ...]:
    return tuple(map(_name, projects))


def _name(project: Project) -> str:
    return f"{project.code} {project.unit.name}"
