"""Profiles of mail providers (``mail_accounts.yaml``) and what an installation makes of them: nothing about a provider is in code."""

from datetime import time
from functools import lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from config.loading import FOLDER, read_yaml
from config.settings import Settings


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Limits(_Part):
    """How much an account may send; None: no limit."""

    per_connection: int = Field(default=50, ge=1)
    per_hour: int | None = Field(default=None, ge=1)
    per_day: int | None = Field(default=None, ge=1)
    pause_seconds: float = Field(default=0.0, ge=0)


class Profile(Limits):
    """One provider."""

    title: str
    host: str = ""
    port: int | None = None
    security: Literal["ssl", "starttls", "plain"] | None = None
    secret: str = ""
    """What its users call the password of a mail program."""


class Retries(_Part):
    """When a mail that was put off may leave again, and when it is given up."""

    from_: time = Field(alias="from")
    until: time
    days: int = Field(ge=1)
    days_past_deadline: int = Field(ge=0)


class FuseRule(_Part):
    """When the time looks so wrong that a person must look before anything leaves."""

    leap_hours: int = Field(ge=1)
    silence_hours: int = Field(ge=1)
    plan_factor: int
    few: int
    downtime_days: int


class MailAccounts(_Part):
    """The whole file."""

    accounts: dict[str, Profile]
    retries: Retries
    fuse: FuseRule


@lru_cache(maxsize=1)
def mail_accounts() -> MailAccounts:
    """Return the profiles, read once."""
    return MailAccounts.model_validate(read_yaml(FOLDER / "mail_accounts.yaml"))


def profile_of(given: Settings) -> Profile:
    """Return the chosen profile with every explicit setting over it; raises ValueError naming the known ones."""
    known = mail_accounts().accounts
    if given.smtp_profile not in known:
        choices = "、".join(f"{key}（{profile.title}）" for key, profile in known.items())
        raise ValueError(f"没有邮箱类型“{given.smtp_profile}”（CREATION_SMTP_PROFILE）；可选：{choices}")
    explicit = {
        "host": given.smtp_host or None, "port": given.smtp_port, "security": given.smtp_security,
        "per_connection": given.mail_per_connection, "per_hour": given.mail_per_hour, "per_day": given.mail_per_day,
        "pause_seconds": given.mail_pause_seconds,
    }  # fmt: skip
    return known[given.smtp_profile].model_copy(update={name: value for name, value in explicit.items() if value is not None})
