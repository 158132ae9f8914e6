"""What Prefect does by itself when something happens to a run: tell the office of failures, have runs that died put back in the queue.

The list is data; the runner holds Prefect to it at each start. Nothing depends on it: what is due is found by the scan.
"""

import logging
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.events.actions import RunDeployment
from prefect.events.schemas.automations import Automation, AutomationCore, EventTrigger, Posture
from prefect.exceptions import PrefectException
from prefect.settings import get_current_settings

from flows.alerts import FLOW_NAME, FailedRun

LOGGER = logging.getLogger("creation")
OWN = "创建管理："
"""How the names of our automations begin; those of others are left alone."""
BEATS_MISSED = 3
"""A run that has missed so many heartbeats is taken for dead."""
ENDED_BADLY = frozenset({"prefect.flow-run.Failed", "prefect.flow-run.Crashed", "prefect.flow-run.TimedOut"})
TEMPLATES = {
    "run_id": "{{ event.resource.id | replace('prefect.flow-run.', '') }}",
    "run_name": "{{ event.resource['prefect.resource.name'] }}",
    "flow_name": "{{ event.resource_in_role['flow']['prefect.resource.name'] }}",
    "state": "{{ event.resource['prefect.state-name'] }}",
    "message": "{{ event.resource['prefect.state-message'] }}",
    "filled_in": "{{ flow_run.parameters | tojson }}",
}
"""The fields of the alert's form, from the event; what stood on the failed run's form is read from the run."""


def failed_runs(alert: UUID) -> AutomationCore:
    """Return the automation that registers failed runs with the alert's deployment. The alert's own failures are left out: no loop."""
    parameters = {field: {"__prefect_kind": "jinja", "template": TEMPLATES[field]} for field in FailedRun.model_fields}
    return AutomationCore(
        name=f"{OWN}登记运行异常",
        description="运行失败或中断时，自动登记一项待办并通知组织部；不对“运行异常登记”自身的失败作出反应。",
        trigger=EventTrigger(
            expect=set(ENDED_BADLY),
            match={"prefect.resource.id": "prefect.flow-run.*"},
            match_related={"prefect.resource.role": "flow", "prefect.resource.name": f"!{FLOW_NAME}"},
            for_each={"prefect.resource.id"},
            posture=Posture.Reactive,
            threshold=1,
            within=timedelta(0),
        ),
        actions=[RunDeployment(source="selected", deployment_id=alert, parameters={"异常": parameters})],
    )


def dead_runs(check: UUID, beat_seconds: float) -> AutomationCore:
    """Return the automation that has a run looked at when its heartbeats have stopped; ``check`` puts it back if it is dead.

    Any other event of the run disarms it. Events may come in another order than they were made, so that the look is needed:
    a run that has suspended and waits for months must not be touched.
    """
    parameters = {"run_id": {"__prefect_kind": "jinja", "template": TEMPLATES["run_id"]}}
    return AutomationCore(
        name=f"{OWN}重新排队中断的运行",
        description=f"运行连续 {BEATS_MISSED} 次没有心跳（进程被杀、机器断电）时重新排队，自动继续办理；等待填写的运行不受影响。",
        trigger=EventTrigger(
            after={"prefect.flow-run.heartbeat"},
            expect={"prefect.flow-run.*"},
            match={"prefect.resource.id": "prefect.flow-run.*"},
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=timedelta(seconds=BEATS_MISSED * beat_seconds),
        ),
        actions=[RunDeployment(source="selected", deployment_id=check, parameters={"运行": parameters})],
    )


def wanted(alert: UUID, check: UUID, beat_seconds: float | None) -> tuple[AutomationCore, ...]:
    """Return every automation of ours; without heartbeats (a setting of Prefect) dead runs cannot be told."""
    return (failed_runs(alert), *((dead_runs(check, beat_seconds),) if beat_seconds else ()))


def ensure_automations(client: SyncPrefectClient, automations: tuple[AutomationCore, ...]) -> dict[str, list[str]]:
    """Make Prefect's automations of ours exactly these; returns names by what was done (created, replaced, deleted).

    An equal one is not touched, one that an admin has switched off stays off, those of others are never looked at.
    """
    done: dict[str, list[str]] = {"created": [], "replaced": [], "deleted": []}
    own = [row for row in _all(client) if row.name.startswith(OWN)]
    kept: set[UUID] = set()
    for one in automations:
        known = [row for row in own if row.name == one.name]
        if not known:
            client.create_automation(one)
            done["created"].append(one.name)
        elif _content(known[0]) != _content(one):
            client.update_automation(known[0].id, AutomationCore(**_content(one), enabled=known[0].enabled))
            done["replaced"].append(one.name)
        kept.update(row.id for row in known[:1])
    for other in own:
        if other.id not in kept:
            client.delete_automation(other.id)
            done["deleted"].append(other.name)
    return done


def _content(automation: AutomationCore) -> dict[str, Any]:
    """Return what makes two automations the same; sets stay sets, whose order differs from process to process."""
    return automation.model_dump(include={"name", "description", "trigger", "actions"})


def _all(client: SyncPrefectClient) -> list[Automation]:
    found: list[Automation] = []
    while page := client.read_automations(offset=len(found)):
        found += page
    return found


def try_ensure(alert: str, check: str) -> None:
    """Hold Prefect to the list, or say in the log why not: forms and letters do not wait for it. Both name a deployment."""
    try:
        with get_client(sync_client=True) as client:
            ids = [client.read_deployment_by_name(name).id for name in (alert, check)]
            ensure_automations(client, wanted(ids[0], ids[1], get_current_settings().flows.heartbeat_frequency))
    except (httpx.HTTPError, PrefectException, OSError) as error:
        LOGGER.warning("运行异常的自动处理暂未更新，下次启动时再试：%s", error)
