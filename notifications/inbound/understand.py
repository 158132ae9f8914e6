"""What a message that came in is and which mails of ours it names: a pure function that takes any bytes."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from email.message import Message
from email.utils import parseaddr

from config.vocabulary import InboundKind
from notifications.inbound.bounce import Report, report_of
from notifications.inbound.mime import Part, TooComplexError, decoded_text, header, parts_of, read_head
from notifications.inbound.prose import one_line, own_words, plain

IDS_MAX = 50
EXCERPT_MAX = 160
NAMED = re.compile(r"<[^<>\s@]{1,120}@[^<>\s@]{1,120}>")
_AUTO_HEADERS = ("X-Autoreply", "X-Autorespond", "X-Auto-Reply", "X-Autoresponder")
_AUTO_PRECEDENCE = ("auto_reply", "auto-reply", "bulk", "junk", "list")
_AUTO_SUBJECT = re.compile(
    r"^\W*(自动回复|自动答复|自动回覆|休假回复|外出回复|automatic reply|auto(matic)?[ -]?(reply|response|answer)|out of office|auto:)",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(r"超大附件|云附件|网盘|文件中转站")
_QUOTED_WHOLE = ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file as it came, under the sender's name for it."""

    name: str
    part: Part


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as far as it concerns us."""

    kind: InboundKind
    named: tuple[str, ...] = ()
    """Message-IDs that it answers or is about, the likeliest first."""
    sender: str = ""
    subject: str = ""
    excerpt: str = ""
    """What its writer added, in one line."""
    attachments: tuple[Attachment, ...] = ()
    report: Report | None = None
    elsewhere: bool = False
    """Whether its files lie with the provider and not in the message."""
    flaw: str = field(default="")
    """Why it could not be read as a whole; empty: it could."""


def understand(raw: bytes) -> Incoming:
    """Return what a message is; what is too complex is told by its head alone. Never fails, whatever the bytes."""
    try:
        message, body = read_head(raw)
    except TooComplexError as flaw:
        return Incoming(InboundKind.REPLY, _ids(decoded_text(raw[: 64 * 1024], "")), flaw=str(flaw))
    try:
        return _whole(message, parts_of(message, body))
    except TooComplexError as flaw:
        return _head_only(message, str(flaw))


def head_only(raw: bytes, flaw: str) -> Incoming:
    """Return what the head of a message tells whose rest was not fetched."""
    try:
        return _head_only(read_head(raw)[0], flaw)
    except TooComplexError:
        return Incoming(InboundKind.REPLY, _ids(decoded_text(raw[: 64 * 1024], "")), flaw=flaw)


def _head_only(message: Message, flaw: str) -> Incoming:
    kind = InboundKind.AUTO_REPLY if _says_automatic(message) else InboundKind.REPLY
    return Incoming(kind, _answered(message), _sender(message), _subject(message), flaw=flaw)


def _whole(message: Message, parts: Sequence[Part]) -> Incoming:
    text, html = _words(parts, "text/plain"), _words(parts, "text/html")
    words = text if text.strip() else plain(html)
    report = report_of(message, parts, words)
    attachments = () if report else tuple(_attachments(parts))
    kind = report.kind if report else _kind(message, parts, attachments)
    named = (*_answered(message), *(_quoted(parts, f"{text}\n{plain(html)}") if kind != InboundKind.REPLY else ()))
    return Incoming(
        kind=kind,
        named=tuple(dict.fromkeys(named))[:IDS_MAX],
        sender=_sender(message),
        subject=_subject(message),
        excerpt=own_words(words, EXCERPT_MAX),
        attachments=attachments,
        report=report,
        elsewhere=_ELSEWHERE.search(words) is not None or _ELSEWHERE.search(html) is not None,
    )


def _kind(message: Message, parts: Sequence[Part], attachments: Sequence[Attachment]) -> InboundKind:
    """Return whether a person wrote; what only looks automatic but brings files is taken for a person's."""
    if any(part.content_type == "message/disposition-notification" for part in parts):
        return InboundKind.DELIVERED
    if _says_automatic(message):
        return InboundKind.AUTO_REPLY
    looks = _AUTO_SUBJECT.match(header(message, "Subject")) or header(message, "Precedence").lower() in _AUTO_PRECEDENCE
    return InboundKind.AUTO_REPLY if looks and not attachments else InboundKind.REPLY


def _says_automatic(message: Message) -> bool:
    submitted = header(message, "Auto-Submitted").lower().partition(";")[0].strip()
    return submitted not in ("", "no") or any(header(message, name) for name in _AUTO_HEADERS)


def _answered(message: Message) -> tuple[str, ...]:
    """Return what the head refers to: the mail answered, then the thread from its newest to its oldest."""
    newest_first = reversed(_ids(str(message.get("References", ""))[-20_000:]))
    return tuple(dict.fromkeys((*_ids(str(message.get("In-Reply-To", ""))[:2000]), *newest_first)))


def _quoted(parts: Sequence[Part], words: str) -> Iterator[str]:
    """Yield what a report quotes: the head of the mail it is about, else a Message-ID in its words."""
    for part in parts:
        if part.content_type in _QUOTED_WHOLE:
            yield from _ids(decoded_text(part.data()[: 64 * 1024], ""))
    yield from _ids(words)


def _ids(text: str) -> tuple[str, ...]:
    return tuple(found.group() for found, _ in zip(NAMED.finditer(text), range(IDS_MAX), strict=False))


def _sender(message: Message) -> str:
    return one_line(parseaddr(header(message, "From"))[1], 254)


def _subject(message: Message) -> str:
    return one_line(header(message, "Subject"), 200)


def _words(parts: Sequence[Part], content_type: str) -> str:
    found = (part.text() for part in parts if part.content_type == content_type and not part.filename())
    return next((text for text in found if text.strip()), "")


def _attachments(parts: Sequence[Part]) -> Iterator[Attachment]:
    for part in parts:
        disposition = part.headers.get_content_disposition()
        if part.content_type == "message/rfc822":
            yield Attachment(part.filename() or "转发的邮件.eml", part)
        elif (name := part.filename()) and not _is_decoration(part, disposition):
            yield Attachment(name, part)
        elif disposition == "attachment":
            yield Attachment("（无名附件）", part)


def _is_decoration(part: Part, disposition: str | None) -> bool:
    """Return whether a picture belongs to the text, as a signature's logo does."""
    return part.headers.get_content_maintype() == "image" and disposition != "attachment" and "Content-ID" in part.headers
