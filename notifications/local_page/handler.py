"""One request: checked, answered with the headers every answer has, and closed in a way that a browser can still read."""

import shutil
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import quote, unquote

from notifications.local_page.folder import Folder
from notifications.local_page.guard import ALWAYS, CSP_DOWNLOAD, CSP_PAGE, Guard, RefusedError
from notifications.local_page.layout import message

CHUNK = 64 * 1024
LINGER_SECONDS = 3.0
HEALTH = "/health"
"""Open to everybody: whoever watches the page need not know its login."""


class Handler(BaseHTTPRequestHandler):
    """What every address has in common; ``get`` and ``post`` are given the two parts of the path."""

    guard: Guard
    server_version = "creation"
    sys_version = ""
    timeout = 60
    """Seconds without a byte."""

    def get(self, kind: str, name: str) -> None:
        """Answer; raises FileNotFoundError or RefusedError."""
        raise NotImplementedError

    post = get

    def do_GET(self) -> None:
        """Answer whoever names this page as the host."""
        self._guarded(self.get)

    def do_POST(self) -> None:
        """Answer forms of this page only."""
        self._guarded(self.post, forms=True)

    def _guarded(self, act: Callable[[str, str], None], *, forms: bool = False) -> None:
        try:
            host = self.guard.check_host(self.headers.get_all("Host", []))
            if self.path != HEALTH:
                self.guard.check_login(self.headers["Authorization"])
            if forms:
                self.guard.check_origin(host, self.headers["Origin"], self.headers["Sec-Fetch-Site"])
            act(*self._address())
        except RefusedError as refused:
            self._refuse(refused.status, str(refused), **refused.headers)
        except (FileNotFoundError, UnicodeDecodeError):
            self._refuse(HTTPStatus.NOT_FOUND, "没有这个页面或文件。")
        except (ConnectionError, TimeoutError):
            self.close_connection = True
        except OSError as error:
            self._refuse(HTTPStatus.INSUFFICIENT_STORAGE, f"文件没有写成，一个都没有收下；请检查磁盘空间（{error.strerror}）。")

    def _address(self) -> tuple[str, str]:
        kind, _, name = self.path.partition("?")[0].strip("/").partition("/")
        return kind, unquote(name, errors="strict")

    def body(self, length: int) -> Callable[[], bytes]:
        """Return a reader of the request's body, at most so many bytes, a piece at a time."""
        left = length

        def read() -> bytes:
            nonlocal left
            piece = self.rfile.read1(min(CHUNK, left)) if left else b""
            left -= len(piece)
            return bytes(piece)

        return read

    def html(self, text: str, policy: str, status: HTTPStatus = HTTPStatus.OK, **more: str) -> None:
        """Answer a page."""
        self.answer(text.encode("utf-8", "replace"), "text/html; charset=utf-8", policy, status, **more)

    def answer(self, body: bytes, kind: str, policy: str, status: HTTPStatus = HTTPStatus.OK, **more: str) -> None:
        """Answer bytes; ``more`` are further headers, with ``_`` for ``-``."""
        self._head(status, kind, len(body), policy, **more)
        self.wfile.write(body)

    def go_to(self, address: str) -> None:
        """Send the reader to another address of this page."""
        self._head(HTTPStatus.SEE_OTHER, "text/plain", 0, CSP_DOWNLOAD, Location=address)

    def whole(self, folder: Folder, name: str, kind: str, policy: str) -> None:
        """Show a file in the browser."""
        with folder.open(name) as file:
            self.answer(file.read(), kind, policy)

    def download(self, folder: Folder, name: str, kind: str) -> None:
        """Give a file to be saved, whatever it holds; its name for old readers in ASCII, for others as it is (RFC 6266)."""
        with folder.open(name) as file:
            size = file.seek(0, 2)
            file.seek(0)
            plain = "".join(char if char.isascii() and (char.isalnum() or char in " .-_()") else "_" for char in name)
            saved = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
            self._head(HTTPStatus.OK, kind, size, CSP_DOWNLOAD, Content_Disposition=saved)
            shutil.copyfileobj(file, self.wfile, CHUNK)

    def _head(self, status: HTTPStatus, kind: str, length: int, policy: str, **more: str) -> None:
        self.send_response(status)
        own = {"Content-Type": kind, "Content-Length": str(length), "Content-Security-Policy": policy}
        for header, value in {**own, **ALWAYS, **{key.replace("_", "-"): value for key, value in more.items()}}.items():
            self.send_header(header, value)
        self.end_headers()

    def _refuse(self, status: HTTPStatus, text: str, **more: str) -> None:
        with suppress(OSError):
            self.html(message("未能办理" if self.command == "POST" else "没有打开", text), CSP_PAGE, status, **more)
            self._linger()

    def _linger(self) -> None:
        """Let go of what is still being sent, for a moment: a connection closed at once would take our answer with it."""
        self.close_connection = True
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_WR)
        self.connection.settimeout(LINGER_SECONDS)
        end = time.monotonic() + LINGER_SECONDS
        while time.monotonic() < end and self.connection.recv(CHUNK):
            pass

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what http.server itself refuses, in our own words."""
        del message, explain
        self.command = getattr(self, "command", None) or "GET"
        self._refuse(HTTPStatus(code), "不能识别这个请求。")

    def log_message(self, *_args: Any) -> None:
        """Say nothing: addresses and names do not belong in logs."""
