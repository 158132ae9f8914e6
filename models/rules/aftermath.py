"""What a decision leaves the office to do: publicity, objections, a wrong decision to void, funds, a baseline (R47, R62, R66)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from config.vocabulary import DutyKind, PhaseKind
from models.rules.awards import excellence
from models.rules.baseline import owed_since
from models.rules.publicity import Proposed, pending, proposals
from models.rules.snapshot import Project, World


@dataclass(frozen=True, slots=True)
class Ground:
    """Why the office owes something; ``due_on`` only where the ground itself names the day, else the programme's working days count."""

    kind: DutyKind
    phase: PhaseKind
    project: str | None
    part: str
    title: str
    since: date
    due_on: date | None = None
    detail: str = ""
    projects: tuple[str, ...] = ()


def aftermath(world: World) -> Iterator[Ground]:
    """Yield every ground of a cohort that is still open."""
    yield from _periods(world)
    for project in world.projects:
        for proposed in proposals(project) if project.latest("propose_decision") else ():
            yield from _objections(project, proposed)
        yield from _funds(project)
        if (since := owed_since(world, project)) is not None:
            yield Ground(DutyKind.RECORD_BASELINE, PhaseKind.DECLARATION, project.code, "", "立项基线数据待报送登记", since)


def _periods(world: World) -> Iterator[Ground]:
    """Yield the periods that run, one per ballot; a project with an open objection waits for its answer, not for the day."""
    running: dict[str, list[tuple[Project, Proposed]]] = {}
    for project in world.projects:
        if (found := pending(project)) is not None and not found.open_objections:
            running.setdefault(found.body["ballot"], []).append((project, found))
    for ballot, mine in running.items():
        first = mine[0][1]
        yield Ground(
            DutyKind.PUBLICITY, first.phase, None, ballot, f"拟定结果公示（{first.from_on} 至 {first.until_on}），受理异议",
            first.proposed_on, first.until_on, f"{len(mine)} 个项目", tuple(project.code for project, _ in mine),
        )  # fmt: skip


def _objections(project: Project, proposed: Proposed) -> Iterator[Ground]:
    """Yield what nobody has answered, and a final decision to which an objection was upheld: only the committee can void that."""
    for objection in proposed.objections:
        part, who = str(objection.seq), "实名" if objection.raised_by else "匿名"
        if objection.answer is None:
            title = f"公示异议待核实答复（{who}）"
            yield Ground(DutyKind.ANSWER_OBJECTION, proposed.phase, project.code, part, title, objection.received_on)
        elif objection.upheld and proposed.is_final and "voids" not in objection.answer.payload and _holds(project, proposed):
            title = "已生效的决定异议成立，须提请党委撤销"
            yield Ground(DutyKind.VOID_DECISION, proposed.phase, project.code, part, title, objection.answer.effective_on)


def _holds(project: Project, proposed: Proposed) -> bool:
    """Return whether the decision that a proposal became still holds."""
    return proposed.ended_by is not None and all(fact.payload.get("voids") != proposed.ended_by.seq for fact in project.facts)


def _funds(project: Project) -> Iterator[Ground]:
    """R62: whoever was accepted as excellent is granted funds; R19 sets the grade."""
    if (accepted := excellence(project)) is not None and project.latest("grant_support") is None:
        phase = PhaseKind(accepted.payload["phase"])
        yield Ground(DutyKind.GRANT_SUPPORT, phase, project.code, "", "验收优秀，支持经费待落实登记", accepted.effective_on)
