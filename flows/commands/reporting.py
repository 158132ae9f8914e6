"""The command that puts a cohort on paper for the leadership."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from flows.commands.base import AsJson, Day, app, console, database, dump
from models.store import reading

Out = Annotated[Path | None, typer.Option("--out", help="文件；空则为数据目录下 reports/批次-日期.html")]


@app.command()
def report(cohort: str, out: Out = None, on: Day = None, as_json: AsJson = False) -> None:
    """生成一个批次的进展报告（一个 HTML 文件，可打印 A3 横向）。"""
    from flows.report.making import figures_for, write_report

    with reading(database()) as session:
        figures = figures_for(session, cohort, on.date() if on else None)
    if as_json:
        dump(asdict(figures))
    if as_json and out is None:
        return
    path = write_report(figures, out)
    if not as_json:
        console.print(str(path), highlight=False, soft_wrap=True)
