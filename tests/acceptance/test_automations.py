"""Automations on a real server: a failed run is told once, an alert's own failure never, a dead run is put back, a waiting one is not touched."""

import asyncio
import json
import time
from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import StateType
from prefect.deployments import run_deployment
from prefect.events import Event
from prefect.events.actions import DoNothing
from prefect.events.clients import PrefectEventsClient
from prefect.events.schemas.automations import AutomationCore, EventTrigger
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import AwaitingRetry, State
from sqlmodel import select

from config.clock import now
from flows.automations import OWN, dead_runs, ensure_automations, wanted
from flows.forms.choices import offered
from flows.forms.order import address
from flows.operate.demo import load_sample
from flows.operate.server import PrefectProcesses
from flows.orphans import DEAD, TIMES_MAX
from flows.steps.errors import REFUSED
from models.database import engine_for
from models.store import reading
from models.tables import Reminder, Task
from notifications.catcher import free_port
from tests.marks import LONG

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect-worker"), LONG]
ALERT, CHECK = address("运行异常登记"), address("核对中断的运行")
PATIENCE_SECONDS, QUIET_SECONDS, BEAT_SECONDS = 600.0, 8.0, 4.0
COHORT = "2023 首批“一融双高”典型示范创建"
SAID = "未办理：办理日期 2031-01-01 晚于今天 2025-11-04；请留空或改为今天以前的日期"
FOREIGN = AutomationCore(
    name="别人的自动处理", trigger=EventTrigger(expect={"someone.else"}, threshold=1, within=timedelta(0)), actions=[DoNothing()]
)


@pytest.fixture(scope="module")
def up(tmp_path_factory):
    """A server and the runner of every deployment, on the sample university."""
    folder = tmp_path_factory.mktemp("automations")
    url = f"sqlite:///{folder / 'creation.db'}"
    engine = engine_for(url)
    load_sample(engine)
    extra = {"CREATION_DATABASE_URL": url, "CREATION_SMTP_URL": "smtp://127.0.0.1:9"}
    with PrefectProcesses(folder / "prefect", free_port(), folder / "logs", extra) as processes:
        processes.serve()
        with temporary_settings({PREFECT_API_URL: f"{processes.url}/api"}), get_client(sync_client=True) as client:
            until(lambda: len(own(client)) == 2, f"no automations; see {folder / 'logs'}")
            yield SimpleNamespace(engine=engine, client=client, url=processes.url, folder=folder)


def until(reached, otherwise, patience=PATIENCE_SECONDS):
    end = time.monotonic() + patience
    while not (found := reached()):
        assert time.monotonic() < end, otherwise
        time.sleep(0.3)
    return found


def own(client):
    return sorted((row for row in client.read_automations() if row.name.startswith(OWN)), key=lambda row: row.name)


def runs_of(up, deployment):
    made = up.client.read_deployment_by_name(deployment)
    return [run for run in up.client.read_flow_runs(limit=200) if run.deployment_id == made.id]


def start(flow, **parameters):
    return run_deployment(address(flow), parameters=parameters, timeout=0, as_subflow=False)


def state(up, run):
    return up.client.read_flow_run(run.id).state


def forced(up, run_id, kind, message="测试"):
    up.client.set_flow_run_state(run_id, State(type=kind, message=message), force=True)


def alerts_about(up, run_id):
    """The alert's runs about a run, by what stands on their forms."""
    return [run for run in runs_of(up, ALERT) if run.parameters["异常"]["run_id"] == str(run_id)]


def checks_of(up, run_id):
    return [run for run in runs_of(up, CHECK) if run.parameters["运行"]["run_id"] == str(run_id)]


def ended_alert(up, run_id):
    found = alerts_about(up, run_id)
    return found if found and all(run.state.is_final() for run in found) else []


