"""Sealing secrets with a key that is not in the database: CREATION_SECRET_KEY, or a file in the data folder (decision 0008)."""

from pathlib import Path
from typing import TYPE_CHECKING

from config.settings import settings
from models.keyfile import make_once

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

KEY_FILE = "secret.key"
_HOW = "用命令 python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())' 可以生成"


class SealingError(RuntimeError):
    """The key is absent, unusable, or not the one that sealed; the message names the file and the remedy."""


def key_file() -> Path:
    """Return where the key is kept when the environment gives none."""
    return settings().data.absolute() / KEY_FILE


def seal(text: str) -> str:
    """Return the text encrypted and authenticated; the key file is made at the first use."""
    return _fernet(_key() or _new_key()).encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Return the text behind ``sealed``; raises SealingError, and never makes a key: a new one could open nothing."""
    from cryptography.fernet import InvalidToken

    key = _key()
    if key is None:
        msg = f"找不到密钥文件 {key_file()}；{_remedy()}"
        raise SealingError(msg)
    try:
        return _fernet(key).decrypt(sealed.encode()).decode()
    except InvalidToken:
        msg = f"密钥（{_source()}）与发放动态口令时所用的不同；{_remedy()}"
        raise SealingError(msg) from None


def _remedy() -> str:
    return "请从备份恢复原文件（或设置 CREATION_SECRET_KEY）；确已丢失的，用 creation admin code 人员代码 为每人重新发放动态口令"


def _source() -> str:
    return "CREATION_SECRET_KEY" if settings().secret_key.get_secret_value() else str(key_file())


def _key() -> str | None:
    given = settings().secret_key.get_secret_value()
    if given:
        return given
    return key_file().read_text(encoding="ascii", errors="replace").strip() if key_file().is_file() else None


def _fernet(key: str) -> "Fernet":
    from cryptography.fernet import Fernet  # 60 ms, for those who need it

    try:
        return Fernet(key)
    except ValueError:
        msg = f"密钥（{_source()}）不是有效的 Fernet 密钥；{_HOW}；如为文件损坏，{_remedy()}"
        raise SealingError(msg) from None


def _new_key() -> str:
    """Make the key file, or find that another process was first."""
    from cryptography.fernet import Fernet

    return make_once(key_file(), Fernet.generate_key() + b"\n").decode("ascii").strip()
