"""The committee's decision through a real Prefect: whatever dies or moves while its form waits, one decision comes of it."""

import shutil
from datetime import date
from types import SimpleNamespace

import pyotp
import pytest
from cryptography.fernet import Fernet
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactCollectionFilter, ArtifactCollectionFilterKey
from prefect.deployments import run_deployment
from prefect.exceptions import NotPausedError
from prefect.flow_runs import resume_flow_run
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Running
from sqlmodel import col, select

from config.settings import settings
from config.vocabulary import AuthMethod, Outcome
from flows.desk.markdown import escaped
from flows.forms.order import address
from flows.operate.server import PrefectProcesses, answers_health
from flows.steps import ballots, identity
from flows.steps.acts import perform
from models.database import engine_for
from models.history import Act, verify
from models.store import reading, transaction
from models.tables import Ballot, Decision, Event, Reminder, Task
from notifications.catcher import free_port
from tests.acceptance.office import until
from tests.marks import LONG

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect-decision"), LONG]
TODAY = date(2025, 12, 12)
COHORT = "2023 首批“一融双高”典型示范创建"
BRACES = "{{ 7*7 }}{{ prefect.variables.x }}"
"""Template syntax in a form: Prefect has templates of its own, and must keep it as it was typed."""
ASKED = {"决定": {"cohort": COHORT, "phase": "审查评估"}}


@pytest.fixture
def office(evening, tmp_path, monkeypatch):
    """A server and a runner on a copy of the reviewed cohort; A01 has an authenticator app."""
    path = tmp_path / "office.db"
    shutil.copy(evening(TODAY), path)
    monkeypatch.setenv("CREATION_SECRET_KEY", Fernet.generate_key().decode())
    settings.cache_clear()
    engine = engine_for(f"sqlite:///{path}")
    with transaction(engine) as session:
        uri = identity.issue(session, Act("A01", "command:test", TODAY), "A01")
    own = {
        "CREATION_DATA": str(tmp_path), "CREATION_DATABASE_URL": f"sqlite:///{path}",
        "CREATION_SECRET_KEY": settings().secret_key.get_secret_value(),
    }  # fmt: skip
    port = free_port()
    processes = PrefectProcesses(tmp_path / "prefect", port, tmp_path / "logs", own)
    with processes, temporary_settings({PREFECT_API_URL: f"{processes.url}/api"}):
        processes.serve()
        with get_client(sync_client=True) as client:
            until(lambda: [d for d in client.read_deployments(limit=200) if d.status == "READY"], "deployments are served")
            yield SimpleNamespace(engine=engine, processes=processes, client=client, app=pyotp.parse_uri(uri), port=port)
    engine.dispose()
    settings.cache_clear()


def code(office):
    """What the app shows now; a refused answer uses no code up, so it may be shown again."""
    return office.app.now()


def waiting(office, run, after=None):
    """Wait until the run asks, with another ballot or form than before; returns the ballot. Whatever asks has its form on record."""

    def asks():
        state = office.client.read_flow_run(run.id).state
        assert not state.is_final(), state
        with reading(office.engine) as session:
            query = select(Ballot).where(Ballot.made_by == f"flow-run:{run.id}").order_by(Ballot.id.desc())
            ballot = session.exec(query).first()
        key = (ballot.code, len(ballot.refusals)) if ballot else None
        if not state.is_paused():
            return None
        assert {"schema", "description"} <= form_on_record(office, run, state)
        return key != after and ballot

    return until(asks, "the form waits")


def form_on_record(office, run, state):
    """Which parts of the form of a run that waits are stored, each before the run began to wait."""
    kept = office.client.filter_flow_run_input(run.id, "suspended-", 100, set())
    before = {one.key for one in kept if one.created < state.timestamp}
    return {part for part, key in state.state_details.run_input_keyset.items() if key in before}


def answered(office, run, ballot, **other):
    """Fill in the form as recommended, but for what is said otherwise."""
    entered = {ballots.field_name(line["project"]): Outcome(line["outcome"]).label for line in ballot.lines}
    base = {
        "meeting": "党委会2025年第20次会议", "decided_on": "2025-12-12", "basis": "会议纪要〔2025〕20号",
        "recorded_by": "A01 工作人员1", "reasons": "",
    }  # fmt: skip

    resume_flow_run(run.id, run_input={**base, **entered, **other})


