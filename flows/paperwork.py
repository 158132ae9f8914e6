"""Forms that make paper and record nothing: a sheet to be filled in, a report for the leadership; both are fetched on the local page."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from prefect import flow
from prefect.artifacts import create_link_artifact
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from config.clock import business_day
from config.settings import settings
from flows.desk.links import AWARDS, DEFENCE_SHEET, REPORT, SHEET, local_page
from flows.forms.choices import offered
from flows.forms.schema import CHOICES, TODAY, code_of, plain_schema
from flows.plainly import plainly
from flows.report.making import figures_for, write_report
from flows.runtime import engine
from flows.steps.annual import annual_workbook
from flows.steps.awards import awards_sheet
from flows.steps.defence_sheet import defence_sheet
from flows.steps.errors import refuse
from flows.steps.sheets import hand_in_sheet, kept_sheet, sheet_name, target_sheet
from flows.tasks import shown
from models.business_clock import business_now
from models.loading import cohort_row
from models.store import reading

TARGETS, ANNUAL = "生成目标登记表", "生成年度考核清单"


class OfCohort(BaseModel):
    """What every form about a cohort asks."""

    model_config = ConfigDict(frozen=True, json_schema_extra=plain_schema)
    cohort: str = Field(title="批次", description="从清单中选择", examples=["2025"], json_schema_extra={"position": 0, CHOICES: "cohort"})

    @property
    def code(self) -> str:
        """Return the cohort's code: the drop-down shows its title behind it."""
        return code_of(self.cohort)

    def known(self, session: Session) -> str:
        """Return the code of the cohort on record; refused when none was chosen."""
        if not self.code:
            raise refuse("没有选择批次", "请从清单中选择")
        return cohort_row(session, self.code).code


class SheetRequest(OfCohort):
    """生成报送登记表：列出尚未报送某种材料的项目，填写后放入收件箱，用“按表报送登记”一次登记。"""

    deliverable: str = Field(title="材料", description="哪一种材料", json_schema_extra={"position": 1, CHOICES: "deliverable"})


class DefenceSheetRequest(OfCohort):
    """生成答辩顺序表：顺序号、单位、时间、地点，供签到和主持使用。"""


class TargetsRequest(OfCohort):
    """生成目标登记表：列出各项目申报时提出的目标，填写后放入收件箱，用“导入申报目标”一次登记。"""


class AnnualRequest(OfCohort):
    """生成年度考核清单：按二级党组织汇总、按项目列明细，供述职评议、年度考核和擂台赛使用。"""

    year: int | None = Field(default=None, title="年度", description="不填即为今年", examples=[2026], json_schema_extra={"position": 1})


class ReportRequest(OfCohort):
    """生成进展报告：一个网页文件，可打印为 A3 横向。"""

    on: date | None = Field(
        default=None, title="截至日期", description="通常是今天；也可选以前的日期", json_schema_extra={"position": 1, TODAY: True}
    )


class AwardsRequest(OfCohort):
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


@flow(name=DEFENCE_SHEET, flow_run_name="{顺序表.code} 答辩顺序表", persist_result=False)
@plainly
def defence_paper(顺序表: DefenceSheetRequest) -> str:  # noqa: PLC2401 - Prefect shows the name as the label
    """Write the order of the defence and return where it is fetched."""
    return linked("下载答辩顺序表", "sheets", make_defence_sheet(顺序表))


@shown("生成答辩顺序表")
def make_defence_sheet(request: DefenceSheetRequest) -> Path:
    """Write the sheet; equal requests of one day give one file."""
    return _written("答辩顺序", request, defence_sheet)


@flow(name=TARGETS, flow_run_name="{目标.code} 目标登记表", persist_result=False)
@plainly
def target_paper(目标: TargetsRequest) -> str:  # noqa: PLC2401 - Prefect shows the name as the label
    """Write the sheet of declared targets and return where it is fetched."""
    return linked("下载登记表", "sheets", make_targets(目标))


@flow(name=ANNUAL, flow_run_name="{清单.code} 年度考核清单", persist_result=False)
@plainly
def annual_paper(清单: AnnualRequest) -> str:  # noqa: PLC2401 - Prefect shows the name as the label
    """Write the yearly list and return where it is fetched."""
    return linked("下载清单", "sheets", make_annual(清单))


@shown("生成目标登记表")
def make_targets(request: TargetsRequest) -> Path:
    """Write the sheet of targets; equal requests of one day give one file."""
    return _written("申报目标", request, target_sheet)


@shown("生成清单")
def make_annual(request: AnnualRequest) -> Path:
    """Write the yearly list; equal requests of one day give one file."""
    with reading(engine()) as session:
        cohort, today = request.known(session), business_day(business_now(session))
        year = request.year or today.year
        return kept_sheet(sheet_name("年度考核清单", cohort, str(year), on=today), annual_workbook(session, cohort, year, today))


@shown("生成表格")
def make_sheet(request: SheetRequest) -> Path:
    """Write the sheet; equal requests of one day give one file."""
    with reading(engine()) as session:
        cohort = request.known(session)
        deliverable = offered(session, "deliverable").get(request.deliverable, request.deliverable)
        today = business_day(business_now(session))
        return kept_sheet(sheet_name("报送登记", cohort, deliverable, on=today), hand_in_sheet(session, cohort, deliverable))


@shown("生成台账")
def make_awards(request: AwardsRequest) -> Path:
    """Write the ledger as it stands; equal requests of one day give one file."""
    return _written("表彰经费台账", request, awards_sheet)


def _written(title: str, request: OfCohort, make: Callable[[Session, str], bytes]) -> Path:
    """Write a sheet about a whole cohort as it stands and return where."""
    with reading(engine()) as session:
        cohort = request.known(session)
        return kept_sheet(sheet_name(title, cohort, on=business_day(business_now(session))), make(session, cohort))


@shown("生成报告")
def make_report(request: ReportRequest) -> Path:
    """Write the report as of a day; equal requests give one file."""
    with reading(engine()) as session:
        cohort = request.known(session)
        figures = figures_for(session, cohort, request.on)
    return write_report(figures)


def linked(text: str, folder: str, path: Path) -> str:
    """Show the link to a file of the local page with the run, and return it."""
    address = local_page(settings().catcher_web_port, f"{folder}/{path.name}")
    create_link_artifact(address, text, description=f"[{text}]({address})　{path.name}（{path.absolute()}）")
    return address
