"""Reads ``multipart/form-data`` as browsers send it (RFC 7578) in pieces: a file is never whole in memory.

Held against the standard library's mail parser by a property test, for every way in which the bytes may be cut.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

HEADERS_MAX = 8192
_BOUNDARY = re.compile(r"""multipart/form-data;\s*boundary="?([0-9A-Za-z'()+_,./:=?-]{1,70})"?\s*""", re.IGNORECASE)
_DISPOSITION = re.compile(
    r'^content-disposition:\s*form-data;\s*name="([^"]*)"(?:;\s*filename="([^"]*)")?\s*$', re.IGNORECASE | re.MULTILINE
)
_QUOTED = {"%22": '"', "%0D": "\r", "%0A": "\n"}


class MalformedError(ValueError):
    """The body is not what its header says, or ends early."""


@dataclass(frozen=True)
class Part:
    """A field of the form; its content can be read once, before the next part is asked for."""

    name: str
    filename: str | None
    content: Iterator[bytes]


def boundary_of(content_type: str) -> bytes | None:
    """Return the boundary that a content type names, None when it is not that of a form with files."""
    found = _BOUNDARY.fullmatch(content_type)
    return found.group(1).encode() if found else None


class Form:
    """The parts of a body; ``read`` returns its next bytes, b"" at its end."""

    def __init__(self, read: Callable[[], bytes], boundary: bytes) -> None:
        """Read nothing yet."""
        self._read = read
        self._delimiter = b"\r\n--" + boundary
        self._buffer = b"\r\n"  # before the first boundary there is no line break

    def parts(self) -> Iterator[Part]:
        """Yield the parts in their order; raises MalformedError where the body breaks off or breaks the form."""
        _drain(self._to_delimiter())
        while not self._closes():
            name, filename = self._head()
            content = self._to_delimiter()
            yield Part(name, filename, content)
            _drain(content)

    def _to_delimiter(self) -> Iterator[bytes]:
        keep = len(self._delimiter) - 1
        while (at := self._buffer.find(self._delimiter)) < 0:
            ready, self._buffer = self._buffer[:-keep], self._buffer[-keep:]
            if ready:
                yield ready
            self._more()
        ready, self._buffer = self._buffer[:at], self._buffer[at + len(self._delimiter) :]
        if ready:
            yield ready

    def _closes(self) -> bool:
        """Return whether the boundary just read is the last one."""
        while len(self._buffer) < len(b"--"):
            self._more()
        mark, self._buffer = self._buffer[:2], self._buffer[2:]
        if mark not in (b"--", b"\r\n"):
            raise MalformedError("boundary inside a part")
        return mark == b"--"

    def _head(self) -> tuple[str, str | None]:
        while (at := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > HEADERS_MAX:
                raise MalformedError("headers too long")
            self._more()
        head, self._buffer = self._buffer[:at], self._buffer[at + 4 :]
        found = _DISPOSITION.search(head.decode("utf-8", "replace").replace("\r\n", "\n"))
        if found is None or at > HEADERS_MAX:
            raise MalformedError("no content disposition")
        return found.group(1), _unquoted(found.group(2))

    def _more(self) -> None:
        more = self._read()
        if not more:
            raise MalformedError("ends early")
        self._buffer += more


def _drain(pieces: Iterator[bytes]) -> None:
    for _ in pieces:
        pass


def _unquoted(text: str | None) -> str | None:
    """Undo what browsers do to quotes and line breaks in a file's name (HTML standard, "multipart/form-data encoding")."""
    return None if text is None else re.sub("%22|%0D|%0A", lambda found: _QUOTED[found.group()], text)
