"""The catcher's page on loopback: a list of what was caught, and each mail as its reader sees it."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

STYLE = (
    "body{font:15px/1.6 'Noto Sans CJK SC','Microsoft YaHei',sans-serif;margin:0;color:#222;background:#f6f5f2}"
    "header{background:#8c1d18;color:#fff;padding:14px 24px}main{max-width:1000px;margin:18px auto;padding:0 16px}"
    "table{border-collapse:collapse;width:100%;background:#fff}td,th{border-bottom:1px solid #e4e1da;padding:7px 10px;text-align:left}"
    "a{color:#8c1d18;text-decoration:none}iframe{width:100%;height:640px;border:1px solid #ddd;background:#fff}"
    "pre{background:#fff;border:1px solid #ddd;padding:14px;white-space:pre-wrap}small{color:#777}"
)
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'"
PER_PAGE = 200
DESK = "desk.html"
"""Today's desk, written beside the folder of mails by whoever runs the flows; shown at ``/desk``."""


class Page:
    """A read-only web page over a folder of .eml files."""

    def __init__(self, folder: Path, port: int) -> None:
        """Bind to loopback; port 0 takes a free one."""

        class Handler(_Handler):
            root = folder

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._thread = Thread(target=self._server.serve_forever, daemon=True)

    def start(self) -> None:
        """Serve in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving."""
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Address of the list."""
        return f"http://127.0.0.1:{self._server.server_port}/"


class _Handler(BaseHTTPRequestHandler):
    root: Path

    def do_GET(self) -> None:
        """Answer the list, a mail, its HTML part, or its source."""
        kind, _, name = self.path.strip("/").partition("/")
        if kind == "desk" and not name:
            self._answer(*_desk(self.root.parent / DESK))
            return
        if kind.isdecimal() or not kind:
            self._answer(_list(self.root, int(kind or 1)))
            return
        path = self.root / Path(name).name
        if kind not in ("mail", "html", "raw") or path.suffix != ".eml" or not path.is_file():
            self._answer(_page("没有这个页面", "<p>没有这个页面。</p>"), status=404)
            return
        raw = path.read_bytes()
        if kind == "raw":
            self._answer_bytes(raw, "message/rfc822", 200)
            return
        mail = message_from_bytes(raw, policy=policy.default)
        assert isinstance(mail, EmailMessage)  # noqa: S101 - policy.default gives this class
        self._answer(_part(mail, "html") if kind == "html" else _mail(mail, path.name))

    def _answer(self, body: str, status: int = 200) -> None:
        self._answer_bytes(body.encode(), "text/html; charset=utf-8", status)

    def _answer_bytes(self, body: bytes, content_type: str, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Say nothing: addresses do not belong in logs."""


def _desk(path: Path) -> tuple[str, int]:
    try:
        return path.read_text(encoding="utf-8"), 200
    except FileNotFoundError:
        hint = "<p>今日工作台还没有生成；办理任何一项，或运行 creation desk，即可生成。</p>"
        return _page("今日工作台", hint), 404


def _page(title: str, body: str) -> str:
    return (
        f"<!doctype html><html lang=zh-CN><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(title)}</title><style>{STYLE}</style><header><b>本机收件箱</b>　{escape(title)}</header><main>{body}</main></html>"
    )


def _list(folder: Path, number: int) -> str:
    names = sorted((path.name for path in folder.glob("*.eml")), reverse=True)
    rows = "".join(_row(folder / name) for name in names[(number - 1) * PER_PAGE : number * PER_PAGE])
    pages = " ".join(f"<a href='/{n}'>{n}</a>" for n in range(1, (len(names) - 1) // PER_PAGE + 2))
    head = "<tr><th>日期</th><th>主题</th><th>收件人</th></tr>"
    return _page(f"共 {len(names)} 封", f"<table>{head}{rows}</table><p><small>第 {number} 页；{pages}</small></p>")


def _row(path: Path) -> str:
    with path.open("rb") as file:
        mail = message_from_bytes(file.read(), policy=policy.default)
    day = mail["Date"].datetime.strftime("%Y-%m-%d %H:%M") if mail["Date"] else ""
    return (
        f"<tr><td>{day}</td><td><a href='/mail/{path.name}'>{escape(str(mail['Subject']))}</a></td><td>{escape(str(mail['To']))}</td></tr>"
    )


def _mail(mail: EmailMessage, name: str) -> str:
    lines = escape("\n".join(str(value) for value in mail.get_all("X-Creation-Line", [])))
    body = (
        f"<h3>{escape(str(mail['Subject']))}</h3><p><small>收件人 {escape(str(mail['To']))}；{escape(str(mail['Date']))}；"
        f"<a href='/raw/{name}'>原文</a></small></p><iframe sandbox src='/html/{name}'></iframe>"
        f"<h4>纯文本</h4><pre>{escape(_part(mail, 'plain'))}</pre><h4>事项</h4><pre>{lines}</pre>"
    )
    return _page("邮件", body)


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    return str(part.get_content()) if part is not None else ""
