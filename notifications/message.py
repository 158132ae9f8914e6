"""Building one mail: our own MIME, one recipient, every header checked before a byte leaves."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import EmailPolicy
from email.utils import format_datetime, getaddresses
from functools import lru_cache
from textwrap import wrap
from typing import Any

from config.texts import NOT_IN_A_LINE, is_address, quoted

LINE_MAX = 77
"""Characters of a line of a header: the standard's 78, less the blank with which the next begins."""
MESSAGE_ID = re.compile(r"<[A-Za-z0-9._+=-]{1,120}@[A-Za-z0-9.-]{1,190}>")
SPECIALS = str.maketrans('()<>[]:;@\\,"', "（）＜＞［］：；＠＼，＂")
"""What a sender's name must not hold as it is: the library drops the quotes of a long name when it breaks the line."""
ONCE = ("From", "To", "Subject", "Message-ID", "Date")
EXTRA_PREFIX = "X-Creation-"


class MessageError(ValueError):
    """The mail cannot be built; the Chinese message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Content:
    """Everything a mail consists of."""

    sender: str
    sender_name: str
    to: str
    subject: str
    message_id: str
    date: datetime
    text: str
    html: str
    extra: tuple[tuple[str, str], ...] = ()
    calendar: bytes | None = None
    attachments: Mapping[str, bytes] = field(default_factory=dict)
    """File name → bytes; docx, xlsx, pdf and jsonl only."""
    reply_to: str = ""
    """Where answers go; empty: to the sender."""


def check_address(address: str) -> str:
    """Return the address if it is a plain mailbox; raises MessageError."""
    if not is_address(address):
        msg = f"邮箱地址“{quoted(address)}”不正确；请填写形如 name@university.example 的地址"
        raise MessageError(msg)
    return address


def check_header(text: str, what: str) -> str:
    """Return header text without control characters or encoded words; raises MessageError."""
    if NOT_IN_A_LINE.search(text):
        msg = f"{what}含有不允许的字符；请删除换行、控制字符和“=?”"
        raise MessageError(msg)
    return text


def _checked_id(message_id: str) -> str:
    if not MESSAGE_ID.fullmatch(message_id):
        msg = f"Message-ID {quoted(message_id)} 不合规范；请联系维护人员"
        raise MessageError(msg)
    return message_id


def _check_bodies(content: Content) -> None:
    """Refuse halves of characters, which no encoding takes."""
    try:
        content.text.encode()
        content.html.encode()
    except UnicodeEncodeError:
        msg = "正文含有无法编码的字符；请删除后重试"
        raise MessageError(msg) from None


SUBTYPES = {
    "docx": "vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "pdf",
    "jsonl": "jsonl",
}


class _Headers(HeaderRegistry):
    """Makes the class of each header once; the standard registry makes it anew for every header of every mail."""

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[str, type] = {}

    def __getitem__(self, name: str) -> type:
        """Return the class of a header."""
        if name not in self._made:
            self._made[name] = super().__getitem__(name)
        return self._made[name]


ONE_WORD = frozenset(("To", "Reply-To", "Message-ID", "Date"))
"""Headers that hold one word (of a date a few) in ASCII, checked before: each is a line as it stands."""
AGAIN = frozenset(("From", "Subject", "MIME-Version", "Content-Transfer-Encoding"))
"""Headers that are the same in many mails."""


class _Smtp(EmailPolicy):
    """The standard policy for SMTP; what comes again is set into lines once, what is plain is not looked into."""

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        """Return a header as it is kept: a plain one as it is, what comes again is looked into once."""
        if _is_plain(name, value):
            return name, value
        return _parsed(name, str(value)) if name in AGAIN or name == "Content-Type" else super().header_store_parse(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Return a header as it travels."""
        if name in ONE_WORD:
            return f"{name}: {value}\r\n".encode()
        if _is_plain(name, value):
            return "\r\n ".join(wrap(f"{name}: {value}", LINE_MAX, break_long_words=False, break_on_hyphens=False)).encode() + b"\r\n"
        return _folded(name, value) if name in AGAIN else super().fold_binary(name, value)


