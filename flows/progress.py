"""A bar in Prefect's page for jobs over many subjects.

A thread of its own tells Prefect, at most once a second: the job counts within its database transaction, and must never
hold that open for an answer of Prefect's.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import cast
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.context import FlowRunContext

from flows.steps.counting import Step

LOGGER = logging.getLogger("creation")
PAUSE_SECONDS = 1.0
LAST_SECONDS = 2.0
"""How long a job that is done waits for its last word to reach the page."""
WHOLE = 100.0


@dataclass
class Progress:
    """How far a job has come, and how it ended."""

    title: str
    total: int
    done: int = 0
    end: str = ""
    _over: Event = field(default_factory=Event)

    def step(self) -> None:
        """Count one subject that is done."""
        self.done += 1

    def words(self) -> str:
        """Return what stands beside the bar."""
        return f"{self.title}：{self.end}{self.done}/{self.total}"

    def percent(self) -> float:
        """Return how full the bar is."""
        return min(WHOLE, WHOLE * self.done / self.total) if self.total else WHOLE

    def show(self, after: float) -> None:
        """Keep the page at now until the job is over; none is shown when it is over before ``after`` seconds."""
        if after and self._over.wait(after):
            return
        try:
            bar = cast("UUID", create_progress_artifact(self.percent(), description=self.words()))
            while not self._over.wait(PAUSE_SECONDS):
                update_progress_artifact(bar, self.percent(), self.words())
            update_progress_artifact(bar, self.percent(), self.words())
        except Exception as error:  # noqa: BLE001 - a bar must not stop the work that it shows
            LOGGER.warning("进度未能显示：%s", error)

    def finish(self, end: str) -> None:
        """Say how it ended."""
        self.end = end
        self._over.set()


@contextmanager
def progress(title: str, total: int, after: float = 0.0) -> Iterator[Step]:
    """Show a job over ``total`` subjects as a bar of the run, none outside a run; an error leaves the bar where it stopped."""
    shown = Progress(title, total)
    if FlowRunContext.get() is None:
        yield shown.step
        return
    teller = Thread(target=copy_context().run, args=(shown.show, after), daemon=True)
    teller.start()
    try:
        yield shown.step
    except BaseException:
        shown.finish("中断于 ")
        raise
    else:
        shown.finish("完成 ")
    finally:
        teller.join(LAST_SECONDS)
