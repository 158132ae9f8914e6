"""Work pools: deployed from flows/prefect.yaml, run by a worker that stands in the checkout, with the same events and the same forms."""

import signal
import subprocess
import sys
import time
from datetime import date
from datetime import time as time_of_day
from types import SimpleNamespace

import pytest
from prefect.client.orchestration import get_client
from prefect.deployments import run_deployment
from prefect.settings import PREFECT_API_URL, temporary_settings
from sqlmodel import func, select

from config.clock import business_instant, now
from flows.deployments import ALL, WORK_POOL
from flows.documents import ROOT
from flows.forms.order import address, deployment_name
from flows.offering import refresh
from flows.operate.demo import load_sample
from flows.operate.server import Child, PrefectProcesses
from flows.steps.acts import perform
from models.business_clock import move_clock
from models.database import engine_for
from models.history import Act
from models.store import reading, transaction
from models.tables import Event, Reminder
from models.upgrade import upgrade
from notifications.catcher import Catcher, free_port
from tests.marks import LONG

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect-worker"), LONG]
DEPLOYED = {
    "flows.summary.summary": "总结验收",
    "flows.delivery.delivery": "发送邮件",
    "flows.daily_check.daily_check": "今日核对",
    "flows.alerts.run_alert": "运行异常登记",
    "flows.alerts.mark_dead": "核对中断的运行",
}
PATIENCE_SECONDS = 600.0


def prefect(environment, *words):
    """Run Prefect's own command line in the checkout."""
    return python(environment, "-m", "prefect", "--no-prompt", *words)


def python(environment, *words):
    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    """A server, a pool with some of the deployments, and a worker; no runner."""
    folder = tmp_path_factory.mktemp("worker")
    url = f"sqlite:///{folder / 'creation.db'}"
    engine = engine_for(url)
    load_sample(engine)
    catcher = Catcher(folder / "mail").start()
    extra = {"CREATION_DATABASE_URL": url, "CREATION_SMTP_URL": catcher.smtp_url, "PREFECT_WORKER_QUERY_SECONDS": "1"}
    processes = PrefectProcesses(folder / "prefect", free_port(), folder / "logs", extra)
    environment = dict(processes.environment)
    worker = Child("worker", ("prefect", "worker", "start", "--pool", WORK_POOL), environment, folder / "logs" / "worker.log")
    try:
        with processes, temporary_settings({PREFECT_API_URL: f"{processes.url}/api"}), get_client(sync_client=True) as client:
            processes.wait_healthy()
            prefect(environment, "work-pool", "create", WORK_POOL, "--type", "process")
            chosen = [word for entrypoint, flow in DEPLOYED.items() for word in ("-n", f"{entrypoint}/{deployment_name(flow)}")]
            prefect(environment, "deploy", "--prefect-file", "flows/prefect.yaml", *chosen)
            worker.start()
            yield SimpleNamespace(engine=engine, client=client, environment=environment, folder=folder, catcher=catcher)
    finally:
        worker.stop()
        catcher.stop()


def run(pool, flow, **parameters):
    started = run_deployment(address(flow), parameters=parameters, timeout=0, as_subflow=False)
    end = time.monotonic() + PATIENCE_SECONDS
    while not (state := pool.client.read_flow_run(started.id).state).is_final():
        assert time.monotonic() < end, (pool.folder / "logs" / "worker.log").read_text(encoding="utf-8")
        time.sleep(0.3)
    assert state.is_completed(), state.message
    return str(started.id)


def test_they_are_the_same_deployments_on_a_pool(pool):
    rows = {pool.client.read_flow(row.flow_id).name: row for row in pool.client.read_deployments(limit=200)}
    assert set(rows) == set(DEPLOYED.values())
    for entrypoint, flow in DEPLOYED.items():
        assert (rows[flow].name, rows[flow].entrypoint, rows[flow].work_pool_name) == (deployment_name(flow), entrypoint, WORK_POOL)
        assert not rows[flow].pull_steps
    timed = {flow: [(one.schedule.cron, one.schedule.timezone, one.active) for one in row.schedules] for flow, row in rows.items()}
    assert timed == {
        "总结验收": [],
        "发送邮件": [],
        "运行异常登记": [],
        "核对中断的运行": [],
        "今日核对": [("35 8 * * *", "Asia/Shanghai", True)],
    }


