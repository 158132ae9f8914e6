"""How letters set days, titles and lines of plain text: the filters that templates use. Wide characters count twice."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date
from functools import lru_cache
from operator import is_
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context

TEXT_WIDTH = 72
REMEMBERED_MAX = 1000
"""Characters of a paragraph that is broken into lines once for all letters."""
WEEKDAYS = "一二三四五六日"
NOT_FIRST = frozenset("，。、；：？）》”’】」』〕…％%,.;:?)]}")
NOT_LAST = frozenset("（《“‘【「『〔([{")
UNWANTED = frozenset(("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
"""Control and format characters (reversed text, invisible marks), surrogates, line separators."""
_UNITS = re.compile(r"(?:\d+[年月日天项个])+(?:（星期[一二三四五六日]）)?|[!-~]+|.")
_DAYS_IN_TEXT = re.compile(r" ?(?<!\d)(\d{4}-\d{2}-\d{2})(?!\d) ?")


def full_day(value: date | str) -> str:
    """Return a day with its year: 2025年11月22日."""
    on = _date(value)
    return f"{on.year}年{on.month}月{on.day}日"


@pass_context
def day(context: Context, value: date | str) -> str:
    """Return a day with its weekday, and its year unless that is the letter's: 11月22日（星期六）."""
    on = _date(value)
    letter = context.get("letter")
    text = full_day(on) if letter is None or letter.signed_on.year != on.year else f"{on.month}月{on.day}日"
    return f"{text}（星期{WEEKDAYS[on.weekday()]}）"


def dated(text: str) -> str:
    """Return a text in which every 2025-11-22 reads 2025年11月22日."""
    return _DAYS_IN_TEXT.sub(_in_words, text)


def _in_words(match: re.Match[str]) -> str:
    try:
        return full_day(match[1])
    except ValueError:
        return match[0]


def _date(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def book(title: str) -> str:
    """Return a title in book marks, once."""
    return title if title.startswith("《") else f"《{title}》"


def width(text: str) -> int:
    """Return how many columns a text takes."""
    return sum(map(_columns, text))


@lru_cache(maxsize=8192)
def _columns(char: str) -> int:
    return 2 if unicodedata.east_asian_width(char) in "WFA" else 1


def right(text: str) -> str:
    """Return a text pushed to the right edge."""
    return " " * max(0, TEXT_WIDTH - width(text)) + text


def centre(text: str) -> str:
    """Return a text in the middle of the line."""
    return " " * max(0, (TEXT_WIDTH - width(text)) // 2) + text


def pad(text: str, columns: int) -> str:
    """Return a text filled up to a number of columns."""
    return text + " " * max(0, columns - width(text))


def para(text: str) -> str:
    """Return a paragraph and its line end: first line indented by two characters, broken where Chinese may be broken."""
    return _wrapped(text, "　　", "")


def hang(text: str, lead: str) -> str:
    """Return a text and its line end behind a lead (a number, a column), further lines standing under its beginning."""
    return _wrapped(text, lead, " " * width(lead))


def _wrapped(text: str, first: str, rest: str) -> str:
    """Break a paragraph into lines; most paragraphs of a day's letters are the same."""
    return _lines(str(text), first, rest) if len(text) <= REMEMBERED_MAX else _lines.__wrapped__(text, first, rest)


@lru_cache(maxsize=2048)
def _lines(text: str, first: str, rest: str) -> str:
    lines, line, taken = [], first, width(first)
    for piece in _pieces("".join(part.strip() for part in text.splitlines())):
        columns = width(piece)
        if taken + columns > TEXT_WIDTH and line.strip():
            lines.append(line.rstrip())
            line = rest + piece.lstrip()
            taken = width(line)
        else:
            line += piece
            taken += columns
    return "\n".join([*lines, line.rstrip(), ""])


def _pieces(text: str) -> list[str]:
    """Return the parts between which a line may end: no mark begins a line that must not, none ends one."""
    pieces: list[str] = []
    for unit in _UNITS.findall(text):
        if pieces and (unit[0] in NOT_FIRST or pieces[-1][-1] in NOT_LAST):
            pieces[-1] += unit
        else:
            pieces.append(unit)
    return pieces


def clean(value: Any) -> Any:
    """Return a value of a letter without control characters, however deep: no value can add a line or reverse a text."""
    if isinstance(value, str):
        if value.isprintable():  # nearly every value: the way round the slow part
            return value
        spaced = "".join(" " if char.isspace() and char != "　" else char for char in value)
        return "".join(char for char in spaced if unicodedata.category(char) not in UNWANTED)
    if isinstance(value, tuple):
        parts = tuple(map(clean, value))
        return value if all(map(is_, parts, value)) else parts
    if isinstance(value, Mapping):
        return {name: clean(part) for name, part in value.items()}
    changed = {name: cleaned for name in _fields(value.__class__) if (cleaned := clean(part := getattr(value, name))) is not part}
    return replace(value, **changed) if changed else value


@lru_cache(maxsize=64)
def _fields(kind: type) -> tuple[str, ...]:
    return tuple(part.name for part in fields(kind)) if is_dataclass(kind) else ()


FILTERS = {
    "day": day, "full_day": full_day, "dated": dated, "book": book, "right": right,
    "centre": centre, "pad": pad, "para": para, "hang": hang,
}  # fmt: skip
"""What templates may use beside Jinja's own filters."""