def taken_up_and_killed(office, run, ballot, **other):
    """Answer a run whose process dies upon it: the answer has been taken up, nothing has been done with it."""
    office.processes.runner.end()
    answered(office, run, ballot, **other)
    office.client.set_flow_run_state(run.id, Running(), force=True)
    office.processes.runner.start()


def finished(office, run):
    state = until(lambda: (s := office.client.read_flow_run(run.id).state) and s.is_final() and s, "the run ends")
    assert state.is_completed(), state


def decided(office):
    with reading(office.engine) as session:
        return session.exec(select(Decision)).all()


def test_one_decision_comes_of_it_whatever_happens(office):
    run = run_deployment(address("党委决定"), parameters=ASKED, timeout=0, as_subflow=False)
    first = waiting(office, run)
    # everything dies while the form waits
    office.processes.runner.end()
    office.processes.server.stop()
    office.processes.server.start()
    until(lambda: answers_health(office.port), "the server is back")
    office.processes.runner.start()
    # a wrong code, then a decision against the recommendation without a reason: asked again, nothing decided
    wrong = str((int(code(office)) + 1) % 1_000_000).zfill(6)
    answered(office, run, first, code=wrong)
    again = waiting(office, run, after=(first.code, 0))
    assert "动态口令不对" in again.refusals[0]
    answered(office, run, again, code=code(office), **{ballots.field_name("2023-S01"): "不合格"})
    again = waiting(office, run, after=(first.code, 1))
    assert "请写明理由" in again.refusals[1]
    assert decided(office) == []
    # a fact is recorded before the third answer: that ballot is void, a new one asks
    perform(office.engine, Act("A02", "command:test", TODAY), "record_finding", project="2023-S02", text="师生反映良好")
    answered(office, run, again, code=code(office))
    second = waiting(office, run, after=(first.code, 2))
    second = waiting(office, run, after=(first.code, 3)) if second.code == first.code else second
    assert second.code != first.code
    assert decided(office) == []
    # meanwhile somebody else has put the same projects before the committee
    other = run_deployment(address("党委决定"), parameters=ASKED, timeout=0, as_subflow=False)
    theirs = waiting(office, other)
    # the last answer holds, once, though the process that had taken it up was killed; whoever resumes again is told
    taken_up_and_killed(office, run, second, code=code(office), basis=BRACES)
    finished(office, run)
    with pytest.raises(NotPausedError):
        resume_flow_run(run.id, run_input={})
    rows = decided(office)
    assert len(rows) == 17
    assert {row.ballot_id for row in rows} == {second.id}
    assert {row.recorded_by for row in rows} == {"A01"}
    assert {row.basis for row in rows} == {BRACES}
    # the other answer comes too late: it is refused by name, on the desk and by mail
    answered(office, other, theirs, code=code(office))
    late = until(lambda: (s := office.client.read_flow_run(other.id).state) and s.is_final() and s, "the other run ends")
    assert (late.name, late.message.partition("，")[0]) == ("Failed", f"未办理：表决单 {theirs.code} 已作废")
    assert len(decided(office)) == 17
    told = f"表决单 {theirs.code} 提交前，A01 已登记 2025-12-12 党委会2025年第20次会议对 17 个项目的决定"
    with reading(office.engine) as session:
        assert [told in task.text for task in session.exec(select(Task).where(Task.kind == "decision_repeated"))] == [True]
        lines = session.exec(select(Reminder).where(col(Reminder.key).startswith("office_notice:decision_repeated:"))).all()
    assert [told in line.details["matter"] for line in lines] == [True]
    key = ArtifactCollectionFilter(key=ArtifactCollectionFilterKey(any_=["desk"]))
    assert escaped(told) in office.client.read_latest_artifacts(artifact_filter=key)[0].data
    with reading(office.engine) as session:
        events = session.exec(select(Event).where(Event.event == "accept")).all()
        assert verify(session) == []
    assert {event.auth_method for event in events} == {AuthMethod.ONE_TIME_CODE}
    assert {event.origin for event in events} == {f"flow-run:{run.id}"}
