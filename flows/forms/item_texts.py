"""How lines about targets, standards and outputs become rows: what stands first is fixed, the rest of the line is free text."""

import re
from datetime import date

from flows.forms.texts import lines, plain_text

EVIDENCE = re.compile(r"[;；,，。]?\s*佐证[:：]\s*")
LINK = re.compile(r"(?:https?://|www\.)\S+")


def results(text: str) -> list[dict[str, str]]:
    """Return ``{"number", "state", "result", "evidence"}`` from ``1 达到 结果；佐证：出处``; raises ValueError naming the line."""
    found = []
    for number, line in enumerate(lines(text), start=1):
        parts = line.split(maxsplit=2)
        if len(parts) < 3 or not plain_text(parts[0]).rstrip(".、").isdecimal():  # noqa: PLR2004 - number, state, result
            raise ValueError(f"第 {number} 行应为：目标序号 完成情况 结果，如 1 达到 工作站已运行两年，读到“{line}”")
        said, *evidence = EVIDENCE.split(parts[2], maxsplit=1)
        first = plain_text(parts[0]).rstrip(".、")
        found.append({"number": str(int(first)), "state": parts[1], "result": said, "evidence": evidence[0] if evidence else ""})
    return found


def judged_items(text: str) -> list[dict[str, str]]:
    """Return ``{"item", "state", "text"}`` from ``名称 达到 说明``; raises ValueError naming the line."""
    found = []
    for number, line in enumerate(lines(text), start=1):
        item, state, *rest = [*line.split(maxsplit=2), "", ""]
        if not state:
            raise ValueError(f"第 {number} 行应为：序号或名称 达到/部分达到/未达到 说明，读到“{line}”")
        found.append({"item": plain_text(item).rstrip(".、"), "state": state, "text": rest[0].strip()})
    return found


def outputs(text: str) -> list[dict[str, str]]:
    """Return ``{"kind", "level", "on", "title", "link"}`` from ``论文 省级 2025-06-30 名称 链接``; raises ValueError naming the line."""
    found = []
    for number, line in enumerate(lines(text), start=1):
        parts = line.split(maxsplit=3)
        if len(parts) < 4:  # noqa: PLR2004 - kind, level, day, title
            raise ValueError(f"第 {number} 行应为：类型 级别 日期 名称，如 论文 省级 2025-06-30 支部工作法研究，读到“{line}”")
        kind, level, day, rest = parts
        try:
            on = date.fromisoformat(plain_text(day))
        except ValueError:
            raise ValueError(f"第 {number} 行的日期应如 2025-06-30，读到“{day}”") from None
        link = LINK.search(rest)
        title = LINK.sub("", rest).strip()
        if not title:
            raise ValueError(f"第 {number} 行没有成果名称，读到“{line}”")
        found.append({"kind": kind, "level": level, "on": on.isoformat(), "title": title, "link": link[0] if link else ""})
    return found
