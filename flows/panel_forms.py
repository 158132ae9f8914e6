"""Forms about the panels that record nothing: score sheets to be filled in, and how the panel's work stands."""

from collections.abc import Sequence
from pathlib import Path

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from pydantic import Field

from config.clock import business_day
from config.vocabulary import PhaseKind
from flows.forms.choices import offered
from flows.forms.schema import CHOICES, code_of
from flows.panel.telling import markdown_of
from flows.panel.view import PanelView, panel_view
from flows.paperwork import OfCohort, linked
from flows.plainly import plainly
from flows.runtime import engine
from flows.steps.errors import refuse
from flows.steps.score_sheets import score_books
from flows.steps.sheets import kept_sheet, sheet_name
from flows.tasks import shown
from models.business_clock import business_now
from models.store import reading


class PanelRequest(OfCohort):
    """联评组情况：一个阶段的分工、抽签、各评审人宽严、名次及其依据。不作任何登记。"""

    phase: str = Field(title="阶段", description="评哪一个阶段", json_schema_extra={"position": 1, CHOICES: "decided_phase"})

    def kind(self) -> PhaseKind:
        """Return the phase, chosen by label or code."""
        with reading(engine()) as session:
            known = offered(session, "decided_phase")
        if (value := known.get(self.phase, self.phase)) not in known.values():
            raise refuse(f"没有要评分的阶段“{self.phase}”", f"可选：{'、'.join(known)}")
        return PhaseKind(value)


class ScoreSheetRequest(PanelRequest):
    """生成评分表：每位评审人一个 Excel 文件，填好后放入收件箱，用“按表登记评分”一次登记。"""

    member: str = Field(default="", title="评审人", description="不填即每人一份", json_schema_extra={"position": 2, CHOICES: "panel"})
    panel: str = Field(default="", title="联评组", description="不填即不限", json_schema_extra={"position": 3, CHOICES: "panel_name"})


@flow(name="联评组情况", flow_run_name="{评审.code} {评审.phase} 联评组情况", persist_result=False)
@plainly
def panel_paper(评审: PanelRequest) -> str:  # noqa: PLC2401 - Prefect shows the name as the label
    """Show how the panel's work stands with the run."""
    text = markdown_of(look(评审))
    create_markdown_artifact(text, description=f"{评审.code} {评审.phase} 联评组情况")
    return text


@flow(name="生成评分表", flow_run_name="{评审.code} {评审.phase} 评分表", persist_result=False)
@plainly
def score_paper(评审: ScoreSheetRequest) -> str:  # noqa: PLC2401 - Prefect shows the name as the label
    """Write the score sheets and return where they are fetched."""
    return "\n".join(linked("下载评分表", "sheets", path) for path in make_books(评审))


@shown("联评组情况")
def look(request: PanelRequest) -> PanelView:
    """Return how the panel's work in a phase stands."""
    phase = request.kind()
    with reading(engine()) as session:
        return panel_view(session, request.known(session), phase)


@shown("生成评分表")
def make_books(request: ScoreSheetRequest) -> Sequence[Path]:
    """Write the workbooks; equal requests of one day give the same files."""
    phase = request.kind()
    with reading(engine()) as session:
        cohort, today = request.known(session), business_day(business_now(session))
        books = score_books(session, cohort, phase, code_of(request.member), request.panel)
    return [kept_sheet(sheet_name("评分表", cohort, phase, book.member.code, on=today), book.content) for book in books]
