"""What a drop-down offers now: a label that people read → the value the act gets. One function per kind, read afresh each time."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row
from sqlmodel import Session, col, select

from config.cohort import Plan
from config.identity import PersonState
from config.loading import FOLDER
from config.vocabulary import (
    WRITTEN_TO,
    AwardKind,
    DocumentKind,
    Level,
    ListKind,
    NegativeAnswer,
    OwedBy,
    PersonRole,
    ProjectState,
    RectificationState,
    SubmissionState,
    UnitKind,
    UnitState,
)
from flows.forms.decided import commended, excellent, open_objections, publicised, unanswered_advice
from flows.forms.labels import LABELS
from flows.forms.panel_choices import panel_marks, panel_names, unscored_assignments
from flows.steps.erasing import choices as erasable
from flows.steps.filing import inbox, received
from flows.steps.people import persons
from models.loading import load_plan, open_cohort_rows
from models.rules.decisions import DECIDED_PHASES
from models.rules.lifecycle import ACTIVE, PROJECT_FACTS
from models.tables import Ballot, Cohort, Event, Person, Project, Rectification, RectificationItem, Submission, Task, Unit

Choices = dict[str, Any]
NOTHING = "（暂无可选项）"
"""What a drop-down shows that has nothing to offer; never accepted."""
RECORDS_MAX = 300
"""How many of the newest facts can be chosen for correction; older ones by the command line."""
BALLOTS_MAX = 30


def offered(session: Session, kind: str) -> Choices:
    """Return label → value of a kind of choices as things stand; raises KeyError for an unknown kind."""
    return KINDS[kind](session)


def _cohorts(session: Session) -> Choices:
    return {f"{row.code} {row.title}": row.code for row in reversed(open_cohort_rows(session))}


def _plans(session: Session) -> list[Plan]:
    return [load_plan(row) for row in reversed(open_cohort_rows(session))]


def _projects(*states: ProjectState) -> Callable[[Session], Choices]:
    def read(session: Session) -> Choices:
        query = select(Project.code, Unit.name).join(Unit).order_by(col(Project.code))
        rows = session.exec(query.where(col(Project.state).in_(states)) if states else query)
        return {f"{code} {name}": code for code, name in rows}

    return read


def _units(*kinds: UnitKind) -> Callable[[Session], Choices]:
    def read(session: Session) -> Choices:
        standing = select(Unit.code, Unit.name).where(col(Unit.kind).in_(kinds or tuple(UnitKind)), Unit.state != UnitState.DISSOLVED)
        rows = session.exec(standing.order_by(col(Unit.code)))
        return {f"{code} {name}": code for code, name in rows}

    return read


def _subjects(session: Session) -> Choices:
    return {**_projects(*ACTIVE)(session), **_units()(session)}


def _papers(*states: SubmissionState) -> Callable[[Session], Choices]:
    """Offer papers by project and title; only the newest version of each."""

    def read(session: Session) -> Choices:
        titles = {rule.key: rule.title for plan in _plans(session) for rule in plan.programme.deliverables}
        columns = (Project.code, Unit.name, Submission.deliverable, Submission.state, Submission.received_on)
        query: Any = sa.select(*columns)  # type: ignore[call-overload]
        rows: Iterable[Row[Any]] = session.execute(
            query.join(Project, col(Submission.project_id) == col(Project.id)).join(Unit, col(Project.unit_id) == col(Unit.id))
            .where(col(Project.state).in_(ACTIVE)).order_by(col(Project.code), col(Submission.deliverable), col(Submission.version))
        )  # fmt: skip
        newest = {(row.code, row.deliverable): row for row in rows}
        return {
            f"{code} {row.name}《{titles.get(paper, paper)}》{row.received_on or ''}": (code, paper)
            for (code, paper), row in newest.items()
            if row.state in states
        }

    return read


def _deliverables(session: Session) -> Choices:
    return {rule.title: rule.key for plan in _plans(session) for rule in plan.programme.deliverables}


def _movable(session: Session) -> Choices:
    """What has a deadline in an open cohort, with the pseudo-paper of R41."""
    found: Choices = {}
    for plan in _plans(session):
        found |= {plan.programme.deliverable(row.deliverable).title: row.deliverable for row in plan.cohort.deadlines}
        if plan.cohort.declare is not None:
            found[f"至少申报 {plan.cohort.declare.at_least} 个样板党支部"] = "declare"
    return found


def _conditions(*, waivable: bool) -> Callable[[Session], Choices]:
    def read(session: Session) -> Choices:
        rows = (rule for plan in _plans(session) for rule in plan.programme.eligibility)
        return {rule.title: rule.key for rule in rows if (not rule.strict if waivable else rule.rule == "statement")}

    return read


def _parts(session: Session) -> Choices:
    """Parts of a rubric by phase; two phases may have a part of the same name."""
    return {
        f"{rubric.phase.label}：{part.title}": (rubric.phase.value, part.key)
        for plan in _plans(session)
        for rubric in plan.programme.rubrics
        if any(phase.kind == rubric.phase for phase in plan.cohort.phases)
        for part in rubric.parts
    }


def _rectification_items(session: Session) -> Choices:
    """Offer what a unit has to answer in its running round: not verified yet, by project and number."""
    running = col(Rectification.state).in_((RectificationState.OPEN, RectificationState.REOPENED))
    columns = (Project.code, RectificationItem.number, RectificationItem.text)
    query: Any = sa.select(*columns).join(Rectification, col(Rectification.id) == RectificationItem.rectification_id)  # type: ignore[call-overload]
    left = col(RectificationItem.verified).is_not(True)
    rows = session.execute(
        query.join(Project, col(Project.id) == Rectification.project_id).where(running, left)
        .order_by(col(Project.code), col(RectificationItem.number))
    )  # fmt: skip
    return {f"{code} 第 {number} 项：{text[:40]}": (code, number) for code, number, text in rows}


def _negative_items(session: Session) -> Choices:
    return {row.text: row.text for plan in _plans(session) for row in plan.programme.negative_list} | {"其他（写入说明）": "其他"}


def _people(*roles: PersonRole) -> Callable[[Session], Choices]:
    def read(session: Session) -> Choices:
        query = select(Person.code, Person.name).where(col(Person.role).in_(roles), Person.state == PersonState.LISTED)
        rows = session.exec(query.order_by(col(Person.code)))
        return {f"{code} {name}": code for code, name in rows}

    return read


def _records(session: Session) -> Choices:
    """The newest facts about projects: those a correction may undo."""
    kinds = [name for name, _, _ in PROJECT_FACTS if name in LABELS and name != "correct"]
    columns = (Event.stream, Event.seq, Event.event, Event.effective_on)
    query: Any = sa.select(*columns).where(  # type: ignore[call-overload]
        col(Event.stream).startswith("project:"), col(Event.event).in_(kinds)
    )
    rows = session.execute(query.order_by(col(Event.recorded_at).desc()).limit(RECORDS_MAX))
    return {
        f"{stream.partition(':')[2]} 第 {seq} 条 {LABELS[event]} {on}": (stream.partition(":")[2], seq) for stream, seq, event, on in rows
    }


def _files(*endings: str) -> Callable[[Session], Choices]:
    def read(session: Session) -> Choices:
        del session
        folder = inbox()
        names = sorted(path.name for path in folder.iterdir() if _takes(path)) if folder.is_dir() else []
        return {name: name for name in names if not endings or name.lower().endswith(endings)}

    return read


def _takes(path: Path) -> bool:
    """Return whether the inbox gives a file out: no link, nothing hidden."""
    return path.is_file() and not path.is_symlink() and not path.name.startswith(".")


def _repeated_phases(session: Session) -> Choices:
    """Phases whose kind comes more than once in a cohort, by key: only then must one be named."""
    found: Choices = {}
    for plan in _plans(session):
        kinds = [phase.kind for phase in plan.cohort.phases]
        repeated = [phase for phase in plan.cohort.phases if kinds.count(phase.kind) > 1]
        found |= {f"{phase.key} {phase.kind.label}（{phase.opens_on} 起）": phase.key for phase in repeated}
    return found


def _tasks(session: Session) -> Choices:
    rows = session.exec(select(Task).where(col(Task.done_on).is_(None)).order_by(col(Task.id).desc()))
    return {f"{row.id} {row.kind.label}：{row.text[:60]}": row.id for row in rows}


def _document_subjects(session: Session) -> Choices:
    """Offer what a document can be about: ballots, the newest first, then projects."""
    ballots = session.exec(select(Ballot).order_by(col(Ballot.id).desc()).limit(BALLOTS_MAX))
    return {**{f"{row.code} 表决单（{row.phase.label}）": row.code for row in ballots}, **_projects()(session)}


def _plan_files(session: Session) -> Choices:
    """Offer the plan files whose cohort has not been opened."""
    opened = set(session.exec(select(Cohort.code)))
    names = sorted(path.stem for path in (FOLDER / "cohorts").glob("*.yaml"))
    return {name: name for name in names if name not in opened}


def _fixed(choices: Mapping[str, Any]) -> Callable[[Session], Choices]:
    return lambda _session: dict(choices)


KINDS: Mapping[str, Callable[[Session], Choices]] = {
    "plan": _plan_files,
    "working": _fixed({"上班": True, "放假": False}),
    "cohort": _cohorts,
    "phase": _repeated_phases,
    "decided_phase": _fixed({kind.label: kind.value for kind in DECIDED_PHASES}),
    "project": _projects(*ACTIVE),
    "any_project": _projects(),
    "document": _fixed({kind.label: kind.value for kind in DocumentKind}),
    "document_about": _document_subjects,
    "list": _fixed({kind.label: kind.value for kind in ListKind}),
    "declaring": _projects(ProjectState.DRAFT, ProjectState.DECLARED),
    "declared": _projects(ProjectState.DECLARED),
    "suspended": _projects(ProjectState.SUSPENDED),
    "rectifying": _projects(ProjectState.RECTIFYING),
    "rectification_item": _rectification_items,
    "guide": _fixed({OwedBy.OFFICE.label: OwedBy.OFFICE.value, OwedBy.SO.label: OwedBy.SO.value}),
    "unit": _units(),
    "so": _units(UnitKind.SO),
    "subject": _subjects,
    "deliverable": _deliverables,
    "movable": _movable,
    "awaiting": _papers(SubmissionState.AWAITING_ENDORSEMENT),
    "received": _papers(SubmissionState.AWAITING_ENDORSEMENT, SubmissionState.HANDED_IN, SubmissionState.COMPLETE),
    "statement": _conditions(waivable=False),
    "waivable": _conditions(waivable=True),
    "part": _parts,
    "negative_item": _negative_items,
    "negative_answer": _fixed({one.label: one.value for one in NegativeAnswer}),
    "panel": _people(PersonRole.PANEL),
    "panel_name": panel_names,
    "panel_part": panel_marks,
    "assignment": unscored_assignments,
    "award_kind": _fixed({kind.label: kind.value for kind in AwardKind}),
    "anyone": _people(*PersonRole),
    "publicised": publicised,
    "objection": open_objections,
    "upheld": _fixed({"不成立": False, "成立": True}),
    "recommendation": unanswered_advice,
    "excellent": excellent,
    "commendation": commended,
    "level": _fixed({level.label: level.value for level in Level}),
    "erasable": erasable,
    "leaving": lambda session: {**_people(*PersonRole)(session), **_units()(session)},
    "person": lambda session: {f"{code} {name}": code for code, name, _ in persons(session)},
    "record": _records,
    "role": _fixed({role.label: role.value for role in WRITTEN_TO}),
    "passed": _fixed({"按规则": None, "通过": True, "不通过": False}),
    "task": _tasks,
    "yes_no": _fixed({"是": True, "否": False}),
    "inbox": lambda session: {**{name: name for name in received(session)}, **_files()(session)},
    "sheet": _files(".xlsx"),
    "survey_file": _files(".xlsx", ".csv"),
}
"""Kind → what it offers."""
PAIRED = frozenset(
    {
        "awaiting",
        "received",
        "record",
        "part",
        "panel_part",
        "assignment",
        "rectification_item",
        "recommendation",
        "objection",
        "commendation",
    }
)
"""Kinds whose values are pairs, so that no bare code can stand for one."""