def on_record(up, run_id):
    with reading(up.engine) as session:
        tasks = session.exec(select(Task).where(Task.key == f"run_failed:{run_id}")).all()
        lines = session.exec(select(Reminder).where(Reminder.key.startswith(f"office_notice:run_failed:{run_id}:"))).all()
    return tasks, lines


def test_a_refused_form_leaves_a_task_and_an_alert_that_fails_leaves_nothing(up):
    """The alert's failure comes first: when the later one has been answered, the earlier one has been passed over."""
    alert = start("运行异常登记", 异常={"run_id": "x", "run_name": "x", "flow_name": "x", "state": "Failed", "message": "x"})
    until(lambda: state(up, alert).is_final(), "the alert has not ended")
    forced(up, alert.id, StateType.FAILED)
    failed = start("自查测评", 办理={"cohort": COHORT, "on": "2031-01-01"})
    until(lambda: ended_alert(up, failed.id), "no alert has ended")
    time.sleep(QUIET_SECONDS)
    told, *_ = until(lambda: ended_alert(up, failed.id), "an alert still runs")  # an event may come twice; what it leaves does not
    assert alerts_about(up, alert.id) == [], "an alert's own failure is not told"
    assert told.state.is_completed(), told.state.message
    filled = told.parameters["异常"]
    assert json.loads(filled.pop("filled_in")) == {"办理": {"cohort": COHORT, "on": "2031-01-01"}}
    assert {**filled, "message": ""} == {
        "run_id": str(failed.id), "run_name": "2023 自查测评", "flow_name": "自查测评", "state": "Failed", "message": "",
    }  # fmt: skip
    assert filled["message"] == SAID == state(up, failed).message
    (task,), lines = on_record(up, failed.id)
    assert (task.kind, lines) == ("run_failed", []), "a refused form is no mail"
    assert "未办理，办理日期 2031-01-01 晚于今天 2025-11-04" in task.text
    assert f"{up.url}/runs/flow-run/{failed.id}" in task.text


def test_the_log_of_a_refused_form_ends_with_the_sentence_and_has_no_traceback(up):
    """Both where the form's own flow refuses and where a step within it does."""
    refused = start("自查测评", 办理={"cohort": COHORT, "on": "2031-01-01"})
    lines = until(lambda: ended_log(up, refused), "the log has not arrived")
    assert lines[-1] == SAID
    assert "Traceback" not in "\n".join(lines)
    many = start("批量报送登记", 登记=two_from_the_future(up))
    lines = until(lambda: ended_log(up, many), "the log has not arrived")
    assert lines[-1].startswith("未办理：有 2 项不能登记，全部未登记：\n2023-S01：")
    assert state(up, many).message == lines[-1]
    assert "Traceback" not in "\n".join(lines)


def two_from_the_future(up):
    """Two papers that arrive after today."""
    with reading(up.engine) as session:
        label = {kind: {code: label for label, code in offered(session, kind).items()} for kind in ("project", "deliverable", "person")}
    two = [label["project"][code] for code in ("2023-S01", "2023-S02")]
    paper = {"deliverable": label["deliverable"]["typical_case"], "received_on": "2031-01-01"}
    return {"projects": two, **paper, "recorded_by": label["person"]["A01"]}


def ended_log(up, run):
    """The lines of a refused run's log in order, once the run has ended and its last words have arrived."""
    found = up.client._client.post("/logs/filter", json={"logs": {"flow_run_id": {"any_": [str(run.id)]}}, "sort": "TIMESTAMP_ASC"}).json()
    lines = [line["message"] for line in found]
    return lines if state(up, run).is_final() and any(line.startswith(REFUSED) for line in lines) else []


def test_a_crashed_run_is_told_as_well(up):
    run = start("发送邮件")
    until(lambda: state(up, run).is_final(), "the delivery has not ended")
    forced(up, run.id, StateType.CRASHED, "进程已停止")
    until(lambda: any(r.parameters["异常"]["state"] == "Crashed" and r.state.is_completed() for r in alerts_about(up, run.id)), "no alert")
    (task,), lines = on_record(up, run.id)
    assert {line.kind for line in lines} == {"office_notice"}
    assert any("中途停止：进程已停止" in line.details["matter"] for line in lines)
    assert task.opened_on.isoformat() == "2025-11-04"


