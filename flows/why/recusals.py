"""Who was kept away from a project: passed over by the lot, or refused at the assignment or the scoring (R46)."""

from collections.abc import Iterator

from flows.why.link import Answer, Deciding, Link
from models.rules.recusal import REFUSED_AT
from models.rules.snapshot import Project, World


def recused(world: World, project: Project) -> Iterator[Link]:
    """Yield each conflict of interest about a project that was passed over or refused, with its ground; nothing without any."""
    found = (*_passed_over(world, project), *_refused(world, project))
    if found:
        yield Link(0, f"评审回避：{len(found)} 次", clause="P.panel")
        yield from found


def _passed_over(world: World, project: Project) -> Iterator[Link]:
    for fact in world.all("draw_panel"):
        mine = (row for row in fact.payload["passed_over"] if row["project"] == project.code)
        yield from (Link(1, f"{row['assessor']} 抽签时回避：{row['ground']}", fact.effective_on) for row in mine)


def _refused(world: World, project: Project) -> Iterator[Link]:
    for fact in world.all("refuse_conflict"):
        body = fact.payload
        for row in (row for row in body["refused"] if row["project"] == project.code):
            deciding = Deciding(Answer.CONFLICT, (row["record"],), body["assessor"])
            text = f"{body['assessor']} {REFUSED_AT[body['how']]}被拒绝：{row['ground']}"
            yield Link(1, text, fact.effective_on, deciding=deciding)
