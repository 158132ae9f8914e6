"""Small multiples of added value: one slope per project with its peers in grey, and where each stands among them."""

from collections.abc import Sequence
from math import ceil, nan

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from flows.report.comparison import Peers, Standing
from flows.report.labels import percent
from flows.report.svg import GREY, INK, LINE, PALE, RED, draw

ACROSS = 4
"""Panels in one row."""
PANEL_WIDTH, PANEL_HEIGHT, ROW_HEIGHT = 2.15, 1.3, 0.285
"""Inches."""
SHOWN_MAX = 40
"""Panels and rows of one kind; the table below has them all."""
LINES_MAX = 30
"""Beyond so many peers their middle half is drawn instead of every one."""
NAME_MAX = 15
"""Characters of a unit's name."""
SIGNS = ("o", "s", "^", "D", "v", "P")
"""One per measure."""
STAGES = ("基线", "中期", "期末")


def panels_chart(peers: Peers) -> Markup:
    """Draw the panels of a kind on one scale, the highest growth first."""
    shown = peers.standings[:SHOWN_MAX]
    rows = ceil(len(shown) / ACROSS)
    size = (ACROSS * PANEL_WIDTH, rows * PANEL_HEIGHT)

    def build(figure: Figure) -> None:
        for index, one in enumerate(shown):
            row, column = divmod(index, ACROSS)
            place = (column / ACROSS + 0.006, 1 - (row + 0.97) / rows, 1 / ACROSS - 0.012, 0.92 / rows)
            axes = figure.add_axes(place)
            axes.set_axis_off()
            _panel(axes, one, peers)

    return draw(build, size, f"{peers.kind}：各单位自基线以来的增长")


def _panel(axes: Axes, one: Standing, peers: Peers) -> None:
    values = [growth for other in peers.standings for _, growth in other.points]
    low, high = min(values), max(values)
    room = (high - low) or 1.0
    axes.set(xlim=(-0.3, 2.75), ylim=(low - room * 0.3, high + room * 0.42))
    axes.plot((0, 2), (0, 0), color=LINE, linewidth=0.6, linestyle=(0, (2, 2)), clip_on=False)
    _others(axes, one, peers)
    stages, growths = zip(*one.points, strict=True)
    axes.plot(stages, growths, color=RED, linewidth=1.9, marker="o", markersize=3.6, zorder=3, clip_on=False)
    axes.text(stages[-1] + 0.12, growths[-1] - room * 0.05, _signed(one.newest), fontsize=9, weight="bold", color=RED)
    axes.text(-0.1, high + room * 0.24, _short(one.unit), fontsize=9.2, color=INK)
    for stage, word in enumerate(STAGES):
        axes.text(stage, low - room * 0.27, word, ha="center", fontsize=7.2, color=GREY)


def _others(axes: Axes, one: Standing, peers: Peers) -> None:
    others = [other for other in peers.standings if other.project != one.project]
    if len(others) > LINES_MAX:
        known = [(at, half) for at in range(3) if (half := peers.middle_half(at))]
        lows, highs = [low for _, (low, _) in known], [high for _, (_, high) in known]
        axes.fill_between([at for at, _ in known], lows, highs, color=PALE, linewidth=0, clip_on=False)
        return
    stages: list[float] = []
    growths: list[float] = []
    for other in others:
        stages += [*(at for at, _ in other.points), nan]
        growths += [*(growth for _, growth in other.points), nan]
    axes.plot(stages, growths, color=PALE, linewidth=0.9, zorder=1, clip_on=False)


def strip_chart(peers: Peers) -> Markup:
    """Draw a line from 0 to 100 per project with its percentile, red, and those of its measures, grey; the highest first."""
    placed = sorted((row for row in peers.standings if row.percentile is not None), key=lambda row: (-(row.percentile or 0.0), row.unit))
    shown = placed[:SHOWN_MAX]
    size = (8.6, ROW_HEIGHT * (len(shown) + 2.2))

    def build(figure: Figure) -> None:
        axes = figure.add_axes((0.29, 0, 0.64, 1))
        axes.set_axis_off()
        axes.set(xlim=(-2, 102), ylim=(len(shown) + 0.9, -1.3))
        for mark in (0, 25, 50, 75, 100):
            axes.plot((mark, mark), (-0.5, len(shown) - 0.5), color=LINE, linewidth=0.5, linestyle=(0, (2, 2)), clip_on=False)
            axes.text(mark, -0.75, f"{mark}", ha="center", fontsize=8.5, color=GREY)
        for row, one in enumerate(shown):
            _strip(axes, row, one, peers.measures)
        _key(axes, len(shown) + 0.35, peers.measures)

    return draw(build, size, f"{peers.kind}：同类百分位")


def _strip(axes: Axes, row: int, one: Standing, measures: Sequence[str]) -> None:
    axes.plot((0, 100), (row, row), color=PALE, linewidth=1.2, clip_on=False)
    for sign, name in zip(SIGNS, measures, strict=False):
        if (place := one.by_measure.get(name)) is not None:
            axes.plot((place,), (row,), sign, color="none", markeredgecolor=GREY, markersize=5, clip_on=False)
    axes.plot((one.percentile or 0.0,), (row,), "o", color=RED, markersize=7.5, clip_on=False)
    axes.text(-4, row + 0.16, _short(one.unit), ha="right", fontsize=9.5)
    axes.text(104, row + 0.16, f"{one.percentile:g}", ha="left", fontsize=9.5, weight="bold", color=RED)


def _key(axes: Axes, row: float, measures: Sequence[str]) -> None:
    entries = [("o", RED, RED, "总体"), *((sign, "none", GREY, name) for sign, name in zip(SIGNS, measures, strict=False))]
    x = 0.0
    for sign, colour, edge, word in entries:
        axes.plot((x + 1,), (row,), sign, color=colour, markeredgecolor=edge, markersize=5.5, clip_on=False)
        axes.text(x + 3, row + 0.16, word, fontsize=8.5, color=INK)
        x += 8 + 2.3 * len(word)


def _short(name: str) -> str:
    return name if len(name) <= NAME_MAX else f"{name[: NAME_MAX - 1]}…"


def _signed(value: float | None) -> str:
    return percent(None if value is None else round(value, 1))
