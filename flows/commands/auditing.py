"""`creation audit`: the signing key, the signed list of a day, and the export for whoever checks the history."""

from pathlib import Path
from typing import Annotated

import typer

from config.settings import settings
from flows.commands.base import AsJson, console, database, dump, group, today_in
from flows.steps.errors import refuse
from flows.steps.witnessing import flaws_of, sign_day
from models.heads import export_history, list_path
from models.signing import has_key, make_key, signing_key_file

auditing = group("audit", "审计：签名密钥、每日签名清单、供核验的记录文件")


@auditing.command("key")
def key(as_json: AsJson = False) -> None:
    """生成签名密钥（已有的不变），显示公钥；公钥请当面交给审计人员。"""
    there = has_key()
    public = make_key()
    if as_json:
        dump({"public_key": public, "file": str(signing_key_file())})
        return
    console.print(f"{'签名密钥早已生成' if there else '已生成签名密钥'}：{signing_key_file()}（请另行备份）", highlight=False)
    console.print(f"公钥 {public}", highlight=False, soft_wrap=True)


@auditing.command("sign")
def sign(restart: Annotated[str, typer.Option("--restart", help="从备份恢复后重新开始签署的理由，写入清单")] = "") -> None:
    """签署今天的清单（每日核对时自动办理）；历史记录有异常的不签。"""
    engine = database()
    today = today_in(engine)
    if flaws := flaws_of(engine, in_itself=bool(restart.strip())):
        raise refuse(f"历史记录有异常：{flaws[0]}", "全部异常见 creation verify；确因恢复备份而缺少记录的，用 --restart 写明理由")
    if restart.strip() and list_path(settings().data, today).exists():
        raise refuse(f"{today} 的清单已经签署，其中没有重新开始的理由", "请明天再用 --restart 签署")
    sign_day(engine, today, restart.strip())
    console.print(f"已签署 {list_path(settings().data, today)}", highlight=False, soft_wrap=True)


@auditing.command("export")
def export(target: Path) -> None:
    """导出全部历史记录，供 models/verifier.py 核验；只有人员代码，没有邮箱和电话。"""
    if target.exists():
        raise refuse(f"文件 {target} 已存在", "请换一个名称")
    with target.open("x", encoding="utf-8") as sink:
        written = export_history(database(), sink)
    console.print(f"已导出 {written} 条记录到 {target}", highlight=False, soft_wrap=True)
