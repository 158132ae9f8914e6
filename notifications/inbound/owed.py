"""What a unit still owes, as a task about its reply tells it."""

from datetime import date

from sqlmodel import Session, col, select

from models.loading import load_calendar, load_world, open_cohort_rows
from models.rules.duties import cached_duties, outstanding
from models.tables import Mail, Reminder

SHOWN_MAX = 6


def projects_of(session: Session, mail: Mail) -> tuple[str, ...]:
    """Return the codes of the projects that a mail of ours was about."""
    query = select(Reminder.project).where(Reminder.mail_id == mail.id, col(Reminder.project).is_not(None)).distinct()
    return tuple(sorted(code for code in session.exec(query) if code))


def owed_by(session: Session, unit: str, on: date) -> tuple[tuple[str, str], ...]:
    """Return what a unit has been called to do and has not done, for itself or by its projects: title, and project or unit."""
    calendar = load_calendar(session)
    found: dict[tuple[str, str], None] = {}
    for row in open_cohort_rows(session):
        world = load_world(session, row.code)
        for duty in outstanding(cached_duties(world, calendar)):
            owner = world.project(duty.project).unit.code if duty.project else duty.unit
            if duty.call_on <= on and unit in (owner, duty.unit):
                found[duty.name, duty.project or duty.unit] = None
    return tuple(found)


def listed(items: tuple[str, ...]) -> str:
    """Return a few items as text, and how many more there are."""
    more = f"等 {len(items)} 项" if len(items) > SHOWN_MAX else ""
    return "、".join(items[:SHOWN_MAX]) + more
