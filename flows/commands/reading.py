"""Commands that only look."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlmodel import col, select

from config.settings import settings
from config.vocabulary import ProjectState
from flows.commands.base import AsJson, Day, app, console, database, dump, errors, today_in
from flows.commands.text import DUTY_COLUMNS, duty_row, mail_text, table_of
from flows.steps.people import roster
from models.history import verify
from models.loading import load_calendar, load_world
from models.rules.agenda import agenda
from models.rules.duties import cached_duties, outstanding
from models.store import reading
from models.tables import Event


@app.command()
def status(cohort: str, as_json: AsJson = False) -> None:
    """批次中每个项目现在的状态。"""
    with reading(database()) as session:
        world = load_world(session, cohort)
    rows = [{"project": p.code, "unit": p.unit.name, "award_kind": p.award_kind.value, "state": p.state.value} for p in world.projects]
    if as_json:
        dump(rows)
        return
    shown = [(r["project"], r["unit"], ProjectState(r["state"]).label) for r in rows]
    console.print(table_of(f"{world.plan.cohort.title}", ("编号", "单位", "状态"), shown))


@app.command()
def duties(cohort: str, on: Day = None, as_json: AsJson = False) -> None:
    """谁还欠什么、剩几天或逾期几天。"""
    engine = database()
    day = on.date() if on else today_in(engine)
    with reading(engine) as session:
        world = load_world(session, cohort)
        owed = [d for d in outstanding(cached_duties(world, load_calendar(session))) if d.call_on <= day]
    rows = [duty_row(world, duty, day) for duty in sorted(owed, key=lambda d: (d.due_on, d.key))]
    if as_json:
        dump([{name: value for name, value in row.items() if name != "title"} for row in rows])
        return
    console.print(
        table_of(f"{day} 未完成 {len(rows)} 项", tuple(DUTY_COLUMNS.values()), [[str(r[k] or "") for k in DUTY_COLUMNS] for r in rows])
    )


@app.command("agenda")
def agenda_command(cohort: str, days: Annotated[int, typer.Option(help="显示多少个日期")] = 10, as_json: AsJson = False) -> None:
    """接下来哪些天有事、为什么。"""
    engine = database()
    today = today_in(engine)
    with reading(engine) as session:
        coming = [one for one in agenda(load_world(session, cohort), load_calendar(session)) if one.on >= today]
    shown = sorted({one.on for one in coming})[:days]
    rows = [{"on": one.on.isoformat(), "reason": one.reason, "clause": one.clause} for one in coming if one.on in shown]
    if as_json:
        dump(rows)
        return
    console.print(table_of(f"批次 {cohort} 日程", ("日期", "事项", "条款"), [tuple(row.values()) for row in rows]))


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

    engine = database()
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
    _warn_of_quota(found)
    rows = [{name: value for name, value in line.items() if name != "cohort"} for line in found if line["cohort"] in (cohort, None)]
    if as_json:
        typer.echo("[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]")
        return
    shown_rows = [(str(r["on"]), mail_text(r), str(r["project"] or ""), str(r["recipient"] or "")) for r in rows]
    console.print(table_of(f"批次 {cohort} 推演 {len(rows)} 行", ("日期", "事项", "项目", "收件人"), shown_rows))


def _warn_of_quota(found: Iterable[Mapping[str, Any]]) -> None:
    """Say on the error screen, which scripts do not read, on which days more would leave than the account may send."""
    from flows.operate.doctor.plan import beyond
    from flows.operate.doctor.post import per_day

    most = per_day(settings())
    mails = {(line["on"], line["mail"]) for line in found if line["what"] == "mail"}
    for day, number in beyond(Counter(on for on, _ in mails), most):
        errors.print(f"[yellow]注意[/yellow] {day} 有 {number} 封，超过邮箱每日上限 {most} 封，超出的次日再发", highlight=False)


@app.command()
def history(project: str, as_json: AsJson = False) -> None:
    """一个项目的全部记录。"""
    with reading(database()) as session:
        query = select(Event).where(col(Event.stream).startswith(f"project:{project}") | col(Event.stream).contains(f":{project}/"))
        events = session.exec(query.order_by(col(Event.recorded_at))).all()
        names = {row.code: f"{row.code} {row.name}" for row in roster(session)}
    rows = [event.model_dump(mode="json") for event in events]
    if as_json:
        dump(rows)
        return
    table = [
        (r["effective_on"], r["event"], f"{r['source']} → {r['target']}", r["clause"], names.get(r["actor"], r["actor"]), r["origin"])
        for r in rows
    ]
    console.print(table_of(project, ("日期", "事件", "状态", "条款", "办理人", "来源"), table))


@app.command("verify")
def verify_command(as_json: AsJson = False) -> None:
    """核验历史记录是否完整、未被改动。"""
    with reading(database()) as session:
        flaws = verify(session)
    if as_json:
        dump({"flaws": flaws})
    elif not flaws:
        console.print("[green]历史记录完整[/green]")
    for flaw in () if as_json else flaws:
        console.print(f"[red]异常[/red] {flaw}", highlight=False)
    raise typer.Exit(1 if flaws else 0)
