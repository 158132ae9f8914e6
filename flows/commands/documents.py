"""Commands that write Word documents, and the forms that they are written on."""

from pathlib import Path
from typing import Annotated

import typer

from config.settings import settings
from config.vocabulary import DocumentKind
from flows.commands.base import Actor, Day, app, console, database, group, today_in
from flows.commands.sheets import Out, write_out
from flows.commands.signing import signer
from flows.commands.text import table_of
from flows.steps.errors import ActError, refuse
from flows.steps.mailing import record_wording
from models.history import Act
from models.store import reading, transaction

documents = group("document", "生成 Word 文书")
Kind = Annotated[str, typer.Argument(help="、".join(kind.label for kind in DocumentKind))]
__all__ = ["app"]


def forms_folder() -> Path:
    """Return the folder of the office's own forms."""
    return settings().data / "forms"


@documents.command("write")
def write(
    kind: Kind, about: Annotated[str, typer.Argument(help="项目编号；会议议题和公示稿写表决单编号")], on: Day = None, out: Out = None
) -> None:
    """按已登记的情况生成一份文书，如：creation document write 整改通知书 2025-S08B03。"""
    from flows.steps.documents import document, document_kind, document_name

    engine = database()
    day = on.date() if on else today_in(engine)
    chosen = document_kind(kind)
    with reading(engine) as session:
        content = document(session, chosen, about, day)
    write_out(content, document_name(chosen, about, day), out)


@documents.command("form")
def form(kind: Kind, out: Out = None) -> None:
    """取出一种文书的模板，供办公室修改；改好后用 creation document put 检查并启用。"""
    from flows.steps.documents import document_kind
    from notifications.papers.word.drafts import fields_of, shipped
    from notifications.papers.word.filling import own_form

    chosen = document_kind(kind)
    target = out or own_form(forms_folder(), chosen)
    if target.exists():
        raise refuse(f"{target} 已存在", "请先移走，或用 --out 另存")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(shipped(chosen))
    console.print(f"已写出 {target}", highlight=False)
    console.print(table_of("可用字段", ("字段", "内容"), fields_of(chosen).items()))


@documents.command("put")
def put_form(kind: Kind, file: Annotated[Path, typer.Argument(help="改好的模板（.docx）")], by: Actor = "管理员") -> None:
    """启用办公室自己的模板：先检查未知字段、宏和花括号，有错不启用；此后的文书和随信附件即用新模板。"""
    from flows.steps.documents import document_kind
    from flows.steps.enclosing import mended
    from notifications.papers.word import own

    chosen, engine = document_kind(kind), database()
    act = Act(signer(engine, by), f"command:document put {chosen.value}", today_in(engine))
    with transaction(engine) as session:
        target = own.put(forms_folder(), chosen, file)
        record_wording(session, act, chosen.value, {target.name: target.read_bytes()})
        mended(session, chosen, act.on)
    console.print(f"已启用 {target}", highlight=False)


@documents.command("restore")
def restore(kind: Kind, by: Actor = "管理员") -> None:
    """停用办公室自己的模板，恢复系统自带的。"""
    from flows.steps.documents import document_kind
    from flows.steps.enclosing import mended
    from notifications.papers.word import own

    chosen, engine = document_kind(kind), database()
    act = Act(signer(engine, by), f"command:document restore {chosen.value}", today_in(engine))
    with transaction(engine) as session:
        if changed := own.take_away(forms_folder(), chosen):
            record_wording(session, act, chosen.value, {})
            mended(session, chosen, act.on)
    console.print(f"{chosen.label}已恢复系统自带的模板" if changed else "没有自有模板，没有改动", highlight=False)


@documents.command("check")
def check() -> None:
    """检查办公室自己的文书模板：有未知字段、宏或打不开的，逐个指出。"""
    from notifications.papers.word import own

    if faults := own.broken(forms_folder()):
        raise ActError("；".join(faults))
    present = own.present(forms_folder())
    console.print(f"自有模板 {len(present)} 份，均可使用" if present else "没有自有模板，使用系统自带的", highlight=False)
    if unused := own.unused(forms_folder()):
        console.print(f"[yellow]注意[/yellow] 不会被用到的文件：{'、'.join(unused)}；文件名应为文书名称，如 退回函.docx", highlight=False)
