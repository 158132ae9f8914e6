"""A run that failed or crashed, as the office is told of it: a task and one line of mail, in one transaction."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Engine
from sqlmodel import Session

from config.clock import business_day
from config.vocabulary import TaskKind
from flows.steps.errors import BROKEN, LOOK_FIRST, REFUSED
from flows.steps.notices import notify_office
from models.business_clock import business_now
from models.loading import open_cohort_rows
from models.store import transaction
from notifications.tasks import leave_task

STATES = {"Failed": "未完成", "Crashed": "中途停止", "TimedOut": "超时"}
"""What a final state of a run is called for the office; any other is shown as it is."""
RAISED = re.compile(r"^.*?exception: (?P<error>[\w.]+): ", re.DOTALL)
"""How Prefect begins the message of a run that raised."""
MESSAGE_MAX = 160
NAMED = frozenset({"cohort", "project", "projects", "subject"})
"""Fields of a form whose value begins with the code of a cohort."""


@dataclass(frozen=True, slots=True)
class RunFailure:
    """A run as Prefect tells of it; ``filled_in`` is what stood on its form (JSON), ``link`` its page."""

    run_id: str
    run_name: str
    flow_name: str
    state: str
    message: str
    filled_in: str = ""
    link: str = ""

    @property
    def refused(self) -> bool:
        """Return whether an act said no: nothing has been changed, and whoever filled in the form can put it right."""
        return self.message.startswith(REFUSED)

    def told(self) -> str:
        """Return what happened and what to do, in one sentence each."""
        raised = RAISED.match(self.message)
        reason = (
            self.message[raised.end() if raised else 0 :].removeprefix(REFUSED).removeprefix(BROKEN).strip()[:MESSAGE_MAX] or "没有说明"
        )
        where = f"打开该次运行查看日志（{self.link}）" if self.link else f"打开编号为 {self.run_id} 的运行查看日志"
        head = f"运行“{self.run_name}”（{self.flow_name}）{STATES.get(self.state, self.state)}："
        if self.refused:
            return f"{head}未办理，{reason}。请按提示改正后重新提交该表单；需要时{where}"
        return f"{head}{reason}。请{where}，排除原因；{LOOK_FIRST}"


def register_failure(engine: Engine, failure: RunFailure) -> str:
    """Leave a task about a failed run and plan one line to the office, both once; returns the text.

    The key of the line is run and state, so that the same failure is told once. Without a cohort, and for a form that was
    refused, only the task is left: a slip of the pen is no mail.
    """
    text = failure.told()
    with transaction(engine) as session:
        today = business_day(business_now(session))
        leave_task(session, TaskKind.RUN_FAILED, failure.run_id, text, today)
        if not failure.refused and (cohort := cohort_of(session, failure)):
            notify_office(session, cohort, f"run_failed:{failure.run_id}:{failure.state}", text, today)
    return text


def cohort_of(session: Session, failure: RunFailure) -> str:
    """Return the open cohort that a run names on its form or in its name, else the newest open one, else an empty text."""
    codes = [row.code for row in sorted(open_cohort_rows(session), key=lambda row: row.id or 0)]
    named = [*_named(failure.filled_in), failure.run_name]
    found = (code for text in named for code in codes if _begins(text, code))
    return next(found, codes[-1] if codes else "")


def _begins(text: str, code: str) -> bool:
    """Return whether a text is about a cohort: its code alone, with a title behind it, or at the head of a project's code."""
    return re.match(rf"{re.escape(code)}(?![\w])(?!-\d\d-)", text) is not None


def _named(filled_in: str) -> Iterator[str]:
    try:
        yield from _values(json.loads(filled_in or "{}"))
    except ValueError:
        return


def _values(entered: Any) -> Iterator[str]:
    for key, value in entered.items() if isinstance(entered, dict) else ():
        if key in NAMED:
            yield from (str(one) for one in (value if isinstance(value, Sequence) and not isinstance(value, str) else [value]))
        else:
            yield from _values(value)
