"""An SMTP server on a raw socket that answers as scripted, one fault at one point of the dialogue."""

import socket
import threading
from dataclasses import dataclass, field

CLOSE, SILENCE = "close", "silence"
GOOD = {
    "banner": "220 hello",
    "EHLO": "250 hello",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go on",
    "dot": "250 kept",
    "RSET": "250 ok",
}


@dataclass
class ScriptedServer:
    """Answers every command well but for ``faults``: point of the dialogue → reply, CLOSE or SILENCE."""

    faults: dict
    messages: list = field(default_factory=list)
    connections: int = 0

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._ended = threading.Event()
        self._open = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(2)

    def _accept(self):
        while not self._ended.is_set():
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with peer, peer.makefile("rb") as lines:
                peer.settimeout(2)
                self._talk(peer, lines)

    def _talk(self, peer, lines):
        if not self._say(peer, "banner"):
            return
        while line := self._line(lines):
            word = line[:4].decode().strip().upper()
            if word == "QUIT":
                peer.sendall(b"221 bye\r\n")
                return
            if not self._say(peer, word):
                return
            if word == "DATA" and "DATA" not in self.faults and not self._message(peer, lines):
                return

    def _message(self, peer, lines):
        body = []
        while (line := self._line(lines)) not in (b".\r\n", b""):
            body.append(line)
        if "dot" not in self.faults:
            self.messages.append(b"".join(body))
        return self._say(peer, "dot")

    @staticmethod
    def _line(lines):
        try:
            return lines.readline()
        except OSError:
            return b""

    def _say(self, peer, point):
        reply = self.faults.get(point, GOOD.get(point, "502 what"))
        if reply == CLOSE:
            return False
        if reply == SILENCE:
            self._ended.wait(1)
            return False
        try:
            peer.sendall(reply.encode() + b"\r\n")
        except OSError:
            return False
        return True
