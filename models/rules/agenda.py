"""When something falls due by itself: the days worth waking up for. On any other day a scan would find nothing to do."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from config.vocabulary import MailKind
from models.rules.calendar import ONE_DAY, Calendar
from models.rules.digest import coming_digests, digest_days, panel_rungs, worths
from models.rules.duties import cached_duties, outstanding
from models.rules.ladder import move_notes
from models.rules.memory import remembered
from models.rules.office_duties import office_duties, task_duties
from models.rules.office_work import OfficeWork
from models.rules.publicity import final_on, pending
from models.rules.reminders import ladder_lines, leaves_from, office_lines
from models.rules.snapshot import World

PUBLISHED_LATER = "公布后请更新程序，或用“调整工作日”逐日录入，录完勾选“全年已录完”；提醒日会自动重算"


@dataclass(frozen=True, slots=True)
class Occasion:
    """A working day on which something falls due, and what; ``note`` says why it is on another day than its rung names.

    ``at`` is the hour at which a letter leaves, "" where the whole day counts.
    """

    on: date
    reason: str
    clause: str
    note: str = ""
    at: str = ""


def agenda(world: World, calendar: Calendar, work: OfficeWork | None = None) -> tuple[Occasion, ...]:
    """Return every occasion of a cohort as it stands now, in order: phases, deadlines, lines to be written.

    With ``work`` also what the office and the panel owe and the letters to them.
    """
    last = world.plan.cohort.ends_on
    found = {occasion for occasion in _occasions(world, calendar) if occasion.on <= last}
    if work is not None:
        found |= {occasion for occasion in _of_handlers(world, calendar, work) if occasion.on <= last}
    return tuple(sorted(found, key=lambda occasion: (occasion.on, occasion.at, occasion.reason, occasion.clause, occasion.note)))


def provisional(calendar: Calendar, first: date, last: date) -> str:
    """Return the warning about years whose make-up days are not known; "" when all are."""
    years = "、".join(f"{year} 年" for year in calendar.provisional_years(first, last))
    return f"{years}的调休尚未公布或未录完，工作日按法定节假日推算" if years else ""


def next_day(world: World, calendar: Calendar, after: date) -> date | None:
    """Return the first day after a day on which something falls due, or None when nothing is left."""
    return min((day for day in _days(world, calendar) if day > after), default=None)


@remembered(4)
def _days(world: World, calendar: Calendar) -> frozenset[date]:
    return frozenset(occasion.on for occasion in agenda(world, calendar))


def _occasions(world: World, calendar: Calendar) -> Iterator[Occasion]:
    for phase in world.plan.cohort.phases:
        yield Occasion(calendar.on_or_after(phase.opens_on), f"{phase.kind.label}开始", phase.clause)
        yield Occasion(calendar.on_or_after(phase.closes_on + ONE_DAY), f"{phase.kind.label}结束", phase.clause)
    for period in world.plan.cohort.quiet:
        told = f"{period.title}（{period.from_on} 至 {period.until_on}）前最后一个工作日，其间的提醒提前到今天"
        yield Occasion(calendar.shift(period.from_on, -1), told, period.clause)
    for proposed in filter(None, map(pending, world.projects)):
        yield Occasion(final_on(proposed, calendar), f"{proposed.phase.label}公示期满，无异议的决定生效", "P.publicity")
    owed, moved, practice = outstanding(cached_duties(world, calendar)), _Moves(world, calendar), world.plan.programme.practice
    for duty in owed:
        yield Occasion(calendar.on_or_before(duty.due_on), f"{duty.title}（{duty.kind.label}）到期", duty.clause)
        for line in ladder_lines(world, calendar, duty):
            note = moved.of(duty.ladder, duty.due_on, line.rung)
            yield Occasion(
                line.planned_on, f"{duty.title}（{duty.kind.label}）{line.mail.label}", line.clause, note, leaves_from(practice, line.mail)
            )
    for line in office_lines(world, calendar, owed):
        note = moved.of(practice.office_ladder, line.due_on, line.rung)
        yield Occasion(line.planned_on, line.mail.label, line.clause, note, leaves_from(practice, line.mail))


class _Moves:
    """Why rungs have moved, looked up once per ladder and due day."""

    def __init__(self, world: World, calendar: Calendar) -> None:
        self._world, self._calendar = world, calendar
        self._known: dict[tuple[str, date], dict[str, str]] = {}

    def of(self, ladder: str | None, due_on: date, rung: str) -> str:
        if ladder is None:
            return ""
        if (ladder, due_on) not in self._known:
            rungs = self._world.plan.programme.ladder(ladder)
            self._known[ladder, due_on] = move_notes(self._calendar, rungs, due_on, self._world.plan.cohort.quiet)
        return self._known[ladder, due_on].get(rung, "")


def _of_handlers(world: World, calendar: Calendar, work: OfficeWork) -> Iterator[Occasion]:
    own = [*office_duties(world, calendar, work), *task_duties(world, calendar, work.tasks)]
    for duty in own:
        yield Occasion(calendar.on_or_before(duty.due_on), f"{duty.title}（{duty.owed_by.label}）到期", duty.clause)
    if (rule := world.plan.programme.digest) is not None:
        for day in coming_digests(digest_days(world, calendar), worths(world, calendar, own)):
            yield Occasion(day, MailKind.DIGEST.label, rule.clause, at=leaves_from(world.plan.programme.practice, MailKind.DIGEST))
    for rung in panel_rungs(world, calendar, own):
        told = f"{MailKind.PANEL_REMINDER.label} {rung.rung}"
        yield Occasion(rung.planned_on, told, rung.clause, at=leaves_from(world.plan.programme.practice, MailKind.PANEL_REMINDER))
