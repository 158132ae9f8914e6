"""Any one process of `creation up` is killed at random, again and again, while the office fills in forms: no form is lost, no hand is needed."""

import os
import random
import signal
import time
from collections import Counter

import httpx
import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import StateType
from prefect.deployments import run_deployment
from prefect.exceptions import PrefectException
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings
from prefect.states import State
from sqlmodel import col, func, select

from config.vocabulary import Machine
from flows.forms.choices import offered
from flows.forms.order import address
from models.history import verify
from models.store import reading
from models.tables import Event, Mail
from tests.acceptance.office import CHILDREN, children, until
from tests.marks import size

KILLS = size(5, 20)
ASKED_AT_ONCE = 2
"""How many forms are submitted before each kill: one may be at work while another waits."""
HANDED_IN = {"2023-S01"}
"""Its paper has come in test_up."""
pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect-up"), pytest.mark.timeout(2400)]


@pytest.fixture
def client(office, up):
    """The office's browser, as it were: who finds the server down tries again."""
    url = f"http://127.0.0.1:{office.ports.prefect}/api"
    given = {PREFECT_API_URL: url, PREFECT_API_AUTH_STRING: office.login(), PREFECT_CLIENT_MAX_RETRIES: 0}
    with temporary_settings(given), get_client(sync_client=True) as client:
        yield client


def answered(ask):
    """Return what the server answers, or None while it is down."""
    try:
        return ask()
    except (httpx.HTTPError, PrefectException):
        return None


def forms(office):
    """Hand-in forms, each for another project or paper, as they would be filled in."""
    with reading(office.engine) as session:
        label = {kind: {code: label for label, code in offered(session, kind).items()} for kind in ("project", "deliverable", "person")}
    for paper in ("typical_case", "self_check_form", "negative_list_statement"):
        for project in sorted(code for code in label["project"] if code.startswith("2023-") and code not in HANDED_IN):
            filled = {"project": label["project"][project], "deliverable": label["deliverable"][paper], "kept_at": "档案柜"}
            yield {"登记": {**filled, "recorded_by": label["person"]["A01"]}}


def submitted(parameters, key):
    """Submit a hand-in form; returns the id of its run."""
    asked = {"parameters": parameters, "timeout": 0, "as_subflow": False, "idempotency_key": key}
    return until(lambda: answered(lambda: run_deployment(address("材料报送"), **asked)), f"form {key} is taken").id


def orphaned(client, parameters, kind):
    """A form whose process has just been killed: claimed (Pending) or begun (Running), and nobody works on it."""
    row = client.read_deployment_by_name(address("材料报送"))
    return client.create_flow_run_from_deployment(row.id, parameters=parameters, state=State(type=kind)).id


def struck_down(office, chance):
    """Kill one process at random; returns its name."""
    running = until(lambda: (found := children(office.data)).keys() == CHILDREN and found, "all children")
    time.sleep(chance.uniform(0, 2))
    name = chance.choice(sorted(running))
    os.kill(running[name], signal.SIGKILL)
    return name


def test_any_process_killed_at_random_comes_back_and_no_form_is_lost(office, up, client, figures):
    """The runner is the first to die, with one form claimed and one begun: what chance seldom brings."""
    chance, struck, filled = random.Random(20251104), Counter(), forms(office)
    runs = [orphaned(client, next(filled), kind) for kind in (StateType.PENDING, StateType.RUNNING)]
    os.kill(children(office.data)["flows.operate.runner"], signal.SIGKILL)
    for number in range(KILLS):
        runs += [submitted(next(filled), f"{number}:{one}") for one in range(ASKED_AT_ONCE)]
        struck[struck_down(office, chance)] += 1
        assert up.poll() is None, office.said.read_text()
    until(lambda: children(office.data).keys() == CHILDREN, "all children")
    for run in runs:
        state = until(lambda run=run: (read := answered(lambda: client.read_flow_run(run))) and read.state.is_final() and read.state, run)
        assert state.is_completed(), state.message
    assert recorded(office, runs) == dict.fromkeys(runs, 1), "every form once"
    until(lambda: office.waiting() == 0, "everything has left", patience=1200)
    until(lambda: answered(lambda: client.read_flow_runs(limit=1)) is not None, "the server")
    figures(f"creation up: {struck.total() + 1} kills {dict(struck)}, {len(runs)} forms, {len(office.sent())} mails sent")
    assert_nothing_lost(office)


def recorded(office, runs):
    """Run → how many papers it has put on record."""
    with reading(office.engine) as session:
        assert verify(session) == []
        query = select(Event.origin).where(Event.machine == Machine.SUBMISSION, Event.source == "new")
        origins = Counter(session.exec(query.where(col(Event.origin).in_([f"flow-run:{run}" for run in runs]))))
    return {run: origins[f"flow-run:{run}"] for run in runs}


def assert_nothing_lost(office):
    with reading(office.engine) as session:
        ended = set(session.exec(select(Mail.state)))
        resends = dict(session.exec(select(Mail.message_id, Mail.resends)).all())
        failed = session.exec(select(func.count()).select_from(Mail).where(Mail.state == "failed")).one()
    assert (ended <= {"sent", "unknown", "cancelled"}, failed) == (True, 0)
    assert set(office.sent()) <= set(office.kept()), "what counts as sent has arrived"
    assert {name for name, number in Counter(office.kept()).items() if number > 1 + resends[name]} == set()
