"""Rendering papers as an office would print them: LibreOffice makes the pages, poppler reads them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

TOOLS = ("soffice", "pdftotext", "pdftoppm", "pdffonts", "pdfinfo")
SHOTS = Path(__file__).parents[2] / "docs" / "screenshots" / "papers"
RESOLUTION = "64"
NEEDS_LIBREOFFICE = pytest.mark.skipif(
    os.environ.get("CREATION_LIBREOFFICE") != "required" and not all(map(shutil.which, TOOLS)),
    reason="LibreOffice or poppler is not installed: set CREATION_LIBREOFFICE=required to insist",
)


def office(folder, target, files, kind):
    """Convert files with one LibreOffice of the test's own; it answers 0 even where it has made nothing, so what it made is counted."""
    words = ["soffice", "--headless", f"-env:UserInstallation=file://{folder / 'profile'}", "--convert-to", kind, "--outdir", str(target)]
    subprocess.run([*words, *map(str, files)], check=True, capture_output=True, timeout=120)
    made = [target / f"{path.stem}.{kind.partition(':')[0]}" for path in files]
    assert [path.name for path in made if not path.is_file()] == []
    return made


def read(tool, *words):
    return subprocess.run([tool, *map(str, words)], check=True, capture_output=True, text=True, timeout=60).stdout


def pages_of(pdf):
    return int(next(line.split()[1] for line in read("pdfinfo", pdf).splitlines() if line.startswith("Pages")))


def text_of(pdf):
    """Every character of a PDF without white space."""
    return "".join(read("pdftotext", "-layout", pdf, "-").split())


def fonts_of(pdf):
    """Name of a typeface → whether it is embedded."""
    rows = [line.split() for line in read("pdffonts", pdf).splitlines()[2:]]
    return {row[0]: row[-5] == "yes" for row in rows}


def shoot(pdf, page=1):
    """Keep a picture of one page for the documents, where it was asked for."""
    if not os.environ.get("CREATION_SCREENSHOTS"):
        return
    SHOTS.mkdir(parents=True, exist_ok=True)
    read("pdftoppm", "-r", RESOLUTION, "-png", "-singlefile", "-f", page, "-l", page, pdf, SHOTS / pdf.stem)
    assert (SHOTS / f"{pdf.stem}.png").stat().st_size < 150_000
