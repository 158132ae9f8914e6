"""The text of a Word paper, within bounds: how long it is and which headings it has. Nothing of it is kept."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docx import Document
from docx.oxml.ns import qn

from models.imports.package import PAPERS, PackageError, inspect

HEADING_MAX = 40
"""Characters without spaces of a paragraph that can be a heading: people rarely use Word's own heading styles."""


@dataclass(frozen=True, slots=True)
class Paper:
    """``chars`` without white space, tables included; ``lines`` the short paragraphs that can be headings."""

    chars: int
    lines: tuple[str, ...]


class UnreadableError(ValueError):
    """The file cannot be read as a Word document; the text says why."""


def read_paper(path: Path) -> Paper:
    """Return what a .docx holds; raises UnreadableError for another format, a damaged file or one that is unusually large."""
    try:
        with path.open("rb") as file:
            inspect(file, PAPERS)
            body = Document(file).element.body
    except PackageError as refusal:
        raise UnreadableError(str(refusal)) from None
    except Exception as fault:  # noqa: BLE001 - python-docx checks little of what it reads and may fail with anything
        raise UnreadableError(f"不是 Word 文档或已损坏（{type(fault).__name__}）") from None
    texts = [_text(paragraph) for paragraph in body.iter(qn("w:p"))]
    return Paper(sum(map(len, texts)), tuple(text for text in texts if 0 < len(text) <= HEADING_MAX))


def _text(paragraph: Any) -> str:
    return re.sub(r"\s", "", "".join(node.text or "" for node in paragraph.iter(qn("w:t"))))
