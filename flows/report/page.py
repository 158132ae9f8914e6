"""The page: figures and drawings put into one HTML file that needs nothing else, written as a whole or not at all."""

import os
import tempfile
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from flows.report import labels
from flows.report.charts import effect_chart, funnel_chart, slope_chart
from flows.report.effect import rung_label
from flows.report.figures import Report
from flows.report.growth import measures
from flows.report.marks import LEGEND
from flows.report.peers_chart import LINES_MAX, panels_chart, strip_chart
from flows.report.timeline_chart import timeline_chart
from notifications.typeset import clean, full_day

TEMPLATES = Path(__file__).parent / "templates"
PANELS = 4
"""Slopes in one row."""


def render(report: Report, office: str) -> str:
    """Return the page of a report; the same figures give the same bytes."""
    safe: Report = clean(report)
    rows = [safe.slopes[start : start + PANELS] for start in range(0, len(safe.slopes), PANELS)]
    return (
        _environment()
        .get_template("report.html")
        .render(
            report=safe,
            office=clean(office),
            legend=LEGEND,
            measures=measures(safe.growth),
            comparison=[
                {"peers": one, "panels": panels_chart(one), "strip": strip_chart(one) if one.compared else ""} for one in safe.peers
            ],
            banded=any(len(one.standings) > LINES_MAX + 1 for one in safe.peers),
            charts={
                "timeline": timeline_chart(safe.timeline),
                "funnel": funnel_chart(safe.funnel),
                "effect": effect_chart(safe.effect) if safe.effect.rows else "",
                "slopes": [slope_chart(row) for row in rows],
            },
        )
    )


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "full_day": full_day, "short_day": labels.short_day, "weekday": labels.weekday, "number": labels.number,
        "percent": labels.percent, "rung": rung_label,
    }  # fmt: skip
    environment.globals["share"] = labels.share
    return environment


def write(path: Path, text: str) -> Path:
    """Write a file whole: a reader never sees half of it, and a failed writing leaves what was there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return path
