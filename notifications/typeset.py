"""How letters set days, titles and lines of plain text: the filters that templates use. Wide characters count twice."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context

TEXT_WIDTH = 72
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
        return tuple(clean(part) for part in value)
    if isinstance(value, Mapping):
        return {name: clean(part) for name, part in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{part.name: clean(getattr(value, part.name)) for part in fields(value)})
    return value


FILTERS = {
    "day": day, "full_day": full_day, "dated": dated, "book": book, "right": right,
    "centre": centre, "pad": pad, "para": para, "hang": hang,
}  # fmt: skip
"""What templates may use beside Jinja's own filters."""