def test_automations_are_held_to_the_list(up):
    listed = wanted(*ids(up), 180)
    up.client.create_automation(FOREIGN)
    before = {row.name: row.id for row in own(up.client)}
    assert ensure_automations(up.client, listed) == {"created": [], "replaced": [], "deleted": []}, "the runner has made exactly these"
    up.client.pause_automation(before[listed[0].name])
    changed = (listed[0].model_copy(update={"description": "改过"}), dead_runs(ids(up)[1], 60))
    names = [one.name for one in changed]
    assert ensure_automations(up.client, changed) == {"created": [], "replaced": names, "deleted": []}
    assert [(row.enabled, row.description) for row in own(up.client) if row.name == names[0]] == [(False, "改过")], "off stays off"
    assert ensure_automations(up.client, changed[:1]) == {"created": [], "replaced": [], "deleted": [names[1]]}
    assert ensure_automations(up.client, listed) == {"created": [names[1]], "replaced": [names[0]], "deleted": []}
    up.client.resume_automation(before[names[0]])
    assert len(up.client.read_automations_by_name(FOREIGN.name)) == 1, "another's is left alone"
    assert [row.name for row in own(up.client)] == sorted(names)


def ids(up):
    return [up.client.read_deployment_by_name(name).id for name in (ALERT, CHECK)]


def beat(run):
    """Emit one heartbeat of a run, as its process would."""
    resource = {"prefect.resource.id": f"prefect.flow-run.{run.id}", "prefect.resource.name": run.name}

    async def emit():
        async with PrefectEventsClient() as events:
            await events.emit(Event(event="prefect.flow-run.heartbeat", resource=resource, id=uuid4()))

    asyncio.run(emit())


def test_a_run_whose_heart_stops_is_put_back_and_one_that_suspends_is_not(up):
    ensure_automations(up.client, wanted(*ids(up), BEAT_SECONDS))
    dead, waiting = (run_kept_back(up) for _ in range(2))
    for run in (dead, waiting):
        forced(up, run.id, StateType.RUNNING)
        beat(run)
    up.client.set_flow_run_state(waiting.id, State(type=StateType.PAUSED, name="Suspended"), force=True)
    beat(waiting)  # a heartbeat may arrive after the suspension it came before
    until(lambda: state(up, dead).is_completed(), "the dead run still runs")
    assert "AwaitingRetry" in names_of_states(up, dead)
    until(lambda: [r for r in checks_of(up, waiting.id) if r.state.is_completed()], "the waiting run has not been looked at")
    assert state(up, waiting).name == "Suspended"
    assert alerts_about(up, dead.id) == alerts_about(up, waiting.id) == []


def names_of_states(up, run):
    return [one.name for one in up.client.read_flow_run_states(run.id)]


def test_a_run_that_loses_its_process_again_and_again_goes_to_the_office(up):
    """Put back as often as is tried; a year ahead, so that no runner takes it up meanwhile."""
    ensure_automations(up.client, wanted(*ids(up), BEAT_SECONDS))
    run = run_kept_back(up)
    for _ in range(TIMES_MAX):
        forced(up, run.id, StateType.RUNNING)
        up.client.set_flow_run_state(run.id, AwaitingRetry(scheduled_time=now() + timedelta(days=365)), force=True)
    forced(up, run.id, StateType.RUNNING)
    beat(run)
    until(lambda: state(up, run).is_crashed(), "the run still runs")
    assert state(up, run).message == DEAD
    until(lambda: ended_alert(up, run.id), "the crash has not been told")


def run_kept_back(up):
    """A run that no runner starts: it is due in a year."""
    return run_deployment(address("发送邮件"), scheduled_time=now() + timedelta(days=365), timeout=0, as_subflow=False)
