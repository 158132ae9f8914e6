"""Commands about people: register, give a code, take it back, retire, list."""

import os
from dataclasses import asdict
from io import StringIO
from pathlib import Path
from typing import Annotated

import segno
import typer
from rich.text import Text
from sqlalchemy.engine import Engine
from sqlmodel import Session

from config.clock import BUSINESS_ZONE
from config.vocabulary import PersonRole
from flows.commands.base import Actor, AsJson, app, console, database, dump, group, today_in
from flows.commands.signing import signer
from flows.commands.text import table_of
from flows.steps import people
from flows.steps.errors import refuse
from flows.steps.identity import issue
from models.history import Act
from models.store import reading, transaction

__all__ = ["app"]
QR_STYLE = "bright_white on black"
"""The blocks of the code are its light modules; on a light screen they would be dark, and many apps read no negative."""

admin = group("admin", "人员和动态口令")
Code = Annotated[str, typer.Argument(help="人员代码，如 A01")]
ShowSecret = Annotated[bool, typer.Option("--show-secret", help="另以文字显示密钥地址，供不能扫码时使用")]
Svg = Annotated[Path | None, typer.Option("--svg", help="二维码存入 SVG 文件，不在屏幕显示；用后请删除")]


@admin.command("add")
def admin_add(  # noqa: PLR0913 - the options
    code: Code,
    name: Annotated[str, typer.Argument(help="姓名")],
    role: Annotated[PersonRole, typer.Option(help="admin：组织部工作人员；panel：联评组成员")] = PersonRole.ADMIN,
    unit: Annotated[str | None, typer.Option(help="联评组成员所在二级党组织代码，用于回避")] = None,
    email: Annotated[str, typer.Option(help="本人邮箱；联评组成员据此收到评审提醒，工作人员据此收到工作清单")] = "",
    show_secret: ShowSecret = False,
    svg: Svg = None,
    by: Actor = "管理员",
) -> None:
    """登记人员；组织部工作人员同时得到动态口令的二维码。"""
    engine = database()
    act = _act(engine, by, f"add {code}")
    with transaction(engine) as session:
        person = people.register_person(session, act, code, name, role, unit, email)
        uri = _issued(session, act, code, svg) if role == PersonRole.ADMIN else ""
    console.print(f"已登记 {person.code} {person.name}（{person.role.label}）", highlight=False)
    if uri:
        _show(uri, person.code, svg, show_secret=show_secret)


@admin.command("code")
def admin_code(code: Code, show_secret: ShowSecret = False, svg: Svg = None, by: Actor = "管理员") -> None:
    """重新发放动态口令（换手机、手机遗失）；原来的立即失效。"""
    engine = database()
    act = _act(engine, by, f"code {code}")
    with transaction(engine) as session:
        uri = _issued(session, act, code, svg)
    _show(uri, code, svg, show_secret=show_secret)


@admin.command("email")
def admin_email(code: Code, email: Annotated[str, typer.Argument(help="本人邮箱；不写即不再提醒")] = "", by: Actor = "管理员") -> None:
    """登记或更换人员的邮箱：联评组成员据此收到评审提醒，工作人员据此收到工作清单。"""
    engine = database()
    act = _act(engine, by, f"email {code}")
    with transaction(engine) as session:
        person = people.change_person_email(session, act, code, email)
    told = f"的邮箱已登记为 {person.email}" if person.email else "不再收到提醒"
    console.print(f"{person.code} {person.name}{told}", highlight=False)


@admin.command("revoke")
def admin_revoke(code: Code, by: Actor = "管理员") -> None:
    """停用动态口令（手机遗失，暂不重发）。"""
    engine = database()
    act = _act(engine, by, f"revoke {code}")
    with transaction(engine) as session:
        person = people.revoke(session, act, code)
    console.print(f"{person.code} {person.name}的动态口令已停用", highlight=False)


@admin.command("retire")
def admin_retire(code: Code, reason: Annotated[str, typer.Option(help="原因，如 调离")] = "", by: Actor = "管理员") -> None:
    """停用人员及其动态口令（调离、退休）；以前的记录不变。"""
    engine = database()
    act = _act(engine, by, f"retire {code}")
    with transaction(engine) as session:
        person = people.retire_person(session, act, code, reason)
    console.print(f"{person.code} {person.name}已停用", highlight=False)


@admin.command("list")
def admin_list(as_json: AsJson = False) -> None:
    """人员名单和动态口令发放情况（不含密钥）。"""
    with reading(database()) as session:
        rows = people.roster(session)
    if as_json:
        dump([asdict(row) for row in rows])
        return
    shown = [(r.code, r.name, r.role.label, r.unit or "", r.state.label, _told(r), str(r.wrong_codes or ""), r.email) for r in rows]
    console.print(table_of(f"人员 {len(rows)} 名", ("代码", "姓名", "角色", "单位", "状态", "动态口令", "输错次数", "邮箱"), shown))


def _told(row: people.RosterLine) -> str:
    if row.code_revoked_at is not None:
        return "已停用"
    return f"{row.code_issued_at.astimezone(BUSINESS_ZONE):%Y-%m-%d} 发放" if row.code_issued_at else "未发放"


def _act(engine: Engine, by: str, words: str) -> Act:
    return Act(signer(engine, by), f"command:admin {words}", today_in(engine))


def _issued(session: Session, act: Act, code: str, svg: Path | None) -> str:
    """Issue a code; a file that cannot be written rolls it back, so that no one is left with a secret nobody saw."""
    uri = issue(session, act, code)
    if svg is not None:
        _save(uri, svg)
    return uri


def _save(uri: str, path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise refuse(f"不能写入 {path}（{error.strerror}）", "请换一个不存在的文件名") from None
    with os.fdopen(descriptor, "wb") as file:
        segno.make(uri, error="l", micro=False).save(file, kind="svg", scale=6)


def _show(uri: str, code: str, svg: Path | None, *, show_secret: bool) -> None:
    if svg is None:
        picture = StringIO()
        segno.make(uri, error="l", micro=False).terminal(picture, compact=True)
        console.print(Text(picture.getvalue().rstrip("\n"), style=QR_STYLE, no_wrap=True), soft_wrap=True)
    where = f"文件 {svg} 中的" if svg else "上面的"
    console.print(f"请 {code} 本人用手机验证器扫描{where}二维码；不再显示第二次，请勿截图转发", highlight=False, soft_wrap=True)
    if show_secret:
        typer.echo(uri)
