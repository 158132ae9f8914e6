"""Words of the page that no vocabulary holds: days, signed percentages."""

from datetime import date

from notifications.typeset import WEEKDAYS


def short_day(on: date) -> str:
    """Return month and day: 11月22日."""
    return f"{on.month}月{on.day}日"


def weekday(on: date) -> str:
    """Return the day of the week: 星期六."""
    return f"星期{WEEKDAYS[on.weekday()]}"


def number(value: float) -> str:
    """Return a figure without idle decimals."""
    return f"{value:g}" if abs(value) < 1e6 else f"{value:.0f}"  # noqa: PLR2004 - where :g would turn to exponents


def percent(value: float | None) -> str:
    """Return a growth with its sign: +37.5%; a dash where there is none."""
    return "—" if value is None else f"{value:+g}%"


def share(part: int, whole: int) -> str:
    """Return a part in whole percent, never 0% of something; a dash of nothing."""
    if not whole:
        return "—"
    return "不足 1%" if 0 < 100 * part < 0.5 * whole else f"{round(100 * part / whole)}%"
