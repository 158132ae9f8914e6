"""From planned lines to a letter: what is owed, how it stands today, and what the act had to say."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from sqlmodel import Session

from config.clock import business_day
from config.settings import settings
from config.vocabulary import ContactRole, DutyKind, MailKind, PhaseKind, RecipientRole, SubmissionState
from models.rules.calendar import Calendar
from models.rules.duties import Duty, outstanding
from models.rules.lookup import Lookup, lookup
from models.rules.recommendations import open_recommendations
from models.rules.snapshot import World
from notifications import defence, handling
from notifications.addresses import Address, contacts_of, goes_together
from notifications.invitation import Appointment, calendar_entry
from notifications.letter import DutyLine, Letter, Office
from notifications.typeset import WEEKDAYS


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
    known = lookup(world, calendar)
    by_key = known.by_key
    about = [by_key[line.duty] for line in lines if line.duty is not None and line.duty in by_key]
    others = goes_together(kind) and any(line.unit != address.unit for line in lines)
    if others:
        about.sort(key=lambda duty: (duty.unit != address.unit, duty.unit, duty.due_on, duty.key))
    shown = [duty_line(world, calendar, duty, today) for duty in about]
    if kind == MailKind.OFFICE_LIST:
        shown = _with_phones(session, world, calendar, _listed(by_key.values(), lines, today), today)
    if kind == MailKind.DIGEST:
        listed = _listed(by_key.values(), [line for line in lines if line.kind == MailKind.OFFICE_LIST], today)
        shown = _with_phones(session, world, calendar, dict.fromkeys((*handling.missing(world, calendar, today), *listed)), today)
    given, notice = settings(), world.plan.cohort.notice
    names = {code: unit.name for code, unit in world.units.items() if others and code != address.unit}
    return Letter(
        kind=kind,
        salutation=address.salutation,
        office=Office(given.office_name, given.office_phone, given.office_email, given.office_room),
        notice_title=notice.title,
        cohort_title=world.plan.cohort.title,
        signed_on=today,
        lines=tuple(shown),
        all_duties=_own(world, calendar, known, _owners(world, address.unit, others=others), today),
        unit=address.salutation,
        extra=_of_people(session, world, calendar, kind, lines, today) if kind in TO_PEOPLE else _extra(world, kind, lines, names),
        greeting_person=address.person if address.role == ContactRole.SECRETARY else "",
        for_branches=others,
        notice_number=notice.number or "",
    )


def duty_line(world: World, calendar: Calendar, duty: Duty, today: date, phone: str = "") -> DutyLine:
    """Return a duty as letters show it."""
    owner = world.units[world.project(duty.project).unit.code if duty.project else duty.unit]
    owing = world.units[duty.unit]
    return DutyLine(
        title=duty.name,
        unit=owner.name,
        kind_label=duty.kind.label,
        due_on=duty.due_on,
        last_working_day=calendar.on_or_before(duty.due_on),
        days_left=duty.days_left(today),
        status=status_of(duty, today),
        phone=phone,
        phase_title=world.plan.programme.phase(duty.phase_kind).title,
        owed_by="" if owing is owner else owing.name,
        official_due_on=duty.official_due_on if duty.official_due_on != duty.due_on else None,
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


def _owners(world: World, unit: str | None, *, others: bool) -> tuple[str, ...]:
    """Return whose duties the table at the end of a letter lists."""
    if unit is None:
        return ()
    return (unit, *(branch.code for branch in world.units.values() if others and branch.parent == unit))


def _own(world: World, calendar: Calendar, known: Lookup, units: Sequence[str], today: date) -> tuple[DutyLine, ...]:
    mine = [duty for unit in units for duty in known.by_unit.get(unit, ()) if duty.call_on <= today]
    in_order = sorted(mine, key=lambda duty: (duty.due_on, units.index(duty.unit), duty.key))
    return tuple(duty_line(world, calendar, duty, today) for duty in in_order)


def _listed(every: Iterable[Duty], lines: Sequence[Line], today: date) -> list[Duty]:
    phases = {line.phase for line in lines}
    open_now = [d for d in outstanding(every) if d.phase in phases and d.call_on <= today]
    return sorted(open_now, key=lambda duty: (duty.due_on, duty.unit, duty.key))


def _with_phones(session: Session, world: World, calendar: Calendar, duties: Iterable[Duty], today: date) -> list[DutyLine]:
    """Return duties with the telephone of whoever owes them, looked up for all at once."""
    known = tuple(duties)
    found = contacts_of(session, (duty.unit for duty in known), today)
    return [duty_line(world, calendar, duty, today, found[duty.unit].phone if duty.unit in found else "") for duty in known]


TO_PEOPLE = (*handling.KINDS, MailKind.DEFENCE_PANEL)


def _of_people(
    session: Session, world: World, calendar: Calendar, kind: MailKind, lines: Sequence[Line], today: date
) -> Mapping[str, str | tuple[str, ...]]:
    """Return what a letter to the office or to a person says; made up on the day on which it leaves."""
    if kind == MailKind.DEFENCE_PANEL:
        return defence.panel_extra(session, world, lines)
    return _of_handlers(session, world, calendar, kind, lines, today)


def _of_handlers(
    session: Session, world: World, calendar: Calendar, kind: MailKind, lines: Sequence[Line], today: date
) -> Mapping[str, tuple[str, ...]]:
    """Return the sections of a list: lines of several phases to one panel member stand one after the other."""
    found: dict[str, tuple[str, ...]] = {}
    for line in (line for line in lines if line.kind == kind):
        for name, texts in handling.told(session, world, calendar, line, today).items():
            found[name] = tuple(dict.fromkeys((*found.get(name, ()), *texts)))
    return found


def _extra(world: World, kind: MailKind, lines: Sequence[Line], names: Mapping[str, str]) -> dict[str, Any]:
    """Return what the acts had to say; ``names`` are those of the units that must be told apart in one letter."""
    details = [line.details for line in lines]
    if kind == MailKind.RECEIPT:
        return {"papers": tuple(f"《{d['paper']}》（第 {d['version']} 版）" for d in details)}
    if kind == MailKind.DEADLINE_CHANGED:
        changes = tuple(f"{names.get(line.unit or '', '')}{_change(line.details)}" for line in lines)
        return {"changes": changes, "basis": tuple(dict.fromkeys(d["basis"] for d in details))}
    if kind == MailKind.OFFICE_NOTICE:
        return {"matters": tuple(d["matter"] for d in details)}
    if kind == MailKind.DEFENCE_NOTICE:
        return defence.extra_of(world, lines)
    if kind == MailKind.CALL:
        return {"recommendations": tuple(_advised(world, lines, names))}
    merged: dict[str, Any] = {}
    for each in details:
        merged.update({name: tuple(value) if isinstance(value, list) else value for name, value in each.items()})
    return merged


def _advised(world: World, lines: Sequence[Line], names: Mapping[str, str]) -> Iterator[str]:
    """Yield the advice still open when the papers at the end are called for (R51): what came of it belongs in them."""
    last = {phase.key for phase in world.plan.cohort.phases if phase.kind == PhaseKind.CONSOLIDATION}
    for code in dict.fromkeys(line.project for line in lines if line.project and line.phase in last):
        project = world.project(code)
        yield from (f"{names.get(project.unit.code, '')}{row.text}" for row in open_recommendations(project))


def _change(details: Mapping[str, str]) -> str:
    """Return what a letter says about one moved day, each day with its weekday; ``official`` is the school's, where the SO's is earlier."""
    told = f"{details['matter']}：由{_with_weekday(details['old_due'])}调整为{_with_weekday(details['new_due'])}"
    if official := details.get("official"):
        return f"{told}，此为报所属二级党组织的时限，经审核报学校的时限为{_with_weekday(official)}"
    return told


def _with_weekday(day: str) -> str:
    return f"{day}（星期{WEEKDAYS[date.fromisoformat(day).weekday()]}）"


OWN_DAY = (MailKind.RETURNED, MailKind.RECTIFICATION_ORDER)
"""Letters of decision that set their unit a day: they name no duty, for nothing may silence them."""


def calendar_for(world: World, calendar: Calendar, kind: MailKind, lines: Sequence[Line], address: Address, now: datetime) -> bytes | None:
    """Return the calendar file that goes with a call, a changed deadline, an order, a returned paper or the day of a defence."""
    if kind == MailKind.DEFENCE_NOTICE:
        return calendar_entry(defence.appointments(world, lines, now))
    if kind not in (MailKind.CALL, MailKind.DEADLINE_CHANGED, *OWN_DAY):
        return None
    found = _set_a_day(world, calendar, lines) if kind in OWN_DAY else _named(world, calendar, lines)
    entries = tuple(_appointment(world, duty, address, now) for duty in found)
    return calendar_entry(entries) if entries else None


def _named(world: World, calendar: Calendar, lines: Sequence[Line]) -> list[Duty]:
    by_key = lookup(world, calendar).by_key
    return [by_key[line.duty] for line in lines if line.duty is not None and line.duty in by_key]


def _set_a_day(world: World, calendar: Calendar, lines: Sequence[Line]) -> list[Duty]:
    """Return what the units now have to do: hand a paper in anew, or, where the line names no paper, put right what was ordered."""
    by_unit = lookup(world, calendar).by_unit
    wanted = dict.fromkeys((line.project, line.deliverable, line.unit) for line in lines)
    return [
        duty
        for project, deliverable, unit in wanted
        for duty in outstanding(by_unit.get(unit or "", ()))
        if (duty.project, duty.deliverable) == (project, deliverable)
    ]


def _appointment(world: World, duty: Duty, address: Address, now: datetime) -> Appointment:
    office = settings()
    whose = "" if duty.unit == address.unit else world.units[duty.unit].name
    return Appointment(
        uid=f"{duty.key}@{office.mail_domain}",
        sequence=duty.revision,
        summary=f"{whose}{matter(world, duty)}（{duty.kind.label}时限）",
        description=f"{world.plan.cohort.title}；联系{office.office_name} {office.office_phone}",
        due_on=duty.due_on,
        stamped_at=now,
        organiser=(office.office_name, office.smtp_sender),
    )


def matter(world: World, duty: Duty) -> str:
    """Return what a duty is about, whoever reads it: an SO endorses the papers of several branches."""
    if duty.kind == DutyKind.ENDORSE and duty.project is not None:
        return f"审核{world.project(duty.project).unit.name}{duty.name}"
    return duty.name


def trace(lines: Iterable[Line]) -> tuple[tuple[str, str], ...]:
    """Return one header per line, so that a kept mail can be held against the plan."""
    parts = ((l.kind, l.cohort, l.phase, l.project, l.unit, l.deliverable, l.rung, l.role, _clause(l)) for l in lines)  # noqa: E741
    return tuple(("X-Creation-Line", "; ".join(str(part or "") for part in row)) for row in parts)


def _clause(line: Line) -> str:
    clause: Mapping[str, str] | str | None = getattr(line, "clause", None)
    return str(clause or "")
