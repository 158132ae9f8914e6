"""The demo: a sample university played through both cohorts, with real flow runs, a real database and real SMTP."""

import os
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from datetime import time as clock_time
from pathlib import Path
from typing import Any

from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL, temporary_settings
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy.engine import Engine
from sqlmodel import func, select

from config.clock import business_instant
from config.loading import content_hash
from config.settings import files_in
from config.vocabulary import MailKind, MailState, ProjectState
from flows.commands.text import table_of
from flows.operate import sample
from flows.operate.player import Player
from flows.operate.scenario import Scenario, load_scenario
from flows.operate.server import PrefectProcesses
from flows.operate.through_prefect import PrefectRunner
from flows.report.making import figures_for, write_report
from flows.steps.opening import open_cohort
from models.business_clock import mark_as_demo, move_clock
from models.database import engine_for
from models.history import Act
from models.loading import load_world
from models.plans import load_checked_plan
from models.rules.snapshot import World
from models.store import reading, transaction
from models.tables import Cohort, Decision, Event, Mail, Project
from models.upgrade import upgrade
from notifications.catcher import Catcher, free_port
from notifications.local_page.server import LocalPage
from notifications.transport import SmtpAccount, Transport

FIRST, LAST = date(2025, 11, 4), date(2027, 12, 31)
COHORTS = ("2023", "2025")
OPENING = clock_time(8, 0)
PAGE_PORT = "CREATION_CATCHER_WEB_PORT"


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What the demo leaves behind: figures, and where to look."""

    figures: dict[str, Any]
    ui: str
    page: str
    folder: Path


def load_sample(engine: Engine) -> None:
    """Load the sample university and both cohorts as of the day of the notice; nothing runs."""
    upgrade(engine)
    act = Act("工作人员1", "command:demo load", FIRST)
    with transaction(engine) as session:
        mark_as_demo(session)
        move_clock(session, business_instant(FIRST, OPENING))
        sample.build_university(session, act)
        for code in COHORTS:
            plan, _ = load_checked_plan(code)
            open_cohort(session, act, plan, content_hash(plan))
        sample.enrol_first_cohort(session, act, COHORTS[0])


def fresh_database(folder: Path) -> str:
    """Empty the demo's folder and return the address of its database (or the one from the environment)."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return os.environ.get("CREATION_DATABASE_URL") or f"sqlite:///{(folder / 'creation.db').absolute()}"


@contextmanager
def playing(folder: Path, last: date = LAST, scenario: Scenario | None = None) -> Iterator[DemoResult]:
    """Play the scenario; server, runner, catcher and local page stay up inside the block."""
    started = time.monotonic()
    story = scenario or load_scenario()
    url = fresh_database(folder)
    engine = engine_for(url)
    catcher = Catcher(folder / "mail").start()
    page = LocalPage(folder, folder / "mail", engine=engine).start()
    smtp = os.environ.get("CREATION_SMTP_URL") or catcher.smtp_url
    own = {"CREATION_DATA": str(folder.absolute()), "CREATION_DATABASE_URL": url, "CREATION_SMTP_URL": smtp, PAGE_PORT: str(page.port)}
    processes = PrefectProcesses(folder / "prefect", free_port(), folder / "logs", own)
    try:
        with processes, temporary_settings({PREFECT_API_URL: f"{processes.url}/api"}), get_client(sync_client=True) as client:
            load_sample(engine)  # while the server starts
            processes.serve()
            runner = PrefectRunner(engine, client)
            runner.wait_for_deployments()
            with files_in(folder.absolute()):
                _play(Player(engine, Transport(SmtpAccount.from_url(smtp)), runner, story), last)
            figures = figures_of(engine, client, time.monotonic() - started)
            write_reports(engine, folder)
            yield DemoResult(figures, processes.url, page.url, folder)
    finally:
        page.stop()
        catcher.stop()


def write_reports(engine: Engine, folder: Path) -> list[Path]:
    """Write the report of each cohort as it stands; they are opened on the local page."""
    with reading(engine) as session:
        made = [figures_for(session, code) for code in COHORTS]
    return [write_report(figures, folder=folder) for figures in made]


def _play(player: Player, last: date) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns) as progress:
        task = progress.add_task("演示", total=(last - FIRST).days)

        def show(day: date) -> None:
            progress.update(task, completed=(day - FIRST).days, description=f"{day}")

        player.on_day = show
        player.play(FIRST, last)
        progress.update(task, completed=(last - FIRST).days)


def figures_of(engine: Engine, client: Any, seconds: float) -> dict[str, Any]:
    """Return the figures of the demo (version 1 of the format)."""
    runs = Counter(run.state_type.value if run.state_type else "NONE" for run in client.read_flow_runs(limit=200))
    with reading(engine) as session:
        mails = Counter((row.state, row.kind.value) for row in session.exec(select(Mail)))
        cohorts = {row.code: _cohort_figures(session, row) for row in session.exec(select(Cohort))}
        refusals = [row for code in COHORTS for row in _refusals(load_world(session, code))]
        moves = session.exec(select(func.count()).select_from(Event).where(Event.source != Event.target)).one()
    by_kind: Counter[str] = Counter()
    for (state, kind), number in mails.items():
        if state == MailState.SENT:
            by_kind[kind] += number
    failed = sum(number for (state, _), number in mails.items() if state in (MailState.FAILED, MailState.UNKNOWN))
    return {
        "cohorts": cohorts,
        "mails": {"sent": sum(by_kind.values()), "failed": failed, "by_kind": dict(sorted(by_kind.items()))},
        "flow_runs": {"total": sum(runs.values()), "completed": runs["COMPLETED"], "failed": runs["FAILED"] + runs["CRASHED"]},
        "transitions": moves,
        "refusals": refusals,
        "seconds": round(seconds, 1),
    }


def _cohort_figures(session: Any, cohort: Cohort) -> dict[str, Any]:
    projects = session.exec(select(Project).where(Project.cohort_id == cohort.id)).all()
    decided = session.exec(select(Decision.outcome).join(Project).where(Project.cohort_id == cohort.id)).all()
    states = Counter(project.state.value for project in projects)
    return {"projects": len(projects), "states": dict(sorted(states.items())), "outcomes": dict(sorted(Counter(map(str, decided)).items()))}


def _refusals(world: World) -> Iterator[dict[str, str]]:
    for fact in world.all("refuse_conflict"):
        body = fact.payload
        for row in body["refused"]:
            yield {"on": fact.effective_on.isoformat(), "assessor": body["assessor"], "project": row["project"], "ground": row["ground"]}


def tables_of(result: DemoResult) -> tuple[Table, ...]:
    """Return what the demo shows at its end: outcomes per cohort, mails by kind, conflicts of interest that were refused."""
    outcomes = [
        (code, ProjectState(state).label, str(number))
        for code, row in result.figures["cohorts"].items()
        for state, number in row["states"].items()
    ]
    mails = [(MailKind(kind).label, str(number)) for kind, number in result.figures["mails"]["by_kind"].items()]
    runs = result.figures["flow_runs"]
    title = f"用时 {result.figures['seconds']:g} 秒；流程运行 {runs['completed']}/{runs['total']} 次完成"
    refused = [tuple(row.values()) for row in result.figures["refusals"]]
    return (
        table_of(title, ("批次", "状态", "项目数"), outcomes),
        table_of(f"邮件 {result.figures['mails']['sent']} 封", ("种类", "封数"), mails),
        table_of("拒绝的回避冲突", ("日期", "评审人", "项目", "回避理由"), refused),
    )
