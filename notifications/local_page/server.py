"""The page on loopback: today's desk, files in and out, and what the local mailbox has kept."""

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs

from sqlalchemy.engine import Engine

from notifications.local_page.files import NAME, inbox_page, outcome_box, reports_page, sheets_page, told_box
from notifications.local_page.folder import Folder
from notifications.local_page.guard import CSP_DOWNLOAD, CSP_MAIL, CSP_PAGE, CSP_WRITTEN, Guard, RefusedError
from notifications.local_page.handler import Handler
from notifications.local_page.layout import message
from notifications.local_page.letters import Letters
from notifications.local_page.mails import mail_list, mail_page, part_of, read
from notifications.local_page.multipart import boundary_of
from notifications.local_page.names import TYPES
from notifications.local_page.upload import REQUEST_MAX, TOKEN, check_length, take

DESK = "desk.html"
"""Today's desk, written into the data folder by whoever runs the flows; shown at ``/desk``."""
FIELDS_MAX = 8192
HTML = "text/html; charset=utf-8"
PAGE_DIGITS = 6
LOOK_SECONDS = 0.1
"""How often it looks whether it is to stop."""


class LocalPage:
    """A web page over a data folder and a folder of .eml files; port 0 takes a free one."""

    def __init__(self, data: Path, mails: Path, port: int = 0, engine: Engine | None = None, login: str = "") -> None:
        """Bind to loopback; nothing is answered before ``start``. Without a database letters are shown as samples only.

        With ``login`` (``user:password``) browsers are asked for it.
        """

        class Bound(_Pages):
            inbox = Folder(data / "inbox", tuple(TYPES))
            sheets = Folder(data / "sheets", (".xlsx", ".docx"))
            reports = Folder(data / "reports", (".html",))
            desk = Folder(data, (DESK,))
            mails_kept = Folder(mails, (".eml",))
            letters = Letters(engine)

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Bound)
        self._server.daemon_threads = True
        Bound.guard = Guard(self.port, login)
        self._inbox = Bound.inbox
        self._thread = Thread(target=self._server.serve_forever, args=(LOOK_SECONDS,), daemon=True)

    def start(self) -> "LocalPage":
        """Serve in the background; what a killed upload has left goes first."""
        self._inbox.sweep()
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving."""
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()

    @property
    def port(self) -> int:
        """Port on which it listens."""
        return self._server.server_port

    @property
    def url(self) -> str:
        """Address of the page."""
        return f"http://127.0.0.1:{self.port}/"


class _Pages(Handler):
    """What stands at which address."""

    inbox: Folder
    sheets: Folder
    reports: Folder
    desk: Folder
    mails_kept: Folder
    letters: Letters

    def get(self, kind: str, name: str) -> None:
        """Answer a page or a file."""
        lists: Mapping[str, Callable[[], str]] = {
            "inbox": lambda: inbox_page(self.inbox, self.guard.token, self._told()),
            "sheets": lambda: sheets_page(self.sheets),
            "reports": lambda: reports_page(self.reports),
            "mails": lambda: mail_list(self.mails_kept, 1),
            "letters": self.letters.list_page,
        }
        if not kind:
            self.go_to("/desk")
        elif kind in lists and not name:
            self.html(lists[kind](), CSP_PAGE)
        elif kind in ("inbox", "sheets"):
            self.download(self.inbox if kind == "inbox" else self.sheets, name, TYPES.get(Path(name).suffix.lower(), ""))
        elif kind in ("mails", "mail", "html", "raw"):
            self._mail(kind, name)
        elif kind == "letters":
            self.html(self.letters.letter_page(name, self._query()), CSP_PAGE)
        elif kind == "letter":
            self.html(self.letters.html(name, self._query()), CSP_MAIL)
        else:
            self._written(kind, name)

    def _query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.path.partition("?")[2]).items()}

    def _written(self, kind: str, name: str) -> None:
        if kind == "reports":
            self.whole(self.reports, name, HTML, CSP_WRITTEN)
        elif (kind, name) == ("health", ""):
            self.answer(b"ok", "text/plain", CSP_DOWNLOAD)
        elif (kind, name) == ("desk", ""):
            try:
                self.whole(self.desk, DESK, HTML, CSP_WRITTEN)
            except FileNotFoundError:
                hint = "今日工作台还没有生成；办理任何一项，或运行 creation desk，即可生成。"
                self.html(message("今日工作台", hint), CSP_PAGE, HTTPStatus.NOT_FOUND)
        else:
            raise FileNotFoundError(kind)

    def _mail(self, kind: str, name: str) -> None:
        if kind == "mails":
            if not (name.isascii() and name.isdecimal() and len(name) <= PAGE_DIGITS):
                raise FileNotFoundError(name)
            self.html(mail_list(self.mails_kept, int(name)), CSP_PAGE)
        elif kind == "raw":
            self.download(self.mails_kept, name, TYPES[".eml"])
        elif kind == "html":
            self.html(part_of(read(self.mails_kept, name), "html"), CSP_MAIL)
        else:
            self.html(mail_page(read(self.mails_kept, name), name), CSP_PAGE)

    def post(self, kind: str, name: str) -> None:
        """Take files, or delete one."""
        if (kind, name) == ("inbox", ""):
            self._take()
        elif (kind, name) == ("inbox", "delete"):
            self._delete()
        else:
            raise FileNotFoundError(kind)

    def _take(self) -> None:
        body = self.body(check_length(self.headers.get_all("Content-Length", []), self.headers["Transfer-Encoding"], REQUEST_MAX))
        boundary = boundary_of(self.headers.get("Content-Type", ""))
        if boundary is None:
            raise RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "请用收件箱页面上的表单放入文件")
        outcome = take(self.inbox, self.guard, body, boundary)
        if not outcome.kept and not outcome.refused:
            raise RefusedError(HTTPStatus.BAD_REQUEST, "没有选择文件；请先选择，再点“放入”")
        if outcome.refused:
            told = outcome_box(outcome)
            self.html(inbox_page(self.inbox, self.guard.token, told), CSP_PAGE, outcome.refused[0].status)
            return
        self.go_to(f"/inbox?kept={len(outcome.kept)}")  # a page that can be loaded again without sending the files again

    def _delete(self) -> None:
        body = self.body(check_length(self.headers.get_all("Content-Length", []), self.headers["Transfer-Encoding"], FIELDS_MAX))
        fields = parse_qs(b"".join(iter(body, b"")).decode("utf-8", "replace"))
        self.guard.check_token(fields.get(TOKEN, [""])[0])
        name = fields.get(NAME, [""])[0]
        try:
            self.inbox.remove(name)
        except FileNotFoundError:
            told = told_box(f"收件箱里没有文件“{name}”，可能已被删除")
            self.html(inbox_page(self.inbox, self.guard.token, told), CSP_PAGE, HTTPStatus.NOT_FOUND)
            return
        self.go_to("/inbox?deleted=1")

    def _told(self) -> str:
        query = self.path.partition("?")[2]
        if found := re.fullmatch(r"kept=([0-9]{1,2})", query):
            return told_box(f"已收下 {found.group(1)} 个文件")
        return told_box("已从收件箱删除；在表单中登记过的文件另有留存，不受影响") if query == "deleted=1" else ""
