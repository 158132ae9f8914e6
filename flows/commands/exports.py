"""Commands that write lists for others: to be read, not filled in."""

from typing import Annotated

import typer

from flows.commands.base import app, database, group, today_in
from flows.commands.sheets import Out, write_out
from models.store import reading

exports = group("export", "导出 Excel 清单")
__all__ = ["app"]


@exports.command("annual")
def annual(cohort: str, year: Annotated[int | None, typer.Option("--year", help="年度；空则为今年")] = None, out: Out = None) -> None:
    """一个批次的年度考核清单：按二级党组织汇总，按项目列明细。"""
    from flows.steps.annual import annual_workbook
    from flows.steps.sheets import sheet_name

    engine = database()
    today = today_in(engine)
    chosen = year or today.year
    with reading(engine) as session:
        content = annual_workbook(session, cohort, chosen, today)
    write_out(content, sheet_name("年度考核清单", cohort, str(chosen), on=today), out)
