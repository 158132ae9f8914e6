"""The form of a ballot in the Prefect UI. Choices stand in its schema, not in its types: a form rebuilt later still reads old answers."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Annotated, Any
from uuid import UUID

from prefect.input import RunInput
from prefect.input.actions import read_flow_run_input
from prefect.input.run_input import Keyset, keyset_from_paused_state
from prefect.states import Suspended
from pydantic import Field, create_model

from config.texts import TEXT_MAX, UNSEEN
from config.vocabulary import Outcome
from flows.forms.people import code_field
from flows.steps.ballots import FORM_MAX, UNDECIDED, field_name
from models.balloting import reasons_of
from models.tables import Ballot, Decision

SHOWN_MAX = 200
NOT_LISTED = "清单中没有"
"""What is chosen by a person of the office who was entered while the ballot waited: the list is that of the day on which it was made."""


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


def ballot_form(ballot: Ballot, people: Sequence[str], last: Mapping[str, Any] = {}) -> type[KeptForm]:
    """Return the form: meeting first (no default, so that nothing is decided by an empty click), one choice per project.

    A ballot of more than ``FORM_MAX`` projects asks for the name of its sheet instead. ``last`` is the answer that was refused, if
    any: the form is filled in with it, but for the code, so that only what was wrong is typed again.
    """
    fields = {**_meeting_fields(people), **(_sheet_field() if len(ballot.lines) > FORM_MAX else _project_fields(ballot))}
    for name in (fields.keys() & last.keys()) - {"code"}:
        kind, info = fields[name]
        fields[name] = (Annotated[kind, info], _shown(last[name]))
    return create_model("BallotForm", __base__=KeptForm, **fields)


def _shown(given: Any) -> Any:
    """Return what was typed without the characters that no text may hold: nobody sees them, so nobody could take them out."""
    return UNSEEN.sub(" ", given) if isinstance(given, str) else given


def recorder(answer: Mapping[str, Any]) -> str:
    """Return who says that the answer is theirs: by the list, or by a code that was not on it yet when the run began to wait."""
    return str(answer["recorder_code"] if answer["recorded_by"] == NOT_LISTED else answer["recorded_by"])


def _meeting_fields(people: Sequence[str]) -> dict[str, Any]:
    return {
        "meeting": _text("会议名称", "如：党委会2025年第20次会议", {"position": 0, "maxLength": _most("meeting")}, min_length=1),
        "decided_on": (date, Field(title="会议日期", json_schema_extra={"position": 1})),
        "basis": _text("依据", "会议纪要文号", {"position": 2, "maxLength": _most("basis")}, min_length=1),
        "recorded_by": _text(
            "登记人",
            f"选择您本人；清单中没有的，选“{NOT_LISTED}”并填写下一栏",
            {"position": 3, "enum": [*people, NOT_LISTED]},
            min_length=1,
        ),
        "recorder_code": _text("登记人编号", f"选“{NOT_LISTED}”时填写本人编号，其他人留空", {"position": 4}, default=""),
        "code": code_field(5),
        "reasons": _text(
            "与建议不同或有未了事项时的理由",
            f"每行一项：项目编号 理由；每项最多 {_most('reason')} 字",
            {"position": 6, "maxLength": TEXT_MAX},
            default="",
        ),
    }


def _text(title: str, about: str, schema: dict[str, Any], **rules: Any) -> tuple[type[str], Any]:
    return str, Field(title=title, description=about, json_schema_extra=schema, **rules)


def _most(column: str) -> int:
    """Return how many characters a decision keeps of a text: the form asks for no more, so that the answer is refused before it is sent."""
    return int(Decision.__table__.columns[column].type.length)  # type: ignore[attr-defined]


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
    return {"sheet": (str, Field(title="表决单文件名", description=about, min_length=1, json_schema_extra={"position": 7}))}


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
