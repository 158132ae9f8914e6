"""How the command line shows lists."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from rich.table import Table

from config.vocabulary import Creditor, DutyKind, MailKind, OwedBy
from models.rules.calendar import ONE_DAY
from models.rules.creditors import creditor
from models.rules.duties import Duty
from models.rules.office_duties import Owed
from models.rules.snapshot import World

DUTY_COLUMNS: Mapping[str, str] = {
    "owed_by": "责任单位",
    "project": "项目",
    "duty": "任务",
    "title": "内容",
    "owed_to": "向谁",
    "since": "自何时起",
    "deadline": "时限",
    "days_left": "剩余天数",
    "late_since": "逾期自",
    "clause": "条款",
}


def duty_row(world: World, duty: Owed, day: date) -> dict[str, Any]:
    """Return one row of `duties --json` (version 1 of the format)."""
    kind, waiting = creditor(world, duty)
    return {
        "project": duty.project,
        "unit": world.project(duty.project).unit.code if duty.project else duty.unit,
        "phase": duty.phase_kind.value if duty.phase_kind else None,
        "deliverable": duty.deliverable,
        "duty": duty.kind.value,
        "deadline": duty.due_on.isoformat(),
        "days_left": duty.days_left(day),
        "owed_by": duty.unit if isinstance(duty, Duty) else duty.owed_by.value,
        "clause": duty.clause,
        "owed_by_kind": duty.owed_by.value,
        "since": duty.since.isoformat(),
        "persons": [] if isinstance(duty, Duty) else list(duty.persons),
        "title": _whole(duty.title, duty.detail),
        "owed_to": waiting or kind.value,
        "owed_to_kind": kind.value,
        "late_since": (duty.due_on + ONE_DAY).isoformat() if duty.due_on < day else None,
    }


def duty_cells(row: Mapping[str, Any]) -> list[str]:
    """Return the cells of a row for the screen, in the words that the office uses."""
    told = {**row, "duty": DutyKind(row["duty"]).label}
    if row["owed_by_kind"] in (OwedBy.OFFICE, OwedBy.PANEL):
        told["owed_by"] = OwedBy(row["owed_by_kind"]).label
    if row["owed_to"] == row["owed_to_kind"]:
        told["owed_to"] = Creditor(row["owed_to_kind"]).label
    return [str(told[name] if told[name] is not None else "") for name in DUTY_COLUMNS]


def _whole(title: str, detail: str) -> str:
    return f"{title}（{detail}）" if detail else title


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
