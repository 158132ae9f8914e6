"""Drawing without a display: matplotlib figures as SVG that stands inside a page, the same bytes for the same figures."""

import io
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

from markupsafe import Markup
from matplotlib import rc_context
from matplotlib.figure import Figure

RED, INK, GREY, PALE, LINE, PAPER = "#8c1d18", "#2a2622", "#7d7568", "#cfc7b8", "#b9b1a3", "#ffffff"
STYLE: Any = {
    "svg.fonttype": "none",  # Chinese stays text: it can be searched and copied, and needs no font here
    "svg.hashsalt": "creation",
    "font.family": "DejaVu Sans",  # comes with matplotlib, so that sizes never depend on the machine; the page's style names the fonts
    "font.size": 10,
    "text.parse_math": False,
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "hatch.linewidth": 0.7,
}
METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}
OUTSIDE = re.compile(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<metadata>.*?</metadata>|<!--.*?-->|\sxmlns(?::\w+)?=\"[^\"]*\"", re.DOTALL)
IDS = re.compile(r'\sid="([^"]+)"')


def draw(build: Callable[[Figure], None], size: tuple[float, float], about: str) -> Markup:
    """Return a drawing of a size in inches as an <svg> element; ``about`` is read to those who cannot see it."""
    with rc_context(STYLE), _without_glyphs():
        figure = Figure(figsize=size)
        build(figure)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata=METADATA)
    return _inline(buffer.getvalue(), about)


@contextmanager
def _without_glyphs() -> Iterator[None]:
    """Characters are written as text, so the font that measures them needs no Chinese glyphs."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing from")
        yield


def _inline(text: str, about: str) -> Markup:
    """Take off what only a file needs, what points outside, and names that nothing refers to (they would come twice in a page)."""
    attributes, _, rest = text.partition("<svg ")[2].partition(">")
    box = re.search(r'viewBox="[^"]+"', attributes)
    assert box is not None  # noqa: S101 - matplotlib always writes one
    rest = OUTSIDE.sub("", rest).replace("xlink:href", "href")
    used = set(re.findall(r"#([\w-]+)", rest))
    rest = IDS.sub(lambda match: match[0] if match[1] in used else "", rest)
    return Markup(f'<svg {box[0]} role="img" aria-label="{escape(about)}">{rest.strip()}')  # noqa: S704 - matplotlib escapes texts
