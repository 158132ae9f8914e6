"""`creation backup`: make, check, restore. Restoring into another database is how one moves between SQLite and PostgreSQL."""

from pathlib import Path
from typing import Annotated

import typer

from config.clock import BUSINESS_ZONE, now
from config.settings import settings
from flows.commands.base import AsJson, console, database, dump, group
from flows.operate import backup
from flows.operate.instance import AlreadyRunningError, is_up
from models.database import engine_for

keeping = group("backup", "备份、核对备份、恢复；恢复到另一种数据库即为迁移")
Source = Annotated[Path, typer.Argument(help="备份文件")]
Target = Annotated[Path | None, typer.Argument(help="备份文件；不写则放入数据目录的 backups")]


@keeping.command("make")
def make(target: Target = None, as_json: AsJson = False) -> None:
    """制作备份：数据库、已收材料和自有措辞的同一时刻；运行中也可以做。动态口令的密钥不在其中，请另行保管。"""
    given = settings()
    path = target or given.data / "backups" / f"creation-{now().astimezone(BUSINESS_ZONE):%Y%m%d-%H%M%S}.zip"
    with console.status("正在备份") as status:
        made = backup.make(database(), given.data, path, lambda what: status.update(f"正在备份 {what}"))
    _tell(f"已备份到 {path}", made, as_json=as_json)


@keeping.command("check")
def check(source: Source, as_json: AsJson = False) -> None:
    """核对备份：在临时数据库中完整恢复一遍并核对历史记录，然后丢弃。"""
    with console.status("正在核对"):
        found = backup.check(source)
    _tell(f"备份 {source} 完好", found, as_json=as_json)


@keeping.command("restore")
def restore(source: Source, as_json: AsJson = False) -> None:
    """恢复备份：只恢复到空的数据库和数据目录；恢复后暂停发信，核对后用 creation mail release 恢复。"""
    given = settings()
    if is_up(given.data):
        raise AlreadyRunningError("creation up 正在使用这个数据目录；请先停止它")
    with console.status("正在恢复"):
        found = backup.restore(engine_for(given.database_url), given.data, source, "备份恢复")
    _tell("已恢复；发信已暂停，核对后用 creation mail release 恢复", found, as_json=as_json)


def _tell(what: str, found: backup.Backup, *, as_json: bool) -> None:
    if as_json:
        dump(found._asdict())
    else:
        console.print(f"{what}：{found.made_at}，历史记录 {found.events} 条，共 {found.rows} 行，文件 {found.files} 个", highlight=False)
