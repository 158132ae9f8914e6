"""Reading a cohort as it stands into the values that rules look at. One query per table, whatever the size."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from config.cohort import Plan
from config.vocabulary import AwardKind, CohortState, Level, RecognitionKind, RectificationState, UnitKind, UnitState
from models import tables as t
from models.approved import approved
from models.kept import kept
from models.rules import snapshot as s
from models.rules.calendar import Calendar
from models.tables.columns import canonical

COMPLETE_YEAR = "holidays_complete:"
"""Beginning of the row of a year whose holidays are all entered; the year follows."""
EVERYONE = "*"
"""Subject of a deadline that holds for all."""


class UnknownCodeError(LookupError):
    """A code that is not on record; the message names it."""


def load_plan(cohort: t.Cohort) -> Plan:
    """Return the plan pinned when the cohort was opened."""
    return _plan(canonical(cohort.plan))


@lru_cache(maxsize=16)
def _plan(text: str) -> Plan:
    return Plan.model_validate_json(text)


def cohort_row(session: Session, code: str) -> t.Cohort:
    """Return a cohort by code; raises UnknownCodeError."""
    row = session.exec(select(t.Cohort).where(t.Cohort.code == code)).first()
    if row is None:
        known = "、".join(session.exec(select(t.Cohort.code))) or "无"
        msg = f"没有批次“{code}”；已建立：{known}。建立批次请用 creation open {code}"
        raise UnknownCodeError(msg)
    return row


def cohort_of(session: Session, row: t.Project | t.Ballot) -> t.Cohort:
    """Return the cohort that a project or a ballot belongs to."""
    return session.get_one(t.Cohort, row.cohort_id)


def open_cohort_rows(session: Session) -> Sequence[t.Cohort]:
    """Return the cohorts that are running, by code."""
    return session.exec(select(t.Cohort).where(t.Cohort.state == CohortState.OPEN).order_by(col(t.Cohort.code))).all()


def open_cohort_ids(session: Session) -> dict[str, int]:
    """Return code → id of the cohorts that are running, by code, without reading their plans."""
    query = select(t.Cohort.code, t.Cohort.id).where(t.Cohort.state == CohortState.OPEN).order_by(col(t.Cohort.code))
    return {code: number or 0 for code, number in session.exec(query)}


def newest_open_cohort(session: Session) -> t.Cohort | None:
    """Return the running cohort with the greatest code: what belongs to no unit stands in its history."""
    return next(reversed(open_cohort_rows(session)), None)


def project_row(session: Session, code: str) -> t.Project:
    """Return a project by code; raises UnknownCodeError."""
    row: t.Project = _row(session, t.Project, code, "项目")
    return row


def unit_row(session: Session, code: str) -> t.Unit:
    """Return a unit by code; raises UnknownCodeError."""
    row: t.Unit = _row(session, t.Unit, code, "党组织")
    return row


def _row(session: Session, table: type, code: str, noun: str):  # type: ignore[no-untyped-def] # noqa: ANN202 - row of the table
    row = session.exec(select(table).where(table.code == code)).first()  # type: ignore[attr-defined]
    if row is None:
        msg = f"没有编号为“{code}”的{noun}；请用 creation status 查看编号"
        raise UnknownCodeError(msg)
    return row


def load_calendar(session: Session) -> Calendar:
    """Return the working-day calendar with the office's overrides."""
    days = {row.day: row.working for row in session.exec(select(t.Holiday))}
    complete = session.exec(select(t.Setting.key).where(col(t.Setting.key).startswith(COMPLETE_YEAR, autoescape=True)))
    return Calendar(days, frozenset(int(key.removeprefix(COMPLETE_YEAR)) for key in complete))


def load_world(session: Session, cohort_code: str) -> s.World:
    """Return the whole cohort as frozen values, read again when the history has grown; raises UnknownCodeError."""
    return kept(session, ("world", cohort_code), lambda: _read_world(session, cohort_code))


def load_part(session: Session, cohort_code: str, projects: Sequence[int], *, every_so: bool = False) -> s.World:
    """Return the part of a cohort that its rules on duties need for some projects (ids): their units, papers and deadlines.

    Honours and recognitions are left out. With ``every_so`` all SOs are there, whether they have a project or not.
    """
    cohort = cohort_row(session, cohort_code)
    own = select(t.Unit.id).join(t.Project, col(t.Project.unit_id) == t.Unit.id).where(col(t.Project.id).in_(projects))
    above = select(t.Unit.parent_id).where(col(t.Unit.id).in_(own))
    here = sa.or_(col(t.Unit.id).in_(own), col(t.Unit.id).in_(above), sa.and_(sa.literal(every_so), col(t.Unit.kind) == UnitKind.SO))
    units, codes = _units(session, here)
    known = _projects(session, cohort, units, codes, projects)
    subjects = [EVERYONE, *units, *(project.code for project in known)]
    deadlines = load_deadlines(session, cohort, subjects)
    exempt = kept(session, ("exempt", cohort_code), lambda: _exempt(session, cohort_code))
    return s.World(load_plan(cohort), units, known, deadlines, exempt, facts=_of_cohort(session, cohort_code))


