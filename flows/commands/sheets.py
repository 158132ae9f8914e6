"""Commands that write sheets to be filled in."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from sqlmodel import Session

from config.vocabulary import AuthMethod, ListKind, PhaseKind
from flows.commands.base import Day, app, console, database, group, today_in
from flows.steps import judging
from flows.steps.defence_sheet import defence_sheet
from flows.steps.errors import ActError
from flows.steps.exporting import ROSTERS, roster_sheet
from flows.steps.sheets import ballot_sheet, hand_in_sheet, kept_sheet, sheet_name, target_sheet
from models.history import Act
from models.store import reading, transaction

sheets = group("sheet", "生成待填写的 Excel 表")
Out = Annotated[Path | None, typer.Option("--out", help="另存为")]
__all__ = ["app"]


@sheets.command("hand-ins")
def hand_ins(cohort: str, deliverable: str, out: Out = None) -> None:
    """未报某种材料的项目清单，填收到日期后用“按表报送登记”办理。"""
    write_sheet("报送登记", (cohort, deliverable), lambda session: hand_in_sheet(session, cohort, deliverable), out)


@sheets.command("ballot")
def ballot(cohort: str, phase: PhaseKind, out: Out = None) -> None:
    """待决定项目的表决单，填好后放入收件箱，用 creation record decision … sheet=文件名 登记。"""
    engine = database()
    act = Act("系统", f"command:sheet ballot {cohort} {phase}", today_in(engine), auth_method=AuthMethod.SYSTEM)
    with transaction(engine) as session:
        made = judging.make_ballot(session, act, cohort, phase)
        if made is None:
            raise ActError(f"批次 {cohort} 在{phase.label}没有待决定的项目")
        content = ballot_sheet(made, f"党委决定表决单 {made.code}")
    write_out(content, f"表决单-{made.code}.xlsx", out)


@sheets.command("defence")
def defence(cohort: str, out: Out = None) -> None:
    """答辩顺序表：顺序号、单位、时间、地点，供签到和主持使用。"""
    write_sheet("答辩顺序", (cohort,), lambda session: defence_sheet(session, cohort), out)


@sheets.command("targets")
def targets(cohort: str, out: Out = None) -> None:
    """申报目标登记表，填好后放入收件箱，用 creation record import_targets cohort=批次 sheet=文件名 登记。"""
    write_sheet("申报目标", (cohort,), lambda session: target_sheet(session, cohort), out)


@sheets.command("roster")
def roster(
    name: Annotated[str, typer.Argument(help="、".join(ROSTERS))],
    cohort: Annotated[str, typer.Option(help="项目名单的批次")] = "",
    out: Out = None,
) -> None:
    """按导入的格式导出名单，改后可再导入，如：creation sheet roster 联系人。"""
    write_sheet(name, (cohort,) if cohort else (), lambda session: roster_sheet(session, name, cohort), out)


@sheets.command("list")
def list_(
    kind: Annotated[str, typer.Argument(help="、".join(kind.label for kind in ListKind))],
    cohort: str,
    so: Annotated[str, typer.Option(help="只列一个二级党组织及其党支部，写代码")] = "",
    on: Day = None,
    out: Out = None,
) -> None:
    """供打印和存档的名单台账，如：creation sheet list 未报名单 2025。"""
    from flows.steps.lists import list_kind, list_sheet

    engine, chosen = database(), list_kind(kind)
    day = on.date() if on else today_in(engine)
    with reading(engine) as session:
        content = list_sheet(session, chosen, cohort, day, so)
    write_out(content, sheet_name(chosen.label, cohort, *([so] if so else []), on=day), out)


@sheets.command("handover")
def handover(who: Annotated[str, typer.Argument(help="党组织代码，或人员代码")], on: Day = None, out: Out = None) -> None:
    """交接单：离任的联系人、书记、工作人员或评审人还有哪些事没有办结。"""
    from flows.steps.handover import handover_sheet

    engine = database()
    day = on.date() if on else today_in(engine)
    with reading(engine) as session:
        content = handover_sheet(session, who, day)
    write_out(content, sheet_name("交接单", who, on=day), out)


def write_sheet(title: str, about: Sequence[str], make: Callable[[Session], bytes], out: Path | None) -> None:
    """Make a sheet as things stand today and write it out under its title and what it is about."""
    engine = database()
    with reading(engine) as session:
        content = make(session)
    write_out(content, sheet_name(title, *about, on=today_in(engine)), out)


def write_out(content: bytes, name: str, out: Path | None) -> None:
    """Write a file where it is wanted, or where the local page offers it, and say where."""
    if out is not None:
        out.write_bytes(content)
    console.print(f"已生成 {out or kept_sheet(name, content)}", highlight=False)
