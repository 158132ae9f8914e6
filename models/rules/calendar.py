"""Working days: the office's overrides, then published holidays with make-up days, then statutory days only, then Monday to Friday."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

import chinese_calendar
import holidays

ONE_DAY = timedelta(days=1)
SATURDAY = 5


class Certainty(StrEnum):
    """How sure a day's status is: no library knows make-up days before the State Council publishes them."""

    CERTAIN = "certain"
    PROVISIONAL = "provisional"
    ASSUMED = "assumed"


@lru_cache(maxsize=1)
def _statutory() -> holidays.HolidayBase:
    return holidays.country_holidays("CN")


@lru_cache(maxsize=8192)
def _published(day: date) -> tuple[bool, Certainty]:
    try:
        return bool(chinese_calendar.is_workday(day)), Certainty.CERTAIN
    except NotImplementedError:
        pass
    try:
        return bool(_statutory().is_working_day(day)), Certainty.PROVISIONAL
    except (NotImplementedError, ValueError):
        return day.weekday() < SATURDAY, Certainty.ASSUMED


@dataclass(frozen=True)
class Calendar:
    """The working-day calendar; ``overrides`` maps a day to whether it is worked."""

    overrides: Mapping[date, bool] = field(default_factory=dict)
    complete: frozenset[int] = frozenset()
    """Years of which the office has said that every day off and make-up day is entered."""
    _shifted: dict[tuple[date, int], date] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What has been asked: every duty of a cohort counts from the same few days."""

    def is_working_day(self, day: date) -> bool:
        """Return whether the office works on a day."""
        return self.overrides[day] if day in self.overrides else _published(day)[0]

    def certainty(self, day: date) -> Certainty:
        """Return how sure that is."""
        return Certainty.CERTAIN if day in self.overrides else _published(day)[1]

    def provisional_years(self, first: date, last: date) -> tuple[int, ...]:
        """Return the years of a span whose make-up days nobody has published yet and the office has not called complete.

        Some days entered make no year certain: holidays are entered one by one.
        """
        years = (year for year in range(first.year, last.year + 1) if year not in self.complete)
        return tuple(year for year in years if _published(date(year, 1, 1))[1] is not Certainty.CERTAIN)

    def on_or_before(self, day: date) -> date:
        """Return the last working day up to and including a day."""
        while not self.is_working_day(day):
            day -= ONE_DAY
        return day

    def on_or_after(self, day: date) -> date:
        """Return the first working day from a day on."""
        while not self.is_working_day(day):
            day += ONE_DAY
        return day

    def shift(self, day: date, working_days: int) -> date:
        """Return the n-th working day after (positive) or before (negative) a day; 0 gives the last one up to it."""
        asked = day, working_days
        if asked not in self._shifted:
            self._shifted[asked] = self._shift(day, working_days)
        return self._shifted[asked]

    def _shift(self, day: date, working_days: int) -> date:
        if working_days == 0:
            return self.on_or_before(day)
        step = ONE_DAY if working_days > 0 else -ONE_DAY
        for _ in range(abs(working_days)):
            day += step
            while not self.is_working_day(day):
                day += step
        return day
