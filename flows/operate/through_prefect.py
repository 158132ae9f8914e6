"""Runs of a scenario through Prefect deployments: triggered, watched and answered as a person would in the UI."""

import time
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import State
from prefect.deployments import run_deployment
from prefect.flow_runs import resume_flow_run
from sqlalchemy.engine import Engine
from sqlmodel import col, select

from config.vocabulary import PhaseKind
from flows.forms.choices import offered
from flows.forms.labels import PHASE_FLOWS
from flows.forms.order import address
from flows.operate.player import verdicts
from flows.steps.ballots import form_of
from models.office_work import RUN
from models.store import reading
from models.tables import Ballot

PATIENCE_SECONDS = 120.0
POLL_SECONDS = 0.1
FORM_SECONDS = 10.0
RECORDER = "A01"
"""Who records the committee's decisions in the demo."""


class RunFailedError(RuntimeError):
    """A flow run did not complete; the message names it."""


class PrefectRunner:
    """Makes runs through deployments and waits for each."""

    def __init__(self, engine: Engine, client: SyncPrefectClient) -> None:
        """Remember where to look."""
        self._engine = engine
        self._client = client
        self.completed = 0

    def wait_for_deployments(self) -> None:
        """Wait until the runner has registered everything."""
        end = time.monotonic() + PATIENCE_SECONDS
        names = {address(flow) for flow in (*PHASE_FLOWS.values(), "党委决定", "限期整改")}
        while time.monotonic() < end:
            known = {f"{self._client.read_flow(d.flow_id).name}/{d.name}" for d in self._client.read_deployments(limit=200)}
            if names <= known:
                return
            time.sleep(0.5)
        raise RunFailedError("部署未能登记；请查看运行日志")

    def advance(self, kind: PhaseKind, cohort: str, on: date) -> None:
        """Run a phase."""
        self._finish(self._start(PHASE_FLOWS[kind], {"办理": {"cohort": self._label("cohort", cohort)}}, f"{cohort}:{kind}:{on}"))

    def rectification(self, cohort: str, on: date) -> None:
        """Run the rectification flow."""
        self._finish(self._start("限期整改", {"办理": {"cohort": self._label("cohort", cohort)}}, f"{cohort}:rectification:{on}"))

    def committee(self, kind: PhaseKind, cohort: str, on: date, run: Mapping[str, Any]) -> None:
        """Start the decision, answer its form when it suspends, and wait for the end."""
        asked = {"cohort": self._label("cohort", cohort), "phase": kind.label}
        run_id = self._start("党委决定", {"决定": asked}, f"{cohort}:committee:{kind}:{on}")
        state = self._until(run_id, lambda s: s.is_paused() or s.is_final())
        if state.is_paused():
            with reading(self._engine) as session:
                query = select(Ballot).where(Ballot.made_by == f"{RUN}{run_id}").order_by(col(Ballot.id).desc())
                ballot = session.exec(query).one()
            decided = verdicts(ballot.lines, run, on)
            entered = form_of(ballot, decided.meeting, self._label("person", RECORDER), decided.outcomes, decided.reasons)
            self._answer(run_id, entered)
        self._finish(run_id)

    def _label(self, kind: str, code: str) -> str:
        """Return what a person would choose from the drop-down."""
        with reading(self._engine) as session:
            return next(label for label, value in offered(session, kind).items() if value == code)

    def _answer(self, run_id: UUID, entered: dict[str, Any]) -> None:
        """Resume; a run shows as suspended a moment before its form is stored."""
        end = time.monotonic() + FORM_SECONDS
        while True:
            try:
                resume_flow_run(run_id, run_input=entered)
            except RuntimeError as error:
                if "schema not found" not in str(error) or time.monotonic() > end:
                    raise
                time.sleep(POLL_SECONDS)
            else:
                return

    def _start(self, flow: str, parameters: dict[str, Any], key: str) -> UUID:
        run = run_deployment(address(flow), parameters=parameters, timeout=0, as_subflow=False, idempotency_key=f"{key}:1")
        return run.id  # type: ignore[union-attr]

    def _finish(self, run_id: UUID) -> None:
        state = self._until(run_id, lambda s: s.is_final())
        if not state.is_completed():
            raise RunFailedError(f"运行 {run_id} 以 {state.name} 结束：{state.message}")
        self.completed += 1

    def _until(self, run_id: UUID, reached: Any) -> State[Any]:
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            state = self._client.read_flow_run(run_id).state
            if state is not None and reached(state):
                return state
            time.sleep(POLL_SECONDS)
        raise RunFailedError(f"运行 {run_id} 超过 {PATIENCE_SECONDS:g} 秒未结束")
