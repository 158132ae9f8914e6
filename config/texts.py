"""What text that people give may hold, wherever it comes in: on a form, in a sheet, in a header of a mail."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

TEXT_MAX = 20_000
"""Characters of one text; a cell of Excel holds 32,767."""
UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
"""What nobody types and no page shows: control characters, separators, marks that turn the direction of writing, halves of characters."""
NOT_IN_A_LINE = re.compile(f"{UNSEEN.pattern}|[\t\r\n]|=\\?")
"""What a text must not hold that may come into the header of a mail: line breaks, the beginning of an encoded word."""
ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
ADDRESS_MAX, LOCAL_MAX = 254, 64
"""Characters of an address, and before its ``@`` (RFC 5321)."""
NUMBER_MAX = 2**31 - 1
"""What PostgreSQL keeps as an integer."""
SHOWN_MAX = 20


class TextError(ValueError):
    """A text or number that somebody gave cannot be taken; the Chinese message quotes it and says what to do."""


def is_address(text: str) -> bool:
    """Return whether a text is a plain mailbox, ``name@university.example``, and nothing around it."""
    fits = len(text) <= ADDRESS_MAX and len(text.partition("@")[0]) <= LOCAL_MAX
    return fits and "=?" not in text and ADDRESS.fullmatch(text) is not None


def flaw_of_text(text: str) -> str:
    """Return why a text cannot be taken, with the remedy; "" when it can."""
    if len(text) > TEXT_MAX:
        return f"共 {len(text)} 字，最多 {TEXT_MAX} 字；请缩短，或作为附件报送"
    if UNSEEN.search(text):
        return "含有看不见的控制字符；请删除后重新输入（可先粘贴到记事本）"
    return ""


def refuse_flawed(given: Any) -> None:
    """Raise TextError for the first text or number, however deep within lists and mappings, that cannot be taken."""
    for value in _leaves(given):
        if isinstance(value, str) and (flaw := flaw_of_text(value)):
            raise TextError(f"“{quoted(value)}”{flaw}")
        if isinstance(value, int | float) and not -NUMBER_MAX <= value <= NUMBER_MAX:  # no number at all included
            raise TextError("数过大，或不是数；请核对")


def quoted(text: str) -> str:
    """Return the beginning of a text as it can be shown anywhere."""
    shown = UNSEEN.sub("□", text[:SHOWN_MAX])
    return shown if len(text) <= SHOWN_MAX else f"{shown}…"


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield name
            yield from _leaves(inner)
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield value
