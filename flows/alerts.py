"""The flows that automations start: one registers a run that failed or crashed, one puts back a run that died; see flows/automations.py."""

from uuid import UUID

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.utilities.urls import url_for
from pydantic import BaseModel, ConfigDict, Field

from flows.orphans import put_back
from flows.runtime import engine
from flows.steps.alerting import RunFailure, register_failure

FLOW_NAME = "运行异常登记"


class FailedRun(BaseModel):
    """运行异常：由系统自动填写，无须人工办理。"""

    model_config = ConfigDict(frozen=True)
    run_id: str = Field(title="运行编号", min_length=1, json_schema_extra={"position": 0})
    run_name: str = Field(title="运行名称", json_schema_extra={"position": 1})
    flow_name: str = Field(title="办理事项", json_schema_extra={"position": 2})
    state: str = Field(title="状态", json_schema_extra={"position": 3})
    message: str = Field(title="原因", json_schema_extra={"position": 4})
    filled_in: str = Field(default="", title="表单内容", json_schema_extra={"position": 5})


@flow(name=FLOW_NAME, flow_run_name=FLOW_NAME + "（{异常.run_name}）", persist_result=False)
def run_alert(异常: FailedRun) -> str:  # noqa: PLC2401 - Prefect shows the name as the label
    """Leave a task for the office and plan one mail about a failed run. Safe to run twice."""
    link = url_for("flow-run", obj_id=异常.run_id) or ""
    return register_failure(engine(), RunFailure(**异常.model_dump(), link=link))


class QuietRun(BaseModel):
    """没有心跳的运行：由系统自动填写，无须人工办理。"""

    model_config = ConfigDict(frozen=True)
    run_id: str = Field(title="运行编号", min_length=1, json_schema_extra={"position": 0})


@flow(name="核对中断的运行", persist_result=False)
def mark_dead(运行: QuietRun) -> str:  # noqa: PLC2401 - Prefect shows the name as the label
    """Put a run without heartbeats back in the queue, if it is still said to be running (too often: mark it as crashed).

    The state is looked at, not taken from the events: a heartbeat that arrives after its run has suspended would otherwise
    disturb a form that may wait for weeks.
    """
    with get_client(sync_client=True) as client:
        run = client.read_flow_run(UUID(运行.run_id))
        if run.state is None or not run.state.is_running():
            return "该运行已结束或正在等待填写，无须处理"
        return put_back(client, run)
