"""Why a project stands where it stands: the move that brought it there, and what that move rested on."""

from collections.abc import Callable, Iterator, Mapping

from config.vocabulary import ProjectState, SubmissionState, Verdict
from flows.why.conditions import decided_by, said_by
from flows.why.judging import decided, grounds_of_decision
from flows.why.link import Answer, Deciding, Link, of_project
from flows.why.moves import Move, moves
from flows.why.publicity import taken_back, voided
from models.rules.publicity import VOIDED, voids
from models.rules.snapshot import Project, World

IN_ORDER = (SubmissionState.COMPLETE, SubmissionState.RELEASED)


def standing(world: World, project: Project) -> Iterator[Link]:
    """Yield the state, the last move, and its grounds."""
    known = moves(project)
    if not known:
        yield Link(0, f"现状：{project.state.label}")
        return
    last = known[-1]
    yield Link(0, f"现状：{project.state.label}", last.fact.effective_on)
    if last.decided:
        yield from _by_the_committee(world, project, known, Answer.STATE)
        return
    text = TEXTS.get(last.fact.event, f"由“{last.source.label}”转为“{last.target.label}”")
    yield Link(1, text, last.fact.effective_on, last.clause, last.fact.seq, Deciding(Answer.STATE, (of_project(project, last.fact.seq),)))
    yield from GROUNDS.get(last.fact.event, _reason)(world, project, last)
    if last.fact.event == "enter_acceptance":  # the committee let it go on so far
        yield from _by_the_committee(world, project, known, Answer.GRADE)


def _by_the_committee(world: World, project: Project, known: tuple[Move, ...], newest: Answer) -> Iterator[Link]:
    """Yield the newest decision with its grounds, then the earlier decisions of the same phase that led to it."""
    gone = voids(project)
    mine = [move for move in known if move.decided]
    for number, move in enumerate(reversed(mine)):
        if move.fact.payload["phase"] != mine[-1].fact.payload["phase"]:
            return
        answer = Answer.GRADE if number else newest
        yield decided(project, move, None if move.fact.seq in gone else answer)
        yield from voided(project, move.fact.seq)
        yield from grounds_of_decision(world, project, move)


def _reason(world: World, project: Project, move: Move) -> Iterator[Link]:
    """Yield the reason that a person gave."""
    del world, project
    if reason := move.fact.payload.get("reason"):
        yield Link(2, f"理由：{reason}", move.fact.effective_on, seq=move.fact.seq)


def _checked(world: World, project: Project, move: Move) -> Iterator[Link]:
    """Yield the conditions as the initial review found them: what failed, and what was waived (R22–R35, R42)."""
    rules = {rule.key: rule for rule in world.plan.programme.eligibility}
    failed = move.target == ProjectState.INELIGIBLE
    for check in move.fact.payload.get("checks", ()):
        rule = rules[check["key"]]  # a batch keeps the programme that it was opened with
        text = f"{rule.requirement} {rule.title}：{check['reason']}"
        if failed and check.get("blocks", check["verdict"] == Verdict.FAIL):
            said = said_by(project, rule, move.fact.seq)
            deciding = decided_by(world, project, rule, said)
            yield Link(2, f"不符合　{text}", said.effective_on if said else None, check["clause"], said.seq if said else None, deciding)
        elif failed and check["verdict"] == Verdict.WARN:
            yield Link(2, f"未说明　{text}", clause=check["clause"])
        elif not failed and "已说明理由" in check["reason"]:
            yield Link(2, f"放宽　{text}", clause=check["clause"])
    yield from (Link(2, reason) for reason in move.fact.payload.get("reasons", ()))


def _papers(world: World, project: Project, move: Move) -> Iterator[Link]:
    """Yield the papers whose completeness brought the project on."""
    phase = world.plan.cohort.phase(move.fact.payload["phase"])
    rules = world.plan.programme.owed_in(phase.kind, project.award_kind)
    for rule in rules:
        if (paper := project.submissions.get(rule.key)) and paper.state in IN_ORDER:
            yield Link(2, f"《{rule.title}》{paper.state.label}", paper.endorsed_on or paper.received_on, rule.clause)


def _nothing_came(world: World, project: Project, move: Move) -> Iterator[Link]:
    """Yield the papers that were still owed when the declaration ended."""
    phase = world.plan.cohort.phase(move.fact.payload["phase"])
    rules = world.plan.programme.owed_in(phase.kind, project.award_kind)
    lacking = [rule for rule in rules if (paper := project.submissions.get(rule.key)) is None or paper.state not in IN_ORDER]
    deciding = Deciding(Answer.STATE, tuple(f"submission:{project.code}/{rule.key}" for rule in lacking), lacks=True)
    for rule in lacking:
        paper = project.submissions.get(rule.key)
        yield Link(2, f"《{rule.title}》{paper.state.label if paper else '未报'}", phase.closes_on, rule.clause, deciding=deciding)


TEXTS: Mapping[str, str] = {
    "create": "登记申报，准备材料",
    "enrol": "作为已获批的在建项目登记入册",
    "declare": "申报材料全部齐全，转为已申报",
    "lapse": "申报认定阶段结束，材料仍不齐，视为不再申报",
    "pass_initial_review": "初审通过",
    "fail_initial_review": "初审不通过",
    "enter_acceptance": "验收材料全部齐全，进入验收",
    "suspend": "组织部登记暂停",
    "withdraw": "单位退出",
    "terminate": "组织部登记终止",
    **dict.fromkeys(VOIDED, "党委撤销了原决定，重新提请决定"),
}
"""Move → what happened; what is not here says only from where to where."""

GROUNDS: Mapping[str, Callable[[World, Project, Move], Iterator[Link]]] = {
    "pass_initial_review": _checked,
    "fail_initial_review": _checked,
    "declare": _papers,
    "enter_acceptance": _papers,
    "lapse": _nothing_came,
    **dict.fromkeys(VOIDED, taken_back),
}
"""Move → what it rested on, where that is more than a person's reason."""
