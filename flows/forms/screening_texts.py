"""How the lines of the declaration's forms become values: graded items, planned outcomes, explanations."""

import re
from typing import Any

from config.vocabulary import Achievement
from flows.forms.texts import dated_items, lines

CENTRAL = ("*", "＊", "★")
"""How a line begins whose outcome serves what the notice names."""


def graded_items(text: str) -> list[dict[str, str]]:
    """Return ``{"item", "grade", "text"}`` from lines such as ``教育党员有力 达到 说明``; raises ValueError naming the line."""
    found = []
    for number, line in enumerate(lines(text), start=1):
        parts = re.split(r"[\s:：]+", line, maxsplit=2)
        if len(parts) < 3 or not parts[2]:  # noqa: PLR2004 - item, grade, text
            raise ValueError(f"第 {number} 行应为：事项 {'|'.join(one.label for one in Achievement)} 说明，读到“{line}”")
        found.append({"item": parts[0], "grade": parts[1], "text": parts[2]})
    return found


def outcome_lines(text: str) -> list[dict[str, Any]]:
    """Return ``{"form", "target", "central"}`` from lines such as ``*工作法 形成支部工作法一项``; raises ValueError naming the line."""
    found = []
    for number, line in enumerate(lines(text), start=1):
        form, *rest = re.split(r"[\s:：]+", line.lstrip("".join(CENTRAL)).strip(), maxsplit=1)
        if not rest or not rest[0]:
            raise ValueError(f"第 {number} 行应为：形式 目标，读到“{line}”")
        found.append({"form": form, "target": rest[0], "central": line.startswith(CENTRAL)})
    return found


def explained_items(text: str) -> list[dict[str, str]]:
    """Return ``{"on", "item", "text"}`` from lines such as ``2024-03-12 未按期换届 说明``; raises ValueError naming the line."""
    found = []
    for number, entry in enumerate(dated_items(text), start=1):
        item, *rest = entry["item"].split(maxsplit=1)
        if not rest:
            raise ValueError(f"第 {number} 行应为：日期 事项 说明，读到“{entry['on']} {entry['item']}”")
        found.append({"on": entry["on"], "item": item, "text": rest[0]})
    return found
