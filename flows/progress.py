"""A bar in Prefect's page for jobs over many subjects: at most one update a second, none outside a run."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.context import FlowRunContext

LOGGER = logging.getLogger("creation")
PAUSE_SECONDS = 1.0
WHOLE = 100.0


@dataclass
class Progress:
    """How far a job has come; ``step`` counts, the page is told at most once a second."""

    title: str
    total: int
    clock: Callable[[], float] = time.monotonic
    done: int = field(default=0, init=False)
    _artifact: UUID | None = field(default=None, init=False)
    _told_at: float = field(default=0.0, init=False)

    def step(self, number: int = 1) -> None:
        """Count subjects that are done."""
        self.done += number
        if self.clock() - self._told_at >= PAUSE_SECONDS:
            self.tell(self._words())

    def _words(self) -> str:
        return f"{self.title}：{self.done}/{self.total}"

    def tell(self, words: str) -> None:
        """Bring the page to now."""
        if self._artifact is None:
            return
        percent = min(WHOLE, WHOLE * self.done / self.total) if self.total else WHOLE
        try:
            update_progress_artifact(self._artifact, percent, words)
        except Exception as error:  # noqa: BLE001 - a bar must not stop the work that it shows
            LOGGER.warning("进度未能更新：%s", error)
        self._told_at = self.clock()

    def begin(self) -> None:
        """Show the bar, if this is a run."""
        if FlowRunContext.get() is None:
            return
        try:
            found = create_progress_artifact(0.0, description=self._words())
        except Exception as error:  # noqa: BLE001 - as above
            LOGGER.warning("进度未能显示：%s", error)
        else:
            self._artifact = found if isinstance(found, UUID) else None
        self._told_at = self.clock()


@contextmanager
def progress(title: str, total: int) -> Iterator[Progress]:
    """Show a job over ``total`` subjects as a bar of the run; an error leaves the bar where it stopped, and says so."""
    shown = Progress(title, total)
    shown.begin()
    try:
        yield shown
    except BaseException:
        shown.tell(f"{title}：中断于 {shown.done}/{total}")
        raise
    shown.tell(f"{title}：完成 {shown.done}/{total}")
