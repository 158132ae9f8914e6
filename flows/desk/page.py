"""The desk as one HTML file without scripts, written whole or not at all; the local mailbox's page shows it at ``/desk``."""

import os
import tempfile
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.engine import Engine

from config.settings import settings
from flows.desk.missing import DAYS_AHEAD
from flows.desk.view import LOCAL, TITLE, DeskView
from flows.desk.words import day_text, days_text, since_text
from notifications.typeset import clean

ROWS = 60
"""Rows of one table on the page; the list of who has not handed in is folded, and whole: nowhere else on the desk is every telephone."""
FOLD = 12
"""Rows from which on a list is folded, so that the page stays short on a telephone."""
FILE = "desk.html"
_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_TEMPLATE = _PAGES.get_template("page.html")
"""Compiled when the module is imported: every run is a fork of a process that has done so."""


def desk_html(view: DeskView, ui: str) -> str:
    """Return the page; ``ui`` is the address of Prefect's host, before which every link is put."""
    safe: DeskView = clean(view)
    known = {"TITLE": TITLE, "LOCAL": LOCAL, "ROWS": ROWS, "FOLD": FOLD, "DAYS_AHEAD": DAYS_AHEAD}
    words: dict[str, Any] = {"day": lambda on: day_text(on, view.on), "since": lambda since: since_text(since, view.on), "left": days_text}
    return _TEMPLATE.render(view=safe, ui=ui.rstrip("/"), counts=_counts(view), **known, **words).lstrip()


def _counts(view: DeskView) -> tuple[tuple[str, str, int], ...]:
    return (
        ("needs", "需要您处理", len(view.needs)), ("due", "本周到期", view.due_waiting), ("missing", "谁还没交", view.missing_papers),
        ("undecided", "待党委决定", view.undecided_projects), ("tasks", "待办", len(view.tasks)), ("mails", "最近邮件", len(view.mails)),
    )  # fmt: skip


def page_path(engine: Engine) -> Path:
    """Return where the page lies: beside an embedded database (the data folder, or the demo's), else in the data folder."""
    if engine.url.get_backend_name() == "sqlite" and engine.url.database:
        return Path(engine.url.database).parent / FILE
    return settings().data / FILE


def write_page(path: Path, text: str) -> None:
    """Put the page in place of the last one: a reader sees the old one or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(0o600)  # names and telephone numbers: for the office's account alone
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
