"""The first cohort through a real Prefect server, real SMTP and a real database, held against its own rehearsal.

``CREATION_DEMO_UNTIL=2027-12-31`` plays both cohorts to their end (about six minutes).
"""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from datetime import date
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime
from types import SimpleNamespace

import pytest
from prefect.client.orchestration import get_client
from sqlmodel import func, select

from config.clock import business_day
from flows.forms.labels import PHASE_FLOWS
from flows.operate.demo import load_sample, playing
from flows.operate.player import PlainRunner, Player
from flows.operate.rehearse import Assumption, rehearse
from flows.operate.scenario import load_scenario
from flows.steps.acts import perform
from flows.steps.ledger import lines, mail_line
from models.database import engine_for
from models.history import Act, count_events, verify
from models.loading import load_plan
from models.rules.calendar import Calendar
from models.store import reading
from models.tables import Cohort, Event, Mail, Reminder
from notifications.carrying import NowhereCarrier

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect")]
FIRST, LAST = date(2025, 11, 4), date.fromisoformat(os.environ.get("CREATION_DEMO_UNTIL", "2025-12-17"))
UNTIL_CHRISTMAS = pytest.mark.skipif(date(2025, 12, 31) < LAST, reason="the papers it returns are decided by then")
TRACE = ("kind", "cohort", "phase", "project", "unit", "deliverable", "rung", "role", "clause")


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """Play until the first cohort's decision has been told; what Prefect knew of every run is read before it stops."""
    folder = tmp_path_factory.mktemp("demo")
    before = engine_for(f"sqlite:///{folder / 'before.db'}")
    load_sample(before)
    rehearsed = rehearse(before, FIRST, LAST, Assumption(scenario=load_scenario()))
    with playing(folder / "data", last=LAST) as result, get_client(sync_client=True) as client:
        runs = {str(run.id): run for run in client.read_flow_runs(limit=200)}
        flows = {flow.id: flow.name for flow in client.read_flows(limit=200)}
    url = f"sqlite:///{(folder / 'data' / 'creation.db').absolute()}"
    return SimpleNamespace(
        folder=folder / "data", url=url, engine=engine_for(url), rehearsed=rehearsed, runs=runs, flows=flows, result=result
    )


@pytest.fixture(scope="module")
def kept(played):
    """Every .eml of the catcher, as bytes."""
    return [path.read_bytes() for path in sorted((played.folder / "mail").glob("*.eml"))]


def parsed(raw):
    return message_from_bytes(raw, policy=policy.default)


def test_the_rehearsal_is_what_happened(played):
    with reading(played.engine) as session:
        happened = lines(session)
    start = [line for line in happened if line["what"] == "transition" and line["event"] in ("list", "open", "enrol")]
    assert Counter(map(str, (line for line in happened if line not in start))) == Counter(map(str, played.rehearsed))
    assert len(played.rehearsed) > 300


def test_the_kept_mails_are_the_rehearsed_mails(played, kept):
    """Line for line, from the files alone: each mail carries one header per planned line."""
    told = []
    for raw in kept:
        mail = parsed(raw)
        on = business_day(parsedate_to_datetime(mail["Date"])).isoformat()
        for header in mail.get_all("X-Creation-Line"):
            line = {name: text.strip() or None for name, text in zip(TRACE, header.split(";"), strict=True)}
            told.append(mail_line(on, "", mail["To"].addresses[0].addr_spec, line))
    expected = [{**line, "mail": ""} for line in played.rehearsed if line["what"] == "mail"]
    assert Counter(map(str, told)) == Counter(map(str, expected))


def test_every_transition_names_its_maker_and_prefect_knows_it(played):
    with reading(played.engine) as session:
        moves = session.exec(select(Event).where(Event.source != Event.target)).all()
        plans = {row.code: load_plan(row) for row in session.exec(select(Cohort))}
    by_run = [event for event in moves if event.origin.startswith("flow-run:")]
    assert len(by_run) > 50
    for event in moves:
        assert re.fullmatch(r"(flow-run:[0-9a-f-]{36}|command:.+|timetable:\d{4}-\d\d-\d\d)", event.origin), event.origin
    for event in by_run:
        run = played.runs[event.origin.removeprefix("flow-run:")]
        assert run.state.is_completed()
        assert played.flows[run.flow_id] in expected_flows(event, plans)


def expected_flows(event, plans):
    """The flow of the phase that an event belongs to; decisions come from the committee's, unless they were before the public first."""
    if ("ballot" in event.payload and "proposed" not in event.payload) or event.event == "order":
        return {"党委决定"}
    cohort = event.stream.partition(":")[2].split("-")[0]
    phases = {phase.key: phase.kind for phase in plans[cohort].cohort.phases}
    if event.machine == "submission":
        return {PHASE_FLOWS[plans[cohort].programme.deliverable(event.stream.split("/")[1]).phase]}
    return {PHASE_FLOWS[phases[event.payload["phase"]]]}


