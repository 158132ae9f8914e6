"""Who fills in a form: a person of the office chosen from a list, with a one-time code where the act asks for one."""

from datetime import datetime
from typing import Any

from pydantic import Field
from sqlmodel import Session

from config.identity import CODE_HINT, CODE_TITLE, NEEDS_CODE, ON_WHAT_WAS_SEEN, SEEN_HINT, SEEN_TITLE
from flows.forms.schema import CHOICES, code_of
from flows.steps.errors import refuse
from flows.steps.identity import Claim, asks_for_code
from flows.steps.people import admin_in_office


def person_of(session: Session, label: str) -> str:
    """Return the code of the person behind a label such as ``A01 工作人员1``; refused when there is none in office."""
    if not label.strip():
        raise refuse("没有选择办理人", "请从清单中选择您本人")
    return admin_in_office(session, code_of(label)).code


def person_fields(act: str, position: int) -> dict[str, Any]:
    """Return the fields of a form that ask who does it, what was seen before, and for the code, where the act is one of those."""
    chosen: dict[str, Any] = {"position": position, CHOICES: "person"}
    fields: dict[str, Any] = {"recorded_by": (str, Field(title="办理人", description="选择您本人", min_length=1, json_schema_extra=chosen))}
    if act in ON_WHAT_WAS_SEEN:
        told = Field(default=None, title=SEEN_TITLE, description=SEEN_HINT, ge=1, json_schema_extra={"position": position - 1})
        fields["seen"] = (int | None, told)
    if act in NEEDS_CODE:
        fields["code"] = code_field(position + 1)
    return fields


def code_field(position: int) -> tuple[type[str], Any]:
    """Return the field for a one-time code, to be left empty by whom none has been set up for."""
    about = f"{CODE_HINT}；尚未启用动态口令时留空"
    return str, Field(default="", title=CODE_TITLE, description=about, json_schema_extra={"position": position})


def claim_of(session: Session, act: str, person: str, code: str, submitted_at: datetime, origin: str) -> Claim | None:
    """Return what a person claims with a form, or None where no code is asked for; refused when it is missing."""
    needed = asks_for_code(session, act)
    if needed and not code.strip():
        raise refuse(f"此事项须填{CODE_TITLE}", f"请填写{CODE_HINT}后重新提交")
    return Claim(person, code, submitted_at, origin) if needed else None
