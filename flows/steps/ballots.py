"""Between a ballot and what was entered on its form or sheet, and what becomes of an answer: applied once, or refused for good."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.engine import Engine
from sqlmodel import Session, col, select

from config.texts import UNSEEN
from config.vocabulary import Outcome, PhaseKind, TaskKind
from flows.forms.texts import pairs
from flows.steps import judging
from flows.steps.errors import REFUSALS, refuse
from flows.steps.filing import from_inbox
from flows.steps.identity import Claim, signed
from flows.steps.judging import Meeting, Verdicts
from flows.steps.notices import notify_office
from models.balloting import Applied, since_ballot
from models.history import Act
from models.imports.ballots import read_ballot
from models.loading import cohort_of
from models.sealing import SealingError
from models.store import transaction
from models.tables import Ballot, Cohort
from notifications.tasks import leave_task

FORM_MAX = 40
"""More projects than this do not fit a form that people can check: they get a sheet."""
UNDECIDED = "暂不决定"
UNDONE = (*REFUSALS, SealingError)
"""What leaves a ballot as it was, to be answered again: a key that has gone is put back while the ballot waits."""
NAMED = 5
"""Projects that are enough to recognise a decision."""


def field_name(project: str) -> str:
    """Return the form's field for a project."""
    return "项目_" + project.replace("-", "_")


def verdicts_from_form(ballot: Ballot, answer: Mapping[str, Any]) -> Verdicts:
    """Return the decisions that were entered, on the form or on the sheet it names; what is left undecided stays so."""
    day = answer["decided_on"]
    meeting = Meeting(answer["meeting"], day if isinstance(day, date) else date.fromisoformat(day), answer["basis"])
    if answer.get("sheet"):
        return verdicts_from_sheet(ballot, answer["sheet"], meeting)
    chosen = {line["project"]: answer[field_name(line["project"])] for line in ballot.lines}
    reasons = _reasons(answer.get("reasons") or "")
    if unknown := sorted(set(reasons) - set(chosen)):
        raise refuse(f"理由中写了不在表决单上的项目：{'、'.join(unknown)}", "每行应为：项目编号 理由")
    return Verdicts(meeting, outcomes_of(ballot, chosen), reasons)


def _reasons(text: str) -> dict[str, str]:
    """Return project → reason; a line that cannot be read is refused, for a reason left out would be missing from the decision."""
    try:
        return pairs(text)
    except ValueError as error:
        raise refuse(f"理由{error}", "每行应为：项目编号 理由，每个项目一行") from None


def verdicts_from_sheet(ballot: Ballot, name: str, meeting: Meeting) -> Verdicts:
    """Return the decisions on a ballot's sheet in the inbox."""
    rows = read_ballot(from_inbox(name), ballot.code)
    reasons = {row.project: row.reason for row in rows if row.reason}
    return Verdicts(meeting, outcomes_of(ballot, {row.project: row.decision for row in rows}), reasons)


def outcomes_of(ballot: Ballot, chosen: Mapping[str, str]) -> dict[str, Outcome]:
    """Return the outcomes behind labels or stored values; an empty one or “暂不决定” leaves a project undecided."""
    lines = {line["project"]: line for line in ballot.lines}
    if unknown := sorted(set(chosen) - set(lines)):
        raise refuse(f"表决单 {ballot.code} 中没有项目：{'、'.join(unknown)}", "请核对项目编号")
    outcomes, flaws = {}, []
    for project, text in chosen.items():
        if text in ("", UNDECIDED):
            continue
        options = [Outcome(option) for option in lines[project]["options"]]
        found = next((option for option in options if text in (option.value, option.label)), None)
        if found is None:
            flaws.append(f"{project} 读到“{text}”，可选：{'、'.join(option.label for option in options)}")
        else:
            outcomes[project] = found
    if flaws:
        raise refuse(f"决定填写有误：{'；'.join(flaws)}", "请改正后重新提交")
    if not outcomes:
        raise refuse("没有对任何项目作出决定", "请至少决定一项")
    return outcomes


