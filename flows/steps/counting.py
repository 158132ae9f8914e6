"""Counting the subjects of a job over many, so that its door may show how far it has come; the steps do not know who looks."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar

Step = Callable[[], None]
Shower = Callable[[str, int, float], AbstractContextManager[Step]]
SCAN_SECONDS = 1.0
"""A scan over every project is shown only when it takes longer: mostly it finds nothing to do and is over at once."""


def _unseen(_title: str, _total: int, _after: float) -> AbstractContextManager[Step]:
    return nullcontext(lambda: None)


_SHOWER: ContextVar[Shower] = ContextVar("shower", default=_unseen)


@contextmanager
def shown_by(shower: Shower) -> Iterator[None]:
    """Let a door show what is counted within it."""
    token = _SHOWER.set(shower)
    try:
        yield
    finally:
        _SHOWER.reset(token)


def counting(title: str, total: int, after: float = 0.0) -> AbstractContextManager[Step]:
    """Return the context of a job over ``total`` subjects, to call what it yields once for each; shown when ``after`` seconds are over."""
    return _SHOWER.get()(title, total, after)
