"""The drawings of a report. Colours are sober, hatches and labels carry the meaning in black and white."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from config.vocabulary import AwardKind
from flows.report.effect import Effect, offset, rung_label
from flows.report.funnel import Stage
from flows.report.growth import Slope
from flows.report.labels import number, percent, share
from flows.report.svg import GREY, INK, LINE, PALE, PAPER, RED, draw

KINDS: tuple[tuple[AwardKind, str, str], ...] = ((AwardKind.BENCHMARK_ORG, RED, ""), (AwardKind.MODEL_BRANCH, PALE, "////"))
"""Colour and hatch of each kind of award."""


def funnel_chart(stages: Sequence[Stage]) -> Markup:
    """Draw how far projects came: one bar per stage, split by kind of award."""
    most = max((stage.total for stage in stages), default=0) or 1

    def build(figure: Figure) -> None:
        axes = _bare(figure, (0.15, 0.12, 0.84, 0.86))
        axes.set(xlim=(0, most * 1.9), ylim=(len(stages) - 0.45, -0.55))
        for row, stage in enumerate(stages):
            starts = accumulate((stage.reached[kind] for kind, _, _ in KINDS), initial=0)
            for (kind, colour, hatch), start in zip(KINDS, starts, strict=False):
                axes.barh(row, stage.reached[kind], 0.62, start, color=colour, hatch=hatch, edgecolor=PAPER, linewidth=0.6)
            axes.text(-most * 0.02, row + 0.12, stage.title, ha="right", fontsize=11)
            axes.text(stage.total + most * 0.02, row + 0.12, f"{stage.total}", fontsize=11.5, weight="bold")
            axes.text(stage.total + most * 0.13, row + 0.12, stay_words(stage), fontsize=9, color=GREY)
        _key(figure, [(kind.label, colour, hatch) for kind, colour, hatch in KINDS], 0.15)

    return draw(build, (8.6, 0.42 * len(stages) + 0.5), "各阶段项目数")


def stay_words(stage: Stage) -> str:
    """Return where those stayed who did not go on."""
    parts = [f"{label} {count}" for label, count in stage.left.items()]
    parts += [f"在此阶段 {stage.waiting}"] if stage.waiting else []
    return f"（{'，'.join(parts)}）" if parts else ""


def effect_chart(effect: Effect) -> Markup:
    """Draw how many papers came after which rung; after the deadline the bars are red and hatched."""
    totals = effect.totals
    whole, most = sum(totals.values()), max(totals.values(), default=0) or 1

    def build(figure: Figure) -> None:
        axes = _bare(figure, (0.01, 0.22, 0.98, 0.76))
        axes.set(xlim=(-0.6, max(len(totals), 6) - 0.4), ylim=(0, most * 1.22))
        axes.axhline(0, color=LINE, linewidth=1)
        for column, (rung, count) in enumerate(totals.items()):
            late = offset(rung) > 0
            axes.bar(column, count, 0.62, color=RED if late else PALE, hatch="////" if late else "", edgecolor=PAPER, linewidth=0.6)
            axes.text(column, count + most * 0.03, f"{count}（{share(count, whole)}）", ha="center", fontsize=10)
            axes.text(column, -most * 0.12, rung_label(rung), ha="center", fontsize=10)
        _key(figure, [("到期前（含当日）的提醒之后", PALE, ""), ("逾期催办之后", RED, "////")], 0.02)

    return draw(build, (8.6, 2.5), "材料在哪次提醒之后收到")


def slope_chart(slopes: Sequence[Slope]) -> Markup:
    """Draw one panel per measure: a line per pair of figures, as wide as many projects share it; the median is red."""

    def build(figure: Figure) -> None:
        for index, slope in enumerate(slopes):
            width = 1 / len(slopes)
            axes = _bare(figure, (index * width + 0.01, 0.04, width - 0.02, 0.92))
            _panel(axes, slope)

    return draw(build, (3.3 * len(slopes), 2.2), "从基线到最新数据的变化")


def _panel(axes: Axes, slope: Slope) -> None:
    values = [value for pair in slope.pairs for value in pair[:2]]
    low, high = min(0.0, *values), max(0.0, *values)  # from zero, so that equal slopes are equal growth
    room = (high - low) or 1.0
    axes.set(xlim=(-0.42, 1.42), ylim=(low - room * 0.16, high + room * 0.45))
    axes.plot((0, 1), (0, 0), color=LINE, linewidth=0.8)
    for before, after, count in slope.pairs:
        axes.plot((0, 1), (before, after), color=LINE, linewidth=0.6 + 2.4 * count / slope.projects, marker="o", markersize=3, zorder=1)
    axes.plot((0, 1), (slope.before, slope.after), color=RED, linewidth=1.8, marker="o", markersize=5, zorder=2)
    shift = room * 0.03
    axes.text(-0.06, slope.before - shift, number(slope.before), ha="right", fontsize=11, weight="bold")
    axes.text(1.06, slope.after - shift, number(slope.after), ha="left", fontsize=11, weight="bold")
    axes.text(0, low - room * 0.12, "基线", ha="center", fontsize=9, color=GREY)
    axes.text(1, low - room * 0.12, "最新", ha="center", fontsize=9, color=GREY)
    growth = percent(round(100 * (slope.after - slope.before) / slope.before, 1)) if slope.before else "—"
    axes.text(0.5, high + room * 0.34, slope.measure, ha="center", fontsize=11)
    axes.text(0.5, high + room * 0.2, f"中位数 {growth}，{slope.projects} 个项目", ha="center", fontsize=9, color=GREY)


def _bare(figure: Figure, place: tuple[float, float, float, float]) -> Axes:
    """Return axes without frame, ticks and grid: labels say what they would."""
    axes = figure.add_axes(place)
    axes.set_axis_off()
    return axes


def _key(figure: Figure, entries: Sequence[tuple[str, str, str]], left: float) -> None:
    """Draw the legend below: a patch and a word each."""
    width, height = figure.get_size_inches()
    x = left
    for word, colour, hatch in entries:
        patch: dict[str, Any] = {"facecolor": colour, "hatch": hatch, "edgecolor": PAPER, "linewidth": 0.6}
        axes = _bare(figure, (x, 0.08 / height, 0.22 / width, 0.15 / height))
        axes.set(xlim=(0, 1), ylim=(0, 1))
        axes.bar(0.5, 1, 1, **patch)
        figure.text(x + 0.28 / width, 0.1 / height, word, fontsize=9.5, color=INK)
        x += (0.55 + 0.14 * len(word)) / width
