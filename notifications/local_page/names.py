"""Names and kinds of files that are taken: our own rule, whatever a browser calls them."""

import re
import unicodedata
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

NAME_MAX = 120
"""Characters of a name with its ending."""
BYTES_MAX = 230
"""Bytes of a name: file systems take 255, and Chinese needs three for a character."""
ENDING_MAX = 16
"""Characters of an ending with its dot; what is longer is cut, and stays an ending that nobody takes."""
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories that nobody sees: control characters, marks that turn the direction of writing, line separators."""
RESERVED = frozenset({"CON", "PRN", "AUX", "NUL", *(f"{device}{n}" for device in ("COM", "LPT") for n in range(1, 10))})
"""Names that Windows takes for devices; sheets travel through Windows."""
TYPES: Mapping[str, str] = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".pdf": "application/pdf",
    ".zip": "application/zip",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".eml": "message/rfc822",
}
"""Endings that are taken, each with its media type."""
_HEADS: Mapping[str, tuple[bytes, ...]] = {
    ".xlsx": (b"PK\x03\x04",), ".docx": (b"PK\x03\x04",), ".zip": (b"PK\x03\x04", b"PK\x05\x06"),
    ".pdf": (b"%PDF-",), ".jpg": (b"\xff\xd8\xff",), ".png": (b"\x89PNG\r\n\x1a\n",),
}  # fmt: skip
_INSIDE: Mapping[str, str] = {".xlsx": "xl/workbook.xml", ".docx": "word/document.xml"}
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_HEADER_LINE = re.compile(rb"(\xef\xbb\xbf)?(From |[A-Za-z0-9-]{1,76}:[ \t\r])")
HEAD_BYTES = 4096


def plain_name(given: str) -> str:
    """Return a name without path, control characters and leading dots, short enough for every file system; "" when nothing is left."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", given))[-1]
    seen = "".join(char for char in last if unicodedata.category(char) not in UNSEEN)
    text = " ".join(re.sub(r'[<>:"|?*]', "_", seen).split()).strip(". ")
    stem, dot, ending = text.rpartition(".")
    stem, ending = (stem.strip(), f".{ending.lower()}"[:ENDING_MAX].rstrip()) if dot else (text, "")
    if stem.partition(".")[0].strip().upper() in RESERVED:
        stem = f"_{stem}"
    return shortened(stem, {".jpeg": ".jpg"}.get(ending, ending))


def shortened(stem: str, ending: str) -> str:
    """Return the two together, the stem cut to what a name may have."""
    kept = stem[: max(1, NAME_MAX - len(ending))]
    while kept and len((kept + ending).encode("utf-8", "replace")) > BYTES_MAX:
        kept = kept[:-1]
    return f"{kept.rstrip('. ')}{ending}"


def numbered(name: str, number: int) -> str:
    """Return the name under which a further file of the same name is kept: ``名字 (2).xlsx``."""
    path = Path(name)
    return name if number == 1 else shortened(path.stem, f" ({number}){path.suffix}")


def is_taken(name: str) -> bool:
    """Return whether files with this ending are taken."""
    return Path(name).suffix in TYPES


def flaw_of(path: Path, ending: str) -> str:
    """Return why the content does not fit the ending, "" when it does."""
    with path.open("rb") as file:
        return flaw_in(file, ending)


def flaw_in(file: BinaryIO, ending: str) -> str:
    """Return why the content of an open file does not fit the ending, "" when it does."""
    head = file.read(HEAD_BYTES)
    if not head:
        return "是空文件"
    if ending in _INSIDE and head.startswith(_OLD_OFFICE):
        return f"是旧版 Office 文件或加了密码，请另存为不加密的 {ending}"
    fits = _HEADER_LINE.match(head) and b"\0" not in head if ending == ".eml" else head.startswith(_HEADS[ending])
    if not fits or (ending in _INSIDE and not _holds(file, _INSIDE[ending])):
        return f"内容不是 {ending} 文件，请核对后再放入"
    return ""


def _holds(file: BinaryIO, member: str) -> bool:
    try:
        with zipfile.ZipFile(file) as archive:
            return member in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False
