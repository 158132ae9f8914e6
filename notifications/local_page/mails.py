"""Pages of what the local mailbox has kept: a list, and each mail as its reader sees it."""

from collections.abc import Sequence
from email import message_from_binary_file, policy
from email.message import EmailMessage
from html import escape
from urllib.parse import quote

from notifications.local_page.folder import Folder
from notifications.local_page.layout import page, section, table

PER_PAGE = 200
NONE = "还没有邮件。设置了真实邮箱账号时，邮件直接发出，不经过这里；发送情况见今日工作台的“最近邮件”。"


def mail_list(folder: Folder, number: int) -> str:
    """Return one page of the list, newest first."""
    names = sorted((entry.name for entry in folder.entries()), reverse=True)
    if not names:
        return page("已发邮件", section("", f"<p>{NONE}</p>"), "mails")
    shown = names[max(0, number - 1) * PER_PAGE : number * PER_PAGE]
    rows = [_row(name, read(folder, name)) for name in shown]
    body = table(("日期", "主题", "收件人"), rows) + _pager(names, number)
    return page("已发邮件", section("本机收到的邮件", body, f"共 {len(names)} 封，未向外发出"), "mails")


def _pager(names: Sequence[str], number: int) -> str:
    pages = range(1, (len(names) - 1) // PER_PAGE + 2)
    links = " ".join(f'<a href="/mails/{n}">{n}</a>' if n != number else f"<b>{n}</b>" for n in pages)
    return f"<p class=hint>页 {links}</p>" if len(pages) > 1 else ""


def _row(name: str, mail: EmailMessage) -> str:
    day = getattr(mail["Date"], "datetime", None)
    at = f"{day:%Y-%m-%d %H:%M}" if day else ""
    subject, to = escape(str(mail["Subject"])), escape(str(mail["To"]))
    return f'<tr><td class=w>{at}</td><td><a href="/mail/{quote(name)}">{subject}</a></td><td>{to}</td></tr>'


def mail_page(mail: EmailMessage, name: str) -> str:
    """Return a mail with its HTML in a frame without rights, its text, and the lines it carries."""
    lines = escape("\n".join(str(value) for value in mail.get_all("X-Creation-Line", [])))
    told = f"收件人 {escape(str(mail['To']))}；{escape(str(mail['Date']))}；<a href='/raw/{quote(name)}'>原文</a>"
    body = f"<p class=hint>{told}</p><iframe sandbox src='/html/{quote(name)}'></iframe>"
    text = f"<pre>{escape(part_of(mail, 'plain'))}</pre>"
    parts = (section(str(mail["Subject"]), body), section("纯文本", text), section("事项", f"<pre>{lines}</pre>"))
    return page("已发邮件", "".join(parts), "mails")


def part_of(mail: EmailMessage, kind: str) -> str:
    """Return the text of a mail's part, "" when it has none."""
    part = mail.get_body((kind,))
    return str(part.get_content()) if part is not None else ""


def read(folder: Folder, name: str) -> EmailMessage:
    """Return a mail; raises FileNotFoundError."""
    with folder.open(name) as file:
        mail = message_from_binary_file(file, policy=policy.default)
    assert isinstance(mail, EmailMessage)  # noqa: S101 - policy.default gives this class
    return mail
