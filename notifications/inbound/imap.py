"""The mailbox on an IMAP server: every message is fetched once and left unread; what concerned us is marked as seen afterwards."""

import ssl
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from imapclient import SEEN, IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError

from config import clock
from notifications.inbound.account import ImapAccount
from notifications.inbound.taking import Message

SECONDS = 30.0
"""How long the server may stay silent."""
LOOK_BACK = timedelta(days=30)
"""How old a message may be that is still looked at: a mailbox may be years old when the reading begins."""
ROUND_MAX = 200
"""Messages fetched in one round."""
MESSAGE_MAX = 40 * 1024 * 1024
"""Bytes of a message; of a larger one only the head is fetched."""
OURS = {"name": "creation", "version": "1"}


class MailboxError(RuntimeError):
    """The mailbox cannot be read; the Chinese message says why. ``login``: it refused us, so that knocking again soon would lock it."""

    def __init__(self, text: str, *, login: bool = False) -> None:
        """Keep why."""
        super().__init__(text)
        self.login = login


class ImapMailbox:
    """A selected folder of a connected account."""

    def __init__(self, client: Any, account: ImapAccount, validity: int) -> None:
        """Wrap a connection."""
        self._client = client
        self.prefix = f"imap:{account.name}:{validity}:"

    def unread(self, known: Collection[str]) -> Iterator[Message]:
        """Yield the messages of the last weeks whose place is not known yet, oldest first."""
        since = (clock.now() - LOOK_BACK).date()
        uids = [uid for uid in sorted(self._client.search(["SINCE", since])) if f"{self.prefix}{uid}" not in known]
        for uid in uids[:ROUND_MAX]:
            if (message := self._fetch(uid)) is not None:
                yield message

    def _fetch(self, uid: int) -> Message | None:
        told = self._client.fetch([uid], ["RFC822.SIZE", "INTERNALDATE"]).get(uid)
        if told is None:  # deleted meanwhile
            return None
        large = told[b"RFC822.SIZE"] > MESSAGE_MAX
        what = b"BODY[HEADER]" if large else b"BODY[]"
        found = self._client.fetch([uid], [what.replace(b"BODY", b"BODY.PEEK")]).get(uid)
        if found is None or not isinstance(found.get(what), bytes):
            return None
        flaw = f"超过 {MESSAGE_MAX // 1024 // 1024} MB" if large else ""
        return Message(found[what], told[b"INTERNALDATE"], f"{self.prefix}{uid}", flaw, told[b"RFC822.SIZE"])

    def mark(self, place: str) -> None:
        """Mark a message as seen; one that is gone is none to mark."""
        self._client.add_flags([int(place.removeprefix(self.prefix))], [SEEN], silent=True)


@contextmanager
def opened(account: ImapAccount, *, looking: bool = False) -> Iterator[ImapMailbox]:
    """Give the folder of an account over verified TLS; raises MailboxError. ``looking``: nothing can be changed."""
    try:
        client = _connected(account)
        try:
            _sign_in(client, account)
            validity = client.select_folder(account.folder, readonly=looking)[b"UIDVALIDITY"]
            yield ImapMailbox(client, account, int(validity))
        finally:
            _leave(client)
    except (IMAPClientError, OSError, KeyError) as error:
        raise MailboxError(f"{account.name}：{_reason(error)}") from error


def _connected(account: ImapAccount) -> Any:
    context = ssl.create_default_context() if account.encrypted else None
    client = IMAPClient(account.host, account.port, ssl=account.encrypted, ssl_context=context, timeout=SECONDS)
    client.normalise_times = False  # aware instants
    return client


def _sign_in(client: Any, account: ImapAccount) -> None:
    try:
        client.login(account.user, account.password)
    except LoginError as error:
        raise MailboxError(f"{account.name} 拒绝登录：{_reason(error)}；请核对账号和客户端授权码（不是登录密码）", login=True) from error
    if client.has_capability("ID"):  # NetEase lets nobody select a folder who has not said what program he is (RFC 2971)
        client.id_(OURS)


def _leave(client: Any) -> None:
    try:
        client.logout()
    except (IMAPClientError, OSError):
        return  # it has gone first


def _reason(error: BaseException) -> str:
    text = str(error).removeprefix("b'").removesuffix("'") or type(error).__name__  # the library shows bytes as such
    return " ".join(text.split())[:200]
