"""The command line `creation`: the same acts as the forms, without Prefect."""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from threading import Event as Signal
from typing import Annotated, Any

import typer
from rich.console import Console
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from config.clock import business_day
from config.loading import PlanError, content_hash
from config.settings import settings
from config.vocabulary import MailKind, PhaseKind, ProjectState
from flows.cli_text import DUTY_COLUMNS, duty_row, mail_text, table_of
from flows.steps import opening, phases
from flows.steps.acts import perform
from flows.steps.advance import Advance, stage_for
from flows.steps.errors import ActError
from flows.steps.forms import LABELS, checked
from models.business_clock import business_now
from models.database import engine_for
from models.history import Act, RepeatedCommandError, verify
from models.loading import UnknownCodeError, load_calendar, load_world
from models.plans import load_checked_plan
from models.rules.duties import cached_duties, outstanding
from models.rules.lifecycle import IllegalMoveError
from models.store import reading, transaction
from models.tables import Event
from models.upgrade import SchemaError, is_current, upgrade
from notifications.message import MessageError

app = typer.Typer(no_args_is_help=True, add_completion=False, help="“一融双高”典型示范创建全周期管理")
database = typer.Typer(no_args_is_help=True, help="数据库")
mail = typer.Typer(no_args_is_help=True, help="邮件")
imports = typer.Typer(no_args_is_help=True, help="导入 Excel")
app.add_typer(database, name="db")
app.add_typer(mail, name="mail")
app.add_typer(imports, name="import")
console = Console()
errors = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="日期，如 2025-11-21")]
NewDay = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="新的期限，如 2025-11-28")]
Actor = Annotated[str, typer.Option("--by", help="办理人")]
EXPECTED = (ActError, PlanError, UnknownCodeError, IllegalMoveError, RepeatedCommandError, SchemaError, MessageError, IntegrityError)


def main() -> None:
    """Run; what a person did wrong is told in one sentence and leaves with 2."""
    try:
        app()
    except EXPECTED as error:
        errors.print(f"[red]未办理：[/red]{error}", highlight=False)
        raise SystemExit(2) from None


def _engine() -> Engine:
    engine = engine_for(settings().database_url)
    if not is_current(engine):
        raise SchemaError("数据库尚未建立；请先运行 creation db upgrade")
    return engine


def _today(engine: Engine) -> date:
    with reading(engine) as session:
        return business_day(business_now(session))


def _dump(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1, default=str))


@database.command("upgrade")
def db_upgrade() -> None:
    """建立或升级数据库。"""
    upgrade(engine_for(settings().database_url))
    console.print("数据库已是最新")


@app.command("open")
def open_command(cohort: str, by: Actor = "管理员") -> None:
    """按方案文件建立批次（此后时间只能通过补充通知或延期调整）。"""
    engine = _engine()
    path = Path(cohort)
    plan, notes = load_checked_plan(path if path.suffix == ".yaml" else cohort)
    act = Act(by, f"command:open {plan.cohort.cohort}", _today(engine))
    with transaction(engine) as session:
        opened = opening.open_cohort(session, act, plan, content_hash(plan))
        warnings = opening.count_check(session, opened.cohort)
    console.print(f"批次 {opened.cohort} " + ("已建立" if opened.created else "早已建立，未作改动"))
    for note in (*map(str, notes), *warnings):
        console.print(f"[yellow]注意[/yellow] {note}", highlight=False)