def _read_world(session: Session, cohort_code: str) -> s.World:
    cohort = cohort_row(session, cohort_code)
    units, codes = _units(session, sa.true())
    return s.World(
        plan=load_plan(cohort),
        units=units,
        projects=_projects(session, cohort, units, codes),
        deadlines=load_deadlines(session, cohort),
        exempt=_exempt(session, cohort_code),
        honours=tuple(s.Honour(codes[unit_id], *rest) for unit_id, *rest in session.execute(sa.select(*_HONOUR_COLUMNS))),
        recognitions=_recognitions(session, cohort, codes),
        facts=_of_cohort(session, cohort_code),
    )


def _units(session: Session, where: sa.ColumnElement[bool]) -> tuple[dict[str, s.Unit], dict[int | None, str]]:
    """Return units by code, and codes by id."""
    rows = session.execute(sa.select(*_UNIT_COLUMNS).where(where)).all()
    codes: dict[int | None, str] = {row.id: row.code for row in rows}
    return {row.code: _unit(row, codes) for row in rows}, codes


_UNIT_COLUMNS = tuple(
    t.Unit.__table__.c[name]  # type: ignore[attr-defined]
    for name in (
        "id", "code", "name", "kind", "branch_kind", "parent_id", "founded_on", "planned_end_on", "secretary_is_dual_leader", "state",
    )
)  # fmt: skip
_HONOUR_COLUMNS = tuple(t.Honour.__table__.c[name] for name in ("unit_id", "kind", "level", "awarded_on", "to_secretary", "title"))  # type: ignore[attr-defined]
_FACT_COLUMNS = tuple(t.Event.__table__.c[name] for name in ("stream", "seq", "event", "effective_on", "payload"))  # type: ignore[attr-defined]
"""Columns instead of rows: a world of hundreds of units and thousands of events is read often."""


def _unit(row: Any, codes: Mapping[int | None, str]) -> s.Unit:
    return s.Unit(
        row.code,
        row.name,
        row.kind,
        row.branch_kind,
        codes.get(row.parent_id),
        row.founded_on,
        row.planned_end_on,
        row.secretary_is_dual_leader,
        row.state == UnitState.DISSOLVED,
    )


def _exempt(session: Session, cohort_code: str) -> frozenset[str]:
    events = session.exec(select(t.Event).where(t.Event.event == "exempt"))
    return frozenset(e.stream.partition(":")[2] for e in events if e.payload.get("cohort") == cohort_code)


def _recognitions(session: Session, cohort: t.Cohort, codes: Mapping[int | None, str]) -> tuple[s.Recognition, ...]:
    known = [s.Recognition(codes[r.unit_id], r.kind, r.level, r.approved_on) for r in session.exec(select(t.Recognition))]
    kinds = {AwardKind.BENCHMARK_ORG: RecognitionKind.BENCHMARK, AwardKind.MODEL_BRANCH: RecognitionKind.MODEL_BRANCH}
    for other in session.exec(select(t.Cohort).where(t.Cohort.id != cohort.id)):
        starts = load_plan(other).cohort.starts_on
        chosen = select(t.Project.unit_id, t.Project.award_kind).where(t.Project.cohort_id == other.id, approved())
        known += [s.Recognition(codes[unit], kinds[AwardKind(kind)], Level.SCHOOL, starts) for unit, kind in session.exec(chosen)]
    return tuple(known)


def load_deadlines(session: Session, cohort: t.Cohort, subjects: Sequence[str] = ()) -> tuple[s.Deadline, ...]:
    """Return the deadlines of a cohort as recorded, of all subjects or of some."""
    query = select(t.Deadline).where(t.Deadline.cohort_id == cohort.id).order_by(col(t.Deadline.id))
    rows = session.exec(query.where(col(t.Deadline.subject).in_(subjects)) if subjects else query)
    return tuple(
        s.Deadline(
            phase=row.phase,
            deliverable=row.deliverable,
            subject=None if row.subject == EVERYONE else row.subject,
            due_on=row.due_on,
            version=row.version,
            internal_days=row.internal_days,
            call_on=row.call_on,
            ladder=row.ladder,
            endorse_ladder=row.endorse_ladder,
            basis=row.basis,
            set_on=row.set_on,
        )
        for row in rows
    )


