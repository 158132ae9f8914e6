"""Commands that write Word documents, and the forms that they are written on."""

from typing import Annotated

import typer

from config.settings import settings
from config.vocabulary import DocumentKind
from flows.commands.base import Day, app, console, database, group, today_in
from flows.commands.sheets import Out, write_out
from flows.commands.text import table_of
from flows.steps.errors import ActError, refuse
from models.store import reading
from notifications.papers.word.fault import FormError

documents = group("document", "生成 Word 文书")
Kind = Annotated[str, typer.Argument(help="、".join(kind.label for kind in DocumentKind))]
__all__ = ["app"]


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
    """取出一种文书的模板，供办公室修改；改好后放入数据目录的 forms 文件夹即生效。"""
    from flows.steps.documents import document_kind
    from notifications.papers.word.drafts import fields_of, shipped
    from notifications.papers.word.filling import own_form

    chosen = document_kind(kind)
    target = out or own_form(settings().data / "forms", chosen)
    if target.exists():
        raise refuse(f"{target} 已存在", "请先移走，或用 --out 另存")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(shipped(chosen))
    console.print(f"已写出 {target}", highlight=False)
    console.print(table_of("可用字段", ("字段", "内容"), fields_of(chosen).items()))


@documents.command("check")
def check() -> None:
    """检查办公室自己的文书模板：有未知字段、宏或打不开的，逐个指出。"""
    from notifications.papers.word.filling import check_form, own_form

    own = {kind: own_form(settings().data / "forms", kind) for kind in DocumentKind}
    present = {kind: path for kind, path in own.items() if path.exists()}
    faults = []
    for kind, path in present.items():
        try:
            check_form(kind, path.read_bytes(), path.name)
        except FormError as fault:
            faults.append(str(fault))
    if faults:
        raise ActError("；".join(faults))
    console.print(f"自有模板 {len(present)} 份，均可使用" if present else "没有自有模板，使用系统自带的", highlight=False)
