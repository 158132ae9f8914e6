"""The committee's decision: a form built from a frozen ballot; what was entered is in our history before the run goes on."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from prefect import flow, get_run_logger, suspend_flow_run
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import col, select

from config.clock import business_day
from config.identity import COMMITTEE_DECISION
from config.texts import refuse_flawed
from config.vocabulary import AuthMethod, PhaseKind
from flows.ballot_form import KeptForm, ballot_form, described, recorder
from flows.forms.people import claim_of, person_of
from flows.forms.schema import CHOICES, code_of
from flows.offering import Offer
from flows.plainly import plainly
from flows.records import show_consequences
from flows.runtime import engine, origin, resumed_at, retries
from flows.steps import judging
from flows.steps.ballots import FORM_MAX, UNDONE, Settled, keep_refusal, settle, void_if_moved
from flows.steps.errors import ActError, refuse
from flows.steps.sheets import ballot_paper
from flows.tasks import refresh_desk
from models.business_clock import business_now
from models.history import Act
from models.rules.decisions import DECIDED_PHASES
from models.store import reading, transaction
from models.tables import Ballot


class DecisionRequest(BaseModel):
    """提请党委决定：生成表决单，暂停等待；会后在本次运行的页面点 Resume，填写会议决定。"""

    model_config = ConfigDict(frozen=True)
    cohort: str = Field(title="批次", description="从清单中选择", json_schema_extra={"position": 0, CHOICES: "cohort"})
    phase: str = Field(title="阶段", description="对哪个阶段作出决定", json_schema_extra={"position": 1, CHOICES: "decided_phase"})

    @property
    def cohort_code(self) -> str:
        """Return the cohort's code: the drop-down shows its title behind it."""
        return code_of(self.cohort)

    @property
    def phase_kind(self) -> PhaseKind:
        """Return the phase, given by label or token."""
        found = next((kind for kind in DECIDED_PHASES if self.phase in (kind.label, kind.value)), None)
        if found is None:
            raise ActError(f"阶段“{self.phase}”没有党委决定；可选：{'、'.join(kind.label for kind in DECIDED_PHASES)}")
        return found


@flow(name="党委决定", flow_run_name="{决定.cohort_code} 党委决定（{决定.phase}）", persist_result=False)
@plainly
def committee_decision(决定: DecisionRequest) -> list[str]:  # noqa: PLC2401 - Prefect shows the name as the label
    """Put a ballot before the committee and apply exactly what it decided (R18, R47, R52, R53)."""
    log = get_run_logger()
    refused = dict[str, list[dict[str, Any]]]()
    while ballot := frozen_ballot(决定):
        before = refused.setdefault(ballot.code, [])
        if is_new(ballot, len(before)):
            refresh_desk()  # the ballot waits: the desk says so
        answer = asked_for(ballot, before)
        settled = settled_answer(ballot, len(before), answer)
        if not settled.refusal:
            show_consequences()
            return list(settled.outcomes)
        log.warning("未生效：%s", settled.refusal)
        before.append(answer)
    refuse_if_void()
    raise refuse(f"批次 {决定.cohort_code} 在{决定.phase_kind.label}没有待决定的项目", "请核对批次和阶段，或在今日工作台查看进展")


def asked_for(ballot: Ballot, before: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Suspend until the form of one asking is filled in, and return the answer; the form is on record before the run waits.

    ``before`` are the answers to this ballot that were refused: the form comes back as it was last filled in.
    """
    number = len(before)
    form, key = form_for(ballot, number, before[-1] if before else {}), form_key(ballot.code, number)
    form.keep(key)
    return suspend_flow_run(wait_for_input=form, timeout=None, key=key).model_dump()


def refuse_if_void() -> None:
    """Refuse an answer that came too late: what stood on this run's ballot has been decided elsewhere, and nothing is left to decide."""
    with reading(engine()) as session:
        query = select(Ballot).where(Ballot.made_by == origin(), col(Ballot.voided_because).is_not(None))
        void = session.exec(query.order_by(col(Ballot.id).desc())).first()
    if void is not None:
        raise refuse(
            f"表决单 {void.code} 已作废，所填没有生效（{void.voided_because}），也没有其他待决定的项目", "请在今日工作台核对已登记的决定"
        )


def is_new(ballot: Ballot, number: int) -> bool:
    """Return whether an asking is the latest one: resuming replays the earlier ones, whose answers were refused."""
    return number == len(ballot.refusals)


def settled_answer(ballot: Ballot, number: int, answer: dict[str, Any]) -> Settled:
    """Apply an answer under the name of the person who gave it."""
    try:
        refuse_flawed(answer)
        with reading(engine()) as session:
            actor = person_of(session, recorder(answer))
            asking = f"{origin()}/{ballot.code}/{number}"
            claim = claim_of(session, COMMITTEE_DECISION, actor, answer["code"], resumed_at(), asking)
            today = business_day(business_now(session))
    except UNDONE as refused:
        return Settled(refusal=keep_refusal(engine(), ballot.code, number, str(refused)))
    act = Act(actor, origin(), today, command=f"{origin()}/{ballot.code}")
    return settle(engine(), act, ballot.code, number, answer, claim)


def form_for(ballot: Ballot, number: int, last: Mapping[str, Any] = {}) -> type[KeptForm]:
    """Return the form of one asking: what was wrong with the answer before stands above the ranking."""
    with reading(engine()) as session:
        people = Offer(session).labels("person")
    before = ballot.refusals[number - 1] if number else ""
    sheet = ""
    if len(ballot.lines) > FORM_MAX:
        sheet = str(ballot_paper(ballot))
    return ballot_form(ballot, people, last).with_initial_data(description=described(ballot, before, sheet))


def form_key(ballot: str, number: int) -> str:
    """Return the key under which Prefect keeps an asking's form: lowercase letters, digits and dashes only, new for each retry.

    A run that was put back in the queue asks under the same key, so that an answer given before its process died still counts.
    """
    return f"{re.sub('[^a-z0-9]+', '-', ballot.lower())}-n{number}-r{retries() + 1}"


def frozen_ballot(request: DecisionRequest) -> Ballot | None:
    """Return this run's ballot, made once; a run that comes back after a suspension finds the one it offered.

    A ballot whose projects have moved is void, and a new one takes its place; None when nothing is up for decision.
    """
    with transaction(engine()) as session:
        act = Act("系统", origin(), business_day(business_now(session)), auth_method=AuthMethod.SYSTEM)
        query = select(Ballot).where(Ballot.made_by == origin(), col(Ballot.voided_because).is_(None))
        known = session.exec(query).first()
        if known is not None and not void_if_moved(session, act, known):
            return known
        return judging.make_ballot(session, act, request.cohort_code, request.phase_kind)
