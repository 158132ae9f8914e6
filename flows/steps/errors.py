"""How an act says no: nothing has been changed, and the message says what to do."""

from config.loading import PlanError
from config.texts import TextError
from models.loading import UnknownCodeError
from models.rules.lifecycle import IllegalMoveError
from notifications.message import MessageError
from notifications.papers.word.fault import FormError


class ActError(ValueError):
    """An act is refused; the Chinese message names what was wrong and the remedy."""


REFUSALS = (ActError, PlanError, TextError, UnknownCodeError, IllegalMoveError, MessageError, FormError)
"""Errors whose text is such a refusal; any other is a fault of ours or of the machine."""
REFUSED = "未办理："
"""How a refusal begins wherever people read it: on the command line and as the end of a run."""


def refuse(text: str, remedy: str = "") -> ActError:
    """Return the error for ``raise``."""
    return ActError(f"{text}；{remedy}" if remedy else text)