def test_every_run_completed(played):
    assert played.result.figures["flow_runs"] == {"total": len(played.runs), "completed": len(played.runs), "failed": 0}
    assert len(played.runs) == sum(len(day.runs) for on, day in load_scenario().days.items() if on <= LAST)


def test_what_smtp_accepted_is_what_is_marked_sent(played, kept):
    with reading(played.engine) as session:
        sent = set(session.exec(select(Mail.message_id).where(Mail.state == "sent")))
        others = session.exec(select(func.count()).select_from(Mail).where(Mail.state.not_in(["sent", "ready", "cancelled"]))).one()
    ids = [parsed(raw)["Message-ID"] for raw in kept]
    assert len(ids) == len(set(ids))
    assert set(ids) == sent
    assert others == 0


def test_every_mail_is_a_chinese_letter_in_text_and_html(kept):
    for raw in kept:
        mail = parsed(raw)
        assert mail.defects == []
        assert re.search("[\u4e00-\u9fff]", mail["Subject"])
        assert len(mail.get_all("Message-ID")) == 1
        assert "联系" in mail.get_body(["plain"]).get_content()
        assert "<html" in mail.get_body(["html"]).get_content()


def test_no_mail_carries_a_day_off(kept):
    calendar = Calendar()
    days = {business_day(parsedate_to_datetime(parsed(raw)["Date"])) for raw in kept}
    assert [day for day in days if not calendar.is_working_day(day)] == []
    assert not calendar.is_working_day(date(2025, 11, 22)), "negative control: a deadline of these weeks is a Saturday"


def test_each_cohort_has_its_report(played):
    pages = sorted((played.folder / "reports").glob("*.html"))
    assert [page.name[:5] for page in pages] == ["2023-", "2025-"]
    assert "云杉学院党委" in pages[0].read_text(encoding="utf-8")


def test_the_history_is_whole(played):
    with reading(played.engine) as session:
        assert verify(session) == []


def counts(engine):
    with reading(engine) as session:
        return count_events(session), *(session.exec(select(func.count()).select_from(table)).one() for table in (Reminder, Mail))


ADVANCE = """
import sys
from flows.cli import app
for cohort, phase in zip(sys.argv[1::2], sys.argv[2::2]):
    app(["advance", cohort, phase], standalone_mode=False)
"""


def advance(played, *phases):
    """What the command line says about each phase, in one new process that knows nothing but the database."""
    environment = {"PATH": os.environ["PATH"], "CREATION_DATABASE_URL": played.url}
    words = [sys.executable, "-c", ADVANCE, *(word for phase in phases for word in phase)]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


PHASES = (("2023", "self_check"), ("2023", "summary"), ("2023", "review"), ("2025", "declaration"), ("2025", "mid_term"))


@UNTIL_CHRISTMAS
def test_again_in_a_new_process_without_prefect_changes_nothing(played):
    """Then one fact is changed, and only what follows from it happens."""
    shutil.rmtree(played.folder / "prefect")
    advance(played, *PHASES)  # the evening of the last day: what the day's acts left to do
    before = counts(played.engine)
    assert advance(played, *PHASES).count("流转 0 项，计划信件 0 条") == len(PHASES)
    assert counts(played.engine) == before
    perform(
        played.engine, Act("测试", "command:test", LAST), "return_paper", project="2025-S29B03", deliverable="evidence", reasons=["缺页"]
    )
    assert counts(played.engine) == (before[0] + 1, before[1] + 1, before[2] + 1)
    assert "流转 0 项，计划信件 2 条" in advance(played, ("2025", "declaration"))
    with reading(played.engine) as session:
        newest = session.exec(select(Reminder).order_by(Reminder.id.desc()).limit(2)).all()
    owed = {"2025:declaration:evidence:2025-S29B03:hand_in", "2025:declaration:evidence:2025-S29B03:endorse"}
    assert {line.duty for line in newest} == owed, "the branch hands in anew, its SO endorses anew"


def test_days_skipped_send_one_line_per_duty(tmp_path):
    """Negative control beside it: played day by day, the same duties do get several lines."""
    per_duty = {}
    for name, days in (("skipping", (FIRST, date(2025, 11, 20))), ("daily", (FIRST, *(date(2025, 11, n) for n in range(5, 21))))):
        engine = engine_for(f"sqlite:///{tmp_path / name}.db")
        load_sample(engine)
        player = Player(engine, NowhereCarrier(), PlainRunner(engine))
        for day in days:
            if player.calendar.is_working_day(day):
                player.play_day(day)
        with reading(engine) as session:
            found = session.exec(select(Reminder.duty).where(Reminder.duty.is_not(None), Reminder.planned_on > FIRST)).all()
        per_duty[name] = max(Counter(found).values())
    assert per_duty["skipping"] == 1
    assert per_duty["daily"] > 1
