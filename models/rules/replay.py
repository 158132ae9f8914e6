"""What was true about a day, as known at some moment: the history read again on its two times (decision 0027)."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Protocol, TypeVar


class Recorded(Protocol):
    """An event as far as its times and its corrections go."""

    @property
    def seq(self) -> int:
        """Return the number in its stream."""

    @property
    def event(self) -> str:
        """Return what happened."""

    @property
    def payload(self) -> Mapping[str, Any]:
        """Return the body; ``corrects`` names the number of the event that a correction takes back."""

    @property
    def effective_on(self) -> date:
        """Return the day from which it counts."""

    @property
    def recorded_at(self) -> datetime:
        """Return when it came on record (aware)."""


Entry = TypeVar("Entry", bound=Recorded)


def replay(events: Iterable[Entry], on: date, known_at: datetime) -> tuple[Entry, ...]:
    """Return the events of one stream that count for a day, in their order, as they were known at a moment.

    Those recorded by then and in effect by the day, without the ones that a correction known by then takes back: a correction counts
    for the past as soon as it is known, whatever its own day.
    """
    known = [event for event in events if event.recorded_at <= known_at]
    corrected = {event.payload.get("corrects") for event in known if event.event == "correct"}
    return tuple(event for event in known if event.effective_on <= on and event.seq not in corrected)
