"""Opening a cohort: its plan is read once and pinned, its deadlines become rows (architecture, one picture)."""

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, func, select

from config.cohort import Plan
from flows.steps.errors import refuse
from models.history import Act, record_event
from models.loading import EVERYONE
from models.projections import kept_hash
from models.rules.duties import DECLARE
from models.tables import Cohort, Deadline, Project


@dataclass(frozen=True, slots=True)
class Opened:
    """What opening did."""

    cohort: str
    created: bool
    deadlines: int
    notes: tuple[str, ...] = ()


def open_cohort(session: Session, act: Act, plan: Plan, plan_sha256: str) -> Opened:
    """Open a cohort; opening it again with the same plan changes nothing, with another plan it is refused."""
    known = session.exec(select(Cohort).where(Cohort.code == plan.cohort.cohort)).first()
    if known is not None:
        if known.plan_sha256 != plan_sha256:
            raise refuse(f"批次 {known.code} 已按另一份方案建立", "此后的时间只能通过补充通知或延期调整")
        return Opened(known.code, created=False, deadlines=0)
    cohort = Cohort(
        code=plan.cohort.cohort, title=plan.cohort.title, plan=plan.model_dump(mode="json"), plan_sha256=plan_sha256, opened_on=act.on
    )
    record_event(
        session, cohort, "open", act, {"plan_sha256": plan_sha256, "kept_sha256": kept_hash(cohort.plan)}, clause=plan.cohort.notice.clause
    )
    rows = [*_deadlines(cohort, plan, act.on), *_declare_deadline(cohort, plan, act.on)]
    session.add_all(rows)
    return Opened(cohort.code, created=True, deadlines=len(rows))


def _deadlines(cohort: Cohort, plan: Plan, today: date) -> list[Deadline]:
    practice = plan.programme.practice
    rows = []
    for row in plan.cohort.deadlines:
        rule = plan.programme.deliverable(row.deliverable)
        rows.append(
            Deadline(
                cohort_id=cohort.id or 0,
                phase=row.phase,
                deliverable=row.deliverable,
                subject=EVERYONE,
                due_on=row.due_on,
                version=1,
                internal_days=practice.internal_working_days if rule.endorsed else 0,
                call_on=row.call_on or plan.cohort.phase(row.phase).opens_on,
                ladder=row.ladder or rule.ladder,
                endorse_ladder=row.endorse_ladder or rule.endorse_ladder,
                basis=plan.cohort.notice.title,
                set_on=min(today, plan.cohort.notice.issued_on),
            )
        )
    return rows


def _declare_deadline(cohort: Cohort, plan: Plan, today: date) -> list[Deadline]:
    declare = plan.cohort.declare
    if declare is None:
        return []
    return [
        Deadline(
            cohort_id=cohort.id or 0,
            phase=declare.phase,
            deliverable=DECLARE,
            subject=EVERYONE,
            due_on=declare.due_on,
            version=1,
            internal_days=0,
            call_on=plan.cohort.phase(declare.phase).opens_on,
            ladder=plan.programme.practice.declare_ladder,
            endorse_ladder=None,
            basis=plan.cohort.notice.title,
            set_on=min(today, plan.cohort.notice.issued_on),
        )
    ]


def count_check(session: Session, cohort: str) -> tuple[str, ...]:
    """Compare the announced numbers of projects with what is on record (R4): a warning, never a refusal."""
    row = session.exec(select(Cohort).where(Cohort.code == cohort)).one()
    expected = Plan.model_validate(row.plan).cohort.expected
    notes = []
    for kind, number in expected.items():
        query = select(func.count()).select_from(Project).where(Project.cohort_id == row.id, Project.award_kind == kind)
        if (found := session.exec(query).one()) != number:
            notes.append(f"{kind.label}：通知公布 {number} 个，登记 {found} 个；请核对名单")
    return tuple(notes)
