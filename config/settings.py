"""Settings from the environment only (prefix ``CREATION_``); the defaults run everything embedded on one machine."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from config.texts import NOT_IN_A_LINE, is_address, quoted

_DOMAIN = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_PREFIX = "CREATION_"


class SettingsError(ValueError):
    """A setting cannot be used; the Chinese message names it and says what to write."""


class Settings(BaseSettings):
    """What differs between installations. The office's name and signature stand here, never in code."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, extra="ignore")
    data: Path = Field(default=Path("data"), description="数据目录")
    database_url: str = Field(default="", description="数据库地址；空则用数据目录中的 SQLite")
    smtp_url: SecretStr = Field(default=SecretStr(""), description="邮件服务器；空则用本机收件箱（演示）")
    smtp_profile: str = Field(default="plain", description="邮箱类型（config/mail_accounts.yaml）：主机、端口、限额的默认值")
    smtp_host: str = Field(default="", description="邮件服务器主机；空则按邮箱类型")
    smtp_port: int | None = Field(default=None, ge=1, le=65535)
    smtp_security: Literal["ssl", "starttls", "plain"] | None = Field(default=None, description="plain 只限本机")
    smtp_user: str = Field(default="", description="登录账号；空则用发件人")
    smtp_password: SecretStr = Field(default=SecretStr(""), description="客户端授权码；给出后按邮箱类型发信，不必写 CREATION_SMTP_URL")
    smtp_sender: str = "zuzhibu@university.example"
    office_name: str = "示例大学党委组织部"
    office_phone: str = "0000-0000000"
    office_email: str = "zuzhibu@university.example"
    office_room: str = "行政楼 000 室"
    mail_domain: str = "university.example"
    mail_pause_seconds: float | None = Field(default=None, ge=0, description="两封之间停几秒；空则按邮箱类型，下同")
    mail_per_connection: int | None = Field(default=None, ge=1, description="每次连接最多发信数")
    mail_per_hour: int | None = Field(default=None, ge=1, description="每小时最多发信数")
    mail_per_day: int | None = Field(default=None, ge=1, description="每天最多发信数")
    mail_per_so: bool = Field(default=False, description="各党支部的通知、提醒、催办合并为一封，发给所属二级党组织联系人")
    mail_test_to: str = Field(default="", description="试发：全部邮件只发到这个邮箱，原收件人写在主题中；写错则一封不发")
    mail_lease_seconds: float = Field(default=900, gt=0, description="发信进程中断多久后由别的进程接手；须长于邮件服务器最慢的答复")
    imap_url: SecretStr = Field(default=SecretStr(""), description="收回信和退信的邮箱，imaps://账号:授权码@主机:993；空则不读")
    reply_folder: Path | None = Field(default=None, description="放 .eml 来信的文件夹；空则不读")
    reply_to: str = Field(default="", description="各单位回信寄往哪个邮箱；空则寄回发件人")
    prefect_port: int = 4200
    catcher_smtp_port: int = 2525
    catcher_web_port: int = 8025
    page_login: SecretStr = Field(default=SecretStr(""), description="本机页面的登录；creation up 用管理界面的那一个，不必设置")
    template_folder: Path = Field(default=Path(), description="本单位自己的信件措辞；空则用数据目录中的 templates")
    secret_key: SecretStr = Field(default=SecretStr(""), description="封存动态口令的密钥；空则用数据目录中的 secret.key")
    signing_key: Path = Field(default=Path(), description="签署每日清单的密钥文件；空则用数据目录中的 signing.key")
    auditor_email: str = Field(default="", description="每日清单寄给哪个邮箱（审计、纪检）；空则只存入数据目录的 heads")

    @field_validator("smtp_sender", "office_email", "reply_to", "auditor_email")
    @classmethod
    def _is_mailbox(cls, given: str, about: ValidationInfo) -> str:
        """Refuse what no mail could bear: a wrong sender would keep all mail back, letter by letter."""
        may_be_empty = about.field_name in ("reply_to", "auditor_email")
        if not (is_address(given) or (may_be_empty and not given)):
            raise ValueError(f"“{quoted(given)}”不是邮箱地址；请填写形如 name@university.example 的地址")
        return given

    @field_validator("office_name")
    @classmethod
    def _fits_a_header(cls, given: str) -> str:
        if NOT_IN_A_LINE.search(given):
            raise ValueError(f"“{quoted(given)}”含有不允许的字符；请删除换行、控制字符和“=?”")
        return given

    @field_validator("mail_domain")
    @classmethod
    def _is_domain(cls, given: str) -> str:
        if not _DOMAIN.fullmatch(given):
            raise ValueError(f"“{quoted(given)}”不是域名；请填写形如 university.example 的域名")
        return given

    @model_validator(mode="after")
    def _embedded_database(self) -> "Settings":
        if not self.database_url:
            self.database_url = f"sqlite:///{(self.data / 'creation.db').absolute()}"
        if self.template_folder == Path():
            self.template_folder = self.data / "templates"
        if self.signing_key == Path():
            self.signing_key = self.data / "signing.key"
        return self

    @property
    def has_mail_account(self) -> bool:
        """Whether mail goes to a real server; otherwise the local mailbox takes it."""
        return bool(self.smtp_url.get_secret_value() or self.smtp_password.get_secret_value() or self.smtp_host)


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return the settings of this process, read once; raises SettingsError with a sentence for each that cannot be used."""
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError("；".join(_said(fault["loc"], fault["msg"]) for fault in error.errors())) from None


def _said(place: tuple[int | str, ...], said: str) -> str:
    return f"设置 {_PREFIX}{'_'.join(map(str, place)).upper()} 有误：{said.removeprefix('Value error, ')}"


@contextmanager
def files_in(folder: Path) -> Iterator[None]:
    """Let this process keep and find files in another data folder inside the block; everything else stays as it is set."""
    now = settings()
    lent = {"CREATION_DATA": folder, "CREATION_DATABASE_URL": now.database_url, "CREATION_TEMPLATE_FOLDER": now.template_folder}
    own = {name: os.environ.get(name) for name in lent}
    os.environ.update({name: str(value) for name, value in lent.items()})
    settings.cache_clear()
    try:
        yield
    finally:
        for name, value in own.items():
            os.environ.pop(name)
            os.environ.update({name: value} if value is not None else {})
        settings.cache_clear()
