"""Commands that bring in what is on record about units; the file may lie anywhere."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.commands.acting import imports
from flows.commands.base import Actor, app, console, database, today_in
from flows.commands.signing import signer
from flows.steps import unit_records
from models.history import Act
from models.imports import records
from models.store import transaction

DryRun = Annotated[bool, typer.Option("--dry-run", help="只检查文件")]
Partial = Annotated[bool, typer.Option("--partial", help="有错的行不导入并逐条列出，其余照常导入")]
__all__ = ["app"]


@imports.command("honours")
def honours(file: Path, dry_run: DryRun = False, partial: Partial = False, by: Actor = "管理员") -> None:
    """导入表彰和述职评议等次（表头：组织代码、类别、级别、名称、时间、授予书记）。"""
    _bring(file, records.read_honours, unit_records.bring_honours, dry_run=dry_run, partial=partial, by=by)


@imports.command("recognitions")
def recognitions(file: Path, dry_run: DryRun = False, partial: Partial = False, by: Actor = "管理员") -> None:
    """导入既往获批的示范创建称号（表头：组织代码、类别、级别、时间）。"""
    _bring(file, records.read_recognitions, unit_records.bring_recognitions, dry_run=dry_run, partial=partial, by=by)


@imports.command("contacts")
def contacts(file: Path, dry_run: DryRun = False, partial: Partial = False, by: Actor = "管理员") -> None:
    """导入联系人和书记（表头：组织代码、角色、姓名、邮箱、电话）。"""
    _bring(file, records.read_contacts, unit_records.bring_contacts, dry_run=dry_run, partial=partial, by=by)


def _bring(
    file: Path, read: Callable[..., Any], bring: Callable[..., unit_records.Brought], *, dry_run: bool, partial: bool, by: str
) -> None:
    table = read(file, partial=partial)
    if dry_run:
        console.print("\n".join((f"检查完成：可读 {len(table.rows)} 行", *table.left_out)), highlight=False, soft_wrap=True)
        return
    engine = database()
    act = Act(signer(engine, by), f"command:import {file.name}", today_in(engine))
    with transaction(engine) as session:
        brought = bring(session, act, table, partial=partial)
    console.print(brought.told(), highlight=False, soft_wrap=True)
