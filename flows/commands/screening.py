"""Commands that look at what has arrived: a project's papers and conditions, an SO's package."""

from dataclasses import asdict
from typing import Annotated

import typer

from flows.commands.base import AsJson, Day, app, console, database, dump, today_in
from flows.commands.sheets import Out, write_out
from flows.commands.text import table_of
from flows.steps.checking import look
from flows.steps.package import package_of, package_sheet, so_or_refuse
from flows.steps.sheets import sheet_name
from models.loading import load_world
from models.store import reading

__all__ = ["app"]


@app.command("check")
def check_command(project: str, on: Day = None, as_json: AsJson = False) -> None:
    """材料核对：逐份列出问题和退回修改的草稿，并列出各项申报条件及其依据。"""
    engine = database()
    with reading(engine) as session:
        sheet = look(session, project, on.date() if on else today_in(engine))
    if as_json:
        dump(asdict(sheet))
        return
    for paper in sheet.papers:
        told = [("问题", flaw) for flaw in paper.defects] + [("留意", odd) for odd in paper.remarks] or [("", "未发现问题")]
        console.print(table_of(f"《{paper.title}》第 {paper.version} 版（{paper.state.label}）", ("", "内容"), told))
        if paper.defects:
            console.print(
                f"草稿【退回修改】以上 {len(paper.defects)} 条，{paper.until} 前重新报送；办理：creation record return_paper "
                f"project={project} deliverable={paper.deliverable} as_checked=true", highlight=False, soft_wrap=True,
            )  # fmt: skip
    if not sheet.papers:
        console.print("没有已收到的材料")
    rows = [(c.title, c.verdict.label, c.reason, c.evidence or "无记录", str(c.reference_on), c.clause) for c in sheet.conditions]
    if rows:
        console.print(table_of("申报条件", ("条件", "情况", "说明", "依据", "基准日", "条款"), rows))


@app.command("package")
def package_command(
    cohort: str, so: str, excel: Annotated[bool, typer.Option("--excel", help="写成 Excel 汇总表")] = False, out: Out = None
) -> None:
    """一个二级党组织的申报材料汇总：每项申报的材料是否齐全。整包报送用 creation record submit_package。"""
    engine = database()
    today = today_in(engine)
    with reading(engine) as session:
        owner = so_or_refuse(session, so)
        if excel or out:
            write_out(package_sheet(session, cohort, so, today), sheet_name("申报材料汇总表", cohort, so, on=today), out)
            return
        entries = package_of(load_world(session, cohort), so)
    rows = [
        (e.project.code, e.project.unit.name, "；".join(f"{title}：{state}" for title, state in e.papers), "；".join(e.gaps) or "齐全")
        for e in entries
    ]
    console.print(table_of(f"{owner.name}申报材料", ("编号", "单位", "材料", "缺什么"), rows))
