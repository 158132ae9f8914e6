"""How an act says no: nothing has been changed, and the message says what to do."""

from collections.abc import Mapping
from typing import Any

from config.loading import PlanError
from config.texts import TextError
from models.history import MovedError, RepeatedCommandError
from models.loading import UnknownCodeError
from models.rules.lifecycle import IllegalMoveError
from models.store import SimultaneousError
from notifications.message import MessageError
from notifications.papers.word.fault import FormError


class ActError(ValueError):
    """An act is refused; the Chinese message names what was wrong and the remedy."""


class ConflictError(ActError):
    """A conflict of interest is refused (R46); the refusal itself goes on record in the cohort's history, without names."""

    def __init__(self, text: str, cohort: str, body: Mapping[str, Any]) -> None:
        """Keep what is recorded: ``body`` is {"how", "phase", "part", "assessor", "refused": [{"project", "ground"}]}."""
        super().__init__(text)
        self.cohort = cohort
        self.body = body


REFUSALS = (
    ActError,
    SimultaneousError,
    PlanError,
    TextError,
    UnknownCodeError,
    IllegalMoveError,
    MovedError,
    RepeatedCommandError,
    MessageError,
    FormError,
)
"""Errors whose text is such a refusal; any other is a fault of ours or of the machine."""
REFUSED = "未办理："
"""How a refusal begins wherever people read it: on the command line and as the end of a run."""
BROKEN = "系统出错："
"""How the end of a run begins that any other error has stopped."""

LOOK_FIRST = "请先在今日工作台、台账或历史记录中查看是否已登记，没有登记的再重新提交"
"""What to do after a run that broke: submitting its form once more is another act, which is recorded even if the first one was."""


def refuse(text: str, remedy: str = "") -> ActError:
    """Return the error for ``raise``."""
    return ActError(f"{text}；{remedy}" if remedy else text)
