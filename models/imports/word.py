"""The text of a Word paper, within bounds: how long it is and which headings it has. Nothing of it is kept."""

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docx import Document
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml.ns import qn

PACKED_MAX, UNPACKED_MAX, MEMBERS_MAX = 20 * 1024 * 1024, 60 * 1024 * 1024, 2000
TEXT_PART, TEXT_PART_MAX = "word/document.xml", 20 * 1024 * 1024
"""The part that holds the text, and how large it may be once unpacked; the rest is pictures, which are not looked at."""
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
    _refuse_oversize(path)
    try:
        with path.open("rb") as file:
            body = Document(file).element.body
    except (KeyError, ValueError, PackageNotFoundError, zipfile.BadZipFile, SyntaxError) as error:
        raise UnreadableError(f"不是 Word 文档或已损坏（{type(error).__name__}）") from None
    texts = [_text(paragraph) for paragraph in body.iter(qn("w:p"))]
    return Paper(sum(map(len, texts)), tuple(text for text in texts if 0 < len(text) <= HEADING_MAX))


def _text(paragraph: Any) -> str:
    return re.sub(r"\s", "", "".join(node.text or "" for node in paragraph.iter(qn("w:t"))))


def _refuse_oversize(path: Path) -> None:
    if path.stat().st_size > PACKED_MAX:
        raise UnreadableError(f"超过 {PACKED_MAX // 1024 // 1024} MB，未核对内容")
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError):
        raise UnreadableError("不是 .docx 文件或已损坏") from None
    text = next((member.file_size for member in members if member.filename == TEXT_PART), 0)
    if len(members) > MEMBERS_MAX or text > TEXT_PART_MAX or sum(member.file_size for member in members) > UNPACKED_MAX:
        raise UnreadableError("内容异常庞大，未核对内容")
