"""What those who handle the programme are told: the office its list of work, panel members what they have yet to score."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

import sqlalchemy as sa
from sqlmodel import Session, col, select

from config.clock import business_day
from config.vocabulary import ABOUT_A_MAIL, TROUBLED, DutyKind, MailKind, MailState
from models.loading import open_cohort_ids
from models.office_work import read_work
from models.rules.calendar import Calendar
from models.rules.digest import horizon, is_shown
from models.rules.duties import Duty, cached_duties
from models.rules.office_duties import OfficeDuty, office_duties, task_duties
from models.rules.snapshot import World
from models.rules.supervision import shown_on_desk, unrecorded
from models.tables import Mail, Task
from notifications.addresses import PERSON

KINDS = (MailKind.DIGEST, MailKind.PANEL_REMINDER)
Extra = dict[str, tuple[str, ...]]


class Line(Protocol):
    """What a list needs of its planned line."""

    @property
    def kind(self) -> MailKind: ...  # noqa: D102

    @property
    def phase(self) -> str: ...  # noqa: D102

    @property
    def details(self) -> Any: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class MailBrief:
    """What a list says of one mail."""

    key: str
    unit: str | None
    subject: str
    state: MailState
    at: datetime
    answer: str


def told(session: Session, world: World, calendar: Calendar, line: Line, today: date) -> Extra:
    """Return what a list says beside the duties of units, as texts by section; a gap in guidance (R48) makes no list go."""
    found = _told(session, world, calendar, line, today)
    if line.kind == MailKind.DIGEST and (period := shown_on_desk(world, calendar, today)) and (gaps := unrecorded(world, period)):
        found["own"] = (*found["own"], f"组织部：{period.title}尚无跟踪记录，{len(gaps)} 个项目")
    return found


def _told(session: Session, world: World, calendar: Calendar, line: Line, today: date) -> Extra:
    if line.kind == MailKind.PANEL_REMINDER:
        return {"scores": tuple(_score(world, duty) for duty in _to_score(session, world, calendar, line, today))}
    own = [duty for duty in office_duties(world, calendar, read_work(session, today)) if duty.since <= today]
    tasks, mails = _of_the_office(session, world, calendar, today)
    return {
        "due": tuple(_falling_due(world, calendar, today)),
        "own": tuple(_own(world, own, today)),
        "tasks": tuple(f"{duty.title}（自 {duty.since}）" for duty in tasks),
        "mails": tuple(_mail(world, mail) for mail in mails),
    }


def missing(world: World, calendar: Calendar, today: date) -> list[Duty]:
    """Return the duties of units that a list names one by one: late, or due in the days it covers."""
    rule = world.plan.programme.digest
    if rule is None:
        return []
    until = horizon(rule, calendar, today)
    return sorted(
        (d for d in cached_duties(world, calendar) if is_shown(d, today, until)), key=lambda duty: (duty.due_on, duty.unit, duty.key)
    )


def anything(session: Session, world: World, calendar: Calendar, line: Line, today: date) -> bool:
    """Return whether a list would say anything today."""
    if line.kind == MailKind.DIGEST and missing(world, calendar, today):
        return True
    return any(_told(session, world, calendar, line, today).values())


def troubled(session: Session) -> tuple[MailBrief, ...]:
    """Return the mails that have not arrived, or nobody knows, oldest first, without those whose task has been done."""
    settled = {
        key.partition(":")[2]
        for key in session.exec(select(Task.key).where(col(Task.kind).in_(ABOUT_A_MAIL), col(Task.done_on).is_not(None)))
    }
    rows = session.execute(sa.select(*MAIL_COLUMNS).where(col(Mail.state).in_(TROUBLED)).order_by(col(Mail.id)))
    return tuple(brief(row) for row in rows if row.key not in settled)


MAIL_COLUMNS = tuple(Mail.__table__.c[name] for name in ("key", "recipient_unit", "subject", "state", "sent_at", "not_before", "last_text"))  # type: ignore[attr-defined]
"""Columns instead of rows: a mail carries its bytes."""


def brief(row: Any) -> MailBrief:
    """Return what a list says of a mail, from its ``MAIL_COLUMNS``."""
    return MailBrief(row.key, row.recipient_unit, row.subject, row.state, row.sent_at or row.not_before, row.last_text)


def speaks_for_the_office(session: Session, world: World) -> bool:
    """Return whether a cohort's list holds what belongs to no cohort: that of the newest one does."""
    return world.plan.cohort.cohort == max(open_cohort_ids(session), default="")


