"""The ledger of incentives of a cohort: funds for the excellent and commendations, as lines and as an Excel sheet (R62, R63)."""

from decimal import Decimal

from sqlmodel import Session

from flows.steps.errors import refuse
from models.commendations import by_name
from models.loading import load_world
from models.rules.awards import FUNDS, Award, ledger
from notifications.papers.sheets import Column, Sheet, workbook_of

TO_GRANT = "待落实"
"""What stands in place of an amount that has not been granted."""


def awards(session: Session, cohort: str) -> tuple[Award, ...]:
    """Return the lines of a cohort's ledger, with the names as on record; raises UnknownCodeError."""
    return ledger(load_world(session, cohort), by_name(session, cohort))


def amount_of(award: Award) -> str:
    """Return what stands in the column of amounts: nothing for a commendation."""
    if award.kind != FUNDS:
        return ""
    return TO_GRANT if award.amount is None else f"{award.amount:,.2f}"


def granted(lines: tuple[Award, ...]) -> Decimal:
    """Return the sum of what has been granted, in yuan."""
    return sum((award.amount for award in lines if award.amount is not None), Decimal(0))


def awards_sheet(session: Session, cohort: str) -> bytes:
    """Return the ledger as a workbook; refused where nothing is to be listed."""
    lines = awards(session, cohort)
    if not lines:
        raise refuse(f"批次 {cohort} 没有验收优秀的项目，也没有表彰登记", "有了再生成台账")
    columns = (
        Column("序号", 7), Column("类别", 12), Column("代码", 12), Column("党组织", 30), Column("项目编号", 16), Column("受表彰的党员", 14),
        Column("等次或称号", 22), Column("级别", 10), Column("金额（元）", 14), Column("依据文件", 28), Column("日期", 14),
    )  # fmt: skip
    rows = [
        (
            number, line.kind, line.unit, line.name, line.project, line.member, line.what, line.level,
            float(line.amount) if line.amount is not None else amount_of(line), line.document, line.on,
        )
        for number, line in enumerate(lines, start=1)
    ]  # fmt: skip
    title = f"{load_world(session, cohort).plan.cohort.title}支持经费和表彰奖励台账"
    note = (
        f"支持经费只给予验收优秀的单位，已下达合计 {granted(lines):,.2f} 元；“{TO_GRANT}”为尚未登记的。按已登记的情况生成，改动请办理登记。"
    )
    return workbook_of(Sheet("支持经费和表彰", title, note, columns, rows))
