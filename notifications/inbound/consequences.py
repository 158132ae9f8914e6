"""What follows from a message about a mail of ours: what it proves about the delivery, and the work that it leaves."""

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from config.vocabulary import InboundKind, MailState, TaskKind
from models.business_clock import business_now
from models.tables import Mail, Unit
from notifications.inbound.attachments import Filed
from notifications.inbound.bounce import Report
from notifications.inbound.owed import listed, owed_by, projects_of
from notifications.inbound.understand import Incoming
from notifications.replies import REMEDIES, ReplyClass
from notifications.tasks import close_tasks, leave_task, task_key

SUBJECT_SHOWN, NAME_SHOWN = 40, 30
_SECOND_COPY = sa.and_(col(Mail.state) == MailState.READY, col(Mail.resends) > 0)
"""Unknown, and put up for its one resend."""
_UNSETTLED = sa.or_(col(Mail.state) == MailState.UNKNOWN, _SECOND_COPY)


def received_name(inbound: int, number: int) -> str:
    """Return the name under which forms offer a file that came by mail; a blank and its own name follow."""
    return f"来件{inbound}-{number}"


def draw(  # noqa: PLR0913 - one message and its days
    session: Session, mail: Mail, incoming: Incoming, inbound: int, filed: tuple[Filed, ...], today: date, arrived_on: date
) -> str:
    """Settle the mail as far as the message proves anything and leave the task that it asks for; returns the task's text."""
    if incoming.kind == InboundKind.BOUNCE and incoming.report is not None:
        return _bounced(session, mail, incoming.report, inbound, today)
    _arrived(session, mail, today)
    if incoming.kind != InboundKind.REPLY:
        return ""
    kind = TaskKind.RECORD_HAND_IN if filed else TaskKind.READ_REPLY
    text = _told(session, mail, incoming, inbound, filed, today, arrived_on)
    leave_task(session, kind, about(inbound), text, today, mail.recipient_unit)
    return text


def about(inbound: int) -> str:
    """Return what the task of a reply is about."""
    return f"inbound:{inbound}"


def _arrived(session: Session, mail: Mail, today: date) -> None:
    """Settle a mail of unknown fate: whoever answers it has it. A second copy that has not left stays away."""
    if _moved(session, mail, _UNSETTLED, state=MailState.SENT, sent_at=sa.func.coalesce(Mail.sent_at, business_now(session))):
        close_tasks(session, [task_key(TaskKind.CONFIRM_DELIVERY, mail.key)], today)


def _bounced(session: Session, mail: Mail, report: Report, inbound: int, today: date) -> str:
    """Take a mail for not delivered, with the task that the reason asks for; one that names another address only asks to look."""
    said = " ".join(f"{report.code or ''} {report.text}".split())
    if report.named and mail.mailbox.lower() not in report.named:
        named = "、".join(sorted(report.named)[:3])
        text = f"{mail.subject or mail.kind.label}：收到退信，但所称收件人是 {named}，不是 {mail.mailbox}（{said[:120]}），请核对是否送达"
        leave_task(session, TaskKind.CONFIRM_DELIVERY, about(inbound), text, today, mail.recipient_unit)
        return text
    may_have_left = sa.or_(_UNSETTLED, col(Mail.state) == MailState.SENT)
    last = {"last_code": report.code, "last_text": f"退信：{said}"[:500], "last_class": report.ground.value}
    _moved(session, mail, may_have_left, state=MailState.FAILED, **last)
    close_tasks(session, [task_key(TaskKind.CONFIRM_DELIVERY, mail.key)], today)
    remedy = REMEDIES[report.ground]
    kind = TaskKind.WRONG_ADDRESS if report.ground == ReplyClass.ADDRESS else TaskKind.TELEPHONE
    text = f"{mail.subject or mail.kind.label}：寄往 {mail.mailbox} 的邮件被退回（{said[:160]}），{remedy.advice or '请电话联系'}"
    leave_task(session, kind, mail.key, text, today, mail.recipient_unit, again=True)
    return text


def _moved(session: Session, mail: Mail, guard: sa.ColumnElement[bool], **values: Any) -> bool:
    statement = sa.update(Mail).where(col(Mail.id) == mail.id, guard).values(**values)
    moved = session.execute(statement.execution_options(preserve_rowcount=True, synchronize_session=False))
    session.expire(mail)
    return bool(moved.rowcount)  # type: ignore[attr-defined]


def _told(  # noqa: PLR0913 - what a task of a reply tells
    session: Session, mail: Mail, incoming: Incoming, inbound: int, filed: tuple[Filed, ...], today: date, arrived_on: date
) -> str:
    parts = [f"{_who(session, mail, incoming)}{arrived_on.month}月{arrived_on.day}日回复“{mail.subject[:SUBJECT_SHOWN]}”"]
    if kept := tuple(f"{received_name(inbound, n)} {f.name[:NAME_SHOWN]}" for n, f in enumerate(filed, 1) if f.sha256):
        parts.append(f"报来 {len(kept)} 个文件：{listed(kept)}")
    if refused := tuple(f"{f.name[:NAME_SHOWN]}（{f.flaw}）" for f in filed if not f.sha256):
        parts.append(f"未收 {listed(refused)}；请到邮箱中查看")
    if incoming.flaw:
        parts.append(f"来信未能全部读取（{incoming.flaw}），请到邮箱中查看")
    if incoming.elsewhere:
        parts.append("信中有网盘或超大附件的链接，请到邮箱中下载")
    parts += _owing(session, mail, today) if filed else []
    if incoming.excerpt:
        parts.append(f"来信写道：“{incoming.excerpt}”")
    if kept:
        parts.append("核对后用“材料报送”登记，“文件”中选上述来件")
    return _within(parts)


def _within(parts: list[str], most: int = 480) -> str:
    """Return the parts as one text; the longest gives way, since the last ones say what to do."""
    while sum(map(len, parts)) + len(parts) > most:
        at = max(range(len(parts)), key=lambda number: len(parts[number]))
        parts[at] = f"{parts[at][: max(20, len(parts[at]) * 3 // 4)].rstrip('…')}…"
    return "；".join(parts) + "。"


def _who(session: Session, mail: Mail, incoming: Incoming) -> str:
    name = session.exec(select(Unit.name).where(Unit.code == mail.recipient_unit)).first() if mail.recipient_unit else None
    same = incoming.sender.lower() == mail.mailbox.lower()
    return f"{name or '收件人'}（{incoming.sender}{'' if same else f'，不是原收件邮箱 {mail.mailbox}'}）"


def _owing(session: Session, mail: Mail, today: date) -> list[str]:
    projects = projects_of(session, mail)
    told = [f"项目 {listed(projects)}"] if projects else []
    found = owed_by(session, mail.recipient_unit, today) if mail.recipient_unit else ()
    owed = tuple(title if (whose,) == projects else f"{title}（{whose}）" for title, whose in found)
    return [*told, f"该单位尚欠：{listed(owed)}" if owed else "该单位目前没有未报的材料"]
