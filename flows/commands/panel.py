"""Commands about the panels: their work in a phase, and their score sheets."""

from pathlib import Path
from typing import Annotated

import typer

from config.vocabulary import PhaseKind
from flows.commands.base import AsJson, app, console, database, dump, errors, today_in
from flows.commands.sheets import sheets
from flows.commands.text import table_of
from flows.panel.telling import EXPLAINED, as_json, tables
from flows.panel.view import panel_view
from flows.steps.score_sheets import score_books
from flows.steps.sheets import kept_sheet, sheet_name
from models.store import reading

__all__ = ["app"]


@app.command("panel")
def panel(cohort: str, phase: PhaseKind, in_json: AsJson = False) -> None:
    """联评组情况：分工、抽签、各评审人宽严、名次及其依据。"""
    with reading(database()) as session:
        view = panel_view(session, cohort, phase)
    if in_json:
        dump(as_json(view))
        return
    for table in tables(view):
        console.print(table_of(f"{view.title}{table.title}", table.columns, table.rows))
    errors.print(EXPLAINED, highlight=False, soft_wrap=True)


@sheets.command("scores")
def scores(
    cohort: str,
    phase: PhaseKind,
    member: Annotated[str, typer.Option(help="只为一位评审人生成，如 P01")] = "",
    panel_name: Annotated[str, typer.Option("--panel", help="只为一个联评组生成，如 第一组")] = "",
    out: Annotated[Path | None, typer.Option("--out", help="另存到文件夹")] = None,
) -> None:
    """评分表，每位评审人一个文件；填好后放入收件箱，用 creation record score_sheet sheet=文件名 登记。"""
    engine = database()
    with reading(engine) as session:
        books = score_books(session, cohort, phase, member, panel_name)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    for book in books:
        name = sheet_name("评分表", cohort, phase, book.member.code, on=today_in(engine))
        if out is not None:
            (out / name).write_bytes(book.content)
        console.print(f"已生成 {out / name if out else kept_sheet(name, book.content)}（{book.projects} 个项目）", highlight=False)