def test_what_a_deployment_cannot_bring_is_completed_by_one_command(pool):
    """Drop-downs and automations."""
    assert cohorts(pool) is None, "the code's own schema has no choices"
    assert pool.client.read_automations() == []
    done = python(pool.environment, "-m", "flows.deployments")
    assert "暂未更新" not in done
    assert [label.split()[0] for label in cohorts(pool)] == ["2025", "2023"]
    assert len(pool.client.read_automations()) == 2
    assert refresh(pool.engine, pool.client) == 0, "nothing is left to write"


def cohorts(pool):
    schema = pool.client.read_deployment_by_name(address("总结验收")).parameter_openapi_schema
    return schema["definitions"]["Advance"]["properties"]["cohort"].get("enum")


def test_a_phase_run_by_a_worker_completes_and_its_events_name_it(pool):
    perform(
        pool.engine,
        Act("工作人员1", "command:test", date(2025, 11, 4)),
        "hand_in",
        project="2023-S01",
        deliverable="typical_case",
        files=["案例.docx"],
    )
    made = run(pool, "总结验收", 办理={"cohort": "2023 首批“一融双高”典型示范创建"})
    with reading(pool.engine) as session:
        moved = session.exec(select(Event.event, Event.stream).where(Event.origin == f"flow-run:{made}")).all()
    assert moved == [("complete", "submission:2023-S01/typical_case/v1")]


def test_the_daily_check_and_the_delivery_run_on_the_pool_as_well(pool):
    run(pool, "今日核对")
    with reading(pool.engine) as session:
        planned = session.exec(select(func.count()).select_from(Reminder)).one()
    assert planned > 100
    run(pool, "今日核对")
    with reading(pool.engine) as session:
        assert session.exec(select(func.count()).select_from(Reminder)).one() == planned, "the second check finds nothing to do"
    with transaction(pool.engine) as session:
        move_clock(session, business_instant(date(2025, 11, 4), time_of_day(9)))  # letters leave from 08:30
    run(pool, "发送邮件")
    assert len(list((pool.folder / "mail").glob("*.eml"))) > 50


def timed(pool):
    row = pool.client.read_deployment_by_name(address("今日核对"))
    return row.work_pool_name, row.paused, [(one.schedule.cron, one.schedule.timezone, one.active) for one in row.schedules]


def test_one_box_takes_over_and_its_restart_does_not_pause_the_schedule(pool):
    """The database of an office, not of a demo; the runner is stopped by Ctrl-C, upon which Prefect pauses schedules by default."""
    office = f"sqlite:///{pool.folder / 'office.db'}"
    upgrade(engine_for(office))
    environment = {**pool.environment, "CREATION_DATABASE_URL": office}
    for turn in ("start", "restart"):
        runner = Child("runner", ("flows.operate.runner",), environment, pool.folder / "logs" / f"{turn}.log")
        since = now()
        runner.start()
        try:
            until_registered(pool, since, runner)
            run(pool, "发送邮件")  # it serves: only now does it heed a signal
            runner.process.send_signal(signal.SIGINT)
            runner.process.wait(PATIENCE_SECONDS)
        finally:
            runner.stop()
        assert timed(pool) == (None, False, [("35 8 * * *", "Asia/Shanghai", True)])


def until_registered(pool, since, runner):
    end = time.monotonic() + PATIENCE_SECONDS
    while len(rows := pool.client.read_deployments(limit=200)) < len(ALL) or min(row.updated for row in rows) < since:
        assert runner.alive(), runner.log.read_text(encoding="utf-8")
        assert time.monotonic() < end, runner.log.read_text(encoding="utf-8")
        time.sleep(0.5)
