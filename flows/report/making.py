"""Making a report: read a cohort, compute its figures, write the page."""

from datetime import date
from pathlib import Path

from sqlmodel import Session

from config.settings import settings
from flows.report.figures import Report
from flows.report.figures import report as figures_of
from flows.report.page import render, write
from flows.report.reading import read


def figures_for(session: Session, cohort: str, on: date | None = None) -> Report:
    """Return the figures of a cohort as of a day (today by the business clock when none is given)."""
    return figures_of(read(session, cohort, on))


def write_report(figures: Report, path: Path | None = None, folder: Path | None = None) -> Path:
    """Write the page, whole or not at all, and return where; by default into the data folder, named by cohort and day."""
    target = path or (folder or settings().data) / "reports" / f"{figures.cohort}-{figures.on}.html"
    write(target, render(figures, settings().office_name))
    return target
