"""The one login of the Prefect UI: made at the first start, kept in a file that only its owner can read."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

USER = "admin"
FILE = "login.json"
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without letters and digits that look alike: the password is typed from a screen."""
GROUPS, GROUP_LENGTH = 4, 5


@dataclass(frozen=True, slots=True)
class Login:
    """User and password; never printed by accident."""

    path: Path
    text: str
    """``user:password``, as Prefect's settings and its login page want it."""
    fresh: bool = False
    """Made just now: to be shown once."""

    def __repr__(self) -> str:
        return f"Login({self.path})"


def read_login(data: Path) -> Login | None:
    """Return the login of a data folder; None before the first start, or when the file cannot be understood."""
    path = data / FILE
    try:
        return Login(path, str(json.loads(path.read_text(encoding="utf-8"))["login"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def login_for(data: Path, *, anew: bool = False) -> Login:
    """Return the login of a data folder, made (or with ``anew`` replaced) if need be."""
    known = read_login(data)
    if known is not None and not anew:
        return known
    password = "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))
    path = data / FILE
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # never readable by others, not for a moment
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({"login": f"{USER}:{password}"}, file)
    part.replace(path)
    return Login(path, f"{USER}:{password}", fresh=True)
