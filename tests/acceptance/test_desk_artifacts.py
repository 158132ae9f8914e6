"""The desk, the ledgers, the funnel and the events of real flow runs on a Prefect server of their own."""

import logging
import shutil
import time
from datetime import date
from threading import Event as ThreadEvent
from threading import Thread
from types import SimpleNamespace
from uuid import uuid4

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey, ArtifactFilterType
from prefect.client.schemas.sorting import ArtifactSort
from prefect.events.worker import EventsWorker
from prefect.testing.utilities import prefect_test_harness
from sqlmodel import select

from config.settings import settings
from flows.committee_decision import DecisionRequest, committee_decision
from flows.declaration import declaration
from flows.desk import publishing
from flows.forms.choices import offered
from flows.forms.order import deployment_name
from flows.inquiry import WhyRequest, why_paper
from flows.progress import PAUSE_SECONDS, progress
from flows.records import RECORDS
from flows.steps import papers as paper_acts
from flows.steps.acts import perform
from flows.steps.advance import Advance
from flows.tasks import refresh_desk
from models.database import engine_for
from models.history import Act
from models.store import reading
from models.tables import Event
from tests.acceptance.office import of_run

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect")]
DAY = date(2025, 11, 4)
PROJECT = "2025-S20"
KEYS = {"desk", "funnel-2023", "funnel-2025", "ledger-2023-self-check", "ledger-2025-declaration", "board-2025-declaration"}
PATIENCE_SECONDS = 120.0


@pytest.fixture(scope="module")
def office(template, tmp_path_factory):
    """A benchmark SO has declared and handed everything in; the phase has been run twice, the second time with nothing to do."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copy(template, folder / "creation.db")
    engine = engine_for(f"sqlite:///{folder / 'creation.db'}")
    by = Act("工作人员1", "command:test", DAY)
    perform(engine, by, "declare_project", cohort="2025", unit="S20")
    for paper in ("declaration_form", "evidence"):
        perform(engine, by, "hand_in", project=PROJECT, deliverable=paper, files=["材料.docx"])
    with pytest.MonkeyPatch.context() as patch, prefect_test_harness(server_startup_timeout=90), get_client(sync_client=True) as client:
        patch.setenv("CREATION_DATABASE_URL", str(engine.url))
        settings.cache_clear()
        first = declaration(Advance(cohort="2025"), return_state=True)
        after_first = versions(client)
        second = declaration(Advance(cohort="2025"), return_state=True)
        EventsWorker.drain_all()
        yield SimpleNamespace(
            engine=engine, folder=folder, client=client, first=first, second=second, after_first=after_first, after_second=versions(client)
        )
        settings.cache_clear()


def versions(client):
    found = client.read_artifacts(artifact_filter=ArtifactFilter(key=ArtifactFilterKey(exists_=True)), limit=200)
    return sorted((artifact.key, str(artifact.id)) for artifact in found)


def newest(client, key):
    found = client.read_artifacts(
        artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=[key])), sort=ArtifactSort.CREATED_DESC, limit=1
    )
    return found[0]


def test_one_run_leaves_desk_ledgers_funnels_and_board(office):
    assert office.first.is_completed()
    assert {key for key, _ in office.after_first} >= KEYS
    desk = newest(office.client, "desk")
    assert "## 需要您处理（1 项）" in desk.data
    assert "待初审" in desk.data
    assert "木铎学院党委" not in newest(office.client, "ledger-2023-self-check").data
    assert f"/v2/artifacts/artifact/{desk.id}" in desk.description, "the bookmarked page leads to the whole desk"


def test_the_page_lies_beside_the_database(office):
    text = (office.folder / "desk.html").read_text(encoding="utf-8")
    assert "待初审" in text
    assert "2025-S20" in text


def test_each_run_links_to_the_desk(office):
    for state in (office.first, office.second):
        run = state.state_details.flow_run_id
        link = [artifact for artifact in of_run(office.client, run) if artifact.key is None]
        assert [artifact.data for artifact in link] == ["[打开今日工作台](/v2/artifacts/key/desk)"]
        assert "本次流转" in link[0].description


def links_of(client, state):
    run = state.state_details.flow_run_id
    return [artifact.data for artifact in of_run(client, run) if artifact.key is None and "今日工作台" in str(artifact.data)]


@pytest.mark.parametrize(
    ("form", "filled", "ends"),
    [
        (declaration, Advance(cohort="2099"), "未办理：没有"),
        (why_paper, WhyRequest(project=PROJECT), ""),
        (committee_decision, DecisionRequest(cohort="2023", phase="管理考核"), "未办理：批次 2023 在管理考核没有待决定的项目；请核对"),
        (committee_decision, DecisionRequest(cohort="2023", phase="不存在"), "未办理：阶段“不存在”没有党委决定；可选："),
    ],
)
def test_a_form_that_was_refused_and_one_that_only_looks_lead_to_the_desk_too(office, form, filled, ends):
    state = form(filled, return_state=True)
    assert (state.is_failed(), (state.message or "").startswith(ends)) == (bool(ends), True), state.message
    assert links_of(office.client, state) == ["[打开今日工作台](/v2/artifacts/key/desk)"]


def test_a_run_that_changes_nothing_writes_no_second_version(office):
    assert office.second.is_completed()
    assert office.after_second == office.after_first


def events(client, run_id):
    wanted = {"filter": {"event": {"prefix": ["creation."]}, "related": {"id": [f"prefect.flow-run.{run_id}"]}}, "limit": 50}
    return client._client.post("/events/filter", json=wanted).json()["events"]


def eventually(look, expected):
    end = time.monotonic() + PATIENCE_SECONDS
    while (found := look()) != expected and time.monotonic() < end:
        time.sleep(0.3)
    assert found == expected


def told(event):
    payload = event["payload"]
    return (
        event["event"], event["resource"]["prefect.resource.id"], event["resource"]["prefect.resource.name"], payload["from"], payload["to"],
        payload["clause"], payload["actor"],
    )  # fmt: skip


def test_every_move_of_a_run_is_told_as_an_event_once(office):
    run = office.first.state_details.flow_run_id
    with reading(office.engine) as session:
        made = session.exec(select(Event).where(Event.origin == f"flow-run:{run}")).all()
    assert {row.event for row in made} == {"complete", "declare", "screen"}, "screening is a fact: it moves nothing"
    name = f"{PROJECT} 流萤学院党委"
    expected = sorted(
        [
            (f"creation.submission.{row.event}", f"creation.submission.{row.stream[11:]}", f"{row.stream[11:]} 流萤学院党委", *moved(row))
            for row in made
            if row.event == "complete"
        ]
        + [("creation.project.declare", f"creation.project.{PROJECT}", name, *moved(row)) for row in made if row.event == "declare"]
    )
    assert len(expected) == 3
    eventually(lambda: sorted(map(told, events(office.client, run))), expected)
    assert events(office.client, office.second.state_details.flow_run_id) == []


def moved(row):
    return row.source, row.target, row.clause, row.actor


def test_telling_again_tells_nothing_twice(office):
    """A run that is retried has made its moves before: the ids of the events are those of the history's rows."""
    from flows.emitting import emit_moves

    run = office.first.state_details.flow_run_id

    @flow(name="再次发出")
    def again():
        with reading(office.engine) as session:
            return emit_moves(session, f"flow-run:{run}")

    eventually(lambda: len(events(office.client, run)), 3)
    assert again() == 3
    EventsWorker.drain_all()
    time.sleep(2.0)
    everything = {"filter": {"event": {"prefix": ["creation."]}}, "limit": 50}
    assert len(office.client._client.post("/events/filter", json=everything).json()["events"]) == 3


