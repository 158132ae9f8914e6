"""Files that arrived: taken from the inbox and kept by content, so that history can name exactly what was handed in."""

import hashlib
import os
import shutil
from pathlib import Path

from config.settings import settings
from flows.steps.errors import refuse

FILE_MAX = 50 * 1024 * 1024
"""Bytes of one file."""


def inbox() -> Path:
    """Return the folder in which forms find files."""
    return settings().data / "inbox"


def from_inbox(name: str) -> Path:
    """Return a file of the inbox by its plain name; refused when it is not there or names another folder."""
    path = inbox() / Path(name).name
    if Path(name).name != name or not path.is_file() or path.is_symlink():
        raise refuse(f"收件箱里没有文件“{name}”", f"请把文件放入 {inbox()} 后再办")
    return path


def keep(name: str) -> dict[str, str]:
    """Keep a file of the inbox by its SHA-256 and return ``{"name", "sha256"}``; keeping it twice changes nothing."""
    path = from_inbox(name)
    if path.stat().st_size > FILE_MAX:
        raise refuse(f"文件“{name}”超过 {FILE_MAX // 1024 // 1024} MB", "请压缩或分开报送")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    target = settings().data / "files" / digest[:2] / digest
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(f".{os.getpid()}.part")
        shutil.copyfile(path, part)
        part.replace(target)
    return {"name": name, "sha256": digest}
