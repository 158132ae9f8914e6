"""Settings from the environment only (prefix ``CREATION_``); the defaults run everything embedded on one machine."""

from functools import lru_cache
from pathlib import Path

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What differs between installations. The office's name and signature stand here, never in code."""

    model_config = SettingsConfigDict(env_prefix="CREATION_", extra="ignore")
    data: Path = Field(default=Path("data"), description="数据目录")
    database_url: str = Field(default="", description="数据库地址；空则用数据目录中的 SQLite")
    smtp_url: SecretStr = Field(default=SecretStr(""), description="邮件服务器；空则用本机收件箱（演示）")
    smtp_sender: str = "zuzhibu@university.example"
    office_name: str = "示例大学党委组织部"
    office_phone: str = "0000-0000000"
    office_email: str = "zuzhibu@university.example"
    office_room: str = "行政楼 000 室"
    mail_domain: str = "university.example"
    mail_pause_seconds: float = Field(default=0.0, ge=0)
    mail_per_day: int | None = Field(default=None, ge=1, description="邮箱每天最多发信数；空则不核对")
    prefect_port: int = 4200
    catcher_smtp_port: int = 2525
    catcher_web_port: int = 8025
    template_folder: Path | None = None
    secret_key: SecretStr = Field(default=SecretStr(""), description="封存动态口令的密钥；空则用数据目录中的 secret.key")

    @model_validator(mode="after")
    def _embedded_database(self) -> "Settings":
        if not self.database_url:
            self.database_url = f"sqlite:///{(self.data / 'creation.db').absolute()}"
        return self


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return the settings of this process, read once."""
    return Settings()
