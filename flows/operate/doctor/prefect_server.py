"""Checks of Prefect: reachable, which version, and runs that show as running though nothing works on them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
from prefect.client.schemas.objects import StateType
from prefect.exceptions import PrefectHTTPStatusError
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from flows.operate.doctor.finding import Finding, Level
from flows.orphans import PAGE, SILENT, heard_of

OLD = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Running:
    """A run that shows as claimed or running."""

    id: str
    name: str
    since: datetime


@contextmanager
def client_for(port: int, login: str) -> Iterator[SyncPrefectClient]:
    """Give a client of the local server."""
    given = {PREFECT_API_URL: f"http://127.0.0.1:{port}/api", PREFECT_API_AUTH_STRING: login or None, PREFECT_CLIENT_MAX_RETRIES: 0}
    with temporary_settings(given), get_client(sync_client=True) as client:
        yield client


def server(port: int, login: str, *, up: bool) -> Finding:
    """Ask the server for its version; that it does not answer is a fault only while `creation up` runs."""
    try:
        with client_for(port, login) as client:
            return Finding("Prefect", Level.OK, f"版本 {client.api_version()}，端口 {port}")
    except PrefectHTTPStatusError as error:
        found = f"端口 {port} 的服务拒绝登录（{error.response.status_code}）"
        return Finding("Prefect", Level.FAIL, found, "这可能是别的 Prefect 服务：请核对 CREATION_DATA 和 CREATION_PREFECT_PORT")
    except (httpx.HTTPError, OSError):
        if up:
            return Finding("Prefect", Level.FAIL, f"端口 {port} 无应答", "请看数据目录 logs/prefect-server.log；无应答超过半分钟会自动重启")
        return Finding("Prefect", Level.WARN, "未启动", "请运行 creation up")


def orphans(running: Iterable[Running], alive: frozenset[str], instant: datetime) -> Finding:
    """Find runs older than an hour of which nothing has been heard lately."""
    lost = [run for run in running if instant - run.since > OLD and run.id not in alive]
    if lost:
        names = "、".join(f"{run.name}（{run.since:%m-%d %H:%M}）" for run in lost[:3])
        todo = (
            "运行进程已不在：请重新启动 creation up，会自动重新排队；"
            "仍列在这里的，请在管理界面取消（Cancel）后重新办理，已记录的事项不会重复"
        )
        return Finding("中断的运行", Level.WARN, f"{len(lost)} 个：{names}", todo)
    return Finding("中断的运行", Level.OK, "无")


def read_running(client: SyncPrefectClient, instant: datetime) -> tuple[list[Running], frozenset[str]]:
    """Return the runs that have shown as claimed, running or cancelling for long, and the ids of those that have been heard of lately."""
    state = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]))
    runs = client.read_flow_runs(flow_run_filter=FlowRunFilter(state=state), limit=PAGE)
    held = [Running(str(run.id), run.name, run.state.timestamp) for run in runs if run.state]
    running = [run for run in held if instant - run.since > OLD]
    return running, frozenset(run.id for run in running if heard_of(client, run.id, instant - SILENT))
