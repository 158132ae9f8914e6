"""What every run tells the office in the office's own words: a refusal or a fault as one sentence, a job over many as a bar."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from prefect.states import Failed

from flows.progress import progress
from flows.steps.counting import shown_by
from flows.steps.errors import BROKEN, REFUSALS, REFUSED

LOGGER = logging.getLogger("creation")
Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def plainly(run: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Wrap what a flow does: an act that says no ends the run as failed with its sentence, and so does any other error.

    Of a fault the traceback stands below the sentence, for who is to mend it.
    """

    @wraps(run)
    def ended(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        try:
            with shown_by(progress):
                return run(*args, **kwargs)
        except REFUSALS as refusal:
            LOGGER.error("%s%s", REFUSED, refusal)  # noqa: TRY400 - the traceback would bury the sentence
            return cast("Result", Failed(message=f"{REFUSED}{refusal}"))  # Prefect takes a returned state for the run's end
        except Exception as fault:
            first, *_ = str(fault).splitlines() or ["没有说明"]
            told = f"{BROKEN}{first}（{type(fault).__name__}）"
            LOGGER.exception("%s。可重新提交，已登记的不会再登记一次；仍出错的，请技术人员查看以下记录", told)
            return cast("Result", Failed(message=told))

    return ended


class Quietly(logging.Filter):
    """Leaves out what Prefect reports of a task in which an act said no, its traceback and its end: the run tells it as a sentence."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is to be written."""
        if record.exc_info and isinstance(record.exc_info[1], REFUSALS):
            return False
        message = record.getMessage()
        return not any(f"encountered an exception {kind.__name__}: " in message for kind in REFUSALS)


logging.getLogger("prefect.task_runs").addFilter(Quietly())
