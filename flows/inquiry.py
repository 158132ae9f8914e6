"""Forms that ask: why a project stands where it stands, and a Word document about it. Nothing is recorded."""

from pathlib import Path

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from pydantic import BaseModel, ConfigDict, Field

from config.clock import business_day
from config.identity import SEEN_TITLE
from config.vocabulary import Machine
from flows.forms.schema import CHOICES, code_of, plain_schema
from flows.paperwork import linked
from flows.plainly import plainly
from flows.runtime import engine
from flows.steps.documents import document, document_kind, document_name
from flows.steps.errors import refuse
from flows.steps.sheets import kept_sheet
from flows.tasks import shown
from flows.why.explaining import explain_now
from flows.why.telling import markdown_of
from models.business_clock import business_now
from models.history import last_event
from models.store import reading


class WhyRequest(BaseModel):
    """查明缘由：一个项目的现状、党委决定、得分和催办，各依据什么事实和条款。不作任何登记。"""

    model_config = ConfigDict(frozen=True, json_schema_extra=plain_schema)
    project: str = Field(
        title="项目", description="从清单中选择", examples=["2025-S01"], json_schema_extra={"position": 0, CHOICES: "any_project"}
    )

    @property
    def code(self) -> str:
        """Return the project's code: the drop-down shows its unit behind it."""
        return code_of(self.project)


class DocumentRequest(BaseModel):
    """生成文书：按已登记的情况写成 Word，可再修改。不作任何登记。"""

    model_config = ConfigDict(frozen=True, json_schema_extra=plain_schema)
    kind: str = Field(title="文书", description="写哪一种", examples=["整改通知书"], json_schema_extra={"position": 0, CHOICES: "document"})
    about: str = Field(
        title="项目或表决单",
        description="会议议题和公示稿选表决单，其余选项目",
        examples=["2025-S01"],
        json_schema_extra={"position": 1, CHOICES: "document_about"},
    )

    @property
    def code(self) -> str:
        """Return the code of the project or the ballot."""
        return code_of(self.about)


@flow(name="查明缘由", flow_run_name="{缘由.code} 为什么", persist_result=False)
@plainly
def why_paper(缘由: WhyRequest) -> str:  # noqa: PLC2401 - Prefect shows the name as the label
    """Show the chain of reasons about a project with the run."""
    text = explain_project(缘由)
    create_markdown_artifact(text, description=f"{缘由.code} 为什么")
    return text


@flow(name="生成文书", flow_run_name="{文书.code} {文书.kind}", persist_result=False)
@plainly
def document_paper(文书: DocumentRequest) -> str:  # noqa: PLC2401 - Prefect shows the name as the label
    """Write a Word document and return where it is fetched."""
    return linked("下载文书", "sheets", make_document(文书))


@shown("查明缘由")
def explain_project(request: WhyRequest) -> str:
    """Return the chain of reasons as it stands today."""
    if not request.code:
        raise refuse("没有选择项目", "请从清单中选择")
    with reading(engine()) as session:
        text = markdown_of(request.project, explain_now(session, request.code, business_day(business_now(session))))
        last = last_event(session, f"{Machine.PROJECT}:{request.code}")
        return f"{text}\n\n{SEEN_TITLE}：{last.seq if last else 0}"


@shown("生成文书")
def make_document(request: DocumentRequest) -> Path:
    """Write the document; equal requests of one day give one file."""
    kind = document_kind(request.kind)
    with reading(engine()) as session:
        today = business_day(business_now(session))
        content = document(session, kind, request.code, today)
    return kept_sheet(document_name(kind, request.code, today), content)
