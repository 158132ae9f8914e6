"""SMTP: yagmail connects and logs in, we speak MAIL, RCPT and DATA ourselves, so that every fault has one meaning."""

import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import unquote, urlsplit

import yagmail

LOOPBACK = ("127.0.0.1", "localhost", "::1")
OK, GO_ON = 250, 354


class Result(StrEnum):
    """What became of one mail."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    DEFERRED = "deferred"
    UNKNOWN = "unknown"
    STOP = "stop"
    """Our account is at fault: send nothing more until a person has looked."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """The server's answer and what it means."""

    result: Result
    code: int | None
    text: str


class NotPreparedError(RuntimeError):
    """The dialogue did not get as far as DATA: certainly not sent."""

    def __init__(self, delivery: Delivery) -> None:
        """Carry what the server said."""
        super().__init__(delivery.text)
        self.delivery = delivery


@dataclass(frozen=True, slots=True)
class SmtpAccount:
    """Where and how to submit mail."""

    host: str
    port: int
    security: str
    """``ssl``, ``starttls`` or ``plain`` (loopback only)."""
    user: str = ""
    password: str = field(default="", repr=False)
    timeout_seconds: float = 30.0
    mails_per_connection: int = 50

    @classmethod
    def from_url(cls, url: str, timeout_seconds: float = 30.0) -> "SmtpAccount":
        """Read ``smtps://user:password@host:465`` or ``smtp://host:25``; unencrypted only on this machine."""
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            msg = "邮件服务器地址应形如 smtps://账号：授权码@smtp.university.example:465"
            raise ValueError(msg)
        here = "plain" if parts.hostname in LOOPBACK else "starttls"
        security = "ssl" if parts.scheme == "smtps" else here
        port = parts.port or {"ssl": 465, "starttls": 587, "plain": 25}[security]
        return cls(parts.hostname, port, security, unquote(parts.username or ""), unquote(parts.password or ""), timeout_seconds)


class _Connection(yagmail.SMTP):  # type: ignore[misc] # yagmail ships no types
    """yagmail as a door only: it connects and logs in; its send() is never called."""

    def set_logging(self, *_args: Any, **_kwargs: Any) -> None:
        """Leave logging alone: SMTP dialogues hold addresses."""


class Transport:
    """One sender's connection; not shared between threads."""

    def __init__(self, account: SmtpAccount) -> None:
        """Remember the account; connect when the first mail is due."""
        self._account = account
        self._client: _Connection | None = None
        self._smtp: smtplib.SMTP | None = None
        self._used = 0

    def prepare(self, sender: str, recipient: str) -> None:
        """Connect if need be and speak MAIL and RCPT; raises NotPreparedError with the server's answer."""
        try:
            smtp = self._connected()
            self._expect(smtp.mail(sender), (OK,))
            self._expect(smtp.rcpt(recipient), (OK, 251))
        except NotPreparedError as refused:
            self._after_refusal(refused.delivery)
            raise
        except smtplib.SMTPAuthenticationError as error:
            self.close()
            raise NotPreparedError(Delivery(Result.STOP, error.smtp_code, _text(error.smtp_error))) from None
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise NotPreparedError(Delivery(Result.DEFERRED, getattr(error, "smtp_code", None), _text(error))) from None

    def try_login(self) -> None:
        """Connect, log in and leave, sending nothing; raises NotPreparedError with the server's answer."""
        try:
            self._connected()
        except smtplib.SMTPAuthenticationError as error:
            raise NotPreparedError(Delivery(Result.STOP, error.smtp_code, _text(error.smtp_error))) from None
        except (OSError, smtplib.SMTPException) as error:
            raise NotPreparedError(Delivery(Result.DEFERRED, getattr(error, "smtp_code", None), _text(error))) from None
        finally:
            self._quit()

    def deliver(self, message: bytes) -> Delivery:
        """Send DATA and the message after ``prepare``; a line lost after the final dot leaves the outcome unknown."""
        smtp = self._smtp
        if smtp is None:
            return Delivery(Result.DEFERRED, None, "连接已断开")
        handed_over = False
        try:
            code, reply = smtp.docmd("DATA")
            if code != GO_ON:
                delivery = classify(code, _text(reply))
                self._after_refusal(delivery)
                return delivery
            body = smtplib._quote_periods(message)  # type: ignore[attr-defined] # noqa: SLF001 - the standard dot-stuffing
            handed_over = True  # set before the write: whatever happens from here on may have been accepted
            smtp.send(body.removesuffix(b"\r\n") + b"\r\n.\r\n")
            code, reply = smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            return Delivery(Result.UNKNOWN if handed_over else Result.DEFERRED, None, _text(error))
        self._used += 1
        return Delivery(Result.ACCEPTED, code, _text(reply)) if code == OK else classify(code, _text(reply))

    def close(self) -> None:
        """Drop the connection without ceremony."""
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None
        self._used = 0

    def _connected(self) -> smtplib.SMTP:
        if self._smtp is not None and self._used >= self._account.mails_per_connection:
            self._quit()
        if self._smtp is None:
            self._smtp = self._open()
        return self._smtp

    def _open(self) -> smtplib.SMTP:
        account = self._account
        context = ssl.create_default_context()
        options: dict[str, Any] = {"timeout": account.timeout_seconds}
        if account.security == "ssl":
            options["context"] = context
        client = _Connection(
            user=account.user or "nobody@localhost.invalid",
            password=account.password or "-",
            host=account.host,
            port=account.port,
            smtp_ssl=account.security == "ssl",
            smtp_starttls={"context": context} if account.security == "starttls" else False,
            smtp_skip_login=not account.user,
            **options,
        )
        client.login()
        self._client = client  # yagmail closes the connection when its client is collected
        smtp: smtplib.SMTP = client.smtp
        if smtp.sock is not None:
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        smtp.ehlo_or_helo_if_needed()
        return smtp

    def _quit(self) -> None:
        if self._smtp is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._smtp.quit()
        self.close()

    def _expect(self, answer: tuple[int, bytes], wanted: tuple[int, ...]) -> None:
        code, reply = answer
        if code not in wanted:
            raise NotPreparedError(classify(code, _text(reply)))

    def _after_refusal(self, delivery: Delivery) -> None:
        if delivery.code == 421 or self._smtp is None:  # noqa: PLR2004 - the server closes after 421
            self.close()
            return
        try:
            self._smtp.rset()
        except (OSError, smtplib.SMTPException):
            self.close()


STOP_CODES = frozenset({500, 501, 502, 503, 504, 530, 534, 535, 538})
"""Replies that mean our side is wrong; 501 at RCPT counts as ours too, because addresses are checked before."""


def classify(code: int, text: str) -> Delivery:
    """Say what a definite reply means: try later, never, or stop altogether."""
    if code in STOP_CODES:
        return Delivery(Result.STOP, code, text)
    result = Result.DEFERRED if 400 <= code < 500 else Result.REFUSED  # noqa: PLR2004 - SMTP reply classes
    return Delivery(result, code, text)


def _text(reply: object) -> str:
    text = reply.decode("utf-8", errors="replace") if isinstance(reply, bytes) else str(reply)
    return " ".join(text.split())[:500]