def _projects(
    session: Session, cohort: t.Cohort, units: Mapping[str, s.Unit], codes: Mapping[int | None, str], only: Sequence[int] | None = None
) -> tuple[s.Project, ...]:
    """Return the projects of a cohort by code, or some of them (ids). All are named by a subquery: databases bound the parameters."""
    ids: Any = sa.select(col(t.Project.id)).where(col(t.Project.cohort_id) == cohort.id) if only is None else only
    rows = session.exec(select(t.Project).where(col(t.Project.id).in_(ids)).order_by(col(t.Project.code))).all()
    streams = None if only is None else [f"project:{row.code}" for row in rows]
    facts, heads = _facts(session, cohort.code, streams)
    papers = _by_project(
        session.exec(select(t.Submission).where(col(t.Submission.project_id).in_(ids)).order_by(col(t.Submission.version)))
    )
    scores = _by_project(session.exec(select(t.Assessment).where(col(t.Assessment.project_id).in_(ids)).order_by(col(t.Assessment.id))))
    decided = _by_project(session.exec(select(t.Decision).where(col(t.Decision.project_id).in_(ids)).order_by(col(t.Decision.id))))
    orders = _by_project(
        session.exec(select(t.Rectification).where(col(t.Rectification.project_id).in_(ids)).order_by(col(t.Rectification.id)))
    )
    items, moved = _items(session), _moved(session, [r.code for mine in orders.values() for r in mine if r.due_version > 1])
    return tuple(
        s.Project(
            code=row.code,
            unit=units[codes[row.unit_id]],
            award_kind=row.award_kind,
            state=row.state,
            seq=heads.get(row.code, 0),
            submissions={p.deliverable: _submission(p) for p in papers[row.id]},
            facts=tuple(facts[row.code]),
            assessments=tuple(s.Assessment(a.phase, a.part, a.round_no, a.assessor, a.scores) for a in scores[row.id]),
            rectifications=tuple(_rectification(r, items, moved.get(r.code)) for r in orders[row.id]),
            decisions=tuple(s.Decision(d.phase, d.round_no, d.outcome, d.decided_on) for d in decided[row.id]),
        )
        for row in rows
    )


def _by_project(rows: Iterable) -> defaultdict:  # type: ignore[type-arg]
    grouped = defaultdict(list)
    for row in rows:
        grouped[row.project_id].append(row)
    return grouped


def of_projects(cohort_code: str) -> sa.ColumnElement[bool]:
    """Return the condition of an event about a project of a cohort: a range, so that the key's index serves."""
    stream = col(t.Event.stream)
    return sa.and_(stream >= f"project:{cohort_code}-", stream < f"project:{cohort_code}.")


def _of_cohort(session: Session, cohort_code: str) -> tuple[s.Fact, ...]:
    found, _ = _facts(session, cohort_code, [f"cohort:{cohort_code}"])
    return tuple(found[cohort_code])


def _facts(session: Session, cohort_code: str, streams: Sequence[str] | None) -> tuple[defaultdict[str, list[s.Fact]], dict[str, int]]:
    mine = of_projects(cohort_code) if streams is None else col(t.Event.stream).in_(streams)
    query = sa.select(*_FACT_COLUMNS).where(mine).order_by(t.Event.stream, t.Event.seq)  # type: ignore[arg-type]
    facts: defaultdict[str, list[s.Fact]] = defaultdict(list)
    heads: dict[str, int] = {}
    for event in session.execute(query):
        code = event.stream.partition(":")[2]
        heads[code] = event.seq
        facts[code].append(s.Fact(event.seq, event.event, event.effective_on, event.payload))
    for code, known in facts.items():
        corrected = {fact.payload["corrects"] for fact in known if fact.event == "correct" and "corrects" in fact.payload}
        facts[code] = [fact for fact in known if fact.seq not in corrected]
    return facts, heads


def _submission(row: t.Submission) -> s.Submission:
    return s.Submission(row.deliverable, row.version, row.state, row.received_on, row.endorsed_on, row.pieces, len(row.files))


Items = Mapping[int, Sequence[s.RectificationItem]]
"""Id of a rectification → its items by number."""


def _items(session: Session) -> Items:
    found: defaultdict[int, list[s.RectificationItem]] = defaultdict(list)
    for row in session.exec(select(t.RectificationItem).order_by(col(t.RectificationItem.number))):
        found[row.rectification_id].append(s.RectificationItem(row.number, row.text, row.answer, row.verified, len(row.files), row.note))
    return found


def _moved(session: Session, orders: Sequence[str]) -> dict[str, date]:
    """Return when the day of each of these rectifications was last set anew."""
    if not orders:
        return {}
    query = select(t.Event).where(t.Event.event == "extend", col(t.Event.stream).in_([f"rectification:{code}" for code in orders]))
    return {event.stream.partition(":")[2]: event.effective_on for event in session.exec(query.order_by(col(t.Event.seq)))}


def _rectification(row: t.Rectification, items: Items, moved_on: date | None) -> s.Rectification:
    mine = tuple(items.get(row.id or 0, ()))
    left = 0 if row.state == RectificationState.VERIFIED else sum(item.verified is not True for item in mine)
    return s.Rectification(row.code, row.round_no, row.after, row.state, row.opened_on, row.due_on, row.due_version, left, mine, moved_on)