def test_what_cannot_be_shown_is_told_and_stops_nothing(office, caplog):
    page = office.folder / "desk.html"
    page.unlink()
    page.mkdir()

    @flow(name="只更新工作台")
    def only():
        refresh_desk(told="登记一项")

    with caplog.at_level(logging.WARNING, "creation"):
        state = only(return_state=True)
    page.rmdir()
    assert state.is_completed()
    assert [record.getMessage().partition("：")[0] for record in caplog.records if record.name == "creation"] == ["今日工作台网页未能写入"]
    links = [artifact for artifact in of_run(office.client, state.state_details.flow_run_id) if artifact.key is None]
    assert [artifact.description for artifact in links] == ["[打开今日工作台](/v2/artifacts/key/desk)　登记一项"]


def test_the_forms_of_the_desk_are_found_by_their_deployments(office):
    deployment = declaration.to_deployment(deployment_name("申报认定")).apply()
    known = publishing.read_links(office.client)
    assert known.form("申报认定", cohort="2025").href.startswith(f"/v2/deployments/deployment/{deployment}/run?parameters=")


@pytest.fixture
def reviewed(office, evening, tmp_path, monkeypatch):
    """The same server, and the evening on which the first batch waits for the committee."""
    shutil.copy(evening(date(2025, 12, 12)), tmp_path / "reviewed.db")
    monkeypatch.setenv("CREATION_DATABASE_URL", f"sqlite:///{tmp_path / 'reviewed.db'}")
    settings.cache_clear()
    yield office.client
    settings.cache_clear()


def test_the_committees_form_is_on_record_before_its_run_waits(reviewed):
    """A run without a deployment may not suspend: here it stands for one that dies at that moment."""
    ended = committee_decision(DecisionRequest(cohort="2023", phase="审查评估"), return_state=True)
    assert "cannot be suspended" in ended.message
    kept = reviewed.filter_flow_run_input(ended.state_details.flow_run_id, "suspended-2023-review-1-n0-r1-", 10, set())
    assert sorted(one.key.rpartition("-")[2] for one in kept) == ["description", "schema"]


