"""The chain of reasons as a page: what rests on what, then the clauses in full."""

from collections.abc import Iterable

from config.loading import clauses
from flows.why.link import Link


def markdown_of(title: str, chain: Iterable[Link]) -> str:
    """Return the chain as nested lists in Markdown; what people wrote cannot break out of its line."""
    links = tuple(chain)
    lines = [f"# {_safe(title)}", ""]
    lines += [f"{'    ' * link.depth}- {_line(link)}" for link in links]
    if named := dict.fromkeys(link.clause for link in links if link.clause):
        known = clauses()
        lines += ["", "## 条款", "", *(f"- {clause}　{known[clause].text}" for clause in named)]
    return "\n".join(lines)


def _line(link: Link) -> str:
    words = _safe(link.text)
    text = f"**{words}**" if link.deciding or link.depth == 0 else words
    return f"{text}　{place_of(link)}".rstrip("　")


def place_of(link: Link) -> str:
    """Return day, clause and number of the fact, as far as a link has them."""
    return "　".join(part for part in (f"{link.on}" if link.on else "", link.clause, f"记录 {link.seq}" if link.seq else "") if part)


def _safe(text: str) -> str:
    """Return text as Markdown shows it: no markup, no line break, no HTML."""
    flat = " ".join(text.split())
    for mark in "\\`*_[]#|":
        flat = flat.replace(mark, f"\\{mark}")
    return flat.replace("<", "&lt;")