@imports.command("units")
def import_units(file: Path, dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查")] = False, by: Actor = "管理员") -> None:
    """导入党组织和联系人。"""
    from flows.steps.register import register_units
    from models.imports.sheets import read_units

    rows = read_units(file)
    if not dry_run:
        engine = _engine()
        with transaction(engine) as session:
            register_units(session, Act(by, f"command:import units {file.name}", _today(engine)), rows)
    console.print(f"{'检查' if dry_run else '导入'}完成：{len(rows)} 个党组织")


@imports.command("projects")
def import_projects(
    cohort: str, file: Path, dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查")] = False, by: Actor = "管理员"
) -> None:
    """导入已在建设中的项目（首批）。"""
    from flows.steps.register import register_projects
    from models.imports.sheets import read_projects

    rows = read_projects(file)
    if not dry_run:
        engine = _engine()
        with transaction(engine) as session:
            register_projects(session, Act(by, f"command:import projects {file.name}", _today(engine)), cohort, rows)
    console.print(f"{'检查' if dry_run else '导入'}完成：{len(rows)} 个项目")


@app.command()
def advance(cohort: str, phase: PhaseKind, on: Day = None, as_json: AsJson = False) -> None:
    """办理一个阶段（可重复办理）。"""
    engine = _engine()
    request = Advance(cohort=cohort, on=on.date() if on else None)
    board = phases.run_phase(engine, stage_for(engine, phase, request, f"command:advance {cohort} {phase}", "管理员"))
    if as_json:
        _dump(asdict(board))
        return
    console.print(
        f"{board.on} 流转 {board.transitions} 项，计划信件 {board.planned} 条；未完成 {board.outstanding} 项，逾期 {board.overdue} 项"
    )
    for note in board.attention:
        console.print(f"  {note}", highlight=False)


@app.command()
def record(
    act: str, fields: Annotated[list[str] | None, typer.Argument(help="字段=值；复杂的值写 JSON")] = None, by: Actor = "管理员"
) -> None:
    """登记一个事项，如：creation record hand_in project=2025-S01 deliverable=progress_report。"""
    if act not in LABELS:
        raise ActError("没有事项“{}”；可用：{}".format(act, "、".join(f"{k}（{v}）" for k, v in LABELS.items())))
    raw = dict(_field(text) for text in fields or ())
    engine = _engine()
    perform(engine, Act(by, f"command:record {act}", _today(engine)), act, **checked(act, raw))
    console.print(f"{LABELS[act]}已登记")


def _field(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ActError(f"“{text}”不是 字段=值 的形式；请核对")
    return name, json.loads(value) if value[:1] in "[{" else value


@app.command()
def extend(cohort: str, subject: str, deliverable: str, due_on: NewDay, basis: str, by: Actor = "管理员") -> None:
    """个别延期：对象可为项目、党支部或二级党组织。"""
    engine = _engine()
    act = Act(by, "command:extend", _today(engine))
    raw = {"cohort": cohort, "subject": subject, "deliverable": deliverable, "due_on": due_on.date(), "basis": basis}
    moved = perform(engine, act, "extend", **checked("extend", raw))
    console.print(f"由 {moved.old} 延至 {moved.new}，通知 {moved.told} 个单位")


@app.command()
def status(cohort: str, as_json: AsJson = False) -> None:
    """批次中每个项目现在的状态。"""
    with reading(_engine()) as session:
        world = load_world(session, cohort)
    rows = [{"project": p.code, "unit": p.unit.name, "award_kind": p.award_kind.value, "state": p.state.value} for p in world.projects]
    if as_json:
        _dump(rows)
        return
    shown = [(r["project"], r["unit"], ProjectState(r["state"]).label) for r in rows]
    console.print(table_of(f"{world.plan.cohort.title}", ("编号", "单位", "状态"), shown))


@app.command()
def duties(cohort: str, on: Day = None, as_json: AsJson = False) -> None:
    """谁还欠什么、剩几天或逾期几天。"""
    engine = _engine()
    day = on.date() if on else _today(engine)
    with reading(engine) as session:
        world = load_world(session, cohort)
        owed = [d for d in outstanding(cached_duties(world, load_calendar(session))) if d.call_on <= day]
    rows = [duty_row(world, duty, day) for duty in sorted(owed, key=lambda d: (d.due_on, d.key))]
    if as_json:
        _dump([{name: value for name, value in row.items() if name != "title"} for row in rows])
        return
    console.print(
        table_of(f"{day} 未完成 {len(rows)} 项", tuple(DUTY_COLUMNS.values()), [[str(r[k] or "") for k in DUTY_COLUMNS] for r in rows])
    )


@app.command()
def rehearse(
    cohort: str,
    first: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="从哪天起")] = None,
    until: Annotated[datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="到哪天止")] = None,
    assume: Annotated[str, typer.Option(help="nobody：无人报送；on-time：都按时；或场景文件")] = "nobody",
    as_json: AsJson = False,
) -> None:
    """推演：在临时副本上走一遍，列出每天会发的信和会发生的流转，不发送任何邮件。"""
    from flows.operate.player import span
    from flows.operate.rehearse import Assumption
    from flows.operate.rehearse import rehearse as play
    from flows.operate.scenario import load_scenario

    engine = _engine()
    start, end = span(engine, cohort)
    assumption = Assumption(on_time=assume == "on-time", scenario=None if assume in ("nobody", "on-time") else load_scenario(Path(assume)))
    with errors.status("推演中") as shown:
        found = play(
            engine,
            first.date() if first else start,
            until.date() if until else end,
            assumption,
            on_day=lambda day: shown.update(f"推演至 {day}"),
        )
    mine = [line for line in found if line["cohort"] in (cohort, None)]
    rows = [{name: value for name, value in line.items() if name != "cohort"} for line in mine]
    if as_json:
        typer.echo("[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]")
        return
    shown_rows = [(str(r["on"]), mail_text(r), str(r["project"] or ""), str(r["recipient"] or "")) for r in rows]
    console.print(table_of(f"批次 {cohort} 推演 {len(rows)} 行", ("日期", "事项", "项目", "收件人"), shown_rows))


