"""What came in on the command line: one round of reading, and what has been read."""

from typing import Annotated

import typer
from sqlmodel import Session, col, select

from config.clock import minute_text
from config.settings import settings
from config.vocabulary import InboundKind
from flows.commands.base import AsJson, console, database, dump
from flows.commands.running import mail
from flows.commands.text import table_of
from flows.steps.errors import refuse
from models.store import reading
from models.tables import Inbound, InboundFile, Mail
from notifications.inbound.taking import Taken

READ_COLUMNS = ("类别", "单位", "所回邮件", "来自", "主题", "文件", "待办")
KNOWN_COLUMNS = ("编号", "收到", "类别", "单位", "所回邮件", "来自", "主题", "文件")


@mail.command("read")
def mail_read(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看有哪些，什么都不改")] = False,
    as_json: AsJson = False,
) -> None:
    """读取回信和退信一遍（平时由 creation up 每 5 分钟读一次）。"""
    from notifications.inbound.imap import MailboxError
    from notifications.inbound.rounds import is_set, look_round, read_round

    if not is_set(settings()):
        raise refuse("没有设置收信邮箱", "请设置 CREATION_IMAP_URL 或 CREATION_REPLY_FOLDER")
    try:
        done = (look_round if dry_run else read_round)(database(), settings())
    except (MailboxError, ValueError) as fault:
        raise refuse(f"来信未能读取：{fault}", "用 creation doctor 检查邮箱设置") from fault
    rows = [_read_row(one) for one in done.ours]
    if as_json:
        dump({"read": len(done.taken), "failed": done.failed, "ours": rows})
        return
    if rows:
        console.print(table_of("来信", READ_COLUMNS, [tuple(map(_cell, row.values())) for row in rows]), highlight=False)
    failed = f"，{done.failed} 封未能处理，下次再试" if done.failed else ""
    console.print(f"{'将读' if dry_run else '已读'} {len(done.taken)} 封，与本系统有关的新来信 {len(rows)} 封{failed}", highlight=False)


def _read_row(one: Taken) -> dict[str, object]:
    return {
        "kind": one.kind.label, "unit": one.unit, "mail": one.mail, "sender": one.sender, "subject": one.subject,
        "files": list(one.files), "task": one.task,
    }  # fmt: skip


def _cell(value: object) -> str:
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)


@mail.command("replies")
def mail_replies(last: Annotated[int, typer.Option(help="最近多少封")] = 50, as_json: AsJson = False) -> None:
    """列出读到的回信、自动回复和退信，最近的在前。"""
    with reading(database()) as session:
        rows = _known_rows(session, last)
    if as_json:
        dump(rows)
        return
    shown = [tuple(map(_cell, row.values())) for row in rows]
    console.print(table_of("来信", KNOWN_COLUMNS, shown) if rows else "还没有来信", highlight=False)


def _known_rows(session: Session, last: int) -> list[dict[str, object]]:
    query = select(Inbound, Mail.recipient_unit, Mail.subject).join(Mail, col(Mail.id) == Inbound.mail_id)
    rows = session.exec(query.where(Inbound.kind != InboundKind.OTHER).order_by(col(Inbound.id).desc()).limit(last)).all()
    return [
        {
            "id": row.id, "received_at": minute_text(row.received_at), "kind": row.kind.label,
            "unit": unit or "", "mail": subject, "sender": row.sender, "subject": row.subject,
            "files": list(session.exec(select(InboundFile.name).where(InboundFile.inbound_id == row.id, InboundFile.sha256 != ""))),
        }
        for row, unit, subject in rows
    ]  # fmt: skip
