"""The package of an SO (R44): a cover list of its declarations with what is there, and its submission in one act, all or nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, select

from config.programme import DeliverableRule
from config.vocabulary import AwardKind, PhaseKind, ProjectState, RecipientRole, SubmissionState, UnitKind
from flows.steps.bulk import endorse_many
from flows.steps.checking import found_in
from flows.steps.errors import refuse
from models.history import Act, record_event
from models.loading import cohort_row, load_world, project_row, unit_row
from models.naming import name_of
from models.rules.completeness import defects
from models.rules.duties import RESTING
from models.rules.snapshot import Project, World
from models.tables import Cohort, Submission, Unit
from models.tables import Project as ProjectRow
from notifications.addresses import known_address
from notifications.papers.sheets import Column, Sheet, workbook_of

COLUMNS = ("序号", "项目编号", "单位", "类型", "书记项目", "书记", "联系人", "电话", "材料情况", "齐全否", "备注")
COMPLETE, INCOMPLETE, TO_LOOK_AT = "是", "否", "待核对"
"""Whether the papers of a declaration are there: all, not all, or all with something that the check of papers has found."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One declaration of a package: where each paper stands, and what is missing or wrong."""

    project: Project
    papers: tuple[tuple[str, str], ...]
    """Title and state of each paper, or 未报."""
    gaps: tuple[str, ...]


def package_of(world: World, so: str) -> tuple[Entry, ...]:
    """Return the declarations of an SO and its branches that still count, the SO's own first."""
    mine = (p for p in world.projects if so in (p.unit.code, p.unit.parent) and p.state not in RESTING)
    return tuple(_entry(world, project) for project in sorted(mine, key=lambda p: (p.unit.code != so, p.code)))


def _entry(world: World, project: Project) -> Entry:
    rules = world.plan.programme.owed_in(PhaseKind.DECLARATION, project.award_kind)
    return Entry(
        project, tuple((rule.title, _stands(project, rule)) for rule in rules), tuple(gap for rule in rules for gap in _gaps(project, rule))
    )


def _stands(project: Project, rule: DeliverableRule) -> str:
    paper = project.submissions.get(rule.key)
    return paper.state.label if paper else "未报"


def _gaps(project: Project, rule: DeliverableRule) -> Iterator[str]:
    paper = project.submissions.get(rule.key)
    if paper is None or paper.state == SubmissionState.RETURNED:
        yield f"《{rule.title}》{'退回未重报' if paper else '未报'}"
    elif paper.state != SubmissionState.RELEASED:
        yield from (f"《{rule.title}》{flaw}" for flaw in defects(rule, paper, project))


def package_sheet(session: Session, cohort: str, so: str, on: date) -> bytes:
    """Return the cover list of an SO's package as a workbook; refused where it declares nothing.

    What the check of papers finds stands in it as to be looked at: it keeps no package back, people return a paper (R45).
    """
    world, owner = load_world(session, cohort), so_or_refuse(session, so)
    entries = package_of(world, so)
    if not entries:
        raise refuse(f"{owner.name}在批次 {cohort} 没有申报", "请先办理“申报登记”")
    titles = {code: title for code, title in session.exec(select(ProjectRow.code, ProjectRow.title))}  # noqa: C416 - rows, no tuples to mypy
    looked = [tuple(text for text in found_in(session, world, entry.project) if text not in entry.gaps) for entry in entries]
    rows = [(n, *_cells(session, entry, titles, found, on)) for n, (entry, found) in enumerate(zip(entries, looked, strict=True), 1)]
    widths = (6, 16, 28, 14, 22, 12, 12, 16, 34, 8, 34)
    columns = tuple(Column(head, width, entry=head == "备注") for head, width in zip(COLUMNS, widths, strict=True))
    complete = sum(row[-2] == COMPLETE for row in rows)
    to_look = sum(row[-2] == TO_LOOK_AT for row in rows)
    counted = f"材料齐全 {complete} 项{f'、待核对 {to_look} 项' if to_look else ''}"
    note = f"共 {len(entries)} 项，{counted}{_obligation(world, entries)}。二级党组织审核意见、书记签字、盖章："
    return workbook_of(Sheet("申报材料汇总表", f"{owner.name}{world.plan.cohort.title}申报材料汇总表", note, columns, rows))


