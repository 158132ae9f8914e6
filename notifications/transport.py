"""SMTP: yagmail connects and logs in, we speak MAIL, RCPT and DATA ourselves, so that every fault has one meaning."""

import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from notifications.account import SmtpAccount
from notifications.dialogue import Door
from notifications.replies import REMEDIES, ReplyClass, decoded, is_refusal, meaning

__all__ = ["Delivery", "NotPreparedError", "Result", "SmtpAccount", "Transport", "classify"]
OK, FORWARDED, GO_ON = 250, 251, 354
QUIT_SECONDS = 3.0
"""A mail that was accepted does not wait for a farewell."""


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
    meaning: ReplyClass | None = None


class NotPreparedError(RuntimeError):
    """The dialogue did not get as far as DATA: certainly not sent."""

    def __init__(self, delivery: Delivery) -> None:
        """Carry what the server said."""
        super().__init__(delivery.text)
        self.delivery = delivery


class Transport:
    """One sender's connection; not shared between threads."""

    def __init__(self, account: SmtpAccount) -> None:
        """Remember the account; connect when the first mail is due."""
        self._account = account
        self._client: Door | None = None
        self._smtp: smtplib.SMTP | None = None
        self._used = 0

    def prepare(self, sender: str, recipient: str) -> None:
        """Connect if need be and speak MAIL and RCPT; raises NotPreparedError with the server's answer."""
        smtp = self._connected()
        try:
            ours = self._refusal(smtp.mail(sender), (OK,))
            refused = _blamed_on_us(ours) if ours else self._refusal(smtp.rcpt(recipient), (OK, FORWARDED))
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise NotPreparedError(_lost(error)) from None
        if refused:
            self._after_refusal(refused)
            raise NotPreparedError(refused)

    def try_login(self) -> None:
        """Connect, log in and leave, sending nothing; raises NotPreparedError with the server's answer."""
        self._connected()
        self.close()

    def deliver(self, message: bytes) -> Delivery:
        """Send DATA and the message after ``prepare``; a line lost after the final dot leaves the outcome unknown."""
        smtp = self._smtp
        if smtp is None:
            return Delivery(Result.DEFERRED, None, "连接已断开", ReplyClass.HOST)
        handed_over = False
        try:
            if refused := self._refusal(smtp.docmd("DATA"), (GO_ON,)):
                self._after_refusal(refused)
                return refused
            body = smtplib._quote_periods(message)  # type: ignore[attr-defined] # noqa: SLF001 - the standard dot-stuffing
            handed_over = True  # set before the write: whatever happens from here on may have been accepted
            smtp.send(body.removesuffix(b"\r\n") + b"\r\n.\r\n")
            smtp.timeout = self._account.final_seconds
            answer = smtp.getreply()
            smtp.timeout = self._account.timeout_seconds
            return self._settled(*answer)
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            lost = _lost(error)
            return Delivery(Result.UNKNOWN, None, lost.text) if handed_over else lost

    def close(self) -> None:
        """Say good-bye, shortly, and let go of the connection."""
        if self._smtp is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._smtp.timeout = min(QUIT_SECONDS, self._account.timeout_seconds)
                self._smtp.quit()
        self._drop()

    def _settled(self, code: int, reply: bytes) -> Delivery:
        """Return what the answer to the whole message means: any 2xx is acceptance, gibberish is no answer."""
        self._used += 1
        text = decoded(reply)[:500]
        if OK <= code < 300:  # noqa: PLR2004 - SMTP reply classes
            return Delivery(Result.ACCEPTED, code, text)
        if not is_refusal(code):
            self._drop()
            return Delivery(Result.UNKNOWN, None, f"答复无法理解：{text}"[:500])
        delivery = classify(code, text)
        if code == 421:  # noqa: PLR2004 - the server closes after 421
            self._drop()
        return delivery

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None
        self._used = 0

    def _connected(self) -> smtplib.SMTP:
        if self._smtp is not None and self._used >= self._account.limits.per_connection:
            self.close()
        if self._smtp is None:
            try:
                self._smtp = self._open()
            except smtplib.SMTPAuthenticationError as error:
                raise NotPreparedError(_login_refused(error.smtp_code, decoded(_raw(error.smtp_error)))) from None
            except (OSError, smtplib.SMTPException) as error:
                raise NotPreparedError(_lost(error)) from None
        return self._smtp

    def _open(self) -> smtplib.SMTP:
        account = self._account
        context = None if account.security == "plain" else ssl.create_default_context()  # it reads every certificate there is
        options: dict[str, Any] = {"timeout": account.timeout_seconds}
        if account.security == "ssl":
            options["context"] = context
        client = Door(
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

    def _refusal(self, answer: tuple[int, bytes], wanted: tuple[int, ...]) -> Delivery | None:
        """Return what a refusal means, or nothing; after gibberish the dialogue is out of step and ends."""
        code, reply = answer
        if code in wanted:
            return None
        if not is_refusal(code):
            self._drop()
            return Delivery(Result.DEFERRED, None, f"答复无法理解：{decoded(reply)}"[:500], ReplyClass.HOST)
        return classify(code, decoded(reply)[:500])

    def _after_refusal(self, delivery: Delivery) -> None:
        if delivery.code == 421 or self._smtp is None:  # noqa: PLR2004 - the server closes after 421
            self._drop()
            return
        try:
            code, _ = self._smtp.rset()
        except (OSError, smtplib.SMTPException):
            code = 0
        if code != OK:
            self._drop()


def classify(code: int, text: str) -> Delivery:
    """Say what a definite refusal means: try later, never, or stop altogether."""
    found = meaning(code, text)
    return Delivery(_result(found), code, text, found)


def _result(found: ReplyClass) -> Result:
    remedy = REMEDIES[found]
    if remedy.stop:
        return Result.STOP
    return Result.DEFERRED if remedy.again else Result.REFUSED


def _blamed_on_us(refused: Delivery) -> Delivery:
    """Nothing said before RCPT is about the recipient: what is refused for good at MAIL is the sender."""
    if refused.result != Result.REFUSED:
        return refused
    return Delivery(Result.STOP, refused.code, refused.text, ReplyClass.OURS)


def _login_refused(code: int, text: str) -> Delivery:
    """A login that is refused for the moment is tried later, for good it stops everything."""
    if not is_refusal(code):
        return Delivery(Result.DEFERRED, None, f"答复无法理解：{text}"[:500], ReplyClass.HOST)
    found = meaning(code, text)
    if code < 500 and found not in (ReplyClass.AUTH, ReplyClass.THROTTLE, ReplyClass.QUOTA):  # noqa: PLR2004 - SMTP reply classes
        found = ReplyClass.HOST
    elif not REMEDIES[found].again:
        found = ReplyClass.AUTH
    return Delivery(_result(found), code, text[:500], found)


def _lost(error: Exception) -> Delivery:
    """A fault of line, name, certificate or greeting: the host cannot be used now. A greeting may carry a provider's reason."""
    if not isinstance(error, smtplib.SMTPResponseException):
        return Delivery(Result.DEFERRED, None, f"{error or type(error).__name__}"[:500], ReplyClass.HOST)
    code, text = error.smtp_code, decoded(_raw(error.smtp_error))[:500]
    found = meaning(code, text) if is_refusal(code) else ReplyClass.HOST
    if found not in (ReplyClass.THROTTLE, ReplyClass.QUOTA):
        found = ReplyClass.HOST
    return Delivery(Result.DEFERRED, code if is_refusal(code) else None, text, found)


def _raw(reply: bytes | str) -> bytes:
    return reply if isinstance(reply, bytes) else reply.encode()
