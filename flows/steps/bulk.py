"""The same act for many: after a deadline a clerk has dozens of mails on the desk. All or nothing, with every refusal named."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from sqlmodel import Session

from flows.steps import achieving
from flows.steps import papers as paper_acts
from flows.steps.counting import counting
from flows.steps.errors import ActError, refuse
from flows.steps.filing import from_inbox
from models.history import Act
from models.imports.hand_ins import HandInRow, read_hand_ins
from models.imports.targets import TargetRow, read_targets
from models.loading import cohort_row, project_row
from models.rules.lifecycle import IllegalMoveError

Paper = tuple[str, str]
"""Project and deliverable."""


def hand_in_many(  # noqa: PLR0913 - the fields of the form
    session: Session,
    act: Act,
    deliverable: str,
    projects: Sequence[str],
    received_on: date | None = None,
    so_endorsed_on: date | None = None,
    kept_at: str = "部门邮箱",
) -> int:
    """Record one paper of many projects; with ``so_endorsed_on`` the SOs' endorsement too. Returns how many."""

    def one(project: str) -> None:
        paper_acts.hand_in(session, act, project, deliverable, received_on, kept_at=kept_at)
        _endorse_where_due(session, act, project, deliverable, so_endorsed_on)

    return _each(session, "批量报送登记", [(project, project) for project in projects], one)


def hand_in_sheet(session: Session, act: Act, sheet: str) -> int:
    """Record what an Excel sheet of the inbox lists, one paper a row. Returns how many."""
    rows = read_hand_ins(from_inbox(sheet))

    def one(row: HandInRow) -> None:
        key = paper_acts.key_of_title(session, row.project, row.deliverable)
        paper_acts.hand_in(session, act, row.project, key, row.received_on, row.pieces, row.files, row.kept_at)
        _endorse_where_due(session, act, row.project, key, row.so_endorsed_on)

    return _each(session, "按表报送登记", [(f"第 {row.number} 行", row) for row in rows], one)


def import_targets(session: Session, act: Act, cohort: str, sheet: str) -> int:
    """Record the declared targets of many projects, and what came of them, from an Excel sheet of the inbox (R5).

    A project's targets become those of the sheet. Returns how many projects the sheet said something new about.
    """
    batch, fresh = cohort_row(session, cohort), 0

    def one(listed: tuple[str, list[TargetRow]]) -> None:
        nonlocal fresh
        project, rows = listed
        if project_row(session, project).cohort_id != batch.id:
            raise refuse(f"{project} 不属于批次 {cohort}", "请核对项目编号")
        results = [
            {"number": str(number), "state": row.state.value, "result": row.result, "evidence": row.evidence}
            for number, row in enumerate(rows, start=1)
            if row.state
        ]
        fresh += achieving.put_targets(session, act, project, [row.text for row in rows], results)

    named = [(f"第 {rows[0].number} 行（{project}）", (project, rows)) for project, rows in read_targets(from_inbox(sheet)).items()]
    _each(session, "导入申报目标", named, one)
    return fresh


def endorse_many(session: Session, act: Act, papers: Sequence[Paper], opinion: str = "同意报送", endorsed_on: date | None = None) -> int:
    """Record the SOs' endorsement of many papers (R60). Returns how many."""
    return _each(
        session, "批量审核登记", _named(papers), lambda paper: paper_acts.endorse(session, act, paper[0], paper[1], opinion, endorsed_on)
    )


def retract_many(session: Session, act: Act, papers: Sequence[Paper], reason: str) -> int:
    """Take back many wrongly recorded hand-ins. Returns how many."""
    return _each(session, "批量撤回", _named(papers), lambda paper: paper_acts.retract(session, act, paper[0], paper[1], reason))


def _named(listed: Sequence[Paper]) -> list[tuple[str, Paper]]:
    return [(" ".join(paper), paper) for paper in listed]


def _endorse_where_due(session: Session, act: Act, project: str, deliverable: str, endorsed_on: date | None) -> None:
    if endorsed_on is not None and paper_acts.awaits_endorsement(session, project, deliverable):
        paper_acts.endorse(session, act, project, deliverable, endorsed_on=endorsed_on)


def _each(session: Session, title: str, listed: Sequence[tuple[str, Any]], one: Callable[[Any], object]) -> int:
    """Do each in a savepoint, so that every refusal is found; refused as a whole when there is any."""
    if not listed:
        raise refuse("没有选择任何一项", "请至少选一项")
    refusals = []
    with counting(title, len(listed)) as step:
        for name, item in listed:
            try:
                with session.begin_nested():
                    one(item)
            except (ActError, IllegalMoveError, LookupError) as error:
                refusals.append(f"{name}：{error}")
            step()
        if refusals:
            raise refuse(f"有 {len(refusals)} 项不能登记，全部未登记：\n" + "\n".join(refusals), "请改正后重新提交")
    return len(listed)
