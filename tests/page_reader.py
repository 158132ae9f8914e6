"""A browser of a kind for tests of the local page, and the page in a process of its own."""

import io
import re
import socket
import subprocess
import sys
import time
import zipfile
from contextlib import closing
from http.client import HTTPConnection
from types import SimpleNamespace
from urllib.parse import urlencode

BOUNDARY = "----WebKitFormBoundaryAbc123"
PDF, PNG = b"%PDF-1.7\n%%EOF", b"\x89PNG\r\n\x1a\n" + b"x" * 20


def office(member="xl/workbook.xml"):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(member, "x")
    return made.getvalue()


def form(token, *files):
    """The body that a browser sends: the token first, then the files."""
    parts = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="token"\r\n\r\n{token}\r\n'.encode()] if token is not None else []
    for name, content in files:
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\nContent-Type: x/y\r\n\r\n'
        parts.append(head.encode() + content + b"\r\n")
    return b"".join([*parts, f"--{BOUNDARY}--\r\n".encode()])


class Reader:
    """Knows the page's address and the token it has seen."""

    def __init__(self, port, folder, login=()):
        self.port, self.folder, self.inbox = port, folder, folder / "inbox"
        self.own = {"Host": f"127.0.0.1:{port}", "Origin": f"http://127.0.0.1:{port}", "Sec-Fetch-Site": "same-origin"}
        self.own |= dict(login)

    def ask(self, method, path, body=None, headers=None):
        """Return status, headers and text; ``headers`` replace those of a good request, None leaves one out."""
        given = {name: value for name, value in {**self.own, **(headers or {})}.items() if value is not None}
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request(method, path, body, given)
            answer = connection.getresponse()
            return SimpleNamespace(status=answer.status, headers=answer.headers, body=answer.read())

    def get(self, path, **headers):
        return self.ask("GET", path, headers=headers)

    def text(self, path):
        return self.get(path).body.decode()

    @property
    def token(self):
        return re.search(r'name="token" value="([^"]+)"', self.text("/inbox")).group(1)

    def send(self, *files, body=None, **headers):
        sent = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", **headers}
        return self.ask("POST", "/inbox", form(self.token, *files) if body is None else body, sent)

    def files(self):
        """What lies in the inbox, hidden files too."""
        return sorted(path.name for path in self.inbox.iterdir()) if self.inbox.is_dir() else []

    def delete(self, name, token=None, **headers):
        fields = urlencode({"token": self.token if token is None else token, "name": name})
        return self.ask("POST", "/inbox/delete", fields, {"Content-Type": "application/x-www-form-urlencoded", **headers})

    def head(self, length, *more):
        """The head of a request to take files, as bytes, with a length of its own (None: untold)."""
        given = {**self.own, "Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Content-Length": length}
        lines = [f"{name}: {value}" for name, value in given.items() if value is not None]
        return "\r\n".join(["POST /inbox HTTP/1.1", *lines, *more, "", ""]).encode()


def serving(folder):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = ["-m", "notifications.local_page", "--data", str(folder), "--mails", str(folder / "mail"), "--port", str(port)]
    process = subprocess.Popen([sys.executable, *words])
    reader = Reader(port, folder)
    until(lambda: healthy(reader), "page")
    return process, reader


def healthy(reader):
    try:
        return reader.get("/health").status == 200
    except OSError:
        return False


def until(reached, what):
    end = time.monotonic() + 90
    while not reached():
        assert time.monotonic() < end, f"not reached: {what}"
        time.sleep(0.05)
