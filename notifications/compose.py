"""From planned lines to a letter: what is owed, how it stands today, and what the act had to say."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from sqlmodel import Session

from config.clock import business_day
from config.settings import settings
from config.vocabulary import MailKind, RecipientRole, SubmissionState
from models.rules.calendar import Calendar
from models.rules.duties import Duty, cached_duties, outstanding
from models.rules.snapshot import World
from notifications import handling
from notifications.addresses import Address, resolve
from notifications.invitation import Appointment, calendar_entry
from notifications.letter import DutyLine, Letter, Office


class Line(Protocol):
    """What a letter needs of a planned line; rows and plans both have it."""

    @property
    def kind(self) -> MailKind: ...  # noqa: D102

    @property
    def cohort(self) -> str: ...  # noqa: D102

    @property
    def phase(self) -> str: ...  # noqa: D102

    @property
    def project(self) -> str | None: ...  # noqa: D102

    @property
    def unit(self) -> str | None: ...  # noqa: D102

    @property
    def deliverable(self) -> str | None: ...  # noqa: D102

    @property
    def duty(self) -> str | None: ...  # noqa: D102

    @property
    def rung(self) -> str: ...  # noqa: D102

    @property
    def role(self) -> RecipientRole: ...  # noqa: D102

    @property
    def details(self) -> Any: ...  # noqa: D102


def letter_for(  # noqa: PLR0913 - the ingredients of a letter
    session: Session, world: World, calendar: Calendar, kind: MailKind, lines: Sequence[Line], address: Address, now: datetime
) -> Letter:
    """Return the letter that tells these lines to this recipient today."""
    today = business_day(now)
    by_key = {duty.key: duty for duty in cached_duties(world, calendar)}
    about = [by_key[line.duty] for line in lines if line.duty in by_key]
    shown = [duty_line(world, calendar, duty, today) for duty in about]
    if kind == MailKind.OFFICE_LIST:
        shown = [_with_phone(session, world, calendar, duty, today) for duty in _listed(by_key.values(), lines, today)]
    if kind == MailKind.DIGEST:
        listed = _listed(by_key.values(), [line for line in lines if line.kind == MailKind.OFFICE_LIST], today)
        named = dict.fromkeys((*handling.missing(world, calendar, today), *listed))
        shown = [_with_phone(session, world, calendar, duty, today) for duty in named]
    given, notice = settings(), world.plan.cohort.notice
    return Letter(
        kind=kind,
        salutation=address.salutation,
        office=Office(given.office_name, given.office_phone, given.office_email, given.office_room),
        notice_title=notice.title,
        cohort_title=world.plan.cohort.title,
        signed_on=today,
        lines=tuple(shown),
        all_duties=_own(world, calendar, by_key.values(), address.unit, today),
        unit=address.salutation,
        extra=_of_handlers(session, world, calendar, kind, lines, today) if kind in handling.KINDS else _extra(kind, lines),
    )


def duty_line(world: World, calendar: Calendar, duty: Duty, today: date, phone: str = "") -> DutyLine:
    """Return a duty as letters show it."""
    owner = world.units[world.project(duty.project).unit.code if duty.project else duty.unit]
    return DutyLine(
        title=f"《{duty.title}》" if duty.deliverable and duty.project else duty.title,
        unit=owner.name,
        kind_label=duty.kind.label,
        due_on=duty.due_on,
        last_working_day=calendar.on_or_before(duty.due_on),
        days_left=duty.days_left(today),
        status=status_of(duty, today),
        phone=phone,
    )


def status_of(duty: Duty, today: date) -> str:
    """Return the word for how a duty stands."""
    if duty.state == SubmissionState.RELEASED:
        return SubmissionState.RELEASED.label
    if duty.done:
        return "已完成"
    if duty.state == SubmissionState.RETURNED:
        return SubmissionState.RETURNED.label
    return "逾期" if duty.days_left(today) < 0 else "未完成"


def _own(world: World, calendar: Calendar, every: Iterable[Duty], unit: str | None, today: date) -> tuple[DutyLine, ...]:
    if unit is None:
        return ()
    mine = [duty for duty in every if duty.unit == unit and duty.call_on <= today]
    return tuple(duty_line(world, calendar, duty, today) for duty in sorted(mine, key=lambda duty: (duty.due_on, duty.key)))


def _listed(every: Iterable[Duty], lines: Sequence[Line], today: date) -> list[Duty]:
    phases = {line.phase for line in lines}
    open_now = [d for d in outstanding(every) if d.phase in phases and d.call_on <= today]
    return sorted(open_now, key=lambda duty: (duty.due_on, duty.unit, duty.key))


def _with_phone(session: Session, world: World, calendar: Calendar, duty: Duty, today: date) -> DutyLine:
    found = resolve(session, duty.unit, RecipientRole.CONTACT, today)
    return duty_line(world, calendar, duty, today, found.phone if found else "")


def _of_handlers(
    session: Session, world: World, calendar: Calendar, kind: MailKind, lines: Sequence[Line], today: date
) -> Mapping[str, tuple[str, ...]]:
    """Return the sections of a list: lines of several phases to one panel member stand one after the other."""
    found: dict[str, tuple[str, ...]] = {}
    for line in (line for line in lines if line.kind == kind):
        for name, texts in handling.told(session, world, calendar, line, today).items():
            found[name] = tuple(dict.fromkeys((*found.get(name, ()), *texts)))
    return found


def _extra(kind: MailKind, lines: Sequence[Line]) -> dict[str, Any]:
    details = [line.details for line in lines]
    if kind == MailKind.RECEIPT:
        return {"papers": tuple(f"《{d['paper']}》（第 {d['version']} 版）" for d in details)}
    if kind == MailKind.DEADLINE_CHANGED:
        changes = tuple(f"{d['matter']}：由 {d['old_due']} 调整为 {d['new_due']}" for d in details)
        return {"changes": changes, "basis": tuple(dict.fromkeys(d["basis"] for d in details))}
    if kind == MailKind.OFFICE_NOTICE:
        return {"matters": tuple(d["matter"] for d in details)}
    merged: dict[str, Any] = {}
    for each in details:
        merged.update({name: tuple(value) if isinstance(value, list) else value for name, value in each.items()})
    return merged


def calendar_for(world: World, calendar: Calendar, kind: MailKind, lines: Sequence[Line], now: datetime) -> bytes | None:
    """Return the calendar file that goes with a call or a changed deadline."""
    if kind not in (MailKind.CALL, MailKind.DEADLINE_CHANGED):
        return None
    by_key = {duty.key: duty for duty in cached_duties(world, calendar)}
    found = [by_key.get(line.duty or "") for line in lines]
    entries = tuple(_appointment(world, duty, now) for duty in found if duty is not None)
    return calendar_entry(entries) if entries else None


def _appointment(world: World, duty: Duty, now: datetime) -> Appointment:
    office = settings()
    return Appointment(
        uid=f"{duty.key}@{office.mail_domain}",
        sequence=duty.revision,
        summary=f"{world.plan.cohort.title}：{duty.title}",
        description=f"{duty.kind.label}时限；联系{office.office_name} {office.office_phone}",
        due_on=duty.due_on,
        stamped_at=now,
    )


def trace(lines: Iterable[Line]) -> tuple[tuple[str, str], ...]:
    """Return one header per line, so that a kept mail can be held against the plan."""
    parts = ((l.kind, l.cohort, l.phase, l.project, l.unit, l.deliverable, l.rung, l.role, _clause(l)) for l in lines)  # noqa: E741
    return tuple(("X-Creation-Line", ";".join(str(part or "") for part in row)) for row in parts)


def _clause(line: Line) -> str:
    clause: Mapping[str, str] | str | None = getattr(line, "clause", None)
    return str(clause or "")
