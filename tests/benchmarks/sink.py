"""An SMTP server in a process of its own that takes every mail and counts; plain, or with TLS from the first byte and a login."""

import multiprocessing
import re

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from notifications.catcher import LOOPBACK, free_port
from tests.certificates import certificate

SPAWN = multiprocessing.get_context("spawn")
WAIT_SECONDS = 30


class Sink:
    """Takes mail on loopback."""

    def __init__(self, folder=None):
        """Encrypt and ask for a login where a folder for the certificate is given; ``trusted`` is what a client must trust."""
        self._folder = folder
        self.trusted = folder and folder / "trusted.pem"

    def __enter__(self):
        self._ours, theirs = SPAWN.Pipe()
        self._process = SPAWN.Process(target=_serve, args=(theirs, self._folder), daemon=True)
        self._process.start()
        theirs.close()
        self.port = self._ours.recv()
        return self

    def __exit__(self, *_):
        self._ours.close()
        self._process.join(WAIT_SECONDS)
        self._process.kill()

    def taken(self):
        """Return (mails, different Message-IDs) since the last time it was asked."""
        self._ours.send("taken")
        return self._ours.recv()


class _Counting:
    def __init__(self):
        self.ids = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        found = re.search(rb"^Message-ID:\s*<([^>]+)", envelope.content, re.IGNORECASE | re.MULTILINE)
        self.ids.append(found and found[1])
        return "250 Kept"


def _welcome(*_):
    return AuthResult(success=True)


def _serve(pipe, folder):
    counting = _Counting()
    locked = {}
    if folder:
        context, _ = certificate(folder)
        locked = {"ssl_context": context, "auth_required": True, "auth_require_tls": False, "authenticator": _welcome}
    controller = Controller(counting, hostname=LOOPBACK, port=free_port(), ready_timeout=10.0, **locked)
    controller.start()
    pipe.send(controller.port)
    try:
        while pipe.recv():
            pipe.send((len(counting.ids), len(set(counting.ids))))
            counting.ids.clear()
    except EOFError:
        controller.stop(no_assert=True)
