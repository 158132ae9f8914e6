"""A mail server on a raw socket with one fault at one of the twelve phases of the dialogue; it keeps what it accepted."""

import re
import socket
import ssl
import struct
import threading
import time
from dataclasses import dataclass, field

PHASES = ("connect", "banner", "EHLO", "STARTTLS", "handshake", "AUTH", "MAIL", "RCPT", "DATA", "body", "dot", "after")
REPLIES = {
    "421": b"421 4.3.2 closing down\r\n", "450": b"450 mailbox busy\r\n", "451": b"451 local error\r\n",
    "452": b"452 4.3.1 no space\r\n", "grey": b"450 4.7.1 greylisted, try again\r\n", "500": b"500 what\r\n",
    "530": b"530 authentication required\r\n", "535": b"535 5.7.8 bad credentials\r\n", "550": b"550 5.1.1 no such user\r\n",
    "552": b"552 5.3.4 too big\r\n", "554": b"554 rejected\r\n", "garbage": b"\xff\xfehello\r\n",
}  # fmt: skip
REFUSALS = frozenset(REPLIES) - {"garbage"}
LINES = 10_000
FAULTS = ("close", "RST", "hang", "drip", *REPLIES, "flood", "late")
"""drip: one byte at a time, each well within a read's time-out; flood: a good reply of 10,000 lines; late: a good reply after the time-out."""
GOOD = {"banner": b"220 hello\r\n", "EHLO": b"250-hello\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n", "STARTTLS": b"220 go\r\n", "AUTH": b"235 in\r\n",
        "MAIL": b"250 ok\r\n", "RCPT": b"250 ok\r\n", "DATA": b"354 go on\r\n", "dot": b"250 kept\r\n", "RSET": b"250 ok\r\n"}  # fmt: skip
DRIP_SECONDS, LATE_SECONDS, LONGEST_SECONDS = 0.1, 2.5, 8.0


class _OverError(Exception):
    """The dialogue ends here."""


@dataclass
class FaultyServer:
    """One listener, as many connections as come; all have the fault."""

    phase: str
    fault: str
    context: ssl.SSLContext
    kept: list = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self._listener.close()

    def _accept(self):
        while not self.over.is_set():
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer):
        peer.settimeout(LONGEST_SECONDS)
        talk = _Talk(self, peer)
        try:
            talk.run()
        except (OSError, _OverError):
            pass
        finally:
            talk.end()


class _Talk:
    def __init__(self, server, peer):
        self.server, self.peer, self.lines = server, peer, peer.makefile("rb")

    def run(self):
        self.point("connect", b"")
        self.point("banner")
        while line := self.lines.readline():
            word = re.match(rb"[A-Za-z]*", line)[0].decode().upper()
            if word == "QUIT":
                self.point("after", b"221 bye\r\n")
                return
            self.point("EHLO" if word == "HELO" else word)
            if word == "STARTTLS":
                self.handshake()
            elif word == "DATA" and not self.lost("DATA"):
                self.message()

    def lost(self, phase):
        """Whether this phase ends without its good answer."""
        return self.server.phase == phase and self.server.fault != "flood"

    def handshake(self):
        self.point("handshake", b"")
        self.peer = self.server.context.wrap_socket(self.peer, server_side=True)
        self.lines = self.peer.makefile("rb")

    def message(self):
        """Take the text. A refusal in the middle of it stands; whatever else goes wrong, the text may be kept all the same."""
        first = self.lines.readline()
        self.point("body", b"")
        rest = iter(self.lines.readline, b".\r\n")
        text = first
        for line in rest:
            if line == b"":
                raise _OverError
            text += line
        refused = self.server.phase in ("body", "dot") and self.server.fault in REFUSALS
        spoiled = self.server.phase == "body" and self.server.fault == "garbage"
        if not refused and not spoiled:
            self.server.kept.append(text)
        if self.server.phase != "body":
            self.point("dot")

    def point(self, phase, good=None):
        """Answer as one should, or commit the fault."""
        good = GOOD.get(phase, b"250 ok\r\n") if good is None else good
        if self.server.phase != phase:
            self.say(good)
            return
        self.commit(good or b"250 ok\r\n", phase)

    def commit(self, good, phase):
        fault = self.server.fault
        if fault == "close":
            raise _OverError
        if fault == "RST":
            self.peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise _OverError
        if fault == "hang":
            self.server.over.wait(LONGEST_SECONDS)
            raise _OverError
        if fault == "drip":
            self.drip()
        if fault == "late":
            self.server.over.wait(LATE_SECONDS)
            self.say(good)
        elif fault == "flood":
            self.say((good[:3] + b"-more\r\n") * LINES + good)
        else:
            self.say(REPLIES[fault])
        if phase in ("connect", "handshake"):
            raise _OverError

    def drip(self):
        until = time.monotonic() + LONGEST_SECONDS
        while time.monotonic() < until and not self.server.over.is_set():
            self.say(b"2")
            self.server.over.wait(DRIP_SECONDS)
        raise _OverError

    def say(self, what):
        if what:
            self.peer.sendall(what)

    def end(self):
        self.lines.close()
        self.peer.close()
