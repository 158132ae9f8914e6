"""Forms that look at what has arrived: a project's papers and conditions, and the cover list of an SO's package. Nothing is recorded."""

from pathlib import Path

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from pydantic import BaseModel, ConfigDict, Field

from config.clock import business_day
from flows.forms.schema import CHOICES, code_of, plain_schema
from flows.paperwork import linked
from flows.plainly import plainly
from flows.runtime import engine
from flows.steps.checking import Sheet, look
from flows.steps.errors import refuse
from flows.steps.package import package_sheet
from flows.steps.sheets import kept_sheet, sheet_name
from flows.tasks import shown
from models.business_clock import business_now
from models.store import reading
from notifications.typeset import full_day


class CheckRequest(BaseModel):
    """材料核对：逐份核对已收到的材料并列出问题，附退回修改的草稿。不作任何登记。"""

    model_config = ConfigDict(frozen=True, json_schema_extra=plain_schema)
    project: str = Field(title="项目", description="从清单中选择", json_schema_extra={"position": 0, CHOICES: "project"})

    @property
    def code(self) -> str:
        """Return the project's code."""
        return code_of(self.project)


class PackageRequest(BaseModel):
    """生成申报材料汇总表：一个二级党组织的全部申报、每份材料是否齐全（Excel）。不作任何登记。"""

    model_config = ConfigDict(frozen=True, json_schema_extra=plain_schema)
    cohort: str = Field(title="批次", description="从清单中选择", json_schema_extra={"position": 0, CHOICES: "cohort"})
    so: str = Field(title="二级党组织", description="从清单中选择", json_schema_extra={"position": 1, CHOICES: "so"})

    @property
    def code(self) -> str:
        """Return the SO's code."""
        return code_of(self.so)


@flow(name="材料核对", flow_run_name="{核对.code} 材料核对", persist_result=False)
@plainly
def check_paper(核对: CheckRequest) -> str:  # noqa: PLC2401 - Prefect shows the name as the label
    """Show what was found with the run."""
    text = check_project_papers(核对)
    create_markdown_artifact(text, description=f"{核对.code} 材料核对")
    return text


@flow(name="生成申报材料汇总表", flow_run_name="{汇总.code} 申报材料汇总表", persist_result=False)
@plainly
def package_paper(汇总: PackageRequest) -> str:  # noqa: PLC2401 - Prefect shows the name as the label
    """Write the cover list and return where it is fetched."""
    return linked("下载汇总表", "sheets", make_package(汇总))


@shown("材料核对")
def check_project_papers(request: CheckRequest) -> str:
    """Return what was found as it stands today."""
    if not request.code:
        raise refuse("没有选择项目", "请从清单中选择")
    with reading(engine()) as session:
        return markdown_of(look(session, request.code, business_day(business_now(session))))


@shown("生成汇总表")
def make_package(request: PackageRequest) -> Path:
    """Write the cover list; equal requests of one day give one file."""
    cohort = code_of(request.cohort)
    if not cohort or not request.code:
        raise refuse("没有选择批次或二级党组织", "请从清单中选择")
    with reading(engine()) as session:
        today = business_day(business_now(session))
        content = package_sheet(session, cohort, request.code, today)
    return kept_sheet(sheet_name("申报材料汇总表", cohort, request.code, on=today), content)


def markdown_of(sheet: Sheet) -> str:
    """Return what was found as Markdown: the papers with the draft of a return letter, then the conditions with their evidence."""
    lines = [f"# {sheet.project} {sheet.unit} 材料核对", ""]
    for paper in sheet.papers:
        lines += [f"## 《{paper.title}》第 {paper.version} 版（{paper.state.label}）", ""]
        lines += [f"{number}. {flaw}" for number, flaw in enumerate(paper.defects, 1)] or ["未发现问题。"]
        lines += [f"- 请留意：{told}" for told in paper.remarks]
        if paper.defects:
            lines += ["", f"草稿【退回修改】：以上 {len(paper.defects)} 条为理由，请于 {full_day(paper.until)} 前重新报送。"]
            lines.append("办理：“退回修改”中选此材料，勾选“按核对结果退回”。")
        lines.append("")
    lines += [] if sheet.papers else ["没有已收到的材料。", ""]
    if sheet.conditions:
        lines += ["## 申报条件", "", "| 条件 | 情况 | 说明 | 依据 | 基准日 |", "|---|---|---|---|---|"]
        lines += [
            f"| {c.title} | {c.verdict.label} | {_cell(c.reason)} | {_cell(c.evidence) or '无记录'} | {c.reference_on} |"
            for c in sheet.conditions
        ]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "／").replace("\n", " ")
