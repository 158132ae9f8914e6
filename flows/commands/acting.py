"""Commands that change something: each is an act or a step, as the forms are."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from config.identity import ON_WHAT_WAS_SEEN, SEEN_TITLE
from config.settings import settings
from config.vocabulary import PhaseKind
from flows.commands.base import Actor, AsJson, Day, NewDay, OneTimeCode, app, console, database, dump, group, today_in
from flows.commands.signing import order_signed, perform_signed, signer
from flows.forms.labels import LABELS, said
from flows.forms.model import checked
from flows.steps import phases, setting_up
from flows.steps.advance import Advance, stage_for
from flows.steps.errors import ActError, refuse
from flows.steps.repeating import answered
from models.database import engine_for
from models.history import Act
from models.store import reading, transaction
from models.upgrade import upgrade

schema = group("db", "数据库")
imports = group("import", "导入 Excel")


@schema.command("upgrade")
def db_upgrade() -> None:
    """建立或升级数据库。"""
    upgrade(engine_for(settings().database_url))
    console.print("数据库已是最新")


@app.command("open")
def open_command(cohort: str, by: Actor = "管理员") -> None:
    """按方案文件建立批次（此后时间只能通过补充通知或延期调整）。"""
    engine = database()
    path = Path(cohort)
    act = Act(signer(engine, by), f"command:open {path.stem}", today_in(engine))
    with transaction(engine) as session:
        opened = setting_up.open_planned(session, act, path if path.suffix == ".yaml" else cohort)
    console.print(f"批次 {opened.cohort} " + ("已建立" if opened.created else "早已建立，未作改动"))
    for note in opened.notes:
        console.print(f"[yellow]注意[/yellow] {note}", highlight=False)


@imports.command("units")
def import_units(file: Path, dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查")] = False, by: Actor = "管理员") -> None:
    """导入党组织和联系人。"""
    from flows.steps.register import register_units
    from models.imports.rosters import read_units

    rows = read_units(file)
    if not dry_run:
        engine = database()
        act = Act(signer(engine, by), f"command:import units {file.name}", today_in(engine))
        with transaction(engine) as session:
            register_units(session, act, rows)
    console.print(f"{'检查' if dry_run else '导入'}完成：{len(rows)} 个党组织")


@imports.command("projects")
def import_projects(
    cohort: str, file: Path, dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查")] = False, by: Actor = "管理员"
) -> None:
    """导入已在建设中的项目（首批）。"""
    from flows.steps.register import register_projects
    from models.imports.rosters import read_projects

    rows = read_projects(file)
    if not dry_run:
        engine = database()
        act = Act(signer(engine, by), f"command:import projects {file.name}", today_in(engine))
        with transaction(engine) as session:
            register_projects(session, act, cohort, rows)
    console.print(f"{'检查' if dry_run else '导入'}完成：{len(rows)} 个项目")


@app.command()
def advance(cohort: str, phase: PhaseKind, on: Day = None, as_json: AsJson = False) -> None:
    """办理一个阶段（可重复办理）。"""
    engine = database()
    request = Advance(cohort=cohort, on=on.date() if on else None)
    board = phases.run_phase(engine, stage_for(engine, phase, request, f"command:advance {cohort} {phase}", "管理员"))
    if as_json:
        dump(asdict(board))
        return
    console.print(
        f"{board.on} 流转 {board.transitions} 项，计划信件 {board.planned} 条；未完成 {board.outstanding} 项，逾期 {board.overdue} 项"
    )
    for note in board.attention:
        console.print(f"  {note}", highlight=False)


@app.command()
def record(
    act: str,
    fields: Annotated[list[str] | None, typer.Argument(help="字段=值；复杂的值写 JSON")] = None,
    by: Actor = "管理员",
    code: OneTimeCode = "",
    seen: Annotated[
        int | None, typer.Option("--seen", min=1, help=f"{SEEN_TITLE}（creation history 项目）：此后又有新记录的不予办理")
    ] = None,
    command: Annotated[str, typer.Option("--command", help="操作编号：同一编号同一内容只办一次，可放心重试")] = "",
) -> None:
    """登记一个事项，如：creation record hand_in project=2025-S01 deliverable=progress_report。"""
    if act not in LABELS:
        raise ActError("没有事项“{}”；可用：{}".format(act, "、".join(f"{k}（{v}）" for k, v in LABELS.items())))
    raw = dict(_field(text) for text in fields or ())
    engine = database()
    with reading(engine) as session:
        lines = answered(session, command, act, raw)
        given = checked(session, act, raw) if lines is None else {}
    if lines is None:
        if seen is not None and act not in ON_WHAT_WAS_SEEN:
            raise refuse("--seen 只用于对一个项目作出决定的事项", f"可用：{'、'.join(sorted(ON_WHAT_WAS_SEEN))}")
        one = Act(signer(engine, by), f"command:record {act}", today_in(engine), command).having_seen(given.get("project", ""), seen)
        lines = order_signed(engine, one, act, code, raw, given)
    console.print(said(act, lines), highlight=False, markup=False, soft_wrap=True)


def _field(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ActError(f"“{text}”不是 字段=值 的形式；请核对")
    return name, json.loads(value) if value[:1] in "[{" else value


@app.command()
def extend(  # noqa: PLR0913 - the fields of the form
    cohort: str, subject: str, deliverable: str, due_on: NewDay, basis: str, by: Actor = "管理员", code: OneTimeCode = ""
) -> None:
    """个别延期：对象可为项目、党支部或二级党组织。"""
    engine = database()
    act = Act(signer(engine, by), "command:extend", today_in(engine))
    raw = {"cohort": cohort, "subject": subject, "deliverable": deliverable, "due_on": due_on.date(), "basis": basis}
    with reading(engine) as session:
        given = checked(session, "extend", raw)
    moved = perform_signed(engine, act, "extend", code, given)
    console.print(f"由 {moved.old} 延至 {moved.new}，通知 {moved.told} 个单位")
