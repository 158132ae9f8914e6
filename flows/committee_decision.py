"""The committee's decision: a form built from a frozen ballot; what was entered is in our history before the run goes on."""

import re
from datetime import date
from typing import Any, Literal

from prefect import flow, get_run_logger, suspend_flow_run
from prefect.context import FlowRunContext
from prefect.input import RunInput
from pydantic import BaseModel, ConfigDict, Field, create_model
from sqlmodel import col, select

from config.clock import business_day
from config.vocabulary import AuthMethod, Outcome, PhaseKind
from flows.runtime import engine, origin
from flows.steps import judging
from flows.steps.ballots import FORM_MAX, UNDECIDED, field_name, verdicts_from_form
from flows.steps.errors import refuse
from models.business_clock import business_now
from models.history import Act
from models.store import reading, transaction
from models.tables import Ballot


class DecisionRequest(BaseModel):
    """提请党委决定：生成表决单，暂停等待填写会议决定。"""

    model_config = ConfigDict(frozen=True)
    cohort: str = Field(title="批次", description="批次代码，如 2025", max_length=20, json_schema_extra={"position": 0})
    phase: PhaseKind = Field(title="阶段", description="对哪个阶段作出决定", json_schema_extra={"position": 1})


@flow(name="党委决定", flow_run_name="{决定.cohort} 党委决定（{决定.phase.label}）", persist_result=False)
def committee_decision(决定: DecisionRequest) -> list[str]:  # noqa: PLC2401 - Prefect shows the name as the label
    """Put a ballot before the committee and apply exactly what it decided (R18, R47, R52, R53)."""
    ballot = frozen_ballot(决定)
    if ballot is None:
        get_run_logger().info("没有待决定的项目")
        return []
    run = FlowRunContext.get()
    attempt = run.flow_run.run_count if run and run.flow_run else 0
    answer = suspend_flow_run(wait_for_input=ballot_form(ballot), timeout=None, key=form_key(ballot.code, attempt)).model_dump()
    act = Act(answer["recorded_by"], origin(), _today(), command=f"{origin()}/{ballot.code}", auth_method=AuthMethod.DECLARED)
    with transaction(engine()) as session:
        decided = judging.apply_ballot(session, act, ballot.code, verdicts_from_form(ballot, answer))
    return [f"{row.outcome.label}" for row in decided]


def form_key(ballot: str, attempt: int) -> str:
    """Return the key under which Prefect keeps the form: lowercase letters, digits and dashes only, new for each attempt."""
    return f"{re.sub('[^a-z0-9]+', '-', ballot.lower())}-r{attempt}"


def _today() -> date:
    with reading(engine()) as session:
        return business_day(business_now(session))


def frozen_ballot(request: DecisionRequest) -> Ballot | None:
    """Return this run's ballot, made once; a run that comes back after a suspension finds the one it offered."""
    with transaction(engine()) as session:
        query = select(Ballot).where(Ballot.made_by == origin(), col(Ballot.voided_because).is_(None))
        known = session.exec(query).first()
        if known is not None and not (moved := judging.undecided_moved(session, known)):
            return known
        if known is not None:
            known.voided_because = f"情况有变：{'、'.join(moved)}"[:300]
            session.add(known)
        act = Act("系统", origin(), business_day(business_now(session)), auth_method=AuthMethod.SYSTEM)
        ballot = judging.make_ballot(session, act, request.cohort, request.phase)
    if ballot is not None and len(ballot.lines) > FORM_MAX:
        raise refuse(f"待决定项目 {len(ballot.lines)} 个，超过表单上限 {FORM_MAX} 个", "请用 creation record 分批登记")
    return ballot


def ballot_form(ballot: Ballot) -> type[RunInput]:
    """Build the form: meeting first (no default, so that nothing is decided by an empty click), one choice per project."""
    fields: dict[str, Any] = {
        "meeting": (
            str,
            Field(title="会议名称", description="如：党委会2025年第20次会议", min_length=1, json_schema_extra={"position": 0}),
        ),
        "decided_on": (date, Field(title="会议日期", json_schema_extra={"position": 1})),
        "basis": (str, Field(title="依据", description="会议纪要文号", min_length=1, json_schema_extra={"position": 2})),
        "recorded_by": (str, Field(title="登记人", min_length=1, json_schema_extra={"position": 3})),
        "reasons": (
            str,
            Field(default="", title="与建议不同的理由", description="每行一项：项目编号 理由", json_schema_extra={"position": 4}),
        ),
    }
    for position, line in enumerate(ballot.lines, start=5):
        options = (*(Outcome(option).label for option in line["options"]), UNDECIDED)
        default = Outcome(line["outcome"]).label if line["outcome"] else UNDECIDED
        grounds = "；".join([*line["reasons"], *line["blockers"]])
        info = Field(default=default, title=line["label"], description=grounds, json_schema_extra={"position": position})
        fields[field_name(line["project"])] = (Literal[options], info)
    return create_model("BallotForm", __base__=RunInput, **fields)