def _is_plain(name: str, value: Any) -> bool:
    return name in ONE_WORD or (name.startswith(EXTRA_PREFIX) and value.isascii())


@lru_cache(maxsize=1024)
def _parsed(name: str, value: str) -> tuple[str, Any]:
    return EmailPolicy.header_store_parse(_SMTP, name, value)


@lru_cache(maxsize=1024)
def _folded(name: str, value: Any) -> bytes:
    return policy.SMTP.fold_binary(name, value)


_SMTP = _Smtp(linesep="\r\n", header_factory=_Headers())


def build_message(content: Content) -> bytes:
    """Return the bytes to send: text and HTML, calendar entry and files where given; parsed once more as a check."""
    _check_bodies(content)
    message = EmailMessage(policy=_SMTP)
    message["From"] = Address(check_header(content.sender_name, "发件人名称").translate(SPECIALS), addr_spec=check_address(content.sender))
    message["To"] = check_address(content.to)
    message["Subject"] = check_header(content.subject, "主题")
    message["Date"] = format_datetime(content.date)
    message["Message-ID"] = _checked_id(content.message_id)
    if content.reply_to:
        message["Reply-To"] = check_address(content.reply_to)
    for name, value in content.extra:
        if not name.startswith(EXTRA_PREFIX):
            msg = f"附加信头 {name} 必须以 {EXTRA_PREFIX} 开头"
            raise MessageError(msg)
        message.add_header(name, check_header(value, name))
    message.set_content(content.text, cte="base64")
    message.make_alternative(boundary=_boundary(content, "alternative"))
    message.add_alternative(content.html, subtype="html", cte="base64")
    if content.calendar is not None or content.attachments:
        message.make_mixed(boundary=_boundary(content, "mixed"))
    if content.calendar is not None:
        message.add_attachment(
            content.calendar, maintype="text", subtype="calendar", filename="deadline.ics", params={"method": "PUBLISH", "charset": "utf-8"}
        )
    for name, data in content.attachments.items():
        kind = SUBTYPES[name.rpartition(".")[2]]
        message.add_attachment(data, maintype="application", subtype=kind, filename=name, params={"name": _plain_name(name)})
    raw = message.as_bytes()
    _check_built(raw, content)
    return raw


def _plain_name(name: str) -> str:
    """Return a file name in ASCII for programs that cannot read the full one, which travels as RFC 2231 has it."""
    return re.sub(r"[^A-Za-z0-9._-]", "", name).lstrip("-._") or f"file.{name.rpartition('.')[2]}"


def _boundary(content: Content, part: str) -> str:
    """Return the boundary of a part: every part is base64, which holds no ``=_``, so none has to be looked for."""
    return f"=_{part}_{hashlib.sha256(content.message_id.encode()).hexdigest()[:24]}"


def _check_built(raw: bytes, content: Content) -> None:
    parsed = BytesHeaderParser().parsebytes(raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")  # plain reading: what a server sees
    wrong = [name for name in ONCE if len(parsed.get_all(name, [])) != 1]
    boxes = [[address for _, address in getaddresses(parsed.get_all(name, []))] for name in ("From", "To")]
    if wrong or parsed["Message-ID"].strip() != content.message_id or boxes != [[content.sender], [content.to]]:
        msg = f"邮件信头异常：{'、'.join(wrong) or '内容不符'}；未发送，请联系维护人员"
        raise MessageError(msg)


def with_headers(mime: bytes, headers: Mapping[str, str]) -> bytes:
    """Return a copy of a mail with other headers; raises MessageError for text that no header may hold."""
    message = message_from_bytes(mime, policy=policy.SMTP)
    for name, value in headers.items():
        check_header(value, name)
        del message[name]
        message[name] = value
    return message.as_bytes()
