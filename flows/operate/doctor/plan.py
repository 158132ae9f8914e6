"""Checks of what is to come: published holidays, and whether the mailbox can carry the busiest day."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from math import ceil

from config.mail_accounts import Limits
from config.settings import settings
from config.vocabulary import MailKind, RecipientRole
from flows.operate.doctor.finding import Finding, Level
from models.rules.agenda import PUBLISHED_LATER, provisional
from models.rules.calendar import Calendar
from models.rules.digest import coming_digests, digest_days, worths
from models.rules.duties import cached_duties, outstanding
from models.rules.reminders import PlannedReminder, ladder_lines, office_lines
from models.rules.snapshot import World
from notifications.addresses import AT_THE_SO, ROLE_AT_UNIT, goes_together, seat
from notifications.gate import office_hours
from notifications.gathering import GROUPS


def holidays(worlds: Iterable[World], calendar: Calendar, today: date) -> Finding:
    """Find the years ahead whose make-up days nobody has published yet and the office has not entered."""
    last = max((world.plan.cohort.ends_on for world in worlds), default=None)
    years = range(today.year, last.year + 1) if last else ()
    if last and (told := provisional(calendar, today, last)):
        return Finding("节假日", Level.WARN, told, PUBLISHED_LATER)
    return Finding("节假日", Level.OK, "、".join(f"{year} 年" for year in years) + "已知" if years else "没有进行中的批次")


def quota(worlds: Iterable[World], calendar: Calendar, today: date, limits: Limits) -> Finding:
    """Hold the busiest coming day, should nobody hand anything in, against what the mailbox may send in a day and in its hours.

    No upper bound: receipts, decisions, moved deadlines, letters to the panel and about defences leave as they come.
    """
    counts = Counter({day: len(mails) for day, mails in mails_by_day(worlds, calendar, today).items()})
    if not counts:
        return Finding("发信量", Level.OK, "没有计划中的信件")
    day, number = max(counts.items(), key=lambda item: (item[1], -item[0].toordinal()))
    busiest = f"最忙的一天 {day} 计划内约 {number} 封（{BESIDE}）"
    if not (told := limits_text(limits)):
        return Finding("发信量", Level.OK, f"{busiest}；未设置每日、每小时上限（CREATION_MAIL_PER_DAY、CREATION_MAIL_PER_HOUR）")
    if over := beyond(counts, most_of_day(limits)):
        found = f"{busiest}，{told}，共 {len(over)} 天超出"
        return Finding("发信量", Level.WARN, found, f"{_fewer()}请向邮箱服务商提高上限，或改用学校的邮件中继；超出的会被暂缓，次日再发")
    return Finding("发信量", Level.OK, f"{busiest}，{told}{hours_text(number, limits)}")


BESIDE = "回执、决定、时间调整等随办随发的信件不计在内"


def most_of_day(limits: Limits) -> int | None:
    """Return how many mails the account can send on a day, its hours counted: what it may in a day, and in an hour times the office's."""
    hours = office_hours()
    by_hour = limits.per_hour * max(1, hours.until.hour - hours.from_.hour) if limits.per_hour is not None else None
    return min((most for most in (limits.per_day, by_hour) if most is not None), default=None)


def limits_text(limits: Limits) -> str:
    """Return what the account may send; "" where nothing is set."""
    known = ((limits.per_day, "每日"), (limits.per_hour, "每小时"))
    return "、".join(f"{period}上限 {most} 封" for most, period in known if most is not None)


def hours_text(number: int, limits: Limits) -> str:
    """Return how long the mails of a day take where more wait than may leave in an hour; "" where they leave at once."""
    if limits.per_hour is None or number <= limits.per_hour:
        return ""
    return f"，约需 {ceil(number / limits.per_hour)} 小时发完"


def _fewer() -> str:
    return "" if settings().mail_per_so else "可设 CREATION_MAIL_PER_SO=1，各党支部的信合并发给所属二级党组织；也"


def beyond(per_day: Counter[date], most: int | None) -> tuple[tuple[date, int], ...]:
    """Return the days on which more mails would leave than the account may send, with their number."""
    return tuple((day, number) for day, number in sorted(per_day.items()) if most is not None and number > most)


def mails_by_day(worlds: Iterable[World], calendar: Calendar, today: date) -> dict[date, set[tuple[str, ...]]]:
    """Return the mails of every coming day: one per mailbox, cohort and kind of letter, as the outbox makes them up."""
    found: dict[date, set[tuple[str, ...]]] = {}
    for world in worlds:
        for line in _lines(world, calendar):
            if today <= line.planned_on <= world.plan.cohort.ends_on:
                mail = (world.plan.cohort.cohort, GROUPS.get(line.mail, line.mail.value), *_mailbox(world, line))
                found.setdefault(line.planned_on, set()).add(mail)
        for day in coming_digests(digest_days(world, calendar), worths(world, calendar, ())):
            if day >= today:
                own_list = (world.plan.cohort.cohort, GROUPS[MailKind.DIGEST], "", RecipientRole.OFFICE.value)
                found.setdefault(day, set()).add(own_list)
    return found


def _mailbox(world: World, line: PlannedReminder) -> tuple[str, str]:
    """Return whose mailbox a line goes to: unit and role there; the office's is nobody's."""
    if line.unit is None or line.role == RecipientRole.OFFICE:
        return "", ""
    unit = world.units[line.unit]
    role = seat(line.role, unit.kind, together=goes_together(line.mail))
    return (unit.parent or unit.code) if role in AT_THE_SO else unit.code, ROLE_AT_UNIT[role].value


def _lines(world: World, calendar: Calendar) -> Iterator[PlannedReminder]:
    owed = outstanding(cached_duties(world, calendar))
    for duty in owed:
        yield from ladder_lines(world, calendar, duty)
    yield from office_lines(world, calendar, owed)
