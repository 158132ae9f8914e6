"""Why a unit is written to about a project, or is not: what is owed, until when by which basis, which letter comes next."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from config.vocabulary import MailKind
from flows.desk.words import days_text
from flows.why.link import Answer, Deciding, Link, of_deadline, of_project
from flows.why.moves import moves
from models.rules.calendar import Calendar
from models.rules.deadlines import concerning, holding
from models.rules.duties import RESTING, Duty, cached_duties
from models.rules.ladder import in_quiet
from models.rules.reminders import ladder_lines
from models.rules.snapshot import Deadline, Project, World


class Told(NamedTuple):
    """The newest letter about a duty that has been made up."""

    kind: MailKind
    on: date
    state: str


def reminding(world: World, calendar: Calendar, project: Project, on: date, told: Mapping[str, Told]) -> Iterator[Link]:
    """Yield each open duty with its deadline and letters; ``told`` is the newest letter per duty."""
    mine = [duty for duty in cached_duties(world, calendar) if duty.project == project.code]
    owed = sorted((duty for duty in mine if not duty.done), key=lambda duty: (duty.due_on, duty.key))
    if not owed:
        yield from _silent(project, mine)
        return
    for duty in owed:
        row = _row(world, project, duty)
        deciding = Deciding(Answer.REMINDER, (of_deadline(row) if row else f"rectification:{_order(project, duty)}",), duty.key)
        yield Link(0, f"{_named(world, duty)}未完成：{days_text(duty.days_left(on))}", duty.due_on, duty.clause, deciding=deciding)
        yield from _deadline(row, duty)
        yield from _letters(world, calendar, duty, on, told.get(duty.key))


def _silent(project: Project, mine: Sequence[Duty]) -> Iterator[Link]:
    """Yield why nothing is written: the last thing owed has come, or the project has left and owes nothing."""
    papers = [duty for duty in mine if duty.done_on is not None]
    if papers:
        last = max(papers, key=lambda duty: (duty.done_on, duty.key))
        yield Link(0, "不再提醒：没有未完成的任务", deciding=Deciding(Answer.SILENCE, (f"submission:{project.code}/{last.deliverable}",)))
        yield Link(1, f"最后一项：{last.name}（{last.kind.label}）", last.done_on, last.clause)
        return
    left = moves(project)[-1:] if project.state in RESTING else ()
    deciding = Deciding(Answer.SILENCE, (of_project(project, left[0].fact.seq),)) if left else None
    idle = "不再提醒：没有未完成的任务" if mine else "不提醒：目前没有任务"
    yield Link(0, f"不提醒：现为“{project.state.label}”，没有任务" if left else idle, deciding=deciding)


def _order(project: Project, duty: Duty) -> str:
    return next(order.code for order in project.rectifications if f":rectify{order.round_no}:" in duty.key)


def _named(world: World, duty: Duty) -> str:
    return f"{world.units[duty.unit].name}{duty.name}（{duty.kind.label}）"


def _deadline(row: Deadline | None, duty: Duty) -> Iterator[Link]:
    """Yield why the day is what it is: an individual extension, a supplementary notice, two clocks for one paper."""
    if row is None:
        return
    if row.subject is not None:
        yield Link(1, f"个别延期至 {row.due_on}：{row.basis}", row.set_on, "P.extension")
    elif row.version > 1:
        yield Link(1, f"补充通知定为 {row.due_on}：{row.basis}", row.set_on, "P.extension")
    if duty.due_on != duty.official_due_on:
        yield Link(1, f"学校时限为 {duty.official_due_on}，党支部先报二级党组织审核，须提前 {row.internal_days} 个工作日", clause="III.2")


def _row(world: World, project: Project, duty: Duty) -> Deadline | None:
    subjects = [code for code in (project.code, project.unit.code, project.unit.parent) if code]
    return holding(concerning(world.deadlines, duty.phase, duty.deliverable or "", subjects))


def _letters(world: World, calendar: Calendar, duty: Duty, on: date, told: Told | None) -> Iterator[Link]:
    if told is not None:
        yield Link(1, f"最近一封：【{told.kind.label}】{told.state}", told.on, "P.reminders")
    coming = next((line for line in ladder_lines(world, calendar, duty) if line.planned_on > on), None)
    if coming is not None:
        yield Link(1, f"下一封：【{coming.mail.label}】发给{coming.role.label}", coming.planned_on, "P.reminders")
    else:
        yield Link(1, "按提醒办法已无后续信件，请电话联系", clause="P.reminders")
    if period := in_quiet(world.plan.cohort.quiet, on):
        yield Link(1, f"{period.title}期间不催办", period.until_on, period.clause)
