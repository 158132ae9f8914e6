"""Commands for whoever keeps the installation running."""

import os

import typer

from config.settings import settings
from flows.commands.base import AsJson, app, console, dump
from flows.commands.text import table_of

COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """检查安装：版本、数据库、历史记录、邮件、管理界面、节假日、发信量；有异常时以 1 退出。"""
    given = settings()
    os.environ["PREFECT_HOME"] = str((given.data / "prefect").absolute())  # nobody's own Prefect settings get in the way
    from flows.operate.doctor.examine import examine
    from flows.operate.doctor.finding import failed

    findings = list(examine(given))
    if as_json:
        dump([finding._asdict() for finding in findings])
    else:
        rows = [(f.name, f"[{COLOURS[f.level]}]{f.level.label}[/]", f.found, f.todo) for f in findings]
        console.print(table_of("安装检查", ("项目", "结果", "情况", "怎么办"), rows), highlight=False)
    raise typer.Exit(1 if failed(findings) else 0)
