"""Which files of a reply are kept: by ending, content and size, under a name of our own making; the others are named with the reason."""

from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from models.files import keep_content
from notifications.inbound.prose import one_line
from notifications.inbound.understand import Attachment
from notifications.local_page.names import flaw_in, is_taken, plain_name

FILE_MAX = 20 * 1024 * 1024
"""Bytes of one file: scans of stamped pages are larger than other files."""
FILES_MAX = 20
MEMBERS_MAX = 5000
NAME_SHOWN = 80
_MEMBER = b"PK\x01\x02"


@dataclass(frozen=True, slots=True)
class Filed:
    """A file of a reply: kept (``sha256``), or refused and why."""

    name: str
    sha256: str = ""
    flaw: str = ""


def keep_attachments(found: Iterable[Attachment], folder: Path) -> tuple[Filed, ...]:
    """Keep by content what may be kept; keeping it twice changes nothing."""
    return tuple(_kept(attachment, number, folder) for number, attachment in enumerate(found, 1))


def _kept(attachment: Attachment, number: int, folder: Path) -> Filed:
    name = one_line(plain_name(attachment.name), NAME_SHOWN + 1)
    if number > FILES_MAX:
        return Filed(name, flaw=f"一封信最多收 {FILES_MAX} 个")
    if not is_taken(name):
        return Filed(name or "（无名）", flaw="不收这种文件")
    if len(attachment.part.body) > 2 * FILE_MAX:  # as base64 it is a third larger
        return Filed(name, flaw=_too_large())
    content = BytesIO(attachment.part.data())
    if flaw := _flaw(content, Path(name).suffix):
        return Filed(name, flaw=flaw)
    return Filed(name, keep_content(folder, content))


def _flaw(content: BytesIO, ending: str) -> str:
    if content.getbuffer().nbytes > FILE_MAX:
        return _too_large()
    if content.getvalue().count(_MEMBER) > MEMBERS_MAX:
        return "压缩包内的文件过多"
    return flaw_in(content, ending)


def _too_large() -> str:
    return f"超过 {FILE_MAX // 1024 // 1024} MB"
