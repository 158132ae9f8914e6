"""A folder of files as the page shows it: plain files only, no symlinks, nothing hidden, nothing overwritten."""

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import BinaryIO

from config.clock import BUSINESS_ZONE
from notifications.local_page.names import numbered

PART = ".part"
FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Entry:
    """A file: its name, size in bytes, and when it was last written (by the business zone)."""

    name: str
    size: int
    at: datetime


class Folder:
    """Files of one folder with the endings that are shown."""

    def __init__(self, path: Path, endings: tuple[str, ...]) -> None:
        """Touch nothing: the folder may not be there yet."""
        self.path = path
        self._endings = endings

    def entries(self) -> list[Entry]:
        """Return the files, newest first."""
        try:
            with os.scandir(self.path) as found:
                shown = [(one.name, one.stat(follow_symlinks=False)) for one in found if self._shows(one.name)]
        except FileNotFoundError:
            return []
        files = [
            Entry(name, at.st_size, datetime.fromtimestamp(at.st_mtime, BUSINESS_ZONE)) for name, at in shown if stat.S_ISREG(at.st_mode)
        ]
        return sorted(files, key=lambda entry: (entry.at, entry.name), reverse=True)

    def open(self, name: str) -> BinaryIO:
        """Open a file by its plain name; raises FileNotFoundError for anything else, a symlink above all."""
        if not self._shows(name):
            raise FileNotFoundError(name)
        try:
            handle = os.open(self.path / name, FLAGS)
        except (OSError, ValueError) as error:  # a symlink, a name that no file system takes
            raise FileNotFoundError(name) from error
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise FileNotFoundError(name)
        return os.fdopen(handle, "rb")

    def remove(self, name: str) -> None:
        """Remove a file that is shown; raises FileNotFoundError for anything else."""
        self.open(name).close()
        (self.path / name).unlink()

    @contextmanager
    def staged(self) -> Iterator[tuple[BinaryIO, Path]]:
        """Give a new hidden file to write to; what has not been placed when the block ends is gone."""
        self.path.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.path, prefix=".upload-", suffix=PART)  # mode 0600
        try:
            with os.fdopen(handle, "wb") as file:
                yield file, Path(name)
        finally:
            Path(name).unlink(missing_ok=True)

    def place(self, part: Path, name: str) -> str:
        """Give a staged file its name, or the next free one (``名字 (2).xlsx``), in one step that cannot overwrite; returns the name."""
        for number in count(1):
            target = self.path / numbered(name, number)
            try:
                os.link(part, target, follow_symlinks=False)
            except FileExistsError:
                continue
            return target.name
        raise AssertionError  # pragma: no cover - counting does not end

    def sweep(self) -> None:
        """Remove what a killed upload has left; only while nobody else uploads."""
        for part in self.path.glob(f".upload-*{PART}"):
            part.unlink(missing_ok=True)

    def _shows(self, name: str) -> bool:
        """Return whether a name is one that may be shown: plain, not hidden, with an ending of this folder."""
        return name == Path(name).name and not name.startswith(".") and "\0" not in name and name.lower().endswith(self._endings)