def form_of(
    ballot: Ballot, meeting: Meeting, recorded_by: str, outcomes: Mapping[str, Outcome], reasons: Mapping[str, str]
) -> dict[str, Any]:
    """Return what a person would enter on the form for these decisions (used by the demo)."""
    entered = {field_name(line["project"]): UNDECIDED for line in ballot.lines}
    entered |= {field_name(project): outcome.label for project, outcome in outcomes.items()}
    text = "\n".join(f"{project} {reason}" for project, reason in reasons.items())
    base = {"meeting": meeting.name, "decided_on": meeting.decided_on.isoformat(), "basis": meeting.basis}
    return {**base, "recorded_by": recorded_by, "reasons": text, **entered}


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of an answer: the outcomes it brought, or why it was refused."""

    outcomes: tuple[str, ...] = ()
    refusal: str = ""


def settle(engine: Engine, act: Act, code: str, number: int, answer: Mapping[str, Any], claim: Claim | None = None) -> Settled:
    """Apply the answer to a ballot, once and whole; an answer refused before stays refused, whatever has changed since.

    ``claim`` is the one-time code that came with it; a wrong one is a refusal like any other.
    """
    with transaction(engine) as session:
        past = _ballot(session, code).refusals
    if number < len(past):
        return Settled(refusal=past[number])
    try:
        with signed(engine, act, claim) as (session, signer):
            ballot = _ballot(session, code)
            decided = judging.apply_ballot(session, signer, code, verdicts_from_form(ballot, answer))
            return Settled(tuple(row.label for row in decided))
    except UNDONE as refused:
        return Settled(refusal=keep_refusal(engine, code, number, str(refused)))


def keep_refusal(engine: Engine, code: str, number: int, text: str) -> str:
    """Remember why an answer was refused, so that a replay refuses it again; returns the text that holds.

    It may quote what was typed: characters that no text may hold are shown as a box.
    """
    with transaction(engine) as session:
        ballot = _ballot(session, code)
        if number == len(ballot.refusals):
            ballot.refusals = [*ballot.refusals, UNSEEN.sub("□", text)[:1000]]
            session.add(ballot)
        return str(ballot.refusals[number])


def void_if_moved(session: Session, act: Act, ballot: Ballot) -> tuple[str, ...]:
    """Void an undecided ballot about whose projects something was recorded since; returns them.

    Where another decision was what happened, the office is told, on its desk and by mail: two people were at work on one thing.
    """
    moved = judging.undecided_moved(session, ballot)
    if moved:
        ballot.voided_because = f"情况有变：{'、'.join(moved)}"[:300]
        session.add(ballot)
        if other := since_ballot(session, ballot):
            _tell(session, act, ballot, other)
    return moved


def _tell(session: Session, act: Act, ballot: Ballot, other: tuple[Applied, ...]) -> None:
    cohort = cohort_of(session, ballot).code
    first = other[0]
    named = "、".join(row.project for row in other[:NAMED]) + ("等" if len(other) > NAMED else "")
    text = (
        f"表决单 {ballot.code} 提交前，{first.recorded_by} 已登记 {first.decided_on} {first.meeting}对 {len(other)} 个项目的决定"
        f"（{named}）；该表决单作废，未重复生效，请核对两次填写是否一致"
    )
    leave_task(session, TaskKind.DECISION_REPEATED, ballot.code, text, act.on)
    notify_office(session, cohort, f"decision_repeated:{ballot.code}", text, act.on)


def _ballot(session: Session, code: str) -> Ballot:
    ballot = session.exec(select(Ballot).where(Ballot.code == code)).first()
    if ballot is None:
        raise refuse(f"没有表决单“{code}”")
    return ballot


def decision(  # noqa: PLR0913 - the fields of the act
    session: Session,
    act: Act,
    cohort: str,
    phase: PhaseKind,
    meeting: str,
    decided_on: date,
    basis: str,
    outcomes: Mapping[str, str] = {},
    reasons: Mapping[str, str] = {},
    sheet: str = "",
) -> int:
    """Record the committee's decision without a form: named outcomes, those of a ballot's sheet, or all as recommended."""
    held = Meeting(meeting, decided_on, basis)
    if sheet:
        ballot = _newest(session, cohort, phase)
        verdicts = verdicts_from_sheet(ballot, sheet, held)
    else:
        made = judging.make_ballot(session, act, cohort, PhaseKind(phase))
        if made is None:
            raise refuse(f"批次 {cohort} 在{PhaseKind(phase).label}没有待决定的项目", "请用 creation status 查看")
        ballot = made
        recommended = {line["project"]: line["outcome"] or "" for line in ballot.lines}
        verdicts = Verdicts(held, outcomes_of(ballot, dict(outcomes) or recommended), dict(reasons))
    return len(judging.apply_ballot(session, act, ballot.code, verdicts))


def _newest(session: Session, cohort: str, phase: PhaseKind) -> Ballot:
    query = select(Ballot).join(Cohort).where(Cohort.code == cohort, Ballot.phase == phase, col(Ballot.voided_because).is_(None))
    ballot = session.exec(query.order_by(col(Ballot.id).desc())).first()
    if ballot is None:
        raise refuse(f"批次 {cohort} 没有可用的表决单", f"请先用 creation sheet ballot {cohort} {phase} 生成")
    return ballot
