"""When the office gets its list of work, and when the panel is reminded (P.office): computed, like every reminder.

The list goes on the first working day of a week and before a deadline, if anything open then is worth a letter: a duty of a unit that
falls due in the days it covers or is late, a duty of the office, a task, a mail in trouble.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from config.handling import DigestRule
from config.programme import Rung
from config.vocabulary import DutyKind, MailKind
from models.rules.calendar import ONE_DAY, Calendar
from models.rules.duties import Duty, cached_duties, outstanding
from models.rules.ladder import in_quiet, rung_day, rung_days
from models.rules.memory import remembered
from models.rules.office_duties import OfficeDuty
from models.rules.snapshot import World

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Worth:
    """From when to when something open is worth a letter to the office; both days count."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class PanelRung:
    """One reminder of a panel member: about everything due on a day in a phase."""

    person: str
    phase: str
    due_on: date
    rung: str
    planned_on: date
    clause: str

    def key(self, cohort: str) -> str:
        """Return what makes the line once-only."""
        return f"{MailKind.PANEL_REMINDER}:{cohort}:{self.phase}:{self.due_on}:{self.rung}:{self.person}"


@remembered(4)
def digest_days(world: World, calendar: Calendar) -> tuple[date, ...]:
    """Return every day of a cohort on which the list may go, in order; none lies in a quiet period."""
    rule = world.plan.programme.digest
    cohort = world.plan.cohort
    first, last = min(phase.opens_on for phase in cohort.phases), cohort.ends_on
    wanted = {*_weekly(rule, calendar, first, last), *_before_deadlines(rule, world, calendar)} if rule else set()
    return tuple(sorted(day for day in wanted if first <= day <= last and not in_quiet(cohort.quiet, day)))


def _weekly(rule: DigestRule, calendar: Calendar, first: date, last: date) -> Iterator[date]:
    monday = first - ONE_DAY * first.weekday()
    while monday <= last:
        worked = [day for n in range(7) if calendar.is_working_day(day := monday + ONE_DAY * n)]
        if worked:
            yield worked[min(rule.working_day_of_week, len(worked)) - 1]
        monday += WEEK


def _before_deadlines(rule: DigestRule, world: World, calendar: Calendar) -> Iterator[date]:
    """Yield the days before the deadlines that hold for all; one in a quiet period moves before it, like any rung."""
    rung = Rung(offset=-rule.working_days_before, mail=MailKind.DIGEST)
    for due_on in {duty.official_due_on for duty in cached_duties(world, calendar) if not duty.individual}:
        yield rung_day(calendar, rung, due_on, world.plan.cohort.quiet)


def horizon(rule: DigestRule, calendar: Calendar, day: date) -> date:
    """Return the last day that a list of a day covers: days off after its last working day belong to it."""
    return calendar.shift(calendar.on_or_after(day), rule.working_days_ahead) - ONE_DAY


def is_shown(duty: Duty, on: date, until: date) -> bool:
    """Return whether a list of a day names a unit's open duty: called for, its turn, late or due by ``until``."""
    return not duty.done and duty.in_turn and duty.since <= on and duty.due_on <= until


def worths(world: World, calendar: Calendar, own: Iterable[OfficeDuty], troubled: Iterable[date] = ()) -> tuple[Worth, ...]:
    """Return what is open and makes a list worth sending: ``own`` with the tasks, ``troubled`` mails by their day."""
    rule = world.plan.programme.digest
    if rule is None:
        return ()
    for_long = WEEK * rule.late_weeks_max
    covered: dict[date, date] = {}
    found = {Worth(day, day + for_long) for day in troubled} | {Worth(duty.since, duty.due_on + for_long) for duty in own}
    for duty in outstanding(cached_duties(world, calendar)):
        if duty.in_turn:
            if duty.due_on not in covered:
                covered[duty.due_on] = _first_covering(rule, calendar, duty.due_on)
            found.add(Worth(max(duty.since, covered[duty.due_on]), duty.due_on + for_long))
    return tuple(found)


def _first_covering(rule: DigestRule, calendar: Calendar, due_on: date) -> date:
    """Return the first working day whose list covers a day."""
    return calendar.shift(calendar.on_or_before(due_on), 1 - rule.working_days_ahead)


def newest_day(world: World, calendar: Calendar, on: date) -> date | None:
    """Return the day of the newest list up to a day, which alone goes after a downtime; None while handlers have quiet or all is over."""
    if on > world.plan.cohort.ends_on or in_quiet(world.plan.cohort.quiet, on):
        return None
    days = digest_days(world, calendar)
    at = bisect_right(days, on)
    return days[at - 1] if at else None


def is_worth(worth: Iterable[Worth], day: date) -> bool:
    """Return whether something open now is or was worth the list of a day: what came up after it waits for the next."""
    return any(one.first <= day <= one.last for one in worth)


def coming_digests(days: Iterable[date], worth: tuple[Worth, ...]) -> tuple[date, ...]:
    """Return the days on which a list will go should nothing change."""
    return tuple(day for day in days if is_worth(worth, day))


def panel_rungs(world: World, calendar: Calendar, own: Iterable[OfficeDuty]) -> tuple[PanelRung, ...]:
    """Return every reminder that panel members would get while scores are lacking, by day."""
    rule = world.plan.programme.office_duty(DutyKind.SCORE)
    if rule is None or rule.ladder is None:
        return ()
    ladder, cohort = world.plan.programme.ladder(rule.ladder), world.plan.cohort
    since: dict[tuple[str, str, date], date] = {}
    for duty in (one for one in own if one.kind == DutyKind.SCORE and one.phase):
        for person in duty.persons:
            key = person, str(duty.phase), duty.due_on
            since[key] = min(duty.since, since.get(key, duty.since))
    found = [
        PanelRung(person, phase, due_on, rung.name, day, rule.clause)
        for (person, phase, due_on), ground in since.items()
        for rung, day in rung_days(calendar, ladder, due_on, cohort.ends_on, cohort.quiet)
        if day > ground
    ]
    return tuple(sorted(found, key=lambda rung: (rung.planned_on, rung.person, rung.phase, rung.due_on)))


def panel_due(world: World, rungs: Iterable[PanelRung], on: date) -> tuple[PanelRung, ...]:
    """Return the newest rung due by a day for each person, phase and due day; none in a quiet period or after the cohort's end."""
    if on > world.plan.cohort.ends_on or in_quiet(world.plan.cohort.quiet, on):
        return ()
    newest = {(rung.person, rung.phase, rung.due_on): rung for rung in rungs if rung.planned_on <= on}
    return tuple(newest.values())
