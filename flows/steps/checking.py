"""Looking at what has arrived: each paper's defects, and the draft of a return letter. Nothing is recorded by looking (R15, R43, R45)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from config.settings import settings
from config.vocabulary import SubmissionState
from models.files import kept_path
from models.imports.word import UnreadableError, read_paper
from models.loading import cohort_of, load_calendar, load_world, project_row
from models.rules.completeness import defects
from models.rules.eligibility import Check, check_declared
from models.rules.paper_check import Arrived, ReadFile, lacking, remarks
from models.rules.snapshot import Project as Known
from models.rules.snapshot import World
from models.tables import Submission

KEPT_AT = "原件存放于"
"""How a file's name begins that only says where an original lies."""
WITH_US = (SubmissionState.AWAITING_ENDORSEMENT, SubmissionState.HANDED_IN, SubmissionState.COMPLETE)


@dataclass(frozen=True, slots=True)
class Looked:
    """One paper looked at: what a unit has to correct, and what the office should look at itself."""

    deliverable: str
    title: str
    version: int
    state: SubmissionState
    defects: tuple[str, ...]
    remarks: tuple[str, ...]
    until: date
    """By when it would be due again, were it returned today."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything about one project: its conditions, where it declares, and its papers."""

    project: str
    unit: str
    conditions: tuple[Check, ...]
    papers: tuple[Looked, ...]


def look(session: Session, project: str, on: date) -> Sheet:
    """Return what was found about a project as it stands."""
    world = _world(session, project)
    known = world.project(project)
    conditions = check_declared(world, project) if world.plan.cohort.declare else ()
    return Sheet(project, known.unit.name, conditions, tuple(_papers(session, world, known, on)))


def drafted_reasons(session: Session, project: str, deliverable: str) -> tuple[str, ...]:
    """Return the reasons for which a paper would be returned by what was found."""
    world = _world(session, project)
    known = world.project(project)
    row = next((row for row in _newest(session, project) if row.deliverable == deliverable), None)
    return _look_at(world, known, row)[0] if row else ()


def found_in(session: Session, world: World, project: Known) -> tuple[str, ...]:
    """Return what the check of papers finds in those of a project that lie with its SO or the office, each with its paper's title."""
    return tuple(
        f"《{world.plan.programme.deliverable(row.deliverable).title}》{flaw}"
        for row in _newest(session, project.code)
        for flaw in _look_at(world, project, row)[0]
    )


def _world(session: Session, project: str) -> World:
    return load_world(session, cohort_of(session, project_row(session, project)).code)


def _papers(session: Session, world: World, known: Known, on: date) -> Iterator[Looked]:
    until = load_calendar(session).shift(on, world.plan.programme.practice.return_working_days)
    for row in _newest(session, known.code):
        title = world.plan.programme.deliverable(row.deliverable).title
        wrong, odd = _look_at(world, known, row)
        yield Looked(row.deliverable, title, row.version, row.state, wrong, odd, until)


def _newest(session: Session, project: str) -> list[Submission]:
    """Return the newest version of each paper that lies with the SO or the office."""
    query = select(Submission).where(Submission.project_id == project_row(session, project).id)
    newest = {row.deliverable: row for row in session.exec(query.order_by(col(Submission.version)))}
    return [row for row in newest.values() if row.state in WITH_US]


def _look_at(world: World, known: Known, row: Submission) -> tuple[tuple[str, ...], tuple[str, ...]]:
    programme = world.plan.programme
    rule, check = programme.deliverable(row.deliverable), programme.paper_check(row.deliverable)
    elsewhere = [file["name"] for file in row.files if file["name"].startswith(KEPT_AT) and not file["sha256"]]
    files = [read_file(file) for file in row.files if file["name"] not in elsewhere]
    wrong = list(lacking(rule, check, Arrived(row.pieces, tuple(files), elsewhere=len(elsewhere)), known))
    if (paper := known.submissions.get(rule.key)) is not None:
        titles = {one.key: one.title for one in programme.deliverables}
        before = [text for text in defects(rule, paper, known) if text.startswith("缺少前置材料 ")]
        wrong += [f"缺少前置材料《{titles[text.rpartition(' ')[2]]}》" for text in before]
    return tuple(wrong), (*remarks(known, check, programme.survey, files), *(f"{name}，请人工核对" for name in elsewhere))


def read_file(file: dict[str, Any]) -> ReadFile:
    """Return what can be known of a file of a paper: its text only where it is kept and a .docx."""
    name = str(file["name"])
    if not name.lower().endswith(".docx"):
        return ReadFile(name)
    path: Path | None = kept_path(settings().data / "files", file["sha256"]) if file["sha256"] else None
    if path is None or not path.is_file():
        return ReadFile(name, trouble="文件未放入收件箱，未核对内容")
    try:
        paper = read_paper(path)
    except UnreadableError as error:
        return ReadFile(name, trouble=str(error))
    return ReadFile(name, paper.chars, paper.lines)
