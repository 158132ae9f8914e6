"""What needs a person now, and what waits for the committee (R18, R45, R47, R51–R53). Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from config.clock import business_day
from config.vocabulary import DutyKind, MailState, PhaseKind
from flows.desk.links import COMMITTEE, Link, Links, run_page
from flows.desk.situation import Situation
from flows.forms.labels import LABELS
from models.rules.committee import before_committee, decided_kinds
from models.rules.office_duties import OfficeDuty, office_duties
from models.rules.snapshot import Project, World
from models.rules.supervision import shown_on_desk, unrecorded

FORM = {
    DutyKind.CHECK_PAPER: LABELS["return_paper"],
    DutyKind.INITIAL_REVIEW: LABELS["initial_review"],
    DutyKind.CHECK_NEGATIVE_LIST: LABELS["check_negative_list"],
    DutyKind.VISIT: LABELS["visit"],
    DutyKind.SCORE: LABELS["assess"],
    DutyKind.VERIFY: LABELS["verify_rectification"],
    DutyKind.PUBLICITY: LABELS["record_objection"],
    DutyKind.ANSWER_OBJECTION: LABELS["answer_objection"],
    DutyKind.VOID_DECISION: LABELS["void_decision"],
    DutyKind.GRANT_SUPPORT: LABELS["grant_support"],
    DutyKind.RECORD_BASELINE: LABELS["record_baseline"],
}
"""With which form a duty of the office is done."""
CHANGE_CONTACT = LABELS["change_contact"]


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
    """Return the ballots that wait, then what is up for decision and on none of them."""
    found = [row for world in situation.worlds for kind in _opened(situation, world) for row in _of_phase(situation, world, kind, links)]
    return tuple(sorted(found, key=lambda row: (not row.ballot, row.since or situation.on, row.cohort, row.phase)))


def _opened(situation: Situation, world: World) -> tuple[PhaseKind, ...]:
    opened = {phase.kind for phase in world.plan.cohort.phases if phase.opens_on <= situation.on}
    return tuple(kind for kind in decided_kinds(world) if kind in opened)


def _of_phase(situation: Situation, world: World, phase: PhaseKind, links: Links) -> Iterator[Undecided]:
    cohort = world.plan.cohort.cohort
    runs = {ballot.code: ballot.run for ballot in situation.work.ballots}
    for row in before_committee(world, phase, situation.work.ballots):
        names = tuple(_name(world.project(code)) for code in row.projects)
        form = _answer(runs.get(row.ballot, ""), cohort, phase, links)
        yield Undecided(cohort, phase, names, len(row.unready), row.since, row.ballot, form)


def _answer(run: str, cohort: str, phase: PhaseKind, links: Links) -> Link:
    """Return where a ballot is answered; where its run has ended, the form that makes a new one, which takes its place."""
    if run and run not in links.ended:
        return Link("填写会议决定（⋮ → Resume）", run_page(run))
    form = links.form(COMMITTEE, cohort=cohort, phase=phase.label)
    return replace(form, text=f"原运行已结束，请重新提请：{form.text}") if run else form


def actions(situation: Situation, links: Links) -> tuple[Action, ...]:
    """Return what needs a person now, longest waiting first: what the office and the panel owe, and what did not arrive."""
    found = [*_undelivered(situation, links)]
    if situation.mail_kept_back:
        found.append(Action(situation.mail_kept_back, "", situation.on, Link("creation mail release")))
    for world in situation.worlds:
        own = [duty for duty in office_duties(world, situation.calendar, situation.work) if duty.since <= situation.on]
        found += [*_of_office(situation, world, own, links), *_unready(situation, world, own, links), *_unguided(situation, world, links)]
    return tuple(sorted(found, key=lambda action: (action.since or situation.on, action.what, action.about)))


ONE_BY_ONE = (
    DutyKind.CHECK_PAPER, DutyKind.INITIAL_REVIEW, DutyKind.VERIFY, DutyKind.BALLOT, DutyKind.PROPOSE, DutyKind.PUBLICITY,
    DutyKind.ANSWER_OBJECTION, DutyKind.VOID_DECISION,
)  # fmt: skip
"""Kinds of duty listed each by itself; of the others a whole batch may be open at once."""


def _of_office(situation: Situation, world: World, own: Iterable[OfficeDuty], links: Links) -> Iterator[Action]:
    groups: dict[tuple[str, ...], list[OfficeDuty]] = {}
    for duty in own:
        groups.setdefault((duty.key,) if duty.kind in ONE_BY_ONE else (duty.kind, duty.phase or "", duty.title), []).append(duty)
    for duties in groups.values():
        first, since = duties[0], min(duty.since for duty in duties)
        yield Action(first.title, _about(world, duties), since, _form(situation, world, first, len(duties), links))


def _about(world: World, duties: list[OfficeDuty]) -> str:
    first = duties[0]
    batch = f"{world.plan.cohort.cohort} 批次{first.phase_kind.label if first.phase_kind else ''}"
    if first.project is None:
        return f"{batch}，{first.detail}"
    return _name(world.project(first.project)) if first.kind in ONE_BY_ONE or len(duties) == 1 else f"{batch}，{len(duties)} 个项目"


def _form(situation: Situation, world: World, duty: OfficeDuty, number: int, links: Links) -> Link:
    """Return the form with which a duty is done, filled in as far as it is about one thing."""
    if duty.kind in (DutyKind.BALLOT, DutyKind.PROPOSE):
        run = next((ballot.run for ballot in situation.work.ballots if f":{ballot.code}:" in duty.key), "")
        assert duty.phase_kind is not None  # noqa: S101 - such duties are of a phase
        return _answer(run, world.plan.cohort.cohort, duty.phase_kind, links)
    about = duty.project or ""  # the form of an answer calls an objection "about"
    filled = {"project": about, "about": about, "deliverable": duty.deliverable or ""} if number == 1 else {}
    return links.form(FORM[duty.kind], **filled)


def _unready(situation: Situation, world: World, own: Iterable[OfficeDuty], links: Links) -> Iterator[Action]:
    """Yield what keeps projects from the committee beside scores and checks that are owed: a hit on the negative list, a comparison."""
    named = {duty.project for duty in own if duty.kind in (DutyKind.SCORE, DutyKind.VISIT, DutyKind.CHECK_NEGATIVE_LIST)}
    cohort = world.plan.cohort.cohort
    for kind in _opened(situation, world):
        for row in before_committee(world, kind, situation.work.ballots):
            if rest := row.unready - named:
                form = links.form(COMMITTEE, cohort=cohort, phase=kind.label)
                yield Action("有未了事项，暂不宜提请决定", f"{cohort} 批次{kind.label}，{len(rest)} 个项目", row.since, form)


def _unguided(situation: Situation, world: World, links: Links) -> Iterator[Action]:
    """Yield the gap in this period's guidance once its end is near (R48, R61); it is the office's own record, no letter is written."""
    period = shown_on_desk(world, situation.calendar, situation.on)
    if period and (found := unrecorded(world, period)):
        about = _name(found[0]) if len(found) == 1 else f"{world.plan.cohort.cohort} 批次，{len(found)} 个项目"
        form = links.form(LABELS["supervise"], **({"project": found[0].code} if len(found) == 1 else {}))
        yield Action(f"{period.title}尚无跟踪记录", about, period.first, form)


def _undelivered(situation: Situation, links: Links) -> Iterator[Action]:
    for post in situation.troubled:
        form = links.form(CHANGE_CONTACT) if post.state == MailState.FAILED else Link("请电话确认")
        yield Action(f"邮件{post.state.label}：{post.subject}", post.unit, business_day(post.at), form)


def _name(project: Project) -> str:
    return f"{project.code} {project.unit.name}"
