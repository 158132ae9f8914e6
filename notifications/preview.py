"""A letter as it would read today with the real data of one project: nothing is written, nothing is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time
from typing import Any

from sqlmodel import Session, col, select

from config.clock import business_day, business_instant
from config.vocabulary import MailKind, RecipientRole
from models.business_clock import business_now
from models.loading import cohort_of, load_calendar, load_world, open_cohort_rows, project_row
from models.rules.calendar import Calendar
from models.rules.duties import Duty, cached_duties
from models.rules.reminders import ladder_lines
from models.rules.snapshot import World
from models.tables import Cohort, Project, Reminder, Unit
from notifications.addresses import Address, known_address
from notifications.catalogue import CATALOGUE
from notifications.compose import Line, letter_for, matter
from notifications.letter import Letter
from notifications.samples import sample

HOUR = time(9)
"""A made-up letter is written in office hours."""
MOVED_WORKING_DAYS = 5
"""By how much the made-up move of a deadline goes."""


FARTHEST = 3
"""The reach of an escalation: the highest before the office's own list."""


class PreviewError(ValueError):
    """There is nothing to be shown; the Chinese message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A letter, the mailbox it would go to ("" where none is registered), and whether its matter has really come up."""

    letter: Letter
    mailbox: str
    real: bool


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that nobody has planned."""

    kind: MailKind
    cohort: str
    phase: str
    project: str | None
    unit: str | None
    deliverable: str | None
    duty: str | None
    role: RecipientRole
    rung: str = "preview"
    details: Mapping[str, Any] = field(default_factory=dict)


def projects(session: Session) -> dict[str, str]:
    """Return the projects of the running batches: code → name of the unit."""
    query = select(Project.code, Unit.name).join(Unit, col(Unit.id) == col(Project.unit_id)).join(Cohort)
    running = [row.id for row in open_cohort_rows(session)]
    return {code: name for code, name in session.exec(query.where(col(Cohort.id).in_(running)).order_by(Project.code))}  # noqa: C416


def preview(session: Session, kind: MailKind, project: str) -> Preview:
    """Return the letter of a kind about a project: its newest line on record, or one made up from what it owes, as of its day.

    What has not happened yet (a decision, a reason) is taken from the sample. Raises PreviewError or UnknownCodeError.
    """
    cohort = cohort_of(session, project_row(session, project))
    world, calendar, now = load_world(session, cohort.code), load_calendar(session), business_now(session)
    if kind in TO_PANEL:
        return _to_panel(world, kind, project, business_day(now))
    planned, on = _planned(session, kind, project), business_day(now)
    lines: Sequence[Line] = planned
    if not planned:
        lines, on = _made_up(world, calendar, kind, project, on)
    address = _address(session, world, lines[0], on)
    letter = letter_for(session, world, calendar, kind, lines, address, now if planned else business_instant(on, HOUR))
    return Preview(letter, address.email, bool(planned))


TO_PANEL = (MailKind.PANEL_REMINDER, MailKind.DEFENCE_PANEL)


def _to_panel(world: World, kind: MailKind, code: str, on: date) -> Preview:
    """Return what a panel member would read about a project; who that is, only the day on which it leaves can tell."""
    project, notice = world.project(code), world.plan.cohort.notice
    told = {
        MailKind.PANEL_REMINDER: {"scores": (f"{code} {project.unit.name}：评审（还缺 1 人，请于 {on} 前完成）",)},
        MailKind.DEFENCE_PANEL: {"order": (f"第1号 {project.unit.name}：《建设进展报告》已报送",)},
    }
    about: dict[str, Any] = {
        "notice_title": notice.title,
        "cohort_title": world.plan.cohort.title,
        "signed_on": on,
        "extra": {**sample(kind).extra, **told[kind]},
    }
    return Preview(replace(sample(kind), **about), "", real=False)


def _planned(session: Session, kind: MailKind, project: str) -> Sequence[Reminder]:
    """Return the newest lines of a kind about a project that went, or go, to one role on one day."""
    found = select(Reminder).where(Reminder.kind == kind, Reminder.project == project, col(Reminder.dropped_because).is_(None))
    rows = session.exec(found.order_by(col(Reminder.planned_on).desc(), col(Reminder.key))).all()
    return [row for row in rows if (row.planned_on, row.unit, row.role) == (rows[0].planned_on, rows[0].unit, rows[0].role)]


def _made_up(world: World, calendar: Calendar, kind: MailKind, project: str, today: date) -> tuple[list[_Line], date]:
    """Return lines about what the project owes next, and the day on which they would be written."""
    unit, cohort, role = world.project(project).unit, world.plan.cohort, _role(world, kind, project)
    owed = sorted((duty for duty in cached_duties(world, calendar) if duty.project == project and duty.unit == unit.code), key=_by_day)
    about = [duty for duty in owed if not duty.done and duty.call_on <= today] or owed
    if not CATALOGUE[kind].about_duties and kind != MailKind.DEADLINE_CHANGED:
        phase = about[0].phase if about else cohort.phases[0].key
        whose = (None, None) if sample(kind).to_office else (project, unit.code)
        return [_Line(kind, cohort.cohort, phase, whose[0], whose[1], None, None, role, details=_details(kind, unit.name))], today
    if not about:
        raise PreviewError(f"项目 {project} 没有可列入“{kind.label}”的任务；请换一个项目，或不选项目看样例")
    moved = kind == MailKind.DEADLINE_CHANGED
    lines = [
        _Line(
            kind, cohort.cohort, duty.phase, project, duty.unit, duty.deliverable, duty.key, role,
            details=_moved(world, calendar, duty) if moved else {},
        )
        for duty in about if duty.due_on == about[0].due_on
    ]  # fmt: skip
    return lines, _day(world, calendar, kind, about[0], today)


def _day(world: World, calendar: Calendar, kind: MailKind, duty: Duty, today: date) -> date:
    """Return the day of the first rung that writes such a letter, today once it is over or where no rung does."""
    days = [line.planned_on for line in ladder_lines(world, calendar, duty) if line.mail == kind]
    return max(today, min(days, default=today))


def _by_day(duty: Duty) -> tuple[date, str]:
    return duty.due_on, duty.key


def _role(world: World, kind: MailKind, project: str) -> RecipientRole:
    if sample(kind).to_office:
        return RecipientRole.OFFICE
    chain = world.plan.programme.chain(world.project(project).unit.kind)
    return chain.role(FARTHEST) if kind == MailKind.ESCALATION else RecipientRole.CONTACT


def _details(kind: MailKind, unit: str) -> dict[str, Any]:
    """Return what an act would have had to say about a unit, from the sample."""
    extra = sample(kind).extra
    if kind == MailKind.RECEIPT:
        return {"paper": "工作验收申请书", "version": 1}
    if kind == MailKind.DEFENCE_NOTICE:
        return {"slot": {"number": 1, "day": "2026-12-14", "starts": "09:00", "ends": "09:15", "place": "行政楼301会议室"}, "version": 1}
    if kind == MailKind.OFFICE_NOTICE:
        return {"matter": next(iter(extra["matters"])) if isinstance(extra["matters"], tuple) else ""}
    return {name: unit if name == "about" else value for name, value in extra.items()}


def _moved(world: World, calendar: Calendar, duty: Duty) -> dict[str, str]:
    later = calendar.shift(duty.due_on, MOVED_WORKING_DAYS)
    return {"matter": matter(world, duty), "old_due": f"{duty.due_on}", "new_due": f"{later}", "basis": "《补充通知》（示例）"}


def _address(session: Session, world: World, line: Line, today: date) -> Address:
    """Return where the letter would go; a unit without a contact is named all the same."""
    found = known_address(session, line.unit, line.role, today)
    if found is None:
        assert line.unit is not None  # noqa: S101 - the office always has a mailbox
        return Address("", "", line.unit, world.units[line.unit].name)
    return found