def _cells(session: Session, entry: Entry, titles: dict[str, str], found: tuple[str, ...], on: date) -> tuple[object, ...]:
    unit = entry.project.unit
    secretary, contact = (known_address(session, unit.code, role, on) for role in (RecipientRole.SECRETARY, RecipientRole.CONTACT))
    named = entry.project.latest("name_secretary_project")
    return (
        entry.project.code, unit.name, entry.project.award_kind.label,
        named.payload["title"] if named else titles.get(entry.project.code, ""),
        name_of(session, named.payload["secretary"]) if named else secretary.person if secretary else "",
        contact.person if contact else "", contact.phone if contact else "",
        "；".join(f"{title}：{state}" for title, state in entry.papers),
        INCOMPLETE if entry.gaps else TO_LOOK_AT if found else COMPLETE, "；".join((*entry.gaps, *found)),
    )  # fmt: skip


def _obligation(world: World, entries: tuple[Entry, ...]) -> str:
    """R41: an SO declares at least so many model branches."""
    declare = world.plan.cohort.declare
    branches = sum(entry.project.award_kind == AwardKind.MODEL_BRANCH for entry in entries)
    return f"；样板党支部 {branches} 项，少于 {declare.at_least} 项" if declare and branches < declare.at_least else ""


def submit_package(  # noqa: PLR0913 - the fields of the form
    session: Session, act: Act, cohort: str, so: str, opinion: str, endorsed_on: date | None = None, despite: str = ""
) -> str:
    """Endorse every paper of an SO's branches that waits, with one opinion, in one transaction: all or nothing (R44, R60).

    The SO's own declaration needs no endorsement: that it goes with the package, and with which opinion, is recorded. The answer tells
    of a shortage by R41. Refused where a declaration of the package lacks something, unless ``despite`` says why it goes all the same.
    """
    batch, owner = cohort_row(session, cohort), so_or_refuse(session, so)
    world = load_world(session, cohort)
    entries = package_of(world, so)
    draft = [entry for entry in entries if entry.project.state == ProjectState.DRAFT]
    if (gaps := [f"{e.project.code} {'、'.join(e.gaps)}" for e in draft if e.gaps]) and not despite.strip():
        raise refuse(f"{owner.name}的申报材料不齐，全部未报送：\n" + "\n".join(gaps), "请补齐后整包报送，或填写例外理由")
    waiting, own = _waiting(session, batch, owner), _own(entries, so)
    if not waiting and own is None:
        raise refuse(f"{owner.name}在批次 {cohort} 没有等待审核的材料", "党支部报送后再办理")
    said = f"{opinion}（不齐仍报送：{despite.strip()}）" if gaps else opinion
    number = endorse_many(session, act, waiting, said, endorsed_on) if waiting else 0
    if own is not None:
        body = {"opinion": said, "papers": [title for title, _ in own.papers]}
        record_event(session, project_row(session, own.project.code), "submit_package", act, body)
    short = "" if so in world.exempt else _obligation(world, entries)
    return f"{owner.name} {number} 份材料{'，本级申报材料一并报送' if own is not None else ''}{short}"


def _own(entries: tuple[Entry, ...], so: str) -> Entry | None:
    """Return the SO's own declaration where it has not gone with a package yet."""
    mine = (
        entry for entry in entries if entry.project.unit.code == so and entry.project.state in (ProjectState.DRAFT, ProjectState.DECLARED)
    )
    return next((entry for entry in mine if entry.project.latest("submit_package") is None), None)


def _waiting(session: Session, batch: Cohort, owner: Unit) -> list[tuple[str, str]]:
    query = select(ProjectRow.code, Submission.deliverable).join(Submission).join(Unit)
    mine = query.where(ProjectRow.cohort_id == batch.id, Unit.parent_id == owner.id)
    rows = session.exec(
        mine.where(Submission.state == SubmissionState.AWAITING_ENDORSEMENT).order_by(ProjectRow.code, Submission.deliverable)
    )
    return [(code, deliverable) for code, deliverable in rows]


def so_or_refuse(session: Session, code: str) -> Unit:
    """Return an SO by its code; refused for a branch."""
    owner = unit_row(session, code)
    if owner.kind != UnitKind.SO:
        raise refuse(f"{owner.name}不是二级党组织", "整包报送以二级党组织为单位，请改选")
    return owner
