"""Acts that set a batch up: open it by its plan, bring in units and running projects, mark working days."""

from datetime import date
from pathlib import Path

from sqlmodel import Session

from config.loading import content_hash
from flows.steps import opening, register
from flows.steps.errors import refuse
from flows.steps.filing import from_inbox
from models.history import Act, record_event
from models.imports.rosters import read_projects, read_units
from models.loading import COMPLETE_YEAR, load_calendar, open_cohort_rows
from models.plans import load_checked_plan
from models.tables import Holiday, Setting


def open_batch(session: Session, act: Act, plan: str) -> opening.Opened:
    """Open a cohort by its plan, named by its code; opening it again changes nothing (R3, R4)."""
    return open_planned(session, act, plan)


def open_planned(session: Session, act: Act, plan: str | Path) -> opening.Opened:
    """Open a cohort by its plan, wherever the file lies; raises PlanError with everything that is wrong with it."""
    checked, notes = load_checked_plan(plan, load_calendar(session))
    opened = opening.open_cohort(session, act, checked, content_hash(checked))
    told = (*map(str, notes), *opening.count_check(session, opened.cohort))
    return opening.Opened(opened.cohort, opened.created, opened.deadlines, told)


def import_units(session: Session, act: Act, sheet: str) -> int:
    """Bring in units and contacts from a roster of the inbox; returns how many are new."""
    return register.register_units(session, act, read_units(from_inbox(sheet)))


def import_projects(session: Session, act: Act, cohort: str, sheet: str) -> int:
    """Bring in projects that are already being built (R1); returns how many are new."""
    return register.register_projects(session, act, cohort, read_projects(from_inbox(sheet)))


def set_day(session: Session, act: Act, day: date, working: bool, basis: str, year_complete: bool = False) -> Holiday:
    """Mark a day as worked or off, with its basis: no library knows make-up days before they are published.

    With ``year_complete`` the office says that no day of that year is left to enter, and its days are provisional no more.
    """
    if not basis.strip():
        raise refuse("调整工作日必须写明依据", "请填写放假通知的名称或文号")
    row = session.get(Holiday, day) or Holiday(day=day, working=working, basis=basis)
    row.working, row.basis = working, basis
    session.add(row)
    body = {"day": day.isoformat(), "working": working, "basis": basis}
    if year_complete:
        session.merge(Setting(key=f"{COMPLETE_YEAR}{day.year}", value=basis))
        body["year_complete"] = True
    for cohort in open_cohort_rows(session):
        record_event(session, cohort, "set_day", act, body)
    session.flush()
    return row
