"""The drawing of the time line: phases as bars, deadlines below them, today as a red line."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from flows.report.labels import short_day
from flows.report.svg import GREY, INK, LINE, PALE, RED, draw
from flows.report.timeline import Span, Timeline
from notifications.typeset import width as columns

WIDTH = 15.2
"""Inches: the width of the page; one inch of it is 72 points."""
LEFT, RIGHT = 0.25, 0.25
SIZE = 10.5
ROW = 0.34
TICKS_MIN, TICKS_MAX = 4, 14

Flag = tuple[date, str, str]
"""A day below the bars: what it says, its colour."""


def timeline_chart(line: Timeline) -> Markup:
    """Draw phases, deadlines, running rectifications and today."""
    flags = list(_flags(line))
    rows = _rows(line, flags)
    depth = max(rows, default=-1) + 1
    height = ROW * (len(line.spans) + depth) + 0.6

    def build(figure: Figure) -> None:
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set(xlim=(0, WIDTH), ylim=(height, 0))
        top, foot = 0.5, 0.5 + ROW * len(line.spans)
        _ticks(axes, line, foot)
        for row, span in enumerate(line.spans):
            start, end = _x(line, span.opens_on), _x(line, span.closes_on)
            axes.barh(top + ROW * (row + 0.5), end - start, ROW * 0.74, start, color=PALE, edgecolor=LINE, linewidth=0.8)
            text = _span_text(line, span)
            axes.text(_beside(line, start, end, _wide(text)), top + ROW * (row + 0.5) + 0.055, text, fontsize=SIZE)
        for row, flag in zip(rows, flags, strict=True):
            _flag(axes, line, flag, foot, foot + ROW * (row + 0.85))
        _today(axes, line, foot)

    return draw(build, (WIDTH, height), "阶段与时限时间轴")


def _x(line: Timeline, on: date) -> float:
    share = (on - line.starts_on).days / max(1, (line.ends_on - line.starts_on).days)
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _wide(text: str) -> float:
    """Return about how many inches a text takes with the room around it."""
    return columns(text) * SIZE * 0.52 / 72 + 0.15


def _beside(line: Timeline, start: float, end: float, wide: float) -> float:
    """Return where the text of a bar begins: inside, but not under today's line; beside a bar that is too short."""
    today = _x(line, line.today)
    if end - start < wide:
        start = end
    return (today if start < today < start + wide and today + wide < WIDTH else start) + 0.07


def _span_text(line: Timeline, span: Span) -> str:
    same_year = span.opens_on.year == span.closes_on.year
    return f"{span.title}　{_day(line, span.opens_on)}—{short_day(span.closes_on) if same_year else _day(line, span.closes_on)}"


def _day(line: Timeline, on: date) -> str:
    """Return a day with its year where the line has several: the same 30 November comes twice in a batch."""
    return short_day(on) if line.starts_on.year == line.ends_on.year else f"{on.year}年{short_day(on)}"


def _flags(line: Timeline) -> Iterator[Flag]:
    for node in line.nodes:
        mark = "×" if node.overdue else "✓" if node.owed and node.done == node.owed else "○"
        moved = f"（原定{short_day(node.announced)}）" if node.announced else ""
        yield node.on, f"{mark} {_day(line, node.on)} {'、'.join(node.titles)}{moved}", RED if node.overdue else INK
    for on in line.rectify_on:
        late = on < line.today
        yield on, f"{'×' if late else '△'} {_day(line, on)} 整改期限", RED if late else INK


@dataclass(frozen=True, slots=True)
class Placed:
    """A flag in its row: where its mast stands, where its text begins and ends."""

    row: int
    x: float
    start: float
    end: float


def _rows(line: Timeline, flags: list[Flag]) -> list[int]:
    """Return the row of each flag, so that no text touches another and no mast goes through one (where that can be).

    Texts to the right of their days come first, the last day's highest; those to the left go below the masts they would meet.
    """
    spans = {n: (_x(line, on), *_extent(line, on, text)) for n, (on, text, _) in enumerate(flags)}
    placed: dict[int, Placed] = {}
    for n in sorted(spans, key=lambda n: (spans[n][1] < spans[n][0], -n if spans[n][1] >= spans[n][0] else n)):
        tries = [Placed(row, *spans[n]) for row in range(len(flags))]
        placed[n] = next((one for one in tries if not any(_clash(one, other) for other in placed.values())), tries[-1])
    return [placed[n].row for n in sorted(placed)]


def _clash(one: Placed, other: Placed) -> bool:
    if one.row == other.row:
        return one.start < other.end and other.start < one.end
    upper, lower = sorted((one, other), key=lambda flag: flag.row)
    return upper.start < lower.x < upper.end


def _extent(line: Timeline, on: date, text: str) -> tuple[float, float]:
    """Return where a flag's text begins and ends: right of its day, or left of it near the page's edge."""
    x, wide = _x(line, on), _wide(text)
    return (x - wide, x) if x + wide > WIDTH - 0.05 else (x, x + wide)


def _flag(axes: Axes, line: Timeline, flag: Flag, foot: float, y: float) -> None:
    on, text, colour = flag
    x = _x(line, on)
    axes.plot((x, x), (foot, y), color=colour, linewidth=1)
    axes.plot((x,), (foot,), marker="v", markersize=6, color=colour)
    left = _extent(line, on, text)[0] < x
    axes.text(x + (-0.07 if left else 0.07), y, text, ha="right" if left else "left", fontsize=SIZE, color=colour)


def _ticks(axes: Axes, line: Timeline, foot: float) -> None:
    firsts = _firsts(line)
    weekly = not firsts
    for on in firsts or _mondays(line):
        x = _x(line, on)
        axes.plot((x, x), (0.42, foot), color="#e4e1da", linewidth=0.8, zorder=0)
        text = short_day(on) if weekly else f"{on.year}年{on.month}月"
        axes.text(x, 0.36, text, ha="left", fontsize=9, color=GREY)


def _days(line: Timeline) -> list[date]:
    return [line.starts_on + timedelta(days=n) for n in range((line.ends_on - line.starts_on).days + 1)]


def _mondays(line: Timeline) -> list[date]:
    return [day for day in _days(line) if day.weekday() == 0]


def _firsts(line: Timeline) -> list[date]:
    """Return the firsts of months, every n-th of a long line; none where there are too few to go by."""
    firsts = [day for day in _days(line) if day.day == 1]
    step = next((n for n in (1, 2, 3, 6) if len(firsts) / n <= TICKS_MAX), 12)
    return [day for day in firsts if (day.month - 1) % step == 0] if len(firsts) >= TICKS_MIN else []


def _today(axes: Axes, line: Timeline, foot: float) -> None:
    x = _x(line, line.today)
    axes.plot((x, x), (0.2, foot), color=RED, linewidth=1.6, linestyle=(0, (5, 2)), zorder=3)
    side = "right" if x > WIDTH / 2 else "left"
    axes.text(
        x + (-0.06 if side == "right" else 0.06),
        0.17,
        f"今天 {line.today.year}年{short_day(line.today)}",
        ha=side,
        fontsize=SIZE,
        color=RED,
        weight="bold",
    )
