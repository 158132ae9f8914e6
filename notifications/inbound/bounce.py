"""What a report of a mail server says: RFC 3464 where it keeps to it, else its words (126, 163, QQ, Coremail). Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser

from config.vocabulary import InboundKind
from notifications.inbound.mime import Part, decoded_text, header
from notifications.inbound.prose import one_line
from notifications.replies import ReplyClass, meaning

BLOCKS_MAX = 50
TEXT_MAX = 300
NO_GROUND, PERMANENT = 554, 550
_ACTIONS = {
    "failed": InboundKind.BOUNCE, "delayed": InboundKind.DELAYED,
    "delivered": InboundKind.DELIVERED, "relayed": InboundKind.DELIVERED, "expanded": InboundKind.DELIVERED,
}  # fmt: skip
_BY_STATUS = {"5": InboundKind.BOUNCE, "4": InboundKind.DELAYED, "2": InboundKind.DELIVERED}
_WORST_FIRST = (InboundKind.BOUNCE, InboundKind.DELAYED, InboundKind.DELIVERED)
_CODE = re.compile(r"\b([45]\d\d)[ -](?:#)?([45]\.\d{1,3}\.\d{1,3})?")
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}")
_DAEMON = re.compile(r"^(mailer-daemon|postmaster|mail-daemon|maildaemon)@", re.IGNORECASE)
_BOUNCED = re.compile(
    r"退信|退回|无法(投递|送达|发送)|投递失败|发送失败|undeliver|delivery (status|fail)|failure notice"
    r"|returned (mail|to sender)|mail is returned",
    re.IGNORECASE,
)
_DELAYED = re.compile(
    r"延迟|尚未(送达|投递)|暂未送达|(仍|还|继续).{0,6}(尝试|重试)|\bdelayed\b|still (being )?(retried|trying)|will be retried",
    re.IGNORECASE,
)
_BAD_ADDRESS = re.compile(
    r"未开通|(邮件地址|用户|邮箱|帐号|账号|收件人|域名).{0,8}(不存在|已停用|已注销)|no such|invalid user|user not known|not user of"
    r"|unavailable mail user|user (suspended|hangup|rejected|disabled)|(host|domain)( name)? not found|unable to look ?up",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a mail, as a server tells it later."""

    kind: InboundKind
    named: frozenset[str] = frozenset()
    """Addresses that the report names, in lower case; empty where it names none."""
    code: int | None = None
    text: str = ""
    """What the server said, beginning with the enhanced code where there is one."""

    @property
    def ground(self) -> ReplyClass:
        """Whose matter the refusal is; the address is at fault only where the report says so."""
        if _BAD_ADDRESS.search(self.text):
            return ReplyClass.ADDRESS
        return meaning(self.code or NO_GROUND, self.text)


def report_of(message: Message, parts: Sequence[Part], text: str) -> Report | None:
    """Return the report that a message is, None when it is none; ``text`` is its human-readable part."""
    statuses = [part for part in parts if part.content_type == "message/delivery-status"]
    if statuses and (found := _from_status(statuses[0])):
        return found
    return _from_words(message, text) if _is_from_daemon(message) else None


def _from_status(part: Part) -> Report | None:
    found = [report for fields in _blocks(part.data()) if (report := _recipient(fields))]
    return next((report for kind in _WORST_FIRST for report in found if report.kind == kind), None)


def _blocks(data: bytes) -> Iterable[Message]:
    """Return the groups of fields: the first tells about the report, each further one about a recipient."""
    text = decoded_text(data[: 64 * 1024], "").replace("\r\n", "\n")
    return [HeaderParser().parsestr(block) for block in re.split(r"\n[ \t]*\n+", text)[:BLOCKS_MAX]]


def _recipient(fields: Message) -> Report | None:
    action, status = header(fields, "Action").lower(), header(fields, "Status")
    number = _STATUS.search(status)
    kind = _ACTIONS.get(action.partition(" ")[0]) or (_BY_STATUS.get(number[1][0]) if number else None)
    if kind is None:
        return None
    said = header(fields, "Diagnostic-Code").partition(";")[2].strip()
    names = _addresses(header(fields, "Final-Recipient") + " " + header(fields, "Original-Recipient"))
    return Report(kind, names, *_said(said, number[1] if number else ""))


def _said(said: str, status: str) -> tuple[int | None, str]:
    """Return the code, and the text with its enhanced code in front, however the server ordered them."""
    code = _CODE.search(said)
    rest = said[code.end(1) :].lstrip(" -") if code else said
    enhanced = "" if _STATUS.match(rest) else status
    number = int(code[1]) if code else PERMANENT if status.startswith("5.1.") else None
    return number, one_line(f"{enhanced} {rest}", TEXT_MAX)


def _addresses(text: str) -> frozenset[str]:
    return frozenset(address.lower() for address in _ADDRESS.findall(text)[:BLOCKS_MAX])


def _is_from_daemon(message: Message) -> bool:
    sender = _addresses(header(message, "From"))
    nobody = header(message, "Return-Path") == "<>" and _BOUNCED.search(header(message, "Subject"))
    return any(_DAEMON.match(address) for address in sender) or bool(nobody)


def _from_words(message: Message, text: str) -> Report | None:
    words = f"{header(message, 'Subject')}\n{text}"
    if not _BOUNCED.search(words) and not _DELAYED.search(words):
        return None
    code, status = _CODE.search(text), _STATUS.search(text)
    begin = code.start() if code else status.start() if status else _reason_at(text)
    said = _said(one_line(text[begin:], TEXT_MAX), status[1] if status else "")
    final = code is not None and code[1].startswith("5")
    kind = InboundKind.DELAYED if _DELAYED.search(words) and not final else InboundKind.BOUNCE
    return Report(kind, _addresses(text), *said)


def _reason_at(text: str) -> int:
    return max(text.find("退信原因"), text.find("原因"), 0)
