"""How the command line shows lists."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from rich.table import Table

from config.vocabulary import MailKind
from models.rules.duties import Duty
from models.rules.snapshot import World

DUTY_COLUMNS: Mapping[str, str] = {
    "owed_by": "责任单位",
    "project": "项目",
    "duty": "任务",
    "title": "内容",
    "deadline": "时限",
    "days_left": "剩余天数",
    "clause": "条款",
}


def duty_row(world: World, duty: Duty, day: date) -> dict[str, Any]:
    """Return one row of `duties --json` (version 1 of the format)."""
    return {
        "project": duty.project,
        "unit": world.project(duty.project).unit.code if duty.project else duty.unit,
        "phase": duty.phase_kind.value,
        "deliverable": duty.deliverable,
        "duty": duty.kind.value,
        "deadline": duty.due_on.isoformat(),
        "days_left": duty.days_left(day),
        "owed_by": duty.unit,
        "clause": duty.clause,
        "title": duty.title,
    }


def mail_text(line: Mapping[str, Any]) -> str:
    """Return what a line of a rehearsal says."""
    if line["what"] == "mail":
        return f"信件 {MailKind(line['kind']).label} {line['rung']} {line['deliverable'] or ''}"
    return f"流转 {line['event']}：{line['from']} → {line['to']} {line['deliverable'] or ''}"


def table_of(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Return a table for the screen."""
    table = Table(title=title)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table
