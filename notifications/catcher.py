"""The local catcher: real SMTP on loopback, each message kept as an .eml before it is acknowledged."""

import argparse
import os
import re
import signal
import socket
from pathlib import Path
from threading import Event, Lock
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

LOOPBACK = "127.0.0.1"


class _Keep:
    """Writes every accepted message to the folder, whole or not at all."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._lock = Lock()
        self._number = max((int(path.name.split("-")[0]) for path in folder.glob("*.eml")), default=0)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep the message, then acknowledge it."""
        del server, session
        raw = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        self._store(raw)
        return "250 Kept"

    def _store(self, raw: bytes) -> None:
        with self._lock:
            self._number += 1
            found = re.search(rb"^Message-ID:\s*<([^>@]+)", raw, re.IGNORECASE | re.MULTILINE)
            name = re.sub(r"[^A-Za-z0-9]", "", found.group(1).decode("ascii", "ignore"))[:24] if found else "unknown"
            target = self._folder / f"{self._number:06d}-{name}.eml"
            part = target.with_suffix(".part")
            with part.open("wb") as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            part.rename(target)


def free_port() -> int:
    """Return a free port on loopback."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


class Catcher:
    """SMTP on loopback; port 0 takes a free one. What it keeps is shown by ``notifications.local_page``."""

    def __init__(self, folder: Path, smtp_port: int = 0) -> None:
        """Prepare; nothing listens before ``start``."""
        self.folder = folder
        self._controller = Controller(_Keep(folder), hostname=LOOPBACK, port=smtp_port or free_port(), ready_timeout=10.0)

    def start(self) -> "Catcher":
        """Listen."""
        self._controller.start()
        return self

    def stop(self) -> None:
        """Stop listening; what was kept stays."""
        self._controller.stop(no_assert=True)

    @property
    def smtp_url(self) -> str:
        """Address for ``CREATION_SMTP_URL``."""
        server: Any = self._controller.server
        return f"smtp://{LOOPBACK}:{server.sockets[0].getsockname()[1]}"


def main() -> None:
    """Run until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--smtp-port", type=int, default=0)
    given = parser.parse_args()
    stopped = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    catcher = Catcher(given.folder, given.smtp_port).start()
    stopped.wait()
    catcher.stop()


if __name__ == "__main__":
    main()
