"""The form of a ballot in the Prefect UI. Choices stand in its schema, not in its types: a form rebuilt later still reads old answers."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from prefect.input import RunInput
from prefect.input.actions import read_flow_run_input
from prefect.input.run_input import Keyset, keyset_from_paused_state
from prefect.states import Suspended
from pydantic import Field, create_model

from config.vocabulary import Outcome
from flows.forms.people import code_field
from flows.steps.ballots import FORM_MAX, UNDECIDED, field_name
from models.balloting import reasons_of
from models.tables import Ballot

SHOWN_MAX = 200


class KeptForm(RunInput):
    """A form that can be put on record before its run suspends.

    Prefect suspends first and stores the form afterwards: a process killed in between would leave a run that waits for an answer
    to a form that nobody can open.
    """

    @classmethod
    def keep(cls, key: str) -> None:
        """Store the form of the suspension with this key, once."""
        cls.save(keyset_from_paused_state(Suspended(pause_key=key)))

    @classmethod
    def save(cls, keyset: Keyset, flow_run_id: UUID | None = None) -> None:
        """Store the form, unless it is on record: Prefect asks for it once more when the run has suspended."""
        if read_flow_run_input(keyset["schema"], flow_run_id) is None:
            super().save(keyset, flow_run_id)


def ballot_form(ballot: Ballot, people: Sequence[str]) -> type[KeptForm]:
    """Return the form: meeting first (no default, so that nothing is decided by an empty click), one choice per project.

    A ballot of more than ``FORM_MAX`` projects asks for the name of its sheet instead.
    """
    fields = {**_meeting_fields(people), **(_sheet_field() if len(ballot.lines) > FORM_MAX else _project_fields(ballot))}
    return create_model("BallotForm", __base__=KeptForm, **fields)


def _meeting_fields(people: Sequence[str]) -> dict[str, Any]:
    choice: dict[str, Any] = {"position": 3, "enum": list(people)} if people else {"position": 3}
    return {
        "meeting": (
            str,
            Field(title="会议名称", description="如：党委会2025年第20次会议", min_length=1, json_schema_extra={"position": 0}),
        ),
        "decided_on": (date, Field(title="会议日期", json_schema_extra={"position": 1})),
        "basis": (str, Field(title="依据", description="会议纪要文号", min_length=1, json_schema_extra={"position": 2})),
        "recorded_by": (str, Field(title="登记人", description="选择您本人", min_length=1, json_schema_extra=choice)),
        "code": code_field(4),
        "reasons": (
            str,
            Field(
                default="",
                title="与建议不同或有未了事项时的理由",
                description="每行一项：项目编号 理由",
                json_schema_extra={"position": 5},
            ),
        ),
    }


def _project_fields(ballot: Ballot) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for position, line in enumerate(ballot.lines, start=10):
        options = [*(Outcome(option).label for option in line["options"]), UNDECIDED]
        default = Outcome(line["outcome"]).label if line["outcome"] else UNDECIDED
        title = f"{line['kind']}第 {line['rank']} 名　{line['label']}"
        info = Field(
            default=default, title=title, description=_grounds(line), json_schema_extra={"position": position, "enum": list(options)}
        )
        fields[field_name(line["project"])] = (str, info)
    return fields


def _sheet_field() -> dict[str, Any]:
    about = "填好的表决单放入收件箱后，在此写它的文件名"
    return {"sheet": (str, Field(title="表决单文件名", description=about, min_length=1, json_schema_extra={"position": 6}))}


def _grounds(line: Any) -> str:
    return "；".join([*reasons_of(line), *(f"未了事项：{text}" for text in line["blockers"])]) or "尚无评分"


def described(ballot: Ballot, refusal: str, sheet: str) -> str:
    """Return what stands above the form: why the last answer was refused, where the sheet is, and the ranking."""
    parts = []
    if refusal:
        parts.append(f"**上次填写未生效：** {refusal}")
    if sheet:
        parts.append(f"待决定项目 {len(ballot.lines)} 个，请填写 Excel 表决单：`{sheet}`")
    for kind, lines in groupby(ballot.lines[:SHOWN_MAX], key=lambda line: line["kind"]):
        rows = [f"| {line['rank']} | {line['label']} | {_score(line)} | {_advice(line)} |" for line in lines]
        parts.append("\n".join([f"**{kind}**", "", "| 名次 | 项目 | 得分 | 建议 |", "|---|---|---|---|", *rows]))
    return "\n\n".join(parts)


def _score(line: Any) -> str:
    return "—" if line["score"] is None else f"{line['score']:g}"


def _advice(line: Any) -> str:
    return Outcome(line["outcome"]).label if line["outcome"] else "暂无"
