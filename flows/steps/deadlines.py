"""Acts that move deadlines: supplementary notice for all, extension for one; never a change of a stored row."""

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from config.programme import DeliverableRule
from flows.steps import letters
from flows.steps.errors import refuse
from models.history import Act, record_event
from models.loading import EVERYONE, cohort_row, load_calendar, load_plan, load_world, project_row, unit_row
from models.rules.duties import Duty, cached_duties
from models.tables import Cohort, Deadline, Project, Unit

"""The pseudo-deliverable of R41: every SO declares."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What a move of a deadline did."""

    old: date
    new: date
    version: int
    told: int


def supplement(session: Session, act: Act, cohort: str, deliverable: str, due_on: date, basis: str) -> Moved:
    """Move a deadline for all by a supplementary notice; the basis is mandatory."""
    row = cohort_row(session, cohort)
    old, before = _current(session, row, deliverable, EVERYONE), _duties(session, cohort)
    _refuse_bad_move(act, row, old, due_on, basis)
    record_event(session, row, "supplement", act, {"deliverable": deliverable, "due_on": due_on.isoformat(), "basis": basis})
    new = _append(session, act, old, EVERYONE, due_on, basis)
    told = letters.deadline_changed(session, act, row, before, new)
    return Moved(old.due_on, due_on, new.version, told)


def extend(session: Session, act: Act, cohort: str, subject: str, deliverable: str, due_on: date, basis: str) -> Moved:  # noqa: PLR0913
    """Extend a deadline for one project, branch or SO; the general chase falls silent for it until the new day."""
    row = cohort_row(session, cohort)
    old, before = _current(session, row, deliverable, subject), _duties(session, cohort)
    _refuse_bad_move(act, row, old, due_on, basis)
    _refuse_shorter(_current(session, row, deliverable, EVERYONE), due_on)
    target = _subject(session, row, subject)
    record_event(session, target, "extend", act, {"deliverable": deliverable, "due_on": due_on.isoformat(), "basis": basis})
    new = _append(session, act, old, subject, due_on, basis)
    told = letters.deadline_changed(session, act, row, before, new)
    return Moved(old.due_on, due_on, new.version, told)


def set_deadline(  # noqa: PLR0913 - the columns of the row
    session: Session,
    act: Act,
    project: Project,
    rule: DeliverableRule,
    due_on: date,
    *,
    subject: str,
    basis: str,
    ladder: str,
    internal_days: int,
) -> Deadline:
    """Append a deadline of one project with a ladder of its own (a returned paper)."""
    cohort = session.get(Cohort, project.cohort_id)
    assert cohort is not None  # noqa: S101 - a foreign key
    old = _current(session, cohort, rule.key, subject)
    return _append(session, act, old, subject, due_on, basis, ladder=ladder, internal_days=internal_days)


def _duties(session: Session, cohort: str) -> dict[str, Duty]:
    """Return what is owed before the move, by key."""
    return {duty.key: duty for duty in cached_duties(load_world(session, cohort), load_calendar(session))}


def _subject(session: Session, cohort: Cohort, code: str) -> Project | Unit:
    return project_row(session, code) if code.startswith(f"{cohort.code}-") else unit_row(session, code)


def _refuse_shorter(general: Deadline, due_on: date) -> None:
    if due_on < general.due_on:
        raise refuse(f"新时间 {due_on} 早于全体的时间 {general.due_on}，延期不能缩短", "如要提前，请用补充通知为全体调整")


def refuse_past(act: Act, due_on: date) -> None:
    """Refuse a new day that is over: everybody would be late at once, and be chased for it (P.extension)."""
    if due_on < act.on:
        raise refuse(f"新时间 {due_on} 早于办理当天 {act.on}，各单位一收到通知就已逾期", "请改为今后的日期")


def _refuse_bad_move(act: Act, cohort: Cohort, old: Deadline, due_on: date, basis: str) -> None:
    if not basis.strip():
        raise refuse("调整时间必须写明依据", "请填写通知名称或批准人")
    if due_on == old.due_on:
        raise refuse(f"新时间与原定时间相同（{due_on}）")
    refuse_past(act, due_on)
    ends_on = load_plan(cohort).cohort.ends_on
    if not old.set_on <= due_on <= ends_on:
        raise refuse(f"新时间 {due_on} 不在批次期内（{old.set_on} 至 {ends_on}）", "请核对日期")


def _current(session: Session, cohort: Cohort, deliverable: str, subject: str) -> Deadline:
    query = select(Deadline).where(
        Deadline.cohort_id == cohort.id, Deadline.deliverable == deliverable, col(Deadline.subject).in_((EVERYONE, subject))
    )
    rows = session.exec(query.order_by(col(Deadline.subject), col(Deadline.version).desc())).all()
    own = next((row for row in rows if row.subject == subject), None)
    found = own or next((row for row in rows if row.subject == EVERYONE), None)
    if found is None:
        raise refuse(f"批次 {cohort.code} 没有“{deliverable}”的时间要求", "请用 creation duties 查看")
    return found


def _append(  # noqa: PLR0913 - the columns of the row
    session: Session,
    act: Act,
    old: Deadline,
    subject: str,
    due_on: date,
    basis: str,
    *,
    ladder: str | None = None,
    internal_days: int | None = None,
) -> Deadline:
    row = Deadline(
        cohort_id=old.cohort_id,
        phase=old.phase,
        deliverable=old.deliverable,
        subject=subject,
        due_on=due_on,
        version=old.version + 1 if old.subject == subject else 1,
        internal_days=old.internal_days if internal_days is None else internal_days,
        call_on=old.call_on,
        ladder=ladder or old.ladder,
        endorse_ladder=ladder or old.endorse_ladder,
        basis=basis,
        set_on=act.on,
    )
    session.add(row)
    session.flush()
    return row
