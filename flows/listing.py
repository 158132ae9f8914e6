"""Forms that make lists for printing and filing, and the hand-over sheet; nothing is recorded."""

from pathlib import Path

from prefect import flow
from pydantic import BaseModel, ConfigDict, Field

from config.clock import business_day
from flows.forms.schema import CHOICES, code_of, plain_schema
from flows.paperwork import linked
from flows.plainly import plainly
from flows.runtime import engine
from flows.steps.errors import refuse
from flows.steps.handover import handover_sheet
from flows.steps.lists import list_kind, list_sheet
from flows.steps.sheets import kept_sheet, sheet_name
from flows.tasks import shown
from models.business_clock import business_now
from models.store import reading


class ListRequest(BaseModel):
    """生成名单台账：汇总表、材料台账、未报名单、签到表，供打印和存档。不作任何登记。"""

    model_config = ConfigDict(frozen=True, json_schema_extra=plain_schema)
    kind: str = Field(title="表格", description="哪一种", examples=["汇总表"], json_schema_extra={"position": 0, CHOICES: "list"})
    cohort: str = Field(title="批次", description="从清单中选择", examples=["2025"], json_schema_extra={"position": 1, CHOICES: "cohort"})
    so: str = Field(default="", title="二级党组织", description="不选即为全部", json_schema_extra={"position": 2, CHOICES: "so"})

    @property
    def code(self) -> str:
        """Return the cohort's code: the drop-down shows its title behind it."""
        return code_of(self.cohort)


class HandoverRequest(BaseModel):
    """生成交接单：一个单位的联系人、书记，或一名工作人员、评审人离任时，还有哪些事没有办结。不作任何登记。"""

    model_config = ConfigDict(frozen=True, json_schema_extra=plain_schema)
    who: str = Field(
        title="移交单位或人员", description="从清单中选择", examples=["S01B01"], json_schema_extra={"position": 0, CHOICES: "leaving"}
    )

    @property
    def code(self) -> str:
        """Return the code of the unit or the person."""
        return code_of(self.who)


@flow(name="生成名单台账", flow_run_name="{名单.code} {名单.kind}", persist_result=False)
@plainly
def list_paper(名单: ListRequest) -> str:  # noqa: PLC2401 - Prefect shows the name as the label
    """Write a list and return where it is fetched."""
    return linked("下载表格", "sheets", make_list(名单))


@shown("生成名单台账")
def make_list(request: ListRequest) -> Path:
    """Write the list; equal requests of one day give one file."""
    if not request.code:
        raise refuse("没有选择批次", "请从清单中选择")
    kind, so = list_kind(request.kind), code_of(request.so)
    with reading(engine()) as session:
        today = business_day(business_now(session))
        content = list_sheet(session, kind, request.code, today, so)
    return kept_sheet(sheet_name(kind.label, request.code, *([so] if so else []), on=today), content)


@flow(name="生成交接单", flow_run_name="{交接.code} 交接单", persist_result=False)
@plainly
def handover_paper(交接: HandoverRequest) -> str:  # noqa: PLC2401 - Prefect shows the name as the label
    """Write the hand-over sheet and return where it is fetched."""
    return linked("下载交接单", "sheets", make_handover(交接))


@shown("生成交接单")
def make_handover(request: HandoverRequest) -> Path:
    """Write the sheet; equal requests of one day give one file."""
    if not request.code:
        raise refuse("没有选择单位或人员", "请从清单中选择")
    with reading(engine()) as session:
        today = business_day(business_now(session))
        content = handover_sheet(session, request.code, today)
    return kept_sheet(sheet_name("交接单", request.code, on=today), content)
