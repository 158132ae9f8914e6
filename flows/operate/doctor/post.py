"""Checks of the mail: account, what is stuck or unknown, open tasks."""

from datetime import datetime
from pathlib import Path

from sqlmodel import Session, col, func, select

from config.clock import BUSINESS_ZONE
from config.mail_accounts import Limits, profile_of
from config.settings import Settings
from config.vocabulary import MailState
from flows.operate.doctor.finding import Finding, Level
from models.business_clock import business_now
from models.tables import Mail, Task
from notifications import gate, wording
from notifications.inbound.account import ImapAccount
from notifications.inbound.imap import MailboxError, opened
from notifications.inbound.rounds import is_set
from notifications.papers.word import own
from notifications.transport import NotPreparedError, Result, SmtpAccount, Transport

LOGIN_SECONDS = 10.0
SHOWN_MAX = 3


def account(given: Settings) -> Finding:
    """Log in over verified TLS without sending; without an account the local mailbox is used."""
    if not given.has_mail_account:
        return Finding("邮件账号", Level.OK, "未设置邮件账号：信件进入本机收件箱，不会发出")
    try:
        known = SmtpAccount.from_settings(given, LOGIN_SECONDS)
        Transport(known).try_login()
    except ValueError as error:
        return Finding("邮件账号", Level.FAIL, "邮件账号的设置有误", str(error))
    except NotPreparedError as refused:
        answer = refused.delivery
        advice = "请核对账号和客户端授权码（不是登录密码）" if answer.result == Result.STOP else "请核对服务器地址、端口、证书和网络"
        return Finding("邮件账号", Level.FAIL, f"{known.host}:{known.port} {answer.code or ''} {answer.text}".strip(), advice)
    return Finding("邮件账号", Level.OK, f"{known.host}:{known.port}（{known.security}）登录成功，未发信")


def replies(given: Settings) -> Finding:
    """Log in to the mailbox that replies come to and look at its folder; without one, replies are read by people only."""
    if not is_set(given):
        return Finding("收信邮箱", Level.OK, "未设置：回信和退信请到邮箱中查看")
    if given.reply_folder is not None and not given.reply_folder.is_dir():
        return Finding("收信邮箱", Level.FAIL, f"没有文件夹 {given.reply_folder}", "请建立该文件夹，或改正 CREATION_REPLY_FOLDER")
    if not given.imap_url.get_secret_value():
        return Finding("收信邮箱", Level.OK, f"文件夹 {given.reply_folder}")
    try:
        known = ImapAccount.from_url(given.imap_url.get_secret_value())
        with opened(known, looking=True):
            return _answers_come_there(given, known)
    except ValueError as error:
        return Finding("收信邮箱", Level.FAIL, "收信邮箱的设置有误", str(error))
    except MailboxError as error:
        return Finding("收信邮箱", Level.FAIL, str(error), "请核对服务器地址、端口、证书、授权码，以及邮箱是否开启了 IMAP")


def _answers_come_there(given: Settings, known: ImapAccount) -> Finding:
    answers = given.reply_to or given.smtp_sender
    if "@" in known.user and known.user.lower() != answers.lower():
        found = f"读取的是 {known.user}，而各单位的回信寄往 {answers}"
        return Finding("收信邮箱", Level.WARN, found, "请把 CREATION_REPLY_TO 设为收信邮箱；回信已自动转入该邮箱的不必理会")
    return Finding("收信邮箱", Level.OK, f"{known.name} 登录成功")


def limits(given: Settings) -> Limits:
    """Return how many mails the account may send, as far as it is known; a wrong profile is the account's finding."""
    try:
        return profile_of(given)
    except ValueError:
        return Limits(per_hour=given.mail_per_hour, per_day=given.mail_per_day)


