"""One `creation up` that several files work on, one after the other: test_up, test_up_killed, test_up_stopped."""

from datetime import datetime

import pytest
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings

from config.clock import BUSINESS_ZONE
from flows.operate.demo import load_sample
from flows.operate.supervisor import START_SECONDS
from models.business_clock import move_clock
from models.store import transaction
from tests.acceptance.office import CHILDREN, Office, children, until


@pytest.fixture(scope="session")
def office(tmp_path_factory):
    made = Office(tmp_path_factory.mktemp("up"))
    load_sample(made.engine)
    with transaction(made.engine) as session:
        move_clock(session, datetime(2025, 11, 4, 11, 30, tzinfo=BUSINESS_ZONE))
    yield made
    for process in made.started:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def up(office):
    process = office.start()
    until(lambda: "运行　已就绪" in office.said.read_text(), "everything, the runner last", patience=START_SECONDS)
    assert set(children(office.data)) == CHILDREN
    return process


@pytest.fixture
def client(office, up):
    given = {PREFECT_API_URL: f"http://127.0.0.1:{office.ports.prefect}/api", PREFECT_API_AUTH_STRING: office.login()}
    with temporary_settings(given), get_client(sync_client=True) as client:
        yield client
