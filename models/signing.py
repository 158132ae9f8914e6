"""The key that signs the daily lists: in a file of its own beside the database, never in it (decision 0028)."""

from pathlib import Path
from typing import TYPE_CHECKING

from config.settings import settings
from models.keyfile import make_once

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_BYTES = 32
MAKE = "请用 creation audit key 生成签名密钥"


class SigningError(RuntimeError):
    """There is no key to sign with, or it cannot be used; the message says what to do."""


def signing_key_file() -> Path:
    """Return where the key is kept: ``CREATION_SIGNING_KEY``, or ``signing.key`` in the data folder."""
    return settings().signing_key.absolute()


def has_key() -> bool:
    """Return whether there is a key."""
    return signing_key_file().is_file()


def make_key() -> str:
    """Make the key unless there is one (0600, 64 hex digits); returns the public one, 64 hex digits."""
    from secrets import token_hex

    make_once(signing_key_file(), f"{token_hex(KEY_BYTES)}\n".encode())
    return public_key()


def public_key() -> str:
    """Return the public key, 64 hex digits; raises SigningError."""
    return _key().public_key().public_bytes_raw().hex()


def sign(text: str) -> str:
    """Return the Ed25519 signature over a text, 128 hex digits; raises SigningError."""
    return _key().sign(text.encode()).hex()


def _key() -> "Ed25519PrivateKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    path = signing_key_file()
    if not path.is_file():
        raise SigningError(f"没有签名密钥 {path}；{MAKE}")
    try:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text(encoding="ascii")))
    except (ValueError, OSError):
        raise SigningError(f"签名密钥 {path} 无法使用；请从备份恢复原文件，或移走它、{MAKE}并告知审计人员") from None
