"""How what people type becomes values: one item a line, full-width characters as good as plain ones."""

import re
import unicodedata
from datetime import date
from typing import Any

SEPARATORS = re.compile(r"[\s,，、;；:：]+")
BEHIND_A_CODE = re.compile(r"[\s:：]+")
"""What people write between a code and what is said of it: a blank of any width, or a colon."""


def lines(text: str) -> list[str]:
    """Return the lines that say something, without blanks at their ends."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def number_rows(text: str) -> list[list[int]]:
    """Return one row of whole numbers per line; raises ValueError naming the line."""
    return [_whole(line, f"第 {number} 行") for number, line in enumerate(lines(text), start=1)]


def whole_numbers(text: str) -> list[int]:
    """Return every whole number of a text; raises ValueError."""
    return _whole(" ".join(lines(text)), "内容")


def numbers(text: str) -> dict[str, float]:
    """Return name → number from lines such as ``支部活动次数 24``; raises ValueError naming the line."""
    found: dict[str, float] = {}
    for number, line in enumerate(lines(text), start=1):
        name, value = _split_last(line, number)
        if name in found:
            raise ValueError(f"第 {number} 行：{name}重复")
        found[name] = value
    return found


def pairs(text: str) -> dict[str, str]:
    """Return the code that begins each line → the rest, from ``2023-S01 理由`` or ``2023-S01：理由``; raises ValueError naming the line."""
    found: dict[str, str] = {}
    for number, line in enumerate(lines(text), start=1):
        name, rest = [*BEHIND_A_CODE.split(line, maxsplit=1), ""][:2]
        if not name or not rest or (code := plain_text(name)) in found:
            raise ValueError(f"第 {number} 行应为：编号 内容，且每个编号一行，读到“{line}”")
        found[code] = rest
    return found


def dated_items(text: str) -> list[dict[str, str]]:
    """Return ``{"on", "item"}`` from lines such as ``2024-03-12 事项``; raises ValueError naming the line."""
    found = []
    for number, line in enumerate(lines(text), start=1):
        head, _, rest = plain_text(line).partition(" ")
        try:
            on = date.fromisoformat(head)
        except ValueError:
            raise ValueError(f"第 {number} 行应以日期开头，如 2024-03-12 事项，读到“{line}”") from None
        if not rest.strip():
            raise ValueError(f"第 {number} 行只有日期，缺少事项")
        found.append({"on": on.isoformat(), "item": rest.strip()})
    return found


def sittings(text: str) -> list[dict[str, str]]:
    """Return ``{"day", "starts", "ends", "place"}`` from lines such as ``2026-12-14 09:00-11:30 行政楼301``; raises ValueError."""
    found = []
    for number, line in enumerate(lines(text), start=1):
        told = re.fullmatch(r"(\d{4}-\d{2}-\d{2})\s+(\d{1,2}:\d{2})\s*[-—~至]+\s*(\d{1,2}:\d{2})\s+(.+)", plain_text(line))
        if told is None:
            raise ValueError(f"第 {number} 行应为：日期 起止时间 地点，如 2026-12-14 09:00-11:30 行政楼301，读到“{line}”")
        found.append(dict(zip(("day", "starts", "ends", "place"), told.groups(), strict=True)))
    return found


def _whole(line: str, where: str) -> list[int]:
    parts = [part for part in SEPARATORS.split(plain_text(line)) if part]
    if not parts or not all(re.fullmatch(r"\d{1,9}", part) for part in parts):
        raise ValueError(f"{where}应为用空格隔开的整数，读到“{line}”")
    return [int(part) for part in parts]


def _split_last(line: str, number: int) -> tuple[str, float]:
    parts = [part for part in SEPARATORS.split(plain_text(line)) if part]
    if len(parts) < 2 or not re.fullmatch(r"-?\d{1,12}(\.\d+)?", parts[-1]):  # noqa: PLR2004 - a name and a number
        raise ValueError(f"第 {number} 行应为：名称 数值，读到“{line}”")
    return "".join(parts[:-1]), float(parts[-1])


def plain_text(text: Any) -> str:
    """Return text with full-width letters and digits made plain."""
    return unicodedata.normalize("NFKC", str(text)).strip()
