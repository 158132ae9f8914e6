"""What a person orders about the post itself: hold everything, let it leave again, send one mail again. Each is on record."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from config import clock
from config.settings import settings
from config.vocabulary import ABOUT_A_MAIL, MailKind, MailState
from flows.steps.errors import refuse
from models.business_clock import business_now
from models.history import Act, record_event
from models.loading import newest_open_cohort
from models.tables import Mail, Reminder
from notifications import fuse, gate
from notifications.following import lines_told, original
from notifications.gathering import Desk, put_right
from notifications.message import with_headers
from notifications.outbox import give_up_at, mail_mark, new_message_id
from notifications.sending import COPY_MARK
from notifications.tasks import close_tasks, task_key

ENDED_BADLY = (MailState.FAILED, MailState.UNKNOWN, MailState.EXPIRED)


def hold_mail(session: Session, act: Act, reason: str) -> None:
    """Hold all mail in every process until it is released; what is on the wire is finished (at most one batch)."""
    _reason(reason)
    if found := gate.hold_of(session):
        raise refuse(f"发信已经暂停（{found.by}：{found.reason}）", "恢复请用 creation mail release")
    gate.hold(session, reason, act.actor)
    _record(session, "hold_mail", act, {"reason": reason})


def release_mail(session: Session, act: Act, reason: str) -> int:
    """Let mail leave again and trust the clock as it is now; the time of the hold does not count against a mail. Returns how many wait."""
    _reason(reason)
    held = gate.hold_of(session)
    if held is None:
        raise refuse("发信没有暂停", "不必恢复")
    gate.release(session)
    gate.resume(session)
    since = max(held.at, fuse.seen_at(session) or held.at) if held.by == fuse.BY else held.at  # by a clock of 1970 it was held for ever
    fuse.remember(session, business_now(session))
    lost = max(clock.now() - since, timedelta(0))
    waiting = session.exec(select(Mail).where(Mail.state == MailState.READY)).all()
    for mail in waiting:
        if mail.expires_at is not None:
            mail.expires_at += lost
            session.add(mail)
    if held.by == fuse.BY:
        put_right(session, business_now(session), all_waiting=True)
    _record(session, "release_mail", act, {"reason": reason, "held_because": held.reason, "held_by": held.by})
    return len(waiting)


def resend_mail(session: Session, act: Act, mail: int, reason: str) -> Mail:
    """Order a new copy of a mail that failed, expired or is unknown, to the address of today; the old one stays as it ended.

    The copy has a key and a Message-ID of its own, and is given up like any other mail.
    A second order is refused while a copy is on its way or has left.
    """
    _reason(reason)
    old = session.get(Mail, mail, with_for_update=True)  # two orders at once: the second one finds the first one's copy
    if old is None or old.state not in ENDED_BADLY:
        state = f"邮件 {mail} 是“{old.state.label}”" if old else f"没有邮件 {mail}"
        raise refuse(state, "只有失败、不明、过期的邮件可以重发，见 creation mail list")
    base = original(old.key)
    copies = session.exec(select(Mail).where(col(Mail.key).startswith(f"{base}{COPY_MARK}", autoescape=True))).all()
    if going := next((copy for copy in copies if copy.id != mail and copy.state not in ENDED_BADLY), None):
        raise refuse(f"这封邮件已有新的一份（{going.id}，{going.state.label}）", "请勿重复发送")
    new = _copy(session, old, f"{base}{COPY_MARK}{len(copies) + 1}", business_now(session))
    close_tasks(session, [task_key(kind, old.key) for kind in ABOUT_A_MAIL], act.on)
    _record(session, "resend_mail", act, {"mail": old.message_id, "copy": new.message_id, "reason": reason})
    return new


def record_wording(session: Session, act: Act, kind: str, files: Mapping[str, bytes]) -> None:
    """Put on record that the office has changed a wording: the file names with the SHA-256 of what holds now (own files only)."""
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    _record(session, "change_wording", act, {"kind": kind, "files": digests})


def _copy(session: Session, old: Mail, key: str, now: datetime) -> Mail:
    lines = lines_told(session, old)
    desk = Desk(session, now)
    mailbox, unit = _goes_to(desk, old, lines)
    new = Mail(
        key=key, message_id=new_message_id(), kind=old.kind, mail_class=old.mail_class, mailbox=mailbox, recipient_unit=unit,
        send_on=clock.business_day(now), not_before=now, subject=old.subject,
    )  # fmt: skip
    new.expires_at = give_up_at(now, min((due for line in lines if (due := desk.due_on(line))), default=None), desk.calendar)
    if old.mime is not None:
        new.mime = with_headers(old.mime, {"To": mailbox, "Message-ID": new.message_id, "X-Creation-Mail": mail_mark(key)})
    session.add(new)
    session.flush()
    if old.mime is None:  # never rendered: its lines are written by the copy
        for line in lines:
            line.mail_id = new.id
            session.add(line)
    return new


def _goes_to(desk: Desk, old: Mail, lines: Sequence[Reminder]) -> tuple[str, str | None]:
    """Return the mailbox and unit of whoever the first line is for today; the list of heads has none and is the auditor's."""
    if not lines:
        return (settings().auditor_email if old.kind == MailKind.HEADS_LIST else "") or old.mailbox, old.recipient_unit
    if (address := desk.address(lines[0])) is None:
        raise refuse(f"邮件 {old.id} 的收件人现在没有登记邮箱", "请先登记联系人（或人员）的邮箱，再重发")
    return address.email, address.unit


def _reason(reason: str) -> None:
    if not reason.strip():
        raise refuse("必须写明理由", "请填写 --reason")


def _record(session: Session, event: str, act: Act, payload: dict[str, Any]) -> None:
    """Write the order on the newest open batch; without one there is no unit yet that could get mail."""
    if (owner := newest_open_cohort(session)) is not None:
        record_event(session, owner, event, act, payload)
    session.flush()