@app.command()
def history(project: str, as_json: AsJson = False) -> None:
    """一个项目的全部记录。"""
    with reading(_engine()) as session:
        query = select(Event).where(col(Event.stream).startswith(f"project:{project}") | col(Event.stream).contains(f":{project}/"))
        events = session.exec(query.order_by(col(Event.recorded_at))).all()
    rows = [event.model_dump(mode="json") for event in events]
    if as_json:
        _dump(rows)
        return
    table = [(r["effective_on"], r["event"], f"{r['source']} → {r['target']}", r["clause"], r["actor"], r["origin"]) for r in rows]
    console.print(table_of(project, ("日期", "事件", "状态", "条款", "办理人", "来源"), table))


@app.command("verify")
def verify_command(as_json: AsJson = False) -> None:
    """核验历史记录是否完整、未被改动。"""
    with reading(_engine()) as session:
        flaws = verify(session)
    if as_json:
        _dump({"flaws": flaws})
    elif not flaws:
        console.print("[green]历史记录完整[/green]")
    for flaw in () if as_json else flaws:
        console.print(f"[red]异常[/red] {flaw}", highlight=False)
    raise typer.Exit(1 if flaws else 0)


@mail.command("preview")
def mail_preview(kind: MailKind, html: Annotated[Path | None, typer.Option(help="另存 HTML")] = None) -> None:
    """预览一种信件。"""
    from notifications.render import renderer
    from notifications.samples import sample

    rendered = renderer(settings().template_folder).render(sample(kind))
    typer.echo(f"主题：{rendered.subject}\n\n{rendered.text}")
    if html is not None:
        html.write_text(rendered.html, encoding="utf-8")


@app.command()
def up() -> None:
    """启动服务：管理界面、运行、时间表、发送和本机收件箱。"""
    from flows.operate.up import run

    try:
        run(settings(), lambda text: console.print(text, highlight=False))
    except KeyboardInterrupt:
        console.print("已停止")


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="演示完即结束")] = False,
    load_only: Annotated[bool, typer.Option("--load-only", help="只装入样例，不运行")] = False,
    figures: Annotated[Path | None, typer.Option("--json", help="把数字写入文件")] = None,
    folder: Annotated[Path, typer.Option(help="演示数据目录")] = Path("data/demo"),
) -> None:
    """演示：样例大学走完两个批次。"""
    from flows.operate import demo as play

    if load_only:
        play.load_sample(engine_for(play.fresh_database(folder)))
        console.print(f"样例已装入 {folder}")
        return
    with play.playing(folder) as result:
        if figures is not None:
            figures.write_text(json.dumps(result.figures, ensure_ascii=False, indent=1), encoding="utf-8")
        for table in play.tables_of(result):
            console.print(table)
        console.print(f"管理界面 {result.ui}　本机收件箱 {result.mailbox}　数据 {result.folder}", highlight=False)
        if not once:
            _wait(lambda: console.print("按 Ctrl-C 结束"))


def _wait(say: Callable[[], None]) -> None:
    say()
    try:
        Signal().wait()
    except KeyboardInterrupt:
        console.print("已停止")


if __name__ == "__main__":
    main()
