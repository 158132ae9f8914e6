"""Score sheets: made for a member from what they are to score, and read back from the inbox as a whole (R46, R49, R57, 6.12)."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from sqlmodel import Session, select

from config.vocabulary import PhaseKind
from flows.steps import judging, panels
from flows.steps.counting import counting
from flows.steps.errors import ActError, refuse
from flows.steps.filing import from_inbox
from flows.steps.panels import Told
from models.history import Act
from models.imports.scores import SheetKey, SheetScores, read_scores
from models.loading import UnknownCodeError, cohort_of, cohort_row, load_plan, load_world, project_row
from models.office_work import panel as panel_in_office
from models.rules import decisions
from models.rules.lifecycle import IllegalMoveError
from models.rules.office_work import Panellist
from models.rules.panels import assigned, panel_parts, scorers
from models.rules.recusal import ground
from models.rules.snapshot import Project, World
from models.tables import Assessment
from models.tables import Project as ProjectRow
from notifications.papers.score_sheets import ScorePage, ScoreRow, score_workbook


@dataclass(frozen=True, slots=True)
class Workbook:
    """A member's workbook with what it is for."""

    member: Panellist
    projects: int
    content: bytes


def score_books(session: Session, cohort: str, phase: PhaseKind, member: str = "", panel: str = "") -> list[Workbook]:
    """Return the workbooks of a phase: of all members who have something to score, of one of them, or of a panel."""
    batch, kind = cohort_row(session, cohort), PhaseKind(phase)
    world = load_world(session, cohort)
    wanted = {panels.member_in_office(session, member).code} if member else None
    if panel:
        mine = set(panels.members_of(session, batch, panel))
        wanted = mine if wanted is None else wanted & mine
    people = [one for one in panel_in_office(session) if wanted is None or one.code in wanted]
    made = [_book(one, pages) for one in people if (pages := list(_pages(world, kind, one)))]
    if not made:
        raise refuse(f"批次 {cohort} {kind.label}没有待{member or panel or '联评组'}评分的项目", "可用 creation duties 查看应评未评的")
    return made


def _book(member: Panellist, pages: Sequence[ScorePage]) -> Workbook:
    projects = {row.project for page in pages for row in page.rows}
    return Workbook(member, len(projects), score_workbook(member.label, pages))


def _pages(world: World, phase: PhaseKind, member: Panellist) -> Iterator[ScorePage]:
    """Yield one page for each part of a rubric in which the member has a project; what is scored already is left out."""
    for rubric in world.plan.programme.rubrics:
        if rubric.phase != phase:
            continue
        mine = [p for p in world.projects if p.award_kind in rubric.award_kinds and decisions.assessable(p, phase)]
        for part in panel_parts(rubric):
            rows = [row for project in mine if (row := _row(project, phase, part.key, member))]
            if rows:
                yield ScorePage(part, f"{world.plan.cohort.title}{phase.label}评分表（{part.title}）", rows)


def _row(project: Project, phase: PhaseKind, part: str, member: Panellist) -> ScoreRow | None:
    number = decisions.round_no(project, phase)
    named = assigned(project, phase, part, number)
    if (named and member.code not in named) or member.code in scorers(project, phase, part, number) or ground(member, project.unit):
        return None
    key = SheetKey(project.code, phase.value, part, number, member.code)
    return ScoreRow(key.text, project.code, project.unit.name, project.award_kind.label)


def score_sheet(session: Session, act: Act, sheet: str) -> Told:
    """Record what a member's score sheet of the inbox says, all or nothing; the same sheet again changes nothing."""
    rows = read_scores(from_inbox(sheet), lambda key: _part_of(session, key))
    flaws: list[str] = []
    fresh = [row for row in rows if _is_new(session, row, flaws)]
    with counting("按表登记评分", len(fresh)) as step:
        for row in fresh:
            try:
                with session.begin_nested():
                    _record(session, act, row)
            except (ActError, IllegalMoveError, LookupError) as error:
                flaws.append(f"{row.where}：{error}")
            step()
        if flaws:
            raise refuse(f"有 {len(flaws)} 处不能登记，全部未登记：\n" + "\n".join(f"{sheet} {flaw}" for flaw in flaws), "请改正后重新提交")
    known = f"，{len(rows) - len(fresh)} 行此前已登记，未作改动" if len(fresh) < len(rows) else ""
    return Told((f"登记评分 {len(fresh)} 行{known}",))


def _part_of(session: Session, key: SheetKey) -> Any:
    """Return the part of a rubric that the panel scores and that a key names, None when there is none."""
    with suppress(UnknownCodeError, ValueError):
        row = project_row(session, key.project)
        rubric = load_plan(cohort_of(session, row)).programme.rubric(PhaseKind(key.phase), row.award_kind)
        return next((part for part in panel_parts(rubric) if part.key == key.part), None) if rubric else None
    return None


def _is_new(session: Session, row: SheetScores, flaws: list[str]) -> bool:
    """Return whether a row is not on record; one that differs from what is becomes a flaw."""
    project = project_row(session, row.key.project)
    if (known := _known(session, project, row.key)) is None:
        return True
    if dict(known.scores) != dict(row.scores) or known.opinion != row.opinion:
        told = "、".join(f"{points:g}" for points in known.scores.values())
        read = "、".join(f"{row.scores[name]:g}" for name in known.scores if name in row.scores)
        flaws.append(
            f"{row.where}：{row.key.assessor} 对 {row.key.project} 已登记 {told}，读到 {read}"
            f"{'' if known.opinion == row.opinion else '，意见也不同'}；确需改的，先用“更正记录”作废原评分，再登记"
        )
    return False


def _known(session: Session, project: ProjectRow, key: SheetKey) -> Assessment | None:
    keys = {"phase": PhaseKind(key.phase), "part": key.part, "round_no": key.round_no, "assessor": key.assessor}
    return session.exec(select(Assessment).filter_by(project_id=project.id, **keys)).first()


def _record(session: Session, act: Act, row: SheetScores) -> None:
    """Record one row; a run that comes again must tell the parts of one project apart."""
    key = row.key
    panels.member_in_office(session, key.assessor)
    own = replace(act, command=f"{act.command}/{key.part}") if act.command else act
    made = judging.assess(session, own, key.project, PhaseKind(key.phase), key.part, key.assessor, row.scores, row.opinion)
    if made.round_no != key.round_no:
        raise refuse(f"评分表是第 {key.round_no} 轮的，现为第 {made.round_no} 轮", "请用重新生成的评分表填写")
