"""Commands about what follows from a decision: publicity, objections, funds and commendations."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

import typer

from flows.commands.base import AsJson, app, console, database, dump
from flows.commands.sheets import Out, sheets, write_sheet
from flows.commands.text import table_of
from flows.steps.awards import amount_of, awards, awards_sheet
from flows.steps.publicity_notice import notice_text, notice_values
from models.loading import load_world
from models.rules.publicity import Proposed, pending, proposals
from models.rules.snapshot import Project
from models.store import reading

PUBLICITY = {
    "project": "编号", "unit": "单位", "outcome": "拟定", "ballot": "表决单", "from_on": "公示自", "until_on": "公示至", "state": "情况",
    "objections": "异议",
}  # fmt: skip


@app.command()
def publicity(
    cohort: str, notice: Annotated[str, typer.Option("--notice", help="表决单编号：写出它的公示稿（文字）")] = "", as_json: AsJson = False
) -> None:
    """公示：哪些拟定决定在公示、有无异议、期满没有；--notice 写出公示稿。"""
    with reading(database()) as session:
        if notice:
            typer.echo(notice_text(notice_values(session, notice)))
            return
        world = load_world(session, cohort)
    rows = [_publicised(project, proposed) for project in world.projects for proposed in proposals(project)]
    if as_json:
        dump(rows)
        return
    shown = [[str(row[name]) for name in PUBLICITY] for row in rows]
    console.print(table_of(f"批次 {cohort} 公示 {len(rows)} 项", tuple(PUBLICITY.values()), shown))


def _publicised(project: Project, proposed: Proposed) -> Mapping[str, Any]:
    waiting = len(proposed.open_objections)
    return {
        "project": project.code, "unit": project.unit.name, "outcome": proposed.outcome.label, "ballot": proposed.body["ballot"],
        "from_on": proposed.from_on.isoformat(), "until_on": proposed.until_on.isoformat(), "state": _state(project, proposed),
        "objections": f"{len(proposed.objections)} 条" + (f"，待答复 {waiting} 条" if waiting else "") if proposed.objections else "",
    }  # fmt: skip


def _state(project: Project, proposed: Proposed) -> str:
    if proposed.ended_by is not None:
        return "已生效" if proposed.is_final else "已作废"
    return "公示中" if pending(project) is not None else "暂停或离开"


@app.command("awards")
def awards_command(cohort: str, as_json: AsJson = False) -> None:
    """支持经费和表彰奖励台账：优秀单位的经费（含待落实的）、先进组织和党员的表彰。"""
    with reading(database()) as session:
        lines = awards(session, cohort)
    if as_json:
        dump([{**asdict(line), "amount": str(line.amount) if line.amount is not None else None} for line in lines])
        return
    columns = ("类别", "党组织", "项目", "受表彰的党员", "等次或称号", "级别", "金额（元）", "依据文件", "日期")
    rows = [
        (
            line.kind,
            line.name,
            line.project,
            line.member,
            line.what,
            line.level,
            amount_of(line),
            line.document,
            str(line.on or ""),
        )
        for line in lines
    ]
    console.print(table_of(f"批次 {cohort} 支持经费和表彰奖励 {len(rows)} 项", columns, rows))


@sheets.command("awards")
def awards_paper(cohort: str, out: Out = None) -> None:
    """支持经费和表彰奖励台账（Excel）。"""
    write_sheet("表彰经费台账", (cohort,), lambda session: awards_sheet(session, cohort), out)
