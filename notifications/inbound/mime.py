"""Taking a message apart with bounds: the standard library reads each head, but its parser would follow any number of parts and levels.

Held against that parser by a property test wherever the bounds allow.
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import HeaderParser

HEAD_MAX = 128 * 1024
"""Bytes of one head."""
PARTS_MAX = 200
DEPTH_MAX = 8
VALUE_MAX = 2000
"""Characters of a header value that are looked at: the standard library needs quadratic time for some."""
TEXT_MAX = 64 * 1024
"""Bytes of a text that are looked at."""
_BLANK_LINE = re.compile(rb"\r?\n\r?\n|\A\r?\n")
_STRUCTURE = ("Content-Type", "Content-Disposition", "Content-Transfer-Encoding", "Content-ID")
_CHINESE = ("gb2312", "gbk", "gb18030", "x-gbk", "cp936", "hz-gb-2312", "euc-cn")
_CHARSETS = {
    **dict.fromkeys(_CHINESE, "gb18030"), "big5": "big5", "iso-8859-1": "latin-1", "windows-1252": "cp1252",
    "iso-2022-jp": "iso-2022-jp", "utf-16": "utf-16",
}  # fmt: skip
"""Charsets that are believed; anything else, also a codec that is no charset, is guessed."""


class TooComplexError(ValueError):
    """More parts, levels or headers than any person's mail has."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part that holds no other parts."""

    headers: Message
    """Its structural headers only."""
    body: bytes
    """As it travelled."""

    @property
    def content_type(self) -> str:
        """Media type in lower case."""
        return self.headers.get_content_type()

    def data(self) -> bytes:
        """Return the content, decoded; what is broken inside is left out."""
        message = Message()
        message["Content-Transfer-Encoding"] = str(self.headers.get("Content-Transfer-Encoding", "")).strip()
        message.set_payload(self.body.decode("ascii", "surrogateescape"))
        try:
            found = message.get_payload(decode=True)
        except (ValueError, binascii.Error):
            return self.body
        return found if isinstance(found, bytes) else self.body

    def text(self) -> str:
        """Return the beginning of the content as text."""
        return decoded_text(self.data()[:TEXT_MAX], str(self.headers.get_param("charset", "") or ""))

    def filename(self) -> str:
        """Return the name that the sender gave it, "" for none."""
        try:
            return decoded_words(self.headers.get_filename("") or "")
        except (ValueError, LookupError, TypeError):
            return "（附件名无法辨认）"


def read_head(raw: bytes) -> tuple[Message, bytes]:
    """Return the headers of a message or part and what follows them; raises TooComplexError when they do not end."""
    found = _BLANK_LINE.search(raw, 0, HEAD_MAX)
    if found is None and len(raw) >= HEAD_MAX:
        raise TooComplexError("信头过长")
    head, body = (raw[: found.start()], raw[found.end() :]) if found else (raw, b"")
    return HeaderParser().parsestr(decoded_text(head, "")), body


def parts_of(message: Message, body: bytes) -> list[Part]:
    """Return the parts that hold no others, in order; raises TooComplexError."""
    found: list[Part] = []
    for part in _leaves(_structure(message), body, 0):
        if len(found) == PARTS_MAX:
            raise TooComplexError(f"多于 {PARTS_MAX} 个部分")
        found.append(part)
    return found


def _structure(message: Message) -> Message:
    """Return a message with the structural headers only, each cut to a bound."""
    short = Message()
    for name in _STRUCTURE:
        if (value := message.get(name)) is not None:
            short[name] = str(value)[:VALUE_MAX]
    return short


def _leaves(headers: Message, body: bytes, depth: int) -> Iterator[Part]:
    boundary = _boundary(headers) if headers.get_content_maintype() == "multipart" else b""
    if not boundary:
        yield Part(headers, body)
        return
    if depth == DEPTH_MAX:
        raise TooComplexError(f"多于 {DEPTH_MAX} 层")
    for piece in _between(body, boundary):
        inner, content = read_head(piece)
        yield from _leaves(_structure(inner), content, depth + 1)


def _boundary(headers: Message) -> bytes:
    try:
        return (headers.get_boundary("") or "").encode("utf-8", "replace")
    except (ValueError, LookupError, TypeError):
        return b""


def _between(body: bytes, boundary: bytes) -> Iterator[bytes]:
    """Yield what stands between the lines of a boundary, to the closing one or the end."""
    line = re.compile(rb"(?:\A|\r?\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    start: int | None = None
    for count, mark in enumerate(line.finditer(body)):
        if count > PARTS_MAX:
            raise TooComplexError(f"多于 {PARTS_MAX} 个部分")
        if start is not None:
            yield _after_break(body[start : mark.start()])
        if mark.group(1):
            return
        start = mark.end()
    if start is not None:
        yield _after_break(body[start:])


def _after_break(piece: bytes) -> bytes:
    return piece[2:] if piece.startswith(b"\r\n") else piece[1:] if piece.startswith(b"\n") else piece


def decoded_text(data: bytes, charset: str) -> str:
    """Return bytes as text: by the charset if it is a known one, else UTF-8, else GB 18030 (old Chinese senders); never fails."""
    declared = _CHARSETS.get(charset.strip().strip("\"'").lower())
    if declared is not None:
        return data.decode(declared, "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            if len(data) >= TEXT_MAX and error.start > len(data) - 4:  # cut within a character
                return data[: error.start].decode(encoding, "replace")
    return data.decode("utf-8", "replace")


def decoded_words(value: str) -> str:
    """Return a header value with its encoded words read (RFC 2047), also where a sender put them into quotes."""
    short = value[:VALUE_MAX]
    if "=?" not in short:
        return short
    try:
        return "".join(_word(word, charset) for word, charset in decode_header(short.replace('"', "")))
    except (HeaderParseError, ValueError, binascii.Error):
        return short


def _word(word: str | bytes, charset: str | None) -> str:
    return word if isinstance(word, str) else decoded_text(word, charset or "")


def header(message: Message, name: str) -> str:
    """Return a header of a message in one line, its encoded words read; "" when it is not there."""
    return " ".join(decoded_words(str(message.get(name, ""))).split())