def test_a_ballot_whose_run_ended_or_is_gone_is_told_from_one_that_waits(reviewed):
    ended = committee_decision(DecisionRequest(cohort="2023", phase="审查评估"), return_state=True).state_details.flow_run_id
    alive = reviewed.create_flow_run(declaration, parameters={"办理": {"cohort": "2025"}}).id
    runs = {str(ended), str(alive), str(uuid4()), "never given"}
    assert publishing.read_links(reviewed, runs).ended == runs - {str(alive)}
    refresh_desk.fn()
    assert "原运行已结束，请重新提请" in newest(reviewed, "desk").data


def bars_of(client, run_id):
    return [(bar.description, bar.data) for bar in of_run(client, run_id) if bar.type == "progress"]


class Watcher(Thread):
    """Looks at the newest bar again and again, as an open page does."""

    def __init__(self, client):
        super().__init__(daemon=True)
        self.client, self.seen, self.over = client, [], ThreadEvent()

    def run(self):
        wanted = ArtifactFilter(type=ArtifactFilterType(any_=["progress"]))
        while not self.over.wait(0.02):
            for bar in self.client.read_artifacts(artifact_filter=wanted, sort=ArtifactSort.CREATED_DESC, limit=1):
                self.seen.append(bar.data)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        self.over.set()
        self.join()


def many(engine, count):
    """The form for many hand-ins, filled in for so many projects."""
    with reading(engine) as session:
        projects, papers, people = (list(offered(session, kind)) for kind in ("project", "deliverable", "person"))
    ours = [label for label in projects if label.startswith("2023-")][:count]
    paper = next(label for label in papers if "典型案例" in label)
    return {"登记": {"deliverable": paper, "projects": ours, "recorded_by": people[0]}}


def slowly(act, seconds=0.1):
    """The same act with a pause before it: seventeen are over in the time in which a busy server answers one look."""

    def paused(*args, **fields):
        time.sleep(seconds)
        return act(*args, **fields)

    return paused


def test_many_hand_ins_are_seen_moving_on_the_page_of_their_run(office, monkeypatch):
    monkeypatch.setattr("flows.progress.PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(paper_acts, "hand_in", slowly(paper_acts.hand_in))
    with get_client(sync_client=True) as another, Watcher(another) as watcher:
        state = RECORDS["hand_in_many"](**many(office.engine, 17), return_state=True)
    assert state.is_completed(), state.message
    assert bars_of(office.client, state.state_details.flow_run_id) == [("批量报送登记：完成 17/17", 100.0)]
    assert [percent for percent in watcher.seen if 0 < percent < 100], "it moved"
    assert watcher.seen == sorted(watcher.seen)
    again = RECORDS["hand_in_many"](**many(office.engine, 17), return_state=True)
    assert again.message.startswith("未办理：有 17 项不能登记，全部未登记")
    assert bars_of(office.client, again.state_details.flow_run_id) == [("批量报送登记：中断于 17/17", 100.0)]


def test_a_scan_over_every_project_has_a_bar_when_it_takes_long(office, monkeypatch):
    run = office.first.state_details.flow_run_id
    assert bars_of(office.client, run) == [], "this one was over at once"
    monkeypatch.setattr("flows.steps.phases.SCAN_SECONDS", 0.0)
    state = declaration(Advance(cohort="2025"), return_state=True)
    assert sorted(bars_of(office.client, state.state_details.flow_run_id)) == [
        ("材料齐全核对：完成 1/1", 100.0), ("申报条件审查：完成 1/1", 100.0),
    ]  # fmt: skip


def test_a_bar_that_is_broken_off_says_so_and_outside_a_run_there_is_none(office):
    @flow(name="批量办理失败")
    def fails():
        with progress("批量登记", 4) as step:
            step()
            raise ValueError

    state = fails(return_state=True)
    assert state.is_failed()
    assert bars_of(office.client, state.state_details.flow_run_id) == [("批量登记：中断于 1/4", 25.0)]
    with progress("批量登记", 4) as step:
        step()
    assert bars_of(office.client, state.state_details.flow_run_id) == [("批量登记：中断于 1/4", 25.0)]
    assert PAUSE_SECONDS == 1.0


def test_the_work_does_not_wait_for_a_page_that_does_not_answer(office, monkeypatch):
    """Within a bar a database transaction is open: nobody else could write meanwhile."""
    monkeypatch.setattr("flows.progress.LAST_SECONDS", 0.1)
    monkeypatch.setattr("flows.progress.create_progress_artifact", lambda *_, **__: time.sleep(5))

    @flow(name="批量办理无人应答")
    def unheard():
        begun = time.monotonic()
        with progress("批量登记", 2) as step:
            step()
        return time.monotonic() - begun

    assert unheard() < 1.0
