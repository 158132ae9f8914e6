"""The command that lists process supervision and guidance (R48, R61)."""

from typing import Annotated, Any

import typer

from config.vocabulary import OwedBy
from flows.commands.base import AsJson, Day, app, console, database, dump, today_in
from flows.commands.text import table_of
from flows.report.as_of import load_past
from models.loading import load_world
from models.rules.snapshot import Project, World
from models.rules.supervision import Period, entries, is_expected, periods
from models.store import reading


@app.command()
def guidance(
    cohort: str, on: Day = None, gaps: Annotated[bool, typer.Option("--gaps", help="只列本期尚无记录的")] = False, as_json: AsJson = False
) -> None:
    """过程监管：每个项目各季度有几条跟踪指导记录、最近一条说了什么。"""
    engine = database()
    today = today_in(engine)
    day = on.date() if on else today
    with reading(engine) as session:
        world = load_past(session, cohort, day).world if day < today else load_world(session, cohort)
    begun = periods(world, day)
    rows = [_row(project, begun) for project in _of(world, begun, gaps=gaps)]
    if as_json:
        dump(rows)
        return
    heads = ("编号", "单位", *(period.title for period in begun), "最近一条", "跟踪人")
    cells = [(r["project"], r["unit"], *(str(n) for n in r["counts"].values()), r["last"], r["by"]) for r in rows]
    console.print(table_of(f"{world.plan.cohort.title}过程监管", heads, cells))


def _of(world: World, begun: tuple[Period, ...], *, gaps: bool) -> list[Project]:
    mine = [p for p in world.projects if p.all("supervise") or any(is_expected(p, period) for period in begun)]
    return [p for p in mine if not gaps or (begun and is_expected(p, begun[-1]) and not entries(p, begun[-1]))]


def _row(project: Project, begun: tuple[Period, ...]) -> dict[str, Any]:
    known = sorted(project.all("supervise"), key=lambda fact: (fact.effective_on, fact.seq))
    last = known[-1] if known else None
    by = OwedBy(last.payload.get("by", OwedBy.OFFICE)).label if last else ""
    told = " ".join(filter(None, (last.payload.get("topic"), last.payload["text"], last.payload.get("action")))) if last else ""
    return {
        "project": project.code,
        "unit": project.unit.name,
        "counts": {period.title: len(entries(project, period)) for period in begun},
        "last": f"{last.effective_on} {told}" if last else "",
        "by": by,
    }
