"""What an Office file is made of, looked at before a library opens it: a few kilobytes can unpack to gigabytes, or to millions of objects.

Every part is unpacked once and read by expat as a stream: nothing of it is kept, so a hostile file costs time and no memory.
"""

import re
import stat
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import IO, Any, NoReturn
from xml.parsers import expat

from openpyxl.utils import range_boundaries

SMALL, RATIO_MAX = 10 * 1024 * 1024, 100
"""Bytes from which on a package must not unpack to more than so many times its size: small ones may be all empty rows."""
ELEMENTS_MAX, ROW_MAX, STRINGS_MAX = 2_000_000, 50_000, 600_000
"""XML elements: of all parts; within one row of a sheet; in the table of texts."""
DEPTH_MAX, GAP_MAX = 200, 1024 * 1024
"""Levels of elements; bytes from one element to the next (a cell holds 32,767 characters)."""
PIECE = 64 * 1024
OLD_OFFICE = b"\xd0\xcf\x11\xe0"
"""How .xls, .doc and encrypted files begin."""
STRANGE_NAME = re.compile(r"^/|^[A-Za-z]:|\\|[\x00-\x1f]|(^|/)\.\.(/|$)")
ENCRYPTED = 0x1
"""The bit by which a member of an archive says so."""
UNWANTED: Mapping[str, str] = {
    r"vbaProject|macrosheets/": "含有宏；请另存为不含宏的 {ending}",
    r"externalLinks/": "引用了其他工作簿，数值可能已不是最新；请把数值粘贴到新的工作簿后再试",
    r"\.(zip|7z|rar|gz|xls|xlsx|xlsm|xlsb|doc|docx|docm|ppt|pptx|pptm|exe|jar)$|embeddings/": "嵌有其他文件；请删去嵌入的对象后再试",
}
"""Pattern of a member's name → what is said of a package that has one."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a kind of package may hold: bytes as it lies and unpacked, members, and elements of which libraries make an object each."""

    ending: str
    packed: int
    unpacked: int
    members: int
    loose: int
    unwanted: Mapping[str, str] = field(default_factory=dict)


SHEETS = Bounds(".xlsx", 50 * 1024 * 1024, 100 * 1024 * 1024, 500, 100_000, UNWANTED)
PAPERS = Bounds(".docx", 20 * 1024 * 1024, 60 * 1024 * 1024, 2000, 500_000)
"""Papers that arrive are looked at and kept as they are: what is embedded in them is nobody's concern."""
FORMS = Bounds(".docx", 5 * 1024 * 1024, 50 * 1024 * 1024, 500, 200_000, UNWANTED)


class PackageError(ValueError):
    """A package is refused; the Chinese text says why and what to do, without the file's name."""


@dataclass(slots=True)
class Contents:
    """What was counted: ``merged`` are the cells that merges cover, ``elements`` the XML elements of all parts."""

    unpacked: int = 0
    elements: int = 0
    strings: int = 0
    loose: int = 0
    merged: int = 0


def inspect(file: IO[bytes], bounds: Bounds) -> Contents:
    """Return what an Office file holds, and leave it at its beginning; raises PackageError for one that is none, or is not to be opened."""
    _refuse_other_formats(file, bounds)
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            contents = Contents(unpacked=sum(member.file_size for member in members))
            _refuse_strange(members, contents.unpacked, bounds)
            for member in members:
                if member.filename.lower().endswith((".xml", ".rels")):
                    _read(archive, member, contents, bounds.loose)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, expat.ExpatError, UnicodeError):
        raise PackageError(f"不是 {bounds.ending} 文件，或文件已损坏；请另存为 {bounds.ending} 后再试") from None
    file.seek(0)
    return contents


def _refuse_other_formats(file: IO[bytes], bounds: Bounds) -> None:
    size = file.seek(0, 2)
    file.seek(0)
    if file.read(len(OLD_OFFICE)) == OLD_OFFICE:
        raise PackageError(f"是旧版 Office 文件或加了密码；请另存为不加密的 {bounds.ending} 后再试")
    if size > bounds.packed:
        _refuse_size()


def _refuse_strange(members: list[zipfile.ZipInfo], unpacked: int, bounds: Bounds) -> None:
    packed = sum(member.compress_size for member in members)
    if len(members) > bounds.members or unpacked > bounds.unpacked or unpacked > max(SMALL, packed * RATIO_MAX):
        _refuse_size()
    names = [member.filename for member in members]
    links = any(stat.S_ISLNK(member.external_attr >> 16) for member in members)
    if links or len(set(names)) != len(names) or any(STRANGE_NAME.search(name) for name in names):
        raise PackageError("内部的文件名异常；请核对文件来源")
    if any(member.flag_bits & ENCRYPTED for member in members):
        raise PackageError("加了密码；请取消密码后再试")
    for pattern, told in bounds.unwanted.items():
        if any(re.search(pattern, name, re.IGNORECASE) for name in names):
            raise PackageError(told.format(ending=bounds.ending))


def _refuse_size() -> NoReturn:
    raise PackageError("内容异常庞大；请核对文件来源，只保留要用的内容")


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, contents: Contents, loose: int) -> None:
    part = _Part(contents, loose, strings=PurePosixPath(member.filename).name.lower() == "sharedstrings.xml")
    with archive.open(member) as source:
        while piece := source.read(PIECE):
            part.feed(piece)
    part.close()


class _Part:
    """One part read as a stream; raises PackageError at the first thing that no office program writes."""

    def __init__(self, contents: Contents, loose: int, *, strings: bool) -> None:
        self._contents, self._loose_max, self._strings = contents, loose, strings
        self._depth = self._row_depth = self._in_row = self._last = self._fed = 0
        self._parser = parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, piece: bytes) -> None:
        """Read on."""
        self._parser.Parse(piece, False)
        self._fed += len(piece)
        if self._fed - self._last > GAP_MAX + PIECE:
            _refuse_size()

    def close(self) -> None:
        """Reach the end; what is not well-formed raises ExpatError at the latest now."""
        self._parser.Parse(b"", True)

    def _doctype(self, *_: Any) -> None:
        raise PackageError("内含实体定义（DOCTYPE），不是正常的 Office 文件；请核对文件来源")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        contents, at = self._contents, self._parser.CurrentByteIndex
        self._depth += 1
        contents.elements += 1
        if self._row_depth:
            self._in_row += 1
        elif name.endswith(" row"):
            self._row_depth, self._in_row = self._depth, 0
        elif self._strings:
            contents.strings += 1
        else:
            contents.loose += 1
        if name.endswith(" mergeCell"):
            contents.merged += _area(attributes.get("ref", ""))
        if self._depth > DEPTH_MAX or at - self._last > GAP_MAX or self._in_row > ROW_MAX or self._is_over():
            _refuse_size()
        self._last = at

    def _end(self, _: str) -> None:
        if self._depth == self._row_depth:
            self._row_depth = 0
        self._depth -= 1

    def _is_over(self) -> bool:
        contents = self._contents
        return contents.elements > ELEMENTS_MAX or contents.strings > STRINGS_MAX or contents.loose > self._loose_max


def _area(reference: str) -> int:
    """Return how many cells a range covers; what is no range counts as none, the library will refuse it."""
    try:
        left, top, right, bottom = range_boundaries(reference)
    except (ValueError, TypeError):
        return 0
    return max(0, (right or 0) - (left or 0) + 1) * max(0, (bottom or 0) - (top or 0) + 1)
