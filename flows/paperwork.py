"""Forms that make paper and record nothing: a sheet to be filled in, a report for the leadership; both are fetched on the local page."""

from datetime import date
from pathlib import Path

from prefect import flow
from prefect.artifacts import create_link_artifact
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from config.clock import business_day
from config.settings import settings
from flows.desk.links import AWARDS, REPORT, SHEET, local_page
from flows.forms.choices import offered
from flows.forms.schema import CHOICES, TODAY, code_of, plain_schema
from flows.plainly import plainly
from flows.report.making import figures_for, write_report
from flows.runtime import engine
from flows.steps.awards import awards_sheet
from flows.steps.errors import refuse
from flows.steps.sheets import hand_in_sheet, kept_sheet, sheet_name
from flows.tasks import shown
from models.business_clock import business_now
from models.loading import cohort_row
from models.store import reading


class _OfCohort(BaseModel):
    """What both forms ask."""

    model_config = ConfigDict(frozen=True, json_schema_extra=plain_schema)
    cohort: str = Field(title="批次", description="从清单中选择", examples=["2025"], json_schema_extra={"position": 0, CHOICES: "cohort"})

    @property
    def code(self) -> str:
        """Return the cohort's code: the drop-down shows its title behind it."""
        return code_of(self.cohort)


class SheetRequest(_OfCohort):
    """生成报送登记表：列出尚未报送某种材料的项目，填写后放入收件箱，用“按表报送登记”一次登记。"""

    deliverable: str = Field(title="材料", description="哪一种材料", json_schema_extra={"position": 1, CHOICES: "deliverable"})


class ReportRequest(_OfCohort):
    """生成进展报告：一个网页文件，可打印为 A3 横向。"""

    on: date | None = Field(
        default=None, title="截至日期", description="通常是今天；也可选以前的日期", json_schema_extra={"position": 1, TODAY: True}
    )


class AwardsRequest(_OfCohort):
    """生成支持经费和表彰奖励台账：优秀单位的经费（含待落实的）、先进组织和党员的表彰。不作任何登记。"""


@flow(name=SHEET, flow_run_name="{表格.code} 报送登记表", persist_result=False)
@plainly
def hand_in_paper(表格: SheetRequest) -> str:  # noqa: PLC2401 - Prefect shows the name as the label
    """Write the sheet of who has not handed in a paper and return where it is fetched."""
    return linked("下载登记表", "sheets", make_sheet(表格))


@flow(name=AWARDS, flow_run_name="{台账.code} 表彰经费台账", persist_result=False)
@plainly
def awards_paper(台账: AwardsRequest) -> str:  # noqa: PLC2401 - Prefect shows the name as the label
    """Write the ledger of funds and commendations and return where it is fetched."""
    return linked("下载台账", "sheets", make_awards(台账))


@flow(name=REPORT, flow_run_name="{报告.code} 进展报告", persist_result=False)
@plainly
def report_paper(报告: ReportRequest) -> str:  # noqa: PLC2401 - Prefect shows the name as the label
    """Write the report of a cohort and return where it is opened."""
    return linked("打开报告", "reports", make_report(报告))


@shown("生成表格")
def make_sheet(request: SheetRequest) -> Path:
    """Write the sheet; equal requests of one day give one file."""
    with reading(engine()) as session:
        cohort = _known(session, request)
        deliverable = offered(session, "deliverable").get(request.deliverable, request.deliverable)
        today = business_day(business_now(session))
        return kept_sheet(sheet_name("报送登记", cohort, deliverable, on=today), hand_in_sheet(session, cohort, deliverable))


@shown("生成台账")
def make_awards(request: AwardsRequest) -> Path:
    """Write the ledger as it stands; equal requests of one day give one file."""
    with reading(engine()) as session:
        cohort = _known(session, request)
        today = business_day(business_now(session))
        return kept_sheet(sheet_name("表彰经费台账", cohort, on=today), awards_sheet(session, cohort))


@shown("生成报告")
def make_report(request: ReportRequest) -> Path:
    """Write the report as of a day; equal requests give one file."""
    with reading(engine()) as session:
        cohort = _known(session, request)
        figures = figures_for(session, cohort, request.on)
    return write_report(figures)


def _known(session: Session, request: _OfCohort) -> str:
    if not request.code:
        raise refuse("没有选择批次", "请从清单中选择")
    return cohort_row(session, request.code).code


def linked(text: str, folder: str, path: Path) -> str:
    """Show the link to a file of the local page with the run, and return it."""
    address = local_page(settings().catcher_web_port, f"{folder}/{path.name}")
    create_link_artifact(address, text, description=f"[{text}]({address})　{path.name}（{path.absolute()}）")
    return address
