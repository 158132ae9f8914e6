"""Whom the page answers, on loopback: against other users (login), DNS rebinding (Host), forged forms (origin, token), scripts (CSP)."""

import base64
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

CSP_PAGE = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
CSP_WRITTEN = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
"""Reports and the desk: files with inline styles and drawings, nothing else."""
CSP_MAIL = "sandbox; default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
CSP_DOWNLOAD = "sandbox; default-src 'none'"
ALWAYS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with no-referrer browsers would send "Origin: null" with our own forms
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class RefusedError(Exception):
    """A request is refused; the Chinese message tells why, and what to do."""

    headers: Mapping[str, str] = {}
    """What else the answer says, with ``_`` for ``-``."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        """Keep the status of the answer."""
        super().__init__(message)
        self.status = status


class LoginNeededError(RefusedError):
    """The login is missing or wrong: a browser asks for it and comes again."""

    headers: Mapping[str, str] = {"WWW_Authenticate": 'Basic realm="creation", charset="UTF-8"'}

    def __init__(self) -> None:
        """Tell what is to be typed."""
        super().__init__(HTTPStatus.UNAUTHORIZED, "请登录：与管理界面同一口令，冒号之前是用户名，之后是密码")


@dataclass(frozen=True)
class Guard:
    """The rules of one running page; the token is made anew with each process."""

    port: int
    login: str = field(default="", repr=False)
    """``user:password``; empty: nobody is asked (the demo)."""
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    def check_host(self, hosts: list[str]) -> str:
        """Return the one Host header when it names this page."""
        if len(hosts) != 1 or hosts[0].lower() not in (f"127.0.0.1:{self.port}", f"localhost:{self.port}"):
            raise RefusedError(HTTPStatus.MISDIRECTED_REQUEST, f"请用 http://127.0.0.1:{self.port}/ 打开本机页面")
        return hosts[0].lower()

    def check_login(self, given: str | None) -> None:
        """Let pass who knows the login: other users of this machine reach the port as well (decision 0032)."""
        wanted = b"Basic " + base64.b64encode(self.login.encode())
        if self.login and not hmac.compare_digest((given or "").encode("utf-8", "replace"), wanted):
            raise LoginNeededError

    def check_origin(self, host: str, origin: str | None, site: str | None) -> None:
        """Let pass what a page of our own sends: browsers tell by Origin, newer ones by Sec-Fetch-Site as well."""
        told = [one for one in (origin and origin.lower() == f"http://{host}", site and site == "same-origin") if one is not None]
        if not told or not all(told):
            raise RefusedError(HTTPStatus.FORBIDDEN, "这个请求不是从本机页面发出的，未作任何改动")

    def check_token(self, given: str) -> None:
        """Let pass the token of a form that this process has shown."""
        if not hmac.compare_digest(given.encode("utf-8", "replace"), self.token.encode()):
            raise RefusedError(HTTPStatus.FORBIDDEN, "页面已过期（本机页面重新启动过），未作任何改动；请刷新后再试")
