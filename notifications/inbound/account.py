"""The mailbox that replies come to: from ``CREATION_IMAP_URL``."""

from dataclasses import dataclass, field
from urllib.parse import unquote

from notifications.account import LOOPBACK, split_url

PORTS = {"imaps": 993, "imap": 143}
INBOX = "INBOX"
EXPECTED = "CREATION_IMAP_URL 应形如 imaps://账号:授权码@imap.university.example:993；账号和授权码中的 @ 写作 %40，/ 写作 %2F"


@dataclass(frozen=True, slots=True)
class ImapAccount:
    """Where and as whom to read; unencrypted only on this machine."""

    host: str
    port: int
    encrypted: bool
    user: str
    password: str = field(repr=False)
    folder: str = INBOX

    @classmethod
    def from_url(cls, url: str) -> "ImapAccount":
        """Read ``imaps://account:code@imap.university.example:993/folder``; raises ValueError with what is expected."""
        parts, port = split_url(url, EXPECTED)
        if parts.scheme not in PORTS or not parts.hostname or not parts.username or not parts.password:
            raise ValueError(EXPECTED)
        if parts.scheme == "imap" and parts.hostname not in LOOPBACK:
            raise ValueError(f"不加密的 imap:// 只限本机，{parts.hostname} 请用 imaps://：口令不能明文经过网络")
        folder = unquote(parts.path.strip("/")) or INBOX
        user, password = unquote(parts.username), unquote(parts.password)
        return cls(parts.hostname, port or PORTS[parts.scheme], parts.scheme == "imaps", user, password, folder)

    @property
    def name(self) -> str:
        """How the mailbox is known in records and in what people read; without the password."""
        return f"{self.user}@{self.host}:{self.port}/{self.folder}"
