"""The post on the command line: what did not arrive, hold and release, one mail again."""

from typing import Annotated

import typer
from sqlmodel import Session, col, select

from config.clock import BUSINESS_ZONE
from config.settings import settings
from config.vocabulary import TROUBLED, MailState
from flows.commands.base import Actor, AsJson, console, database, dump, today_in
from flows.commands.running import mail
from flows.commands.signing import signer
from flows.commands.text import table_of
from flows.steps import mailing
from models.history import Act
from models.store import reading, transaction
from models.tables import Mail
from notifications import gate

Reason = Annotated[str, typer.Option("--reason", help="理由，记入历史")]
COLUMNS = ("编号", "状态", "种类", "收件邮箱", "单位", "主题", "应发时间", "次数", "最后答复")


@mail.command("list")
def mail_list(
    state: Annotated[MailState | None, typer.Option(help="只列一种：failed、unknown、expired、held（暂停或模板有误）、ready……")] = None,
    as_json: AsJson = False,
) -> None:
    """列出没有送达的邮件；编号用于 creation mail resend。"""
    with reading(database()) as session:
        hold = gate.hold_of(session)
        rows = _rows(session, state, held=hold is not None)
    if as_json:
        dump({"hold": hold and {"reason": hold.reason, "by": hold.by, "at": hold.at.isoformat()}, "mails": rows})
        return
    if hold:
        console.print(f"[red]全部邮件已暂停发送[/red]（{hold.by}：{hold.reason}）", highlight=False)
    if settings().mail_test_to:
        console.print(f"[yellow]试发[/yellow] 全部邮件只发到 {settings().mail_test_to}", highlight=False)
    console.print(table_of("邮件", COLUMNS, [tuple(map(str, row.values())) for row in rows]) if rows else "没有这样的邮件", highlight=False)


def _rows(session: Session, state: MailState | None, *, held: bool) -> list[dict[str, object]]:
    states: tuple[MailState, ...] = (state,) if state else TROUBLED
    if state == MailState.HELD and held:
        states = (MailState.HELD, MailState.READY)
    return [
        {
            "id": row.id, "state": row.state.label, "kind": row.kind.label, "mailbox": row.mailbox, "unit": row.recipient_unit or "",
            "subject": row.subject, "at": f"{row.not_before.astimezone(BUSINESS_ZONE):%m-%d %H:%M}", "tries": row.tries,
            "answer": f"{row.last_code or ''} {row.last_text}".strip()[:80],
        }
        for row in session.exec(select(Mail).where(col(Mail.state).in_(states)).order_by(col(Mail.id)))
    ]  # fmt: skip


@mail.command("hold")
def mail_hold(reason: Reason, by: Actor = "管理员") -> None:
    """暂停全部发信（所有进程），直到 creation mail release。"""
    engine = database()
    act = Act(signer(engine, by), "command:mail hold", today_in(engine))
    with transaction(engine) as session:
        mailing.hold_mail(session, act, reason)
    console.print("已暂停全部发信；正在发送的一批（至多 20 封）会发完")


@mail.command("release")
def mail_release(reason: Reason, by: Actor = "管理员") -> None:
    """恢复发信；因电脑时间异常而自动暂停的，恢复即确认现在的时间无误。"""
    engine = database()
    act = Act(signer(engine, by), "command:mail release", today_in(engine))
    with transaction(engine) as session:
        waiting = mailing.release_mail(session, act, reason)
    console.print(f"已恢复发信，待发 {waiting} 封")


@mail.command("resend")
def mail_resend(mail_id: int, reason: Reason, by: Actor = "管理员") -> None:
    """把失败、不明或过期的一封邮件重新发一份，寄往现在的联系人。"""
    engine = database()
    act = Act(signer(engine, by), f"command:mail resend {mail_id}", today_in(engine))
    with transaction(engine) as session:
        new = mailing.resend_mail(session, act, mail_id, reason)
    console.print(f"已安排重发：编号 {new.id}，寄往 {new.mailbox}", highlight=False)
