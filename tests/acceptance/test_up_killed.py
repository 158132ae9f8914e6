"""Any one process of `creation up` is killed at random, again and again, while the office works: nothing is lost, no hand is needed."""

import os
import random
import signal
import time
from collections import Counter
from datetime import date, datetime

import pytest
from sqlmodel import func, select

from config.clock import BUSINESS_ZONE
from flows.operate.demo import load_sample
from flows.operate.supervisor import START_SECONDS
from flows.steps.acts import perform
from models.business_clock import move_clock
from models.history import Act, verify
from models.store import reading, transaction
from models.tables import Mail, Project
from tests.acceptance.office import CHILDREN, Office, children, until
from tests.marks import LONG

KILLS = 20
DAY = date(2025, 11, 4)
pytestmark = [
    pytest.mark.prefect,
    pytest.mark.xdist_group("prefect-up"),
    pytest.mark.timeout(2400),
    LONG,
]


@pytest.fixture
def office(tmp_path):
    made = Office(tmp_path)
    load_sample(made.engine)
    with transaction(made.engine) as session:
        move_clock(session, datetime(2025, 11, 4, 11, 30, tzinfo=BUSINESS_ZONE))
    yield made
    for process in made.started:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def test_any_process_killed_at_random_comes_back_and_nothing_is_lost(office, figures):
    chance, struck = random.Random(20251104), Counter()
    up = office.start()
    until(lambda: "运行　已就绪" in office.said.read_text(), "everything, the runner last", patience=START_SECONDS)
    with reading(office.engine) as session:
        projects = session.exec(select(Project.code).where(Project.code.startswith("2023-")).order_by(Project.code)).all()
    for number in range(KILLS):
        running = until(lambda: (found := children(office.data)).keys() == CHILDREN and found, "all children")
        time.sleep(chance.uniform(0, 2))
        name = chance.choice(sorted(running))
        os.kill(running[name], signal.SIGKILL)
        struck[name] += 1
        if number < len(projects):
            paper = {"project": projects[number], "deliverable": "typical_case", "files": [f"{number}.docx"]}
            perform(office.engine, Act("测试", "command:test", DAY), "hand_in", **paper)
        assert up.poll() is None, office.said.read_text()
    until(lambda: children(office.data).keys() == CHILDREN, "all children")
    until(lambda: office.get("health") == 200, "the server")
    until(lambda: office.waiting() == 0, "everything has left", patience=1200)
    with reading(office.engine) as session:
        unknown = session.exec(select(func.count()).select_from(Mail).where(Mail.state == "unknown")).one()
        assert verify(session) == []
        ended = set(session.exec(select(Mail.state)))
    figures(f"creation up: {struck.total()} kills {dict(struck)}, {len(office.sent())} mails sent, {unknown} unknown")
    assert ended <= {"sent", "unknown", "cancelled"}
    assert set(office.sent()) <= set(office.kept()), "what counts as sent has arrived"
    copies = Counter(office.kept())
    with reading(office.engine) as session:
        resends = dict(session.exec(select(Mail.message_id, Mail.resends)).all())
    assert {name for name, number in copies.items() if number > 1 + resends[name]} == set()
