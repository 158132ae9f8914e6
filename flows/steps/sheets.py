"""The office's sheets made from what is on record: who has not handed in, and what the committee is to decide."""

from datetime import date
from pathlib import Path
from typing import Any

from sqlmodel import Session

from config.settings import settings
from config.vocabulary import Achievement, DutyKind, Outcome
from flows.steps.errors import refuse
from models.balloting import reasons_of
from models.loading import load_calendar, load_world
from models.rules.achievements import targets
from models.rules.duties import cached_duties
from models.rules.lifecycle import ACTIVE
from models.tables import Ballot
from notifications.papers.sheets import Column, Sheet, workbook_of

SHEETS = "sheets"
"""The folder of the data folder from which people take sheets."""


def hand_in_sheet(session: Session, cohort: str, deliverable: str) -> bytes:
    """Return a sheet with every project that has not handed in a paper; what arrived gets a date and comes back by form."""
    world, calendar = load_world(session, cohort), load_calendar(session)
    owed = [d for d in cached_duties(world, calendar) if d.kind == DutyKind.HAND_IN and d.deliverable == deliverable and not d.done]
    if not owed:
        raise refuse(f"批次 {cohort} 没有未报“{deliverable}”的项目", "材料代码可用 creation duties 查看")
    rows = [(d.project, world.units[d.unit].name, d.title, None, 1, None, "", "部门邮箱") for d in sorted(owed, key=lambda d: d.key)]
    columns = (
        Column("项目编号", 18), Column("单位", 30), Column("材料", 20), Column("收到日期", 14, entry=True), Column("份数", 8, entry=True),
        Column("二级党组织审核日期", 20, entry=True), Column("文件", 30, entry=True), Column("原件存放处", 16, entry=True),
    )  # fmt: skip
    note = "收到的填写收到日期（如 2026-11-20），未收到的留空；文件名每行一个，须与收件箱中的一致。填好后放入收件箱，用“按表报送登记”办理。"
    return workbook_of(Sheet("报送登记", f"{world.plan.cohort.title}《{owed[0].title}》报送登记表", note, columns, rows))


TARGET_ROWS = 5
"""Empty rows for a project without targets; people insert more."""


def target_sheet(session: Session, cohort: str) -> bytes:
    """Return a sheet with every project's declared targets and what is known of them, or rows to be filled in (R5)."""
    world = load_world(session, cohort)
    rows: list[tuple[Any, ...]] = []
    for project in (p for p in world.projects if p.state in ACTIVE):
        known = [
            (one.text, one.state.label if one.state else "", one.result, one.evidence) for one in targets(project)
        ] or [("", "", "", "")] * TARGET_ROWS  # fmt: skip
        rows += [(project.code, project.unit.name, *cells) for cells in known]
    if not rows:
        raise refuse(f"批次 {cohort} 没有正在进行的项目")
    states = tuple(state.label for state in Achievement)
    columns = (
        Column("项目编号", 18), Column("单位", 28), Column("目标", 44, entry=True), Column("完成情况", 12, entry=True, choices=states),
        Column("结果", 44, entry=True), Column("佐证", 24, entry=True),
    )  # fmt: skip
    note = "每行一条目标，不够的插入行并照写项目编号，多余的留空。完成情况、结果可以以后再填。填好后放入收件箱，用“导入申报目标”办理。"
    return workbook_of(Sheet("申报目标", f"{world.plan.cohort.title}申报目标登记表", note, columns, rows))


def ballot_sheet(ballot: Ballot, title: str) -> bytes:
    """Return a ballot as a sheet: rank, score, recommendation, grounds, and the decision to be chosen."""
    rows: list[tuple[Any, ...]] = []
    choices = {}
    for index, line in enumerate(ballot.lines):
        outcome = Outcome(line["outcome"]).label if line["outcome"] else ""
        unit = line["label"].partition(" ")[2]
        grounds = "；".join([*reasons_of(line), *line["blockers"]])
        rows.append((line["project"], unit, line["kind"], line["rank"], line["score"], outcome, grounds, outcome, "", ballot.code))
        choices[index] = tuple(Outcome(option).label for option in line["options"])
    columns = (
        Column("项目编号", 16), Column("单位", 26), Column("类型", 14), Column("名次", 7), Column("得分", 8), Column("建议", 16),
        Column("依据和未了事项", 44),
        Column("决定", 18, entry=True), Column("决定理由", 26, entry=True), Column("表决单", 18),
    )  # fmt: skip
    note = "“决定”默认为建议结论，可改选；留空为暂不决定。与建议不同的须写明决定理由。请勿改动项目编号和表决单两列。"
    return workbook_of(Sheet("表决单", title, note, columns, rows, choices))


def ballot_paper(ballot: Ballot) -> Path:
    """Return where a ballot's sheet lies, made once: a ballot is frozen, and somebody may be filling its sheet in."""
    known = settings().data / SHEETS / f"表决单-{ballot.code}.xlsx"
    return known if known.is_file() else kept_sheet(known.name, ballot_sheet(ballot, f"党委决定表决单 {ballot.code}"))


def kept_sheet(name: str, content: bytes) -> Path:
    """Write a sheet to the folder from which people take it, whole or not at all; returns its path."""
    folder = settings().data / SHEETS
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / name
    part = target.with_suffix(".part")
    part.write_bytes(content)
    part.replace(target)
    return target


def sheet_name(*parts: str, on: date) -> str:
    """Return the file name of a sheet."""
    return f"{'-'.join(parts)}-{on:%Y%m%d}.xlsx"
