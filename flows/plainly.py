"""What every run tells the office in the office's own words: a refusal or a fault as one sentence, a job over many as a bar."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from prefect.runtime import flow_run
from prefect.states import Failed
from sqlalchemy.exc import DBAPIError

from flows.desk.refreshing import show_end
from flows.progress import progress
from flows.runtime import engine, origin
from flows.steps.counting import shown_by
from flows.steps.errors import BROKEN, LOOK_FIRST, REFUSALS, REFUSED
from models.trouble import told as trouble

LOGGER = logging.getLogger("creation")
Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def plainly(run: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Wrap what a flow does: an act that says no ends the run as failed with its sentence, and so does any other error.

    Of a fault the traceback stands below the sentence, for who is to mend it. However it ends, the run leads to the desk.
    """

    @wraps(run)
    def ended(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        try:
            with shown_by(progress):
                result = run(*args, **kwargs)
        except REFUSALS as refusal:
            told = f"{REFUSED}{refusal}"
            LOGGER.error("%s", told)  # noqa: TRY400 - the traceback would bury the sentence
        except Exception as fault:
            told = f"{BROKEN}{_said(fault)}"
            LOGGER.exception("%s。%s；仍出错的，请技术人员查看以下记录", told, LOOK_FIRST)
        else:
            _show_end(well=True)
            return result
        _show_end(well=False)
        return cast("Result", Failed(message=told))  # Prefect takes a returned state for the run's end

    return ended


def _said(fault: Exception) -> str:
    """Return what a person reads of a fault: what can be done about it, where that is known, else its first line."""
    if isinstance(fault, DBAPIError) and (known := trouble(fault)):
        return known
    first, *_ = str(fault).splitlines() or ["没有说明"]
    return f"{first}（{type(fault).__name__}）"


def _show_end(*, well: bool) -> None:
    if flow_run.id:
        show_end(engine(), origin(), well=well)


class Quietly(logging.Filter):
    """Leaves out what Prefect reports of a task in which an act said no, its traceback and its end: the run tells it as a sentence."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is to be written."""
        if record.exc_info and isinstance(record.exc_info[1], REFUSALS):
            return False
        message = record.getMessage()
        return not any(f"encountered an exception {kind.__name__}: " in message for kind in REFUSALS)


logging.getLogger("prefect.task_runs").addFilter(Quietly())
