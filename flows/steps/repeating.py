"""An order that comes twice is carried out once: same id and content, same answer; other content is refused (decision 0027)."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from config import clock
from flows.steps.errors import refuse
from models.history import RepeatedCommandError
from models.tables import Command
from models.tables.columns import canonical


def answered(session: Session, command: str, act: str, typed: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return what an order was answered when it first came, or None; raises RepeatedCommandError for other content under its id.

    ``typed`` is what stood on the form, without the one-time code, which differs each time.
    """
    stored = session.get(Command, command) if command else None
    if stored is None:
        return None
    if stored.request_sha256 != _digest(act, typed):
        raise RepeatedCommandError(f"操作编号 {command} 已用于其他内容；请换一个编号，或核对后按原内容重新提交")
    return tuple(stored.answer)


def keep_answer(session: Session, command: str, act: str, typed: Mapping[str, Any], lines: Sequence[str]) -> None:
    """Keep the answer to an order in its own transaction; of two at once one is refused, and nothing that it did remains."""
    if not command:
        return
    session.flush()  # a key that the act's own rows find taken is told as such, not as this order's
    session.add(Command(id=command, request_sha256=_digest(act, typed), answer=list(lines), recorded_at=clock.now()))
    try:
        session.flush()
    except IntegrityError:
        raise refuse(f"操作编号 {command} 刚刚由另一次提交办理", "请再提交一次，查看结果") from None


def _digest(act: str, typed: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical({"act": act, "typed": dict(typed)}).encode()).hexdigest()
