"""A folder of .eml files, as mail programs save them: each is read once and put away below ``done``."""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path

from notifications.inbound.mime import HEAD_MAX
from notifications.inbound.taking import Message

MESSAGE_MAX = 40 * 1024 * 1024
DONE = "done"


class Folder:
    """The folder; a file that is a link or hidden is none."""

    prefix = ""

    def __init__(self, path: Path) -> None:
        """Look at nothing yet."""
        self._path = path
        self._given: Path | None = None

    def unread(self, known: Collection[str]) -> Iterator[Message]:
        """Yield every message, by name; the file of one is put away by ``put_away`` before the next is asked for."""
        del known
        for path in sorted(self._path.glob("*.[eE][mM][lL]")):
            if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
                self._given = path
                yield _message(path)

    def put_away(self) -> None:
        """Move the file of the message given last; where one of its name lies already, under a further name."""
        assert self._given is not None  # noqa: S101 - called after a message
        done = self._path / DONE
        done.mkdir(exist_ok=True)
        names = (self._given.name, *(f"{self._given.stem} ({number}).eml" for number in range(2, 10_000)))
        target = next(path for name in names if not (path := done / name).exists())
        self._given.rename(target)


def _message(path: Path) -> Message:
    facts = path.stat()
    large = facts.st_size > MESSAGE_MAX
    with path.open("rb") as file:
        raw = file.read(HEAD_MAX if large else MESSAGE_MAX + 1)
    flaw = f"超过 {MESSAGE_MAX // 1024 // 1024} MB" if large else ""
    return Message(raw, datetime.fromtimestamp(facts.st_mtime, UTC), flaw=flaw, extent=facts.st_size)
