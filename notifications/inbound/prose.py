"""What a person wrote: plain text out of HTML, and a reply without what it quotes."""

import re
import unicodedata
from html import unescape

from notifications.local_page.names import UNSEEN

_LINE_END = re.compile(r"(?i)<(?:br|/p|/div|/tr|/li|/h[1-6]|/td)\b[^<>]*>")
_TAG = re.compile(r"<[^<>]*>")
_QUOTE_BEGINS = re.compile(
    r"^\s*(?:-{2,}\s*(?:原始邮件|回复的原邮件|原邮件|转发|original message|forwarded)|_{10,}|(?:发件人|寄件者|from)\s*[:：]"
    r"|(?:在|于|on\s|at\s|\d{4}).{0,200}(?:写道|wrote)\s*[:：])",
    re.IGNORECASE,
)


def plain(html: str) -> str:
    """Return HTML as lines of text."""
    bare = _without(_without(html, "style"), "script")
    return unescape(_TAG.sub("", _LINE_END.sub("\n", bare.replace("\n", " "))))


def _without(html: str, tag: str) -> str:
    """Cut an element out, to the end where it is not closed; found step by step, since a pattern would need quadratic time."""
    low, kept, at = html.lower(), [], 0
    while (begin := low.find(f"<{tag}", at)) >= 0:
        kept.append(html[at:begin])
        end = low.find(f"</{tag}", begin)
        if end < 0:
            return "".join(kept)
        at = end
    return "".join([*kept, html[at:]])


def own_words(text: str, most: int) -> str:
    """Return the beginning of what the writer of a reply added, in one line."""
    kept: list[str] = []
    for line in text.splitlines():
        if _QUOTE_BEGINS.match(line[:400]):
            break
        if not line.lstrip().startswith(">"):
            kept.append(line)
    return one_line("\n".join(kept), most)


def one_line(text: str, most: int) -> str:
    """Return text as one line without characters that nobody sees, cut to a bound."""
    seen = "".join(" " if char in "\t\r\n" else char for char in text[: most * 20])
    shown = "".join(char for char in seen if unicodedata.category(char) not in UNSEEN)
    joined = " ".join(shown.split())
    return joined if len(joined) <= most else f"{joined[: most - 1]}…"
