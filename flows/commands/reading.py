"""Commands that only look."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlmodel import col, select

from config.clock import BUSINESS_ZONE
from config.settings import settings
from config.vocabulary import OwedBy, ProjectState
from flows.commands.base import AsJson, Day, app, console, database, dump, errors, today_in
from flows.commands.text import DUTY_COLUMNS, duty_cells, duty_row, mail_text, table_of
from flows.report.as_of import load_past
from flows.steps.errors import refuse
from flows.steps.people import roster
from flows.steps.witnessing import flaws_of
from models.business_clock import business_now
from models.loading import load_calendar, load_world
from models.office_work import read_work
from models.rules.agenda import PUBLISHED_LATER, Occasion, agenda, provisional
from models.rules.calendar import Calendar
from models.rules.office_duties import Owed, owed
from models.store import reading
from models.tables import Event
from notifications.coming import Departure, departures


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
def duties(  # noqa: PLR0913 - the options
    cohort: str,
    on: Day = None,
    late: Annotated[bool, typer.Option("--late", help="只列已逾期的")] = False,
    late_by: Annotated[int | None, typer.Option(min=1, help="只列逾期至少这么多天的")] = None,
    within: Annotated[int | None, typer.Option(min=0, help="只列未逾期、这么多天之内到期的")] = None,
    owed_by: Annotated[OwedBy | None, typer.Option(help="只列谁的：unit 建设单位，so 二级党组织，office 组织部，panel 联评组")] = None,
    as_json: AsJson = False,
) -> None:
    """谁向谁还欠什么、自何时起、剩几天、自哪天起逾期：单位、二级党组织、组织部、联评组。"""
    if within is not None and (late or late_by):
        raise refuse("--within 与 --late、--late-by 不能同时使用", "请只选一种")
    engine = database()
    today = today_in(engine)
    day = on.date() if on else today
    with reading(engine) as session:
        world = load_past(session, cohort, day).world if day < today else load_world(session, cohort)
        found = owed(world, load_calendar(session), read_work(session, day), day)
    least = late_by or (1 if late else None)
    rows = [duty_row(world, duty, day) for duty in found if _wanted(duty, day, least, within, owed_by)]
    if as_json:
        dump(rows)
        return
    console.print(table_of(f"{day} 未完成 {len(rows)} 项", tuple(DUTY_COLUMNS.values()), [duty_cells(row) for row in rows]))


def _wanted(duty: Owed, day: date, late_by: int | None, within: int | None, owed_by: OwedBy | None) -> bool:
    left = duty.days_left(day)
    if late_by is not None and left > -late_by:
        return False
    if within is not None and not 0 <= left <= within:
        return False
    return owed_by is None or duty.owed_by == owed_by


def _tell_provisional(calendar: Calendar, first: date, last: date) -> None:
    """Say on the error channel which years are provisional: no day of theirs is certain."""
    if told := provisional(calendar, first, last):
        errors.print(f"注意：{told}；{PUBLISHED_LATER}", highlight=False, soft_wrap=True)


@app.command("agenda")
def agenda_command(cohort: str, days: Annotated[int, typer.Option(help="显示多少个日期")] = 10, as_json: AsJson = False) -> None:
    """接下来哪天几点有事、为什么：到期、要发的信、发件箱中待发的信。"""
    engine = database()
    today = today_in(engine)
    with reading(engine) as session:
        world, calendar = load_world(session, cohort), load_calendar(session)
        coming = [_occasion_row(one) for one in agenda(world, calendar, read_work(session, today)) if one.on >= today]
        coming += map(_departure_row, departures(session, business_now(session)))
    shown = sorted({row["on"] for row in coming})[:days]
    unsure = calendar.provisional_years(today, world.plan.cohort.ends_on)
    kept = sorted((row for row in coming if row["on"] in shown), key=lambda row: (row["on"], row["at"], row["reason"]))
    doubtful = [int(row["on"][:4]) in unsure for row in kept]
    if as_json:
        dump([{**row, "provisional": doubt} for row, doubt in zip(kept, doubtful, strict=True)])
        return
    days_told = [f"{row['on']}{'（暂定）' if doubt else ''}" for row, doubt in zip(kept, doubtful, strict=True)]
    cells = [(day, r["at"], r["reason"], r["clause"], r["note"]) for day, r in zip(days_told, kept, strict=True)]
    console.print(table_of(f"批次 {cohort} 日程", ("日期", "时间", "事项", "条款", "说明"), cells))
    _tell_provisional(calendar, today, world.plan.cohort.ends_on)


def _occasion_row(one: Occasion) -> dict[str, str]:
    return {"on": one.on.isoformat(), "at": one.at, "reason": one.reason, "clause": one.clause, "note": one.note}


def _departure_row(one: Departure) -> dict[str, str]:
    at = one.at.astimezone(BUSINESS_ZONE)
    return {"on": f"{at:%Y-%m-%d}", "at": f"{at:%H:%M}", "reason": f"发件箱：{one.what}", "clause": "", "note": one.note}


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
    last_day = until.date() if until else end
    with reading(engine) as session:
        calendar = load_calendar(session)
    assumption = Assumption(on_time=assume == "on-time", scenario=None if assume in ("nobody", "on-time") else load_scenario(Path(assume)))
    with errors.status("推演中") as shown:
        found = play(
            engine,
            first.date() if first else start,
            last_day,
            assumption,
            on_day=lambda day: shown.update(f"推演至 {day}"),
        )
    _warn_of_quota(found)
    rows = [{name: value for name, value in line.items() if name != "cohort"} for line in found if line["cohort"] in (cohort, None)]
    if as_json:
        typer.echo("[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]")
        return
    _tell_provisional(calendar, first.date() if first else start, last_day)
    shown_rows = [(str(r["on"]), mail_text(r), str(r["project"] or ""), str(r["recipient"] or "")) for r in rows]
    console.print(table_of(f"批次 {cohort} 推演 {len(rows)} 行", ("日期", "事项", "项目", "收件人"), shown_rows))


def _warn_of_quota(found: Iterable[Mapping[str, Any]]) -> None:
    """Say on the error screen, which scripts do not read, on which days more would leave than the account may send."""
    from flows.operate.doctor import plan
    from flows.operate.doctor.post import limits

    given = limits(settings())
    counts = Counter(on for on, _ in {(line["on"], line["mail"]) for line in found if line["what"] == "mail"})
    over = dict(plan.beyond(counts, plan.most_of_day(given)))
    for day, number in over.items():
        errors.print(f"[yellow]注意[/yellow] {day} 有 {number} 封，超过邮箱{plan.limits_text(given)}，超出的次日再发", highlight=False)
    slow = {day: number for day, number in plan.beyond(counts, given.per_hour) if day not in over}
    for day, number in slow.items():
        hours = plan.hours_text(number, given)
        errors.print(f"[yellow]注意[/yellow] {day} 有 {number} 封，超过邮箱每小时上限 {given.per_hour} 封{hours}", highlight=False)


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
        (
            str(r["seq"]),
            r["effective_on"],
            r["event"],
            f"{r['source']} → {r['target']}",
            r["clause"],
            names.get(r["actor"], r["actor"]),
            r["origin"],
        )
        for r in rows
    ]
    console.print(table_of(project, ("序号", "日期", "事件", "状态", "条款", "办理人", "来源"), table))


@app.command("verify")
def verify_command(as_json: AsJson = False) -> None:
    """核验历史记录是否完整、未被改动，与数据表和最近签署的清单是否一致。"""
    flaws = flaws_of(database())
    if as_json:
        dump({"flaws": flaws})
    elif not flaws:
        console.print("[green]历史记录完整[/green]")
    for flaw in () if as_json else flaws:
        console.print(f"[red]异常[/red] {flaw}", highlight=False)
    raise typer.Exit(1 if flaws else 0)
