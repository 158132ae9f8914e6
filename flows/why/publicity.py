"""Why a decision does not hold yet, or no longer: what was made public, who objected, what was found, what the committee took back."""

from collections.abc import Iterator
from datetime import date

from config.vocabulary import Outcome
from flows.why.link import Answer, Deciding, Link, of_project
from flows.why.moves import Move
from models.rules.publicity import ANSWER, Objection, Proposed, pending, proposals, voids
from models.rules.snapshot import Project, World


def publicised(project: Project) -> Iterator[Link]:
    """Yield every decision that was made public, the newest first, with its objections and what became of it."""
    standing = pending(project)
    for proposed in reversed(proposals(project)):
        stands = standing is not None and standing.seq == proposed.seq
        text = f"拟定“{proposed.outcome.label}”，公示 {proposed.from_on} 至 {proposed.until_on}：{_became(proposed, stands=stands)}"
        yield Link(0, text, proposed.proposed_on, "P.publicity", proposed.seq, _settled_by(project, proposed, stands=stands))
        yield Link(1, f"{proposed.body['meeting']}，{proposed.body['basis']}", date.fromisoformat(proposed.body["decided_on"]))
        if proposed.body["reason"]:
            yield Link(1, f"党委写明的理由：{proposed.body['reason']}", seq=proposed.seq)
        for objection in proposed.objections:
            yield from _objected(objection)


def _settled_by(project: Project, proposed: Proposed, *, stands: bool) -> Deciding | None:
    """Return what made a proposal final or void; while it stands, the proposal itself."""
    by = proposed.ended_by.seq if proposed.ended_by else proposed.seq
    ended = stands or proposed.ended_by is not None
    return Deciding(Answer.PUBLICITY, (of_project(project, by),), str(proposed.seq)) if ended else None


def _became(proposed: Proposed, *, stands: bool) -> str:
    if proposed.is_final:
        return "期满生效"
    if proposed.ended_by is not None:
        return "异议成立，作废" if proposed.ended_by.event == ANSWER else f"由{proposed.ended_by.payload['meeting']}撤回"
    if not stands:
        return "项目已暂停或离开，未生效"
    waiting = len(proposed.open_objections)
    return f"{waiting} 条异议待答复，暂不生效" if waiting else "公示中，期满无异议即生效"


def _objected(objection: Objection) -> Iterator[Link]:
    who = f"实名 {objection.raised_by}" if objection.raised_by else "匿名"
    yield Link(1, f"异议（{who}）：{objection.text}", objection.received_on, seq=objection.seq)
    if (answer := objection.answer) is not None:
        found = "成立" if objection.upheld else "不成立"
        yield Link(2, f"{found}（{answer.payload['answered_by']}）：{answer.payload['text']}", answer.effective_on, seq=answer.seq)


def voided(project: Project, seq: int) -> Iterator[Link]:
    """Yield by what a decision was taken back, if it was."""
    if (fact := voids(project).get(seq)) is not None:
        yield Link(2, f"该决定已由{fact.payload['meeting']}撤销：{fact.payload['reason']}", fact.effective_on, "P.correction", fact.seq)


def taken_back(world: World, project: Project, move: Move) -> Iterator[Link]:
    """Yield what was decided before the committee took it back, by which meeting, and why."""
    del world, project
    body = move.fact.payload
    yield Link(2, f"原决定：{Outcome(body['outcome']).label}", seq=body["voids"])
    yield Link(2, f"{body['meeting']}，{body['basis']}：{body['reason']}", date.fromisoformat(body["decided_on"]), seq=move.fact.seq)
