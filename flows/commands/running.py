"""Commands that run something: services, the demo, a look at a letter."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from threading import Event as Signal
from typing import Annotated

import typer

from config.settings import settings
from config.vocabulary import MailKind
from flows.commands.base import app, console, database, group
from flows.steps.errors import refuse
from models.database import engine_for
from models.store import reading

mail = group("mail", "邮件")


@mail.command("preview")
def mail_preview(
    kind: MailKind,
    project: Annotated[str, typer.Option(help="用这个项目的真实数据；不写则用样例")] = "",
    html: Annotated[Path | None, typer.Option(help="另存 HTML")] = None,
) -> None:
    """预览一种信件，不发送；浏览器里看：本机页面的“信件样式”。"""
    from notifications.preview import preview
    from notifications.render import renderer
    from notifications.samples import sample

    letter = sample(kind)
    if project:
        with reading(database()) as session:
            found = preview(session, kind, project)
        letter = found.letter
        typer.echo(f"收件人：{found.mailbox or '（没有登记邮箱）'}" + ("" if found.real else "；尚未发生的决定、理由等为样例"))
    rendered = renderer(settings().template_folder).render(letter)
    typer.echo(f"主题：{rendered.subject}\n\n{rendered.text}")
    if html is not None:
        html.write_text(rendered.html, encoding="utf-8")


@app.command()
def up(new_password: Annotated[bool, typer.Option("--new-password", help="更换管理界面的口令")] = False) -> None:
    """启动服务：管理界面、运行、时间表、发送和本机页面；Ctrl-C 停止。"""
    from flows.operate.up import OutdatedError, run

    try:
        run(settings(), lambda text: console.print(text, highlight=False, soft_wrap=True), new_password=new_password)
    except OutdatedError as outdated:
        raise refuse("依赖的版本不符，没有启动", str(outdated)) from None


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="演示完即结束")] = False,
    load_only: Annotated[bool, typer.Option("--load-only", help="只装入样例，不运行")] = False,
    figures: Annotated[Path | None, typer.Option("--json", help="把数字写入文件")] = None,
    folder: Annotated[Path, typer.Option(help="演示数据目录")] = Path("data/demo"),
) -> None:
    """演示：样例大学走完两个批次。"""
    home = (folder / "prefect").absolute()
    home.mkdir(parents=True, exist_ok=True)
    os.environ["PREFECT_HOME"] = str(home)  # nobody's own Prefect settings get in the way
    from flows.operate import demo as play

    if load_only:
        play.load_sample(engine_for(play.fresh_database(folder)))
        console.print(f"样例已装入 {folder}")
        return
    with play.playing(folder) as result:
        if figures is not None:
            figures.write_text(json.dumps(result.figures, ensure_ascii=False, indent=1), encoding="utf-8")
        for table in play.tables_of(result):
            console.print(table)
        console.print(f"管理界面 {result.ui}　本机页面（工作台、报告、邮件）{result.page}　数据 {result.folder}", highlight=False)
        if not once:
            _wait(lambda: console.print("按 Ctrl-C 结束"))


def _wait(say: Callable[[], None]) -> None:
    say()
    try:
        Signal().wait()
    except KeyboardInterrupt:
        console.print("已停止")