def without_listed(tasks: Iterable[OfficeDuty], mails: Sequence[MailBrief]) -> list[OfficeDuty]:
    """Return the tasks that are not about a mail which is listed itself."""
    listed = {mail.key for mail in mails}
    return [duty for duty in tasks if duty.key.partition(":")[2] not in listed]


def _of_the_office(session: Session, world: World, calendar: Calendar, today: date) -> tuple[list[OfficeDuty], Sequence[MailBrief]]:
    if not speaks_for_the_office(session, world):
        return [], ()
    mails = troubled(session)
    return without_listed(task_duties(world, calendar, read_work(session, today).tasks), mails), mails


def _to_score(session: Session, world: World, calendar: Calendar, line: Line, today: date) -> list[OfficeDuty]:
    own = office_duties(world, calendar, read_work(session, today))
    person = line.details[PERSON]
    mine = (d for d in own if d.kind == DutyKind.SCORE and d.phase == line.phase and person in d.persons and d.since <= today)
    return sorted(mine, key=lambda duty: (duty.due_on, duty.key))


def _score(world: World, duty: OfficeDuty) -> str:
    return f"{_about(world, duty)}：{duty.title.removesuffix('待评分')}（{duty.detail}，请于 {duty.due_on} 前完成）"


def _about(world: World, duty: OfficeDuty) -> str:
    return f"{duty.project} {world.project(duty.project).unit.name}" if duty.project else ""


def _falling_due(world: World, calendar: Calendar, today: date) -> Iterator[str]:
    """Yield one text per paper and day: how many are in, how many are still to come."""
    rule = world.plan.programme.digest
    until = horizon(rule, calendar, today) if rule else today
    counts: dict[tuple[date, str], Counter[bool]] = {}
    for duty in cached_duties(world, calendar):
        if today <= duty.due_on <= until and duty.since <= today:
            counts.setdefault((duty.due_on, f"{duty.title}（{duty.kind.label}）"), Counter())[duty.done] += 1
    for (due_on, title), number in sorted(counts.items()):
        if number[False]:
            yield f"{due_on} 到期：{title}，已办 {number[True]} 项，待办 {number[False]} 项"


def _own(world: World, own: Iterable[OfficeDuty], today: date) -> Iterator[str]:
    """Yield the duties of the office and the panel; equal ones of many projects in one text, naming the earliest days."""
    groups: dict[tuple[str, str, str], list[OfficeDuty]] = {}
    for duty in sorted(own, key=lambda duty: (duty.due_on, duty.key)):
        groups.setdefault((duty.owed_by.label, duty.phase or "", duty.title), []).append(duty)
    for (by, _, title), duties in groups.items():
        first = duties[0]
        what = f"{title}（{first.detail}）" if first.detail and len(duties) == 1 else title
        about = f"，{len(duties)} 个项目" if len(duties) > 1 else f"，{about}" if (about := _about(world, first)) else ""
        late = "，已逾期" if first.due_on < today else ""
        yield f"{by}：{what}{about}，自 {min(duty.since for duty in duties)} 起，应于 {first.due_on} 前办结{late}"


def _mail(world: World, mail: MailBrief) -> str:
    known = world.units.get(mail.unit or "")
    unit = known.name if known else "组织部"
    return f"{unit}：{mail.subject}（{mail.state.label}，{business_day(mail.at)}）"
