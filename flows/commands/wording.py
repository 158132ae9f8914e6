"""The letters' wording on the command line: list, take out, save after a check, compare, take back."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from config.settings import settings
from config.vocabulary import MailKind
from flows.commands.base import Actor, console, database, errors, today_in
from flows.commands.running import mail
from flows.commands.signing import signer
from flows.commands.text import table_of
from flows.steps.mailing import record_wording
from models.history import Act
from models.store import transaction
from notifications import wording

template = typer.Typer(no_args_is_help=True, help="信件措辞：取出、修改、保存、对照、恢复")
mail.add_typer(template, name="template")
Kind = Annotated[str, typer.Argument(help="信件种类，见 creation mail template list")]
COLOURS = {"+": "green", "-": "red", "@": "cyan"}


@template.command("list")
def template_list() -> None:
    """列出信件种类，和本单位改过哪些。"""
    folder, labels = settings().template_folder, {kind.value: kind.label for kind in MailKind}
    rows = [(kind, labels.get(kind, "各种信件共用"), "、".join(wording.own(folder, kind)) or "系统原文") for kind in wording.kinds()]
    console.print(table_of(f"信件措辞（本单位的放在 {folder}）", ("种类", "名称", "本单位措辞"), rows), highlight=False)


@template.command("check")
def template_check() -> None:
    """用样例检查现行措辞；有错的逐条列出文件和行。"""
    folder = settings().template_folder
    faults, unused = wording.broken(folder), wording.unused(folder)
    for fault in faults:
        console.print(f"[red]异常[/red] {fault}", highlight=False)
    for name in unused:
        console.print(f"[yellow]注意[/yellow] {name} 不是信件文件，不会被用到；请核对文件名", highlight=False)
    if not faults and not unused:
        console.print("[green]全部信件可用[/green]")
    raise typer.Exit(1 if faults else 0)


@template.command("diff")
def template_diff(kind: Kind) -> None:
    """对照系统原文：- 原文，+ 本单位措辞。"""
    lines = wording.differences(settings().template_folder, kind)
    for line in lines:
        console.print(Text(line, COLOURS.get(line[:1], "")), soft_wrap=True)
    if not lines:
        console.print("与系统原文一致")


@template.command("take")
def template_take(kind: Kind, folder: Annotated[Path, typer.Argument(help="放到哪个目录")]) -> None:
    """取出一种信件的文件，供修改；现行措辞不受影响。"""
    for path in wording.take_out(settings().template_folder, kind, folder):
        console.print(str(path), highlight=False)
    console.print(f"改好后运行 creation mail template save {kind} {folder}", highlight=False)


@template.command("save")
def template_save(kind: Kind, path: Annotated[Path, typer.Argument(help="改好的文件，或其所在目录")], by: Actor = "管理员") -> None:
    """保存改好的措辞：先用全部样例检查，有错不保存；此后的信件即用新措辞。"""
    files = wording.given_files(kind, path)
    _change(kind, by, lambda: wording.save(settings().template_folder, kind, files))


@template.command("restore")
def template_restore(
    kind: Kind,
    previous: Annotated[bool, typer.Option("--previous", help="回到上一次改动以前，而不是系统原文")] = False,
    by: Actor = "管理员",
) -> None:
    """恢复系统原文，或上一次改动以前的措辞；恢复错了可用 --previous 再换回来。"""
    _change(kind, by, lambda: wording.restore(settings().template_folder, kind, previous=previous))


def _change(kind: str, by: str, change: Callable[[], wording.Changed]) -> None:
    """Change a wording and put it on record; what cannot be recorded is not changed."""
    engine = database()
    act = Act(signer(engine, by), f"command:mail template {kind}", today_in(engine))
    with transaction(engine) as session:
        done = change()
        if done.files:
            record_wording(session, act, kind, wording.own(settings().template_folder, kind))
    console.print(f"已改动 {'、'.join(done.files)}，此后的信件即用新措辞" if done.files else "没有改动", highlight=False)
    for remark in done.remarks:
        errors.print(f"[yellow]注意[/yellow] {remark}", highlight=False)
