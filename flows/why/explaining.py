"""The answer to “why?” about a project: where it stands, what is up for decision, why it is written to. Pure but for one reading."""

from collections.abc import Mapping
from datetime import date

from sqlmodel import Session, col, select

from flows.why.judging import waiting
from flows.why.link import Link
from flows.why.mid_term import mid_term
from flows.why.publicity import publicised
from flows.why.recusals import recused
from flows.why.refused import refused
from flows.why.reminding import Told, reminding
from flows.why.standing import standing
from models.loading import cohort_of, load_calendar, load_world, project_row
from models.rules.calendar import Calendar
from models.rules.snapshot import World
from models.tables import Mail, Reminder


def explain(world: World, calendar: Calendar, code: str, on: date, told: Mapping[str, Told]) -> tuple[Link, ...]:
    """Return the chain of reasons about a project as it stands on a day."""
    project = world.project(code)
    judged = (*standing(world, project), *publicised(project), *waiting(world, project), *recused(world, project))
    return (*judged, *mid_term(world, project, on), *reminding(world, calendar, project, on, told))


def explain_now(session: Session, code: str, on: date) -> tuple[Link, ...]:
    """Return the chain about a project on record; raises UnknownCodeError."""
    row = project_row(session, code)
    world = load_world(session, cohort_of(session, row).code)
    return (*explain(world, load_calendar(session), code, on, newest_letters(session, code)), *refused(session, row))


def newest_letters(session: Session, project: str) -> dict[str, Told]:
    """Return the newest letter about each duty of a project that has been made up, whatever became of it."""
    query = select(Reminder, Mail).join(Mail, col(Reminder.mail_id) == Mail.id).where(Reminder.project == project)
    lines = session.exec(query.order_by(col(Reminder.planned_on), col(Reminder.id))).all()
    return {line.duty: Told(line.kind, line.planned_on, mail.state.label) for line, mail in lines if line.duty}
