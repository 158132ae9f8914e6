"""yagmail as a door: it connects and logs in over a connection whose every reply has one deadline and one greatest size.

smtplib's own timeout is per read: a server that sends one byte a second would hold a sender for hours.
"""

import smtplib
import socket
import time
from typing import Any

import yagmail

REPLY_BYTES_MAX = 1024 * 1024


class _Replies:
    """Reads lines of one socket; a reply that takes too long, grows too large or breaks off raises or ends the connection."""

    def __init__(self, sock: socket.socket, seconds: float) -> None:
        self._sock = sock
        self._buffer = b""
        self.begin(seconds)

    def begin(self, seconds: float) -> None:
        """Start the clock of one reply."""
        self._seconds = seconds
        self._until = time.monotonic() + self._seconds
        self._read = 0

    def readline(self, limit: int) -> bytes:
        """Return one whole line, at most ``limit`` bytes of it; nothing when the line was lost."""
        while b"\n" not in self._buffer[:limit] and len(self._buffer) < limit:
            piece = self._receive()
            if not piece:
                return b""
            self._buffer += piece
        end = self._buffer.find(b"\n", 0, limit) + 1 or limit
        line, self._buffer = self._buffer[:end], self._buffer[end:]
        return line

    def _receive(self) -> bytes:
        left = self._until - time.monotonic()
        if left <= 0 or self._read > REPLY_BYTES_MAX:
            raise TimeoutError("邮件服务器的答复过慢或过长")
        self._sock.settimeout(left)
        try:
            piece = self._sock.recv(8192)
        finally:
            self._sock.settimeout(self._seconds)
        self._read += len(piece)
        return piece

    def close(self) -> None:
        """Forget what was not read; the socket is smtplib's to close."""
        self._buffer = b""


class _Bounded:
    """Mixed into smtplib's classes: replies are read by ``_Replies``."""

    sock: socket.socket | None
    timeout: float
    file: Any

    def getreply(self) -> tuple[int, bytes]:
        """Return code and text of the next reply."""
        if self.file is None and self.sock is not None:
            self.file = _Replies(self.sock, self.timeout)
        elif self.file is not None:
            self.file.begin(self.timeout)
        return super().getreply()  # type: ignore[misc,no-any-return]


class BoundedSmtp(_Bounded, smtplib.SMTP):
    """Plain at first, perhaps TLS later."""


class BoundedSmtpSsl(_Bounded, smtplib.SMTP_SSL):
    """TLS from the first byte."""


class Door(yagmail.SMTP):  # type: ignore[misc] # yagmail ships no types
    """It connects and logs in; its send() is never called."""

    @property
    def connection(self) -> type[smtplib.SMTP]:
        """Return the class of the connection."""
        return BoundedSmtpSsl if self.ssl else BoundedSmtp

    def set_logging(self, *_args: Any, **_kwargs: Any) -> None:
        """Leave logging alone: SMTP dialogues hold addresses."""
