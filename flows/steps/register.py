"""Registering units and running projects from rosters: all or nothing, and the same roster twice changes nothing."""

from collections.abc import Sequence

from sqlmodel import Session, select

from config.vocabulary import AWARD_OF, ContactRole, UnitKind
from flows.steps.counting import counting
from flows.steps.errors import refuse
from flows.steps.standing import change_contact
from models.history import Act, record_event
from models.imports.rosters import ProjectRow, UnitRow
from models.loading import cohort_row, unit_row
from models.tables import Contact, Project, Unit


def register_units(session: Session, act: Act, rows: Sequence[UnitRow]) -> int:
    """Add units that are new, SOs first; returns how many."""
    added = 0
    with counting("导入党组织", len(rows)) as step:
        for row in sorted(rows, key=lambda row: row.kind != UnitKind.SO):
            added += _register(session, act, row)
            step()
    return added


def _register(session: Session, act: Act, row: UnitRow) -> bool:
    """Add a unit if it is new, and its contacts as far as they are; returns whether the unit was."""
    new = session.exec(select(Unit).where(Unit.code == row.code)).first() is None
    if new:
        _add(session, act, row)
    for role, name, email in (
        (ContactRole.CONTACT, row.contact, row.email),
        (ContactRole.SECRETARY, row.secretary, row.secretary_email),
    ):
        if email:
            _set_contact(session, act, row, role, name, email)
    return new


def _add(session: Session, act: Act, row: UnitRow) -> None:
    if (row.kind == UnitKind.BRANCH) != bool(row.parent):
        raise refuse(f"{row.code} {row.name}：党支部须填上级代码，二级党组织不填", "请核对名单")
    unit = Unit(
        code=row.code, name=row.name, kind=row.kind, branch_kind=row.branch_kind, founded_on=row.founded_on,
        parent_id=unit_row(session, row.parent).id if row.parent else None,
        secretary_is_dual_leader=row.dual_leader, planned_end_on=row.planned_end_on,
    )  # fmt: skip
    record_event(session, unit, "list", act, {"name": row.name})


def _set_contact(session: Session, act: Act, row: UnitRow, role: ContactRole, name: str, email: str) -> None:
    unit = unit_row(session, row.code)
    known = session.exec(select(Contact).where(Contact.unit_id == unit.id, Contact.role == role, Contact.email == email)).first()
    if known is None:
        change_contact(session, act, row.code, role, name, email, row.phone)


def register_projects(session: Session, act: Act, cohort: str, rows: Sequence[ProjectRow]) -> int:
    """Enrol projects approved before this system kept records (R1); returns how many are new."""
    added = 0
    with counting("导入在建项目", len(rows)) as step:
        for row in rows:
            code = f"{cohort}-{row.unit}"
            if session.exec(select(Project).where(Project.code == code)).first() is None:
                enrol(session, act, cohort, row.unit, row.title)
                added += 1
            step()
    return added


def enrol(session: Session, act: Act, cohort: str, unit_code: str, title: str = "") -> Project:
    """Enrol one project as it stands: building."""
    batch, unit = cohort_row(session, cohort), unit_row(session, unit_code)
    project = Project(
        code=f"{cohort}-{unit_code}", cohort_id=batch.id or 0, unit_id=unit.id or 0, award_kind=AWARD_OF[unit.kind], title=title
    )
    record_event(session, project, "enrol", act, {})
    return project
