"""The account that mail is submitted with: host, port, security and limits, from the settings and the provider's profile."""

from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from config.mail_accounts import Limits, profile_of
from config.settings import Settings

LOOPBACK = ("127.0.0.1", "localhost", "::1")
PORTS = {"ssl": 465, "starttls": 587, "plain": 25}
EXPECTED = "CREATION_SMTP_URL 应形如 smtps://账号:授权码@smtp.university.example:465；账号和授权码中的 @ 写作 %40，/ 写作 %2F"


def split_url(url: str, expected: str) -> tuple[SplitResult, int | None]:
    """Return the parts of an address and its port; raises ValueError with what is expected."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # the library's own words would show parts of the password
        raise ValueError(expected) from None
    return parts, port


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
    limits: Limits = field(default_factory=Limits)
    final_seconds: float = 600.0
    """How long the answer to a whole message may take: who gives up sooner makes second copies (RFC 5321, 4.5.3.2.6)."""

    @classmethod
    def from_url(cls, url: str, timeout_seconds: float = 30.0, limits: Limits | None = None) -> "SmtpAccount":
        """Read ``smtps://user:password@host:465`` or ``smtp://host:25``; unencrypted only on this machine."""
        parts, port = split_url(url, EXPECTED)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError(EXPECTED)
        here = "plain" if parts.hostname in LOOPBACK else "starttls"
        security = "ssl" if parts.scheme == "smtps" else here
        login = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.hostname, port or PORTS[security], security, *login, timeout_seconds, limits or Limits())

    @classmethod
    def from_settings(cls, given: Settings, timeout_seconds: float = 30.0) -> "SmtpAccount":
        """Return the account of an installation: CREATION_SMTP_URL, else the profile with its explicit settings; raises ValueError."""
        profile = profile_of(given)
        limits = Limits.model_validate(profile.model_dump(include=set(Limits.model_fields)))
        if url := given.smtp_url.get_secret_value():
            return cls.from_url(url, timeout_seconds, limits)
        if not profile.host:
            raise ValueError("没有邮件服务器：请设置 CREATION_SMTP_HOST，或用 CREATION_SMTP_PROFILE 选择邮箱类型")
        security = profile.security or ("plain" if profile.host in LOOPBACK else "starttls")
        if security == "plain" and profile.host not in LOOPBACK:
            raise ValueError(f"不加密（plain）只限本机，{profile.host} 请用 ssl 或 starttls：口令不能明文经过网络")
        password = given.smtp_password.get_secret_value()
        user = (given.smtp_user or given.smtp_sender) if password else ""
        return cls(profile.host, profile.port or PORTS[security], security, user, password, timeout_seconds, limits)