def switches(session: Session, given: Settings) -> Finding:
    """Tell what keeps mail back on purpose: hold, own-mailbox trial, a pause of the account."""
    if hold := gate.hold_of(session):
        since = f"{hold.at.astimezone(BUSINESS_ZONE):%m-%d %H:%M}"
        return Finding("发信开关", Level.WARN, f"全部暂停（{hold.by}，{since}）：{hold.reason}", "查明后用 creation mail release 恢复")
    if given.mail_test_to:
        return Finding("发信开关", Level.WARN, f"试发：全部邮件只发到 {given.mail_test_to}", "试完请去掉 CREATION_MAIL_TEST_TO")
    resting = gate.pause_of(session)
    if resting and business_now(session) < resting.until:
        until = f"{resting.until.astimezone(BUSINESS_ZONE):%m-%d %H:%M}"
        return Finding("发信开关", Level.WARN, f"{resting.meaning.label}，{until} 再试：{resting.text}", "会自动再试；久不恢复请核对账号")
    return Finding("发信开关", Level.OK, "正常发送")


def letters(folder: Path) -> Finding:
    """Render every sample with the wording in force, before a letter needs it; name files that no letter uses."""
    if faults := wording.broken(folder):
        more = f" 等 {len(faults)} 处" if len(faults) > SHOWN_MAX else ""
        todo = "改好前这种信件暂缓，其余照发；请用 creation mail template save 保存改好的文件，或用 restore 恢复"
        return Finding("信件措辞", Level.FAIL, "；".join(faults[:SHOWN_MAX]) + more, todo)
    if unused := wording.unused(folder):
        return Finding("信件措辞", Level.WARN, f"{folder} 中不会被用到的文件：{'、'.join(unused[:SHOWN_MAX])}", "请核对文件名，或移走")
    mine = [kind for kind in wording.kinds() if wording.own(folder, kind)]
    return Finding("信件措辞", Level.OK, f"可用；本单位改过 {'、'.join(mine)}" if mine else "可用，均为系统原文")


def forms(folder: Path) -> Finding:
    """Check the office's own Word forms for fields that nothing fills, before a letter needs one."""
    if faults := own.broken(folder):
        todo = "改好前信件照发、不附这份文书；请用 creation document put 放入改好的模板，或用 creation document restore 恢复"
        return Finding("文书模板", Level.FAIL, "；".join(faults), todo)
    if unused := own.unused(folder):
        return Finding(
            "文书模板", Level.WARN, f"{folder} 中不会被用到的文件：{'、'.join(unused[:SHOWN_MAX])}", "文件名应为文书名称，如 退回函.docx"
        )
    mine = own.present(folder)
    return Finding("文书模板", Level.OK, f"可用；本单位改过 {'、'.join(kind.label for kind in mine)}" if mine else "可用，均为系统自带")


def stuck(session: Session, instant: datetime) -> Finding:
    """Find mails held by a sender past their lease: the delivery loop frees them, if it runs."""
    held = col(Mail.state).in_((MailState.LEASED, MailState.SENDING))
    number = session.exec(select(func.count()).select_from(Mail).where(held, col(Mail.lease_until) <= instant)).one()
    if number:
        return Finding(
            "发送中断的邮件", Level.WARN, f"{number} 封超过租期", "请确认 creation up 在运行：发送进程会自动收回，再发或转为结果不明"
        )
    return Finding("发送中断的邮件", Level.OK, "无")


def unknown(session: Session) -> Finding:
    """Find mails of which nobody knows whether they arrived."""
    rows = session.exec(select(Mail.mailbox).where(Mail.state == MailState.UNKNOWN).order_by(col(Mail.id))).all()
    if rows:
        return Finding("结果不明的邮件", Level.WARN, f"{len(rows)} 封", "请逐封电话确认是否收到；待办中有每封的收件单位")
    return Finding("结果不明的邮件", Level.OK, "无")


def tasks(session: Session) -> Finding:
    """Count what waits for a person of the office."""
    rows = session.exec(select(Task).where(col(Task.done_on).is_(None)).order_by(col(Task.opened_on))).all()
    if rows:
        found = f"{len(rows)} 项，最早 {rows[0].opened_on}：{rows[0].text[:60]}"
        return Finding("待办", Level.WARN, found, "请在管理界面办理并登记")
    return Finding("待办", Level.OK, "无")
