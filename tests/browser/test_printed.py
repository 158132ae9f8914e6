"""The report on paper: printed by a browser as the leadership would print it, on A3 landscape, with nothing cut off."""

import re
import shutil
import subprocess
import unicodedata
from collections import Counter
from datetime import date
from types import SimpleNamespace

import pytest

from flows.report.figures import report
from flows.report.page import render
from flows.report.reading import read
from models.database import engine_for
from models.store import reading

DAY = date(2025, 12, 18)
A3_POINTS = (1191, 842)
"""Width and height of A3 landscape, 420 × 297 mm, as pdfinfo tells it, rounded."""
PRINTED_PIXELS = int((420 - 2 * 13) / 25.4 * 96)
"""What lies between the margins of the style sheet: more than this a browser first shrinks, and then cuts off."""
SHRUNK, CUT = 1700, 3000
"""Widths of a wall that does not fit."""

pytestmark = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is missing: apt-get install poppler-utils")


@pytest.fixture(scope="module")
def pages(evening, tmp_path_factory):
    """Cohort → the report of the evening on which the second batch was chosen: its wall has 42 projects."""
    path = tmp_path_factory.mktemp("printed") / "played.db"
    shutil.copy(evening(DAY), path)
    engine = engine_for(f"sqlite:///{path}")
    with reading(engine) as session:
        made = {cohort: render(report(read(session, cohort, None)), "示例大学党委组织部") for cohort in ("2023", "2025")}
    engine.dispose()
    return made


@pytest.fixture
def printed(chromium, tmp_path):
    """Print a page; gives the sizes of its sheets, what is not on them, and how far it reaches beyond the margin."""

    def to_paper(html):
        page, path = chromium.new_page(viewport={"width": PRINTED_PIXELS, "height": 1000}), tmp_path / "report.pdf"
        page.set_content(html)
        page.emulate_media(media="print")
        beyond = page.evaluate("document.documentElement.scrollWidth") - PRINTED_PIXELS
        page.pdf(path=path, prefer_css_page_size=True, print_background=True)
        missing = characters(page.evaluate("document.body.innerText")) - characters(said("pdftotext", path, "-"))
        page.close()
        told = said("pdfinfo", "-l", "99", path)
        sizes = [tuple(round(float(one)) for one in row) for row in re.findall(r"Page +\d+ size: +([\d.]+) x ([\d.]+)", told)]
        return SimpleNamespace(sizes=sizes, missing=missing, beyond=beyond)

    return to_paper


def said(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def characters(text):
    """How often each character stands there; the same sign may have another number in a PDF's font."""
    return Counter("".join(unicodedata.normalize("NFKC", text).split()))


@pytest.mark.parametrize("cohort", ["2023", "2025"])
def test_the_report_prints_on_a3_landscape_and_nothing_is_cut_off(pages, printed, cohort):
    paper = printed(pages[cohort])
    assert set(paper.sizes) == {A3_POINTS}
    assert 2 <= len(paper.sizes) <= 4, "a front, the wall, and what follows"
    assert (paper.beyond, paper.missing) == (0, Counter())


@pytest.mark.parametrize(("width", "cut"), [(SHRUNK, False), (CUT, True)])
def test_the_control_a_wall_too_wide_is_seen(pages, printed, width, cut):
    paper = printed(pages["2025"].replace("</head>", f"<style>.wall {{ width: {width}px !important; }}</style></head>"))
    assert (paper.beyond > 0, bool(paper.missing)) == (True, cut)
