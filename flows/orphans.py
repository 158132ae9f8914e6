"""Runs that Prefect takes for claimed or running though their process is gone: put back in the queue, so that no form needs a hand.

Prefect hands out scheduled runs only: a run whose process was killed stays Pending or Running for ever. Beginning again is
harmless, because every form is repeatable under the id of its run (docs/decisions/0040).
"""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.events.filters import EventFilter, EventOccurredFilter, EventResourceFilter
from prefect.settings import get_current_settings
from prefect.states import AwaitingRetry, Crashed

from config.clock import now

LOGGER = logging.getLogger("creation")
SILENT = timedelta(minutes=10)
"""A live run sends a heartbeat every three minutes (Prefect's default): three missed ones mean that nothing works on it."""
TIMES_MAX = 5
"""A run that has lost its process so often is taken for the cause, and goes to the office instead of the queue."""
AGAIN = "运行进程已停止，系统已重新排队，自动继续办理；已登记的不会再登记一次"
DEAD = f"运行进程已停止，重新排队 {TIMES_MAX} 次仍未办完，系统自动标记为中断"
PAGE = 200


def put_back(client: SyncPrefectClient, run: FlowRun) -> str:
    """Put a run whose process is gone back in the queue, or mark it as crashed when that has helped too often; returns which."""
    before = sum(state.name == AwaitingRetry().name for state in client.read_flow_run_states(run.id))
    if before >= TIMES_MAX:
        client.set_flow_run_state(run.id, Crashed(message=DEAD))
        return "已标记为中断"
    client.set_flow_run_state(run.id, AwaitingRetry(scheduled_time=now(), message=AGAIN))
    return "已重新排队"


def put_back_all(own: Collection[str]) -> int:
    """Put back whatever the runner before this one has left; call before the first run is claimed. Returns how many.

    ``own`` are the entry points of the deployments that this process alone serves. Raises what the client raises: a runner that cannot
    ask the server cannot serve either, and is started again.
    """
    with get_client(sync_client=True) as client:
        left = _claimed(client, own)
        for run in left:
            LOGGER.warning("运行“%s”的进程已停止：%s", run.name, put_back(client, run))
    return len(left)


def put_back_silent(own: Collection[str]) -> int:
    """Put back what lost its process while the runner lived (the server being down); returns how many."""
    with get_client(sync_client=True) as client:
        left = [run for run in _claimed(client, own) if is_silent(client, run, now())]
        for run in left:
            LOGGER.warning("运行“%s”长时间没有心跳：%s", run.name, put_back(client, run))
    return len(left)


def is_silent(client: SyncPrefectClient, run: FlowRun, instant: datetime) -> bool:
    """Return whether a claimed or running run has kept its state, and said nothing, for longer than a live one would."""
    since = instant - SILENT
    if run.state is None or run.state.timestamp > since:
        return False
    if run.state.is_running() and not get_current_settings().flows.heartbeat_frequency:
        return False  # without heartbeats (a setting of Prefect) a dead run cannot be told
    return not heard_of(client, str(run.id), since)


def heard_of(client: SyncPrefectClient, run_id: str, since: datetime) -> bool:
    """Return whether a run has sent any event since then."""
    resource = EventResourceFilter(id=[f"prefect.flow-run.{run_id}"])
    return bool(client.read_events(EventFilter(resource=resource, occurred=EventOccurredFilter(since=since)), limit=1).events)


def _claimed(client: SyncPrefectClient, own: Collection[str]) -> list[FlowRun]:
    """Return the runs that a runner has claimed or begun; those of a work pool are its workers' matter."""
    state = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.PENDING, StateType.RUNNING]))
    if not (runs := client.read_flow_runs(flow_run_filter=FlowRunFilter(state=state), limit=PAGE)):
        return []  # most minutes: the deployments, with their long schemas, are not asked for
    served = {row.id for row in client.read_deployments(limit=PAGE) if row.entrypoint in own and row.work_pool_name is None}
    return [run for run in runs if run.deployment_id in served]
