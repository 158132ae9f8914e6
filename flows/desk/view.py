"""Today's desk (今日工作台): what the office has to do today, as one frozen value for every rendering. Pure."""

from dataclasses import dataclass, replace
from datetime import date

from config.clock import BUSINESS_ZONE
from config.vocabulary import MailState
from flows.desk.attention import Action, Undecided, actions, undecided
from flows.desk.defences import SittingRow, coming_defences
from flows.desk.links import (
    DELIVERY,
    RECTIFICATION,
    REPORT,
    SHEET,
    Link,
    Links,
    artifact_key,
    artifact_page,
)
from flows.desk.missing import DueDay, MissingGroup, coming, missing
from flows.desk.situation import Situation
from flows.forms.labels import PHASE_FLOWS
from models.rules.office_work import OpenTask

TITLE = "今日工作台"
LOCAL = "本机页面"


@dataclass(frozen=True, slots=True)
class MailLine:
    """A mail of late: when (by the business zone), to which unit, subject, state."""

    at: str
    unit: str
    subject: str
    state: MailState


@dataclass(frozen=True, slots=True)
class LinkGroup:
    """Links of one kind."""

    title: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class DeskView:
    """The page: sections in the order in which they are read."""

    on: date
    office: str
    cohorts: tuple[str, ...]
    needs: tuple[Action, ...]
    due: tuple[DueDay, ...]
    missing: tuple[MissingGroup, ...]
    undecided: tuple[Undecided, ...]
    tasks: tuple[OpenTask, ...]
    mails: tuple[MailLine, ...]
    links: tuple[LinkGroup, ...]
    everybody: Link
    """Where all who have not handed in are listed, also those for whom a page has no room."""
    defences: tuple[SittingRow, ...] = ()

    @property
    def due_waiting(self) -> int:
        """How many papers of the coming days are still to come."""
        return sum(row.waiting for day in self.due for row in day.rows)

    @property
    def missing_papers(self) -> int:
        """How many papers are missing."""
        return sum(len(group.rows) for group in self.missing)

    @property
    def undecided_projects(self) -> int:
        """How many projects wait for the committee."""
        return sum(len(row.projects) for row in self.undecided)


def desk_view(situation: Situation, links: Links, office: str) -> DeskView:
    """Return the desk of a day; a task about a mail that is listed as undelivered is not listed twice."""
    waiting = undecided(situation, links)
    listed = {post.key for post in situation.troubled}
    open_ones = (task for task in situation.work.tasks if task.key.partition(":")[2] not in listed)
    tasks = (replace(task, unit=situation.names.get(task.unit, task.unit)) for task in open_ones)
    return DeskView(
        on=situation.on,
        office=office,
        cohorts=tuple(world.plan.cohort.title for world in situation.worlds),
        needs=actions(situation, links),
        due=coming(situation),
        missing=missing(situation),
        undecided=waiting,
        tasks=tuple(sorted(tasks, key=lambda task: (task.since, task.key))),
        mails=tuple(
            MailLine(f"{post.at.astimezone(BUSINESS_ZONE):%m-%d %H:%M}", post.unit, post.subject, post.state) for post in situation.recent
        ),
        links=_links(situation, links),
        defences=coming_defences(situation),
        everybody=links.everybody(),
    )


def _links(situation: Situation, links: Links) -> tuple[LinkGroup, ...]:
    opened = [
        (world.plan.cohort.cohort, phase)
        for world in situation.worlds
        for phase in world.plan.cohort.phases
        if phase.opens_on <= situation.on
    ]
    names = dict.fromkeys(PHASE_FLOWS[phase.kind] for _, phase in opened)
    runs = (Link("运行记录", "/v2/runs"), Link("全部表单", "/v2/deployments"), Link("全部看板和台账", "/v2/artifacts"))
    groups = [
        LinkGroup("管理界面", runs),
        LinkGroup("办理", tuple(links.form(name) for name in (*names, RECTIFICATION, SHEET, REPORT, DELIVERY))),
    ]
    if links.local:
        groups.insert(0, LinkGroup(LOCAL, links.local_pages()))
    for world in situation.worlds:
        cohort = world.plan.cohort.cohort
        pages = [Link("各阶段进度", artifact_page(artifact_key("funnel", cohort)))]
        for phase in (phase for code, phase in opened if code == cohort):
            pages.append(Link(f"{phase.kind.label}台账", artifact_page(artifact_key("ledger", cohort, phase.key))))
            pages.append(Link(f"{phase.kind.label}看板", artifact_page(artifact_key("board", cohort, phase.key))))
        groups.append(LinkGroup(f"{cohort} 批次", tuple(pages)))
    return tuple(groups)
