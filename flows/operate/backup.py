"""Backup, its check and restore: the database and the kept files in one file, whatever database it came from (decision 0024)."""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from sqlalchemy.engine import Engine

from config import clock
from models.archive import MANIFEST, ArchiveError, read_tables, write_tables
from models.database import engine_for
from models.upgrade import upgrade
from notifications import gate

BEFORE, AFTER = ("heads",), ("files", "templates")
"""While others work: a list that is there before the moment of the rows is borne out by them; a file that a row names is there after it."""
FOLDERS = (*AFTER, *BEFORE)
"""Folders of the data folder that go along: what was handed in, the office's own wording, the signed lists. No key ever does."""
HELD_BECAUSE = "从备份恢复：核对备份之后已发出的邮件，再恢复发信"


class Backup(NamedTuple):
    """What a backup holds."""

    made_at: str
    events: int
    rows: int
    files: int


Tick = Callable[[str], None]


def make(engine: Engine, data: Path, target: Path, tick: Tick = lambda _: None) -> Backup:
    """Write a backup of one moment; the file is there whole or not at all, readable by its owner only."""
    if target.exists():
        raise ArchiveError(f"文件 {target} 已存在；请换一个名称")
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as sink:
            with ZipFile(sink, "w", ZIP_DEFLATED) as archive:
                taken: dict[str, str] = {}
                _put(archive, data, BEFORE, taken, tick)
                tick("数据库")
                manifest = write_tables(engine, archive) | {"made_at": clock.now().isoformat(timespec="seconds"), "files": taken}
                _put(archive, data, AFTER, taken, tick)
                archive.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False))
            sink.flush()
            os.fsync(sink.fileno())
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)
    return _summary(manifest)


def _put(archive: ZipFile, data: Path, folders: Sequence[str], taken: dict[str, str], tick: Tick) -> None:
    """Put the files of some folders into the archive, and their digests into ``taken``."""
    for path in _files(data, folders):
        tick(path.as_posix())
        content = (data / path).read_bytes()
        archive.writestr(path.as_posix(), content)
        taken[path.as_posix()] = hashlib.sha256(content).hexdigest()


def _files(data: Path, folders: Sequence[str]) -> Iterator[Path]:
    for folder in folders:
        for path in sorted((data / folder).rglob("*")):
            if path.is_file() and not path.is_symlink() and path.suffix != ".part":
                yield path.relative_to(data)


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check(source: Path) -> Backup:
    """Take a backup into a database made for it and thrown away; raises ArchiveError for one that could not be restored."""
    with tempfile.TemporaryDirectory(prefix="creation-check-") as folder:
        engine = engine_for(f"sqlite:///{Path(folder) / 'check.db'}")
        try:
            return restore(engine, Path(folder), source, "核对")
        finally:
            engine.dispose()


def restore(engine: Engine, data: Path, source: Path, by: str) -> Backup:
    """Take a backup into an empty database and data folder; all mail is held until a person has looked. Raises ArchiveError."""
    with _opened(source) as (archive, manifest):
        kept: dict[str, str] = manifest["files"]
        _refuse_taken(data, kept)
        upgrade(engine)
        for name, digest in kept.items():  # before the rows that name them; files that nothing names do no harm
            _take(archive, name, data / name, digest)
        read_tables(engine, archive, manifest, also=lambda session: gate.hold(session, HELD_BECAUSE, by))
        return _summary(manifest)


@contextmanager
def _opened(source: Path) -> Iterator[tuple[ZipFile, dict[str, Any]]]:
    try:
        with ZipFile(source) as archive:
            yield archive, json.loads(archive.read(MANIFEST))
    except (OSError, BadZipFile, KeyError, ValueError, TypeError) as error:
        raise ArchiveError(f"备份文件 {source} 无法读取（{error}）；请换用另一份备份") from None


def _refuse_taken(data: Path, kept: dict[str, str]) -> None:
    for name, digest in kept.items():
        path = data / name
        if not any(path.resolve().is_relative_to((data / folder).resolve()) for folder in FOLDERS):
            raise ArchiveError(f"备份中的文件 {name} 不在 {'、'.join(FOLDERS)} 之内；请换用另一份备份")
        if path.exists() and _hash(path) != digest:
            raise ArchiveError(f"数据目录中已有不同的文件 {name}；请换一个空的数据目录（CREATION_DATA）")


def _take(archive: ZipFile, name: str, path: Path, digest: str) -> None:
    content = archive.read(name)
    if hashlib.sha256(content).hexdigest() != digest:
        raise ArchiveError(f"备份中的文件 {name} 与其校验值不符；请换用另一份备份")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _summary(manifest: dict[str, Any]) -> Backup:
    return Backup(manifest["made_at"], manifest["rows"]["event"], sum(manifest["rows"].values()), len(manifest["files"]))
