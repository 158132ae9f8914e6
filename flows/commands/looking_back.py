"""`creation asof`: a cohort as it stood on a day, as is known now or as was known then."""

from datetime import date, datetime, time
from typing import Annotated

import typer

from config.clock import business_instant, now
from flows.commands.base import AsJson, app, console, database, dump, today_in
from flows.commands.text import DUTY_COLUMNS, duty_cells, duty_row, table_of
from flows.report.as_of import load_past
from flows.steps.errors import refuse
from models.loading import load_calendar
from models.office_work import read_work
from models.rules.office_duties import owed
from models.store import reading

ON = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="看哪一天，如 2025-12-18")]
KNOWN = Annotated[datetime | None, typer.Option("--known", formats=["%Y-%m-%d"], help="按截至哪天已登记的情况看；不写则按现在所知")]


@app.command()
def asof(cohort: str, on: ON, known: KNOWN = None, as_json: AsJson = False) -> None:
    """某一天各项目的状态和未完成事项；加 --known 则只看到那天为止已登记的，此后的补登和更正都不算。"""
    engine, day = database(), on.date()
    if day > today_in(engine):
        raise refuse(f"{day} 还没有到", "日后的安排请用 creation agenda 或 creation rehearse 查看")
    with reading(engine) as session:
        world = load_past(session, cohort, day, _end_of(known.date()) if known else now()).world
        duties = owed(world, load_calendar(session), read_work(session, day), day)
    projects = [
        {"project": p.code, "unit": p.unit.name, "state": p.state.value, "seq": p.seq, "facts": len(p.facts)} for p in world.projects
    ]
    rows = [duty_row(world, duty, day) for duty in duties]
    if as_json:
        dump({"on": f"{day}", "known": f"{known.date()}" if known else None, "projects": projects, "duties": rows})
        return
    what = f"{world.plan.cohort.title} {day}（{f'按截至 {known.date()} 已登记的情况' if known else '按现在所知'}）"
    shown = [(p.code, p.unit.name, p.state.label, str(p.seq), str(len(p.facts))) for p in world.projects]
    console.print(table_of(what, ("编号", "单位", "状态", "末条序号", "有效记录"), shown))
    console.print(table_of(f"未完成 {len(rows)} 项", tuple(DUTY_COLUMNS.values()), [duty_cells(row) for row in rows]))


def _end_of(day: date) -> datetime:
    return business_instant(day, time.max)
