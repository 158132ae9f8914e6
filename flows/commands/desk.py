"""The desk on the command line, without Prefect."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from config.settings import settings
from flows.commands.base import AsJson, app, console, database, dump
from flows.desk.links import Links, local_page
from flows.desk.reading import read_situation
from flows.desk.view import desk_view
from models.store import reading
from notifications.typeset import clean


@app.command("desk")
def desk_command(
    as_json: AsJson = False,
    html: Annotated[Path | None, typer.Option(help="写成网页文件")] = None,
    text: Annotated[bool, typer.Option("--text", help="输出文字（默认）")] = False,
) -> None:
    """今日工作台：今天要办什么、本周到期、谁还没交。"""
    if as_json + (html is not None) + text > 1:
        raise typer.BadParameter("--json、--html、--text 只能选一个")
    given = settings()
    with reading(database()) as session:
        situation = read_situation(session)
    view = desk_view(situation, Links(local=local_page(given.catcher_web_port)), given.office_name)
    if html is not None:
        from flows.desk.page import desk_html, write_page

        write_page(html, desk_html(view, f"http://127.0.0.1:{given.prefect_port}"))
        console.print(f"已写入 {html}", highlight=False, markup=False)
    elif as_json:
        dump(asdict(view))
    else:
        from flows.desk.text import desk_text

        typer.echo("\n".join(map(clean, desk_text(view).splitlines())))
