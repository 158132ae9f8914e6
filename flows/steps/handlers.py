"""Those who handle the programme are reminded too: the office gets its list of work, panel members what they have yet to score (P.office).

The lines are planned together with the reminders of a phase, in one transaction with the office's list of the missing: both then
travel in one letter (decision 0013).
"""

from collections.abc import Iterator
from datetime import date

from sqlmodel import Session

from config.clock import business_day
from config.vocabulary import MailKind, PersonRole, RecipientRole
from flows.steps.defence_letters import panel_notices
from models.loading import cohort_row, load_plan, load_world
from models.office_work import read_work
from models.planning import due, representatives
from models.rules.calendar import Calendar
from models.rules.decisions import DECIDED_PHASES
from models.rules.digest import Worth, coming_digests, digest_days, is_worth, newest_day, panel_due, panel_rungs, worths
from models.rules.office_duties import office_duties, task_duties
from models.rules.reminders import PlannedReminder, due_reminders
from models.rules.snapshot import World
from notifications.addresses import PERSON, with_mailbox
from notifications.handling import speaks_for_the_office, troubled, without_listed
from notifications.outbox import PlannedLine, unplanned

DIGEST_RUNG = "digest"


def handler_lines(session: Session, cohort: str, calendar: Calendar, phase: str, on: date, *, large: bool = False) -> list[PlannedLine]:
    """Return the lines to handlers that are due by a day and not on record: the cohort's list, a phase's reminders to its panel.

    With the list come the office's lists of the missing of every phase. A large cohort is not read whole for it.
    """
    few = representatives(session, cohort) if large else None
    panel = [*unplanned(session, list(_to_panel(session, cohort, calendar, phase, on))), *_about_defence(session, cohort, phase, on)]
    return [*_digest(session, cohort, few, calendar, on), *panel]


def _about_defence(session: Session, cohort: str, phase: str, on: date) -> list[PlannedLine]:
    """Return the notices of the defence to the panel; most days nobody has a mailbox, and nothing need be read."""
    has_one = with_mailbox(session, PersonRole.PANEL)
    return panel_notices(session, load_world(session, cohort), phase, on) if has_one else []


def next_handler_day(session: Session, cohort: str, calendar: Calendar, after: date) -> date | None:
    """Return the next day on which handlers of a cohort will be written to should nothing change, or None."""
    world = load_world(session, cohort)
    lists = (day for day in coming_digests(digest_days(world, calendar), _worths(session, world, calendar, after)) if day > after)
    rungs = (rung.planned_on for rung in panel_rungs(world, calendar, office_duties(world, calendar, read_work(session, after))))
    written = set(with_mailbox(session, PersonRole.PANEL))
    panel = rungs if written else ()
    return min((*lists, *(day for day in panel if day > after)), default=None)


def _digest(session: Session, cohort: str, few: World | None, calendar: Calendar, on: date) -> list[PlannedLine]:
    world = few or load_world(session, cohort)
    newest = newest_day(world, calendar, on)
    if newest is None or not unplanned(session, [line := _list_line(world, newest)]):
        return []
    if few is None and not is_worth(_worths(session, world, calendar, on), newest):
        return []  # of a large cohort that is asked when the list is made up: one that says nothing is dropped
    own = [_list_line(world, newest, code) for code in with_mailbox(session, PersonRole.ADMIN)]
    lists = [row for row in _due(session, world, calendar, on, large=few is not None) if row.mail == MailKind.OFFICE_LIST]
    return [line, *own, *unplanned(session, [PlannedLine.from_reminder(cohort, row) for row in lists])]


def _due(session: Session, world: World, calendar: Calendar, on: date, *, large: bool) -> Iterator[PlannedReminder]:
    if not large:
        yield from due_reminders(world, calendar, on)
        return
    for phase in world.plan.cohort.phases:
        yield from due(session, world.plan.cohort.cohort, phase.key, calendar, on).others(session)


def _worths(session: Session, world: World, calendar: Calendar, on: date) -> tuple[Worth, ...]:
    work = read_work(session, on)
    own = list(office_duties(world, calendar, work))
    if not speaks_for_the_office(session, world):
        return worths(world, calendar, own)
    mails = troubled(session)
    tasks = without_listed(task_duties(world, calendar, work.tasks), mails)
    return worths(world, calendar, [*own, *tasks], [business_day(mail.at) for mail in mails])


def _to_panel(session: Session, cohort: str, calendar: Calendar, phase: str, on: date) -> Iterator[PlannedLine]:
    """Yield the newest line due for each panel member with a mailbox; most days nobody has one to give, or nothing to score."""
    kind = load_plan(cohort_row(session, cohort)).cohort.phase(phase).kind
    if kind not in DECIDED_PHASES or not (written := set(with_mailbox(session, PersonRole.PANEL))):
        return
    world = load_world(session, cohort)
    own = [duty for duty in office_duties(world, calendar, read_work(session, on)) if duty.phase == phase and duty.since <= on]
    for rung in panel_due(world, panel_rungs(world, calendar, own), on):
        if rung.person in written:
            yield PlannedLine(
                rung.key(cohort), MailKind.PANEL_REMINDER, cohort, phase, None, None, None, None, rung.rung, RecipientRole.PERSON,
                rung.planned_on, rung.clause, {PERSON: rung.person},
            )  # fmt: skip


def _list_line(world: World, day: date, person: str = "") -> PlannedLine:
    rule, cohort = world.plan.programme.digest, world.plan.cohort.cohort
    role = RecipientRole.PERSON if person else RecipientRole.OFFICE
    key = ":".join(filter(None, (MailKind.DIGEST, cohort, day.isoformat(), person)))
    clause = rule.clause if rule else "P.office"
    return PlannedLine(
        key, MailKind.DIGEST, cohort, "", None, None, None, None, DIGEST_RUNG, role, day, clause, {PERSON: person} if person else {}
    )
