"""A real `creation up`: login, one instance, every child killed once. Real server, database, SMTP."""

import json
import os
import re
import signal
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest
from prefect.client.schemas.filters import (
    ArtifactCollectionFilter,
    ArtifactCollectionFilterKey,
)
from prefect.client.schemas.objects import StateType
from prefect.deployments import run_deployment
from prefect.events.filters import EventFilter, EventResourceFilter
from prefect.states import State
from sqlmodel import func, select

from config.clock import now
from flows.desk.publishing import LINK
from flows.emitting import event_id
from flows.forms.order import address
from flows.operate.doctor.finding import Level
from flows.operate.doctor.prefect_server import orphans, read_running
from flows.orphans import is_silent
from flows.steps.acts import perform
from models.history import Act, verify
from models.store import reading
from models.tables import Event, Mail
from tests.acceptance import prowler
from tests.acceptance.office import CHILDREN, children, of_run, processes, until

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect-up")]
DAY = date(2025, 11, 4)
COHORT = "2023 首批“一融双高”典型示范创建"


def finished(client, flow, parameters):
    run = run_deployment(address(flow), parameters=parameters, timeout=0, as_subflow=False)
    return until(lambda: (state := client.read_flow_run(run.id).state).is_final() and state, flow), run.id


def test_the_server_asks_for_a_login(office, up):
    assert office.get("health") == 200
    assert [office.get("admin/version"), office.get("admin/version", "admin:guess"), office.get("admin/version", office.login())] == [
        401,
        401,
        200,
    ]


def test_a_change_without_a_csrf_token_is_refused(office, up):
    status, _, body = office.ask("POST", "flow_runs/filter", office.login())
    assert (status, b"CSRF" in body) == (403, True)


def test_pages_of_another_origin_are_not_answered(office, up):
    own = f"http://127.0.0.1:{office.ports.prefect}"
    for method, more in (("GET", {}), ("OPTIONS", {"Access-Control-Request-Method": "POST"})):
        for origin, allowed in (("http://evil.example", None), ("null", None), (f"{own}.evil.example", None), (own, own)):
            answer = office.ask(method, "health", Origin=origin, **more)
            assert answer[1].get("Access-Control-Allow-Origin") == allowed


@pytest.mark.trust
def test_every_route_is_closed_without_the_login(office, up, figures):
    """The list is the server's own; with a CSRF token, without which a change is refused even sooner. The control: the login opens."""
    port, login = office.ports.prefect, office.login()
    routes = prowler.routes(prowler.document(port))
    token = json.loads(office.ask("GET", "csrf-token?client=prowler", login)[2])["token"]
    csrf = {"Prefect-Csrf-Token": token, "Prefect-Csrf-Client": "prowler"}
    wrong = (None, "", ":", "admin:", "admin:guess", f"{login}x", login[:-1], login.upper())
    for given in wrong:
        answers = prowler.knock(port, routes, csrf | prowler.basic(given))
        assert {route for route, status in answers.items() if status != 401} == {("GET", "/api/health"), ("GET", "/api/ready")}
    assert len(routes) > 150
    reads = [route for route in routes if route[0] == "GET"]
    assert {401, 403}.isdisjoint(prowler.knock(port, reads, prowler.basic(login)).values())
    changes = [route for route in routes if route[0] != "GET"]
    assert set(prowler.knock(port, changes, prowler.basic(login)).values()) == {403}, "no change without a CSRF token"
    figures(f"Prefect: {len(routes)} routes x {len(wrong)} wrong logins refused, {len(changes)} changes refused without a CSRF token")


def test_every_web_socket_is_closed_without_the_login(office, up):
    sockets = prowler.sockets()
    assert {"/events/in", "/events/out", "/logs/out"} <= set(sockets)
    for path in sockets:
        for token in (None, "", "admin:guess", f"{office.login()}x"):
            assert prowler.answered(office.ports.prefect, path, token) == "refused"
        assert prowler.answered(office.ports.prefect, path, office.login(), subprotocols=()) == "refused"
        assert prowler.answered(office.ports.prefect, path, office.login()) == "auth_success", "the control"


def test_everything_listens_on_loopback_only(office, up):
    """/proc/net/tcp: local address in hex, state 0A is LISTEN."""
    rows = [row.split() for name in ("tcp", "tcp6") for row in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    ports = {f"{port:04X}" for port in vars(office.ports).values()}
    found = {row[1] for row in rows if row[3] == "0A" and row[1].partition(":")[2] in ports}
    assert found == {f"0100007F:{port}" for port in ports}


def test_a_second_up_on_the_folder_is_refused(office, up):
    done = office.run("up")
    assert done.returncode == 2
    assert re.search(rf"已有 creation up 在运行（进程\s*{up.pid}）", done.stderr.replace("\n", ""))
    assert set(children(office.data)) == CHILDREN


def test_every_child_killed_comes_back_and_nothing_is_lost_or_doubled(office, up, client):
    until(lambda: office.waiting() == 0 and office.sent(), "first mails")
    before = children(office.data)
    for name in (
        "flows.operate.delivery_loop",
        "flows.timetable",
        "flows.operate.runner",
        "prefect",
        "notifications.catcher",
        "notifications.local_page",
    ):
        os.kill(before[name], signal.SIGKILL)
    first = len(office.sent())
    act = Act("测试", "command:test", DAY)
    perform(office.engine, act, "hand_in", project="2023-S01", deliverable="typical_case", files=["案例.docx"])
    after = until(lambda: (found := children(office.data)).keys() == CHILDREN and found, "children again")
    assert all(after[name] != before[name] for name in CHILDREN)
    until(lambda: office.get("health") == 200, "server again")
    state, run_id = finished(client, "自查测评", {"办理": {"cohort": COHORT}})
    assert state.is_completed(), state
    until(lambda: office.waiting() == 0, "post")
    assert len(office.sent()) > first, "what was planned meanwhile has left"
    assert sorted(office.kept()) == sorted(office.sent()), "exactly once"
    with reading(office.engine) as session:
        assert verify(session) == []
        assert session.exec(select(func.count()).select_from(Mail).where(Mail.state.in_(["unknown", "failed"]))).one() == 0
        origins = set(session.exec(select(Event.origin).where(Event.recorded_at > now() - timedelta(minutes=5))))
    assert not any("flow-run" in origin and str(run_id) not in origin for origin in origins)


def test_the_flow_that_sends_works_beside_the_loop(office, client):
    state, _ = finished(client, "发送邮件", {})
    assert state.is_completed()
    assert sorted(office.kept()) == sorted(office.sent())


def papers_of(client, run_id):
    """What a run has written, its link to the desk apart."""
    return [artifact for artifact in of_run(client, run_id) if artifact.data != LINK]


@pytest.mark.parametrize(
    ("flow", "parameters", "folder", "begins"),
    [
        ("生成报送登记表", {"表格": {"cohort": COHORT, "deliverable": "典型案例"}}, "sheets", b"PK"),
        ("生成进展报告", {"报告": {"cohort": COHORT}}, "reports", b"<!doctype html>"),
        ("生成文书", {"文书": {"kind": "工作验收申请书", "about": "2023-S01 云杉学院党委"}}, "sheets", b"PK"),
    ],
)
def test_a_form_that_makes_paper_links_to_where_it_is_fetched(office, client, flow, parameters, folder, begins):
    state, run_id = finished(client, flow, parameters)
    assert state.is_completed(), state
    (made,) = papers_of(client, run_id)
    (address,) = re.findall(r"\((http[^)]+)\)", made.data)
    assert address.startswith(f"http://127.0.0.1:{office.ports.web}/{folder}/")
    answer = httpx.get(address, auth=tuple(office.login().split(":")))
    assert httpx.get(address).status_code == 401
    assert (answer.status_code, answer.content[: len(begins)]) == (200, begins)


def test_a_form_tells_why_a_project_stands_where_it_stands(office, client):
    state, run_id = finished(client, "查明缘由", {"缘由": {"project": "2023-S01 云杉学院党委"}})
    assert state.is_completed(), state
    (told,) = papers_of(client, run_id)
    assert "**现状：创建中**" in told.data


def test_the_desk_leads_to_the_local_page(office, client):
    page = httpx.get(f"http://127.0.0.1:{office.ports.web}/desk", auth=tuple(office.login().split(":")))
    for text in (page.text, newest_desk(client)):
        for path in ("inbox", "sheets", "reports"):
            assert f"http://127.0.0.1:{office.ports.web}/{path}" in text


def newest_desk(client):
    key = ArtifactCollectionFilter(key=ArtifactCollectionFilterKey(any_=["desk"]))
    return client.read_latest_artifacts(artifact_filter=key)[0].data


def test_what_a_command_moved_becomes_an_event_within_a_minute(office, client):
    """Recorded without a run, while Prefect was down."""
    with reading(office.engine) as session:
        (row,) = session.exec(select(Event).where(Event.stream == "submission:2023-S01/typical_case/v1", Event.source == "new"))
    assert row.origin == "command:test"
    about = EventFilter(resource=EventResourceFilter(id=["creation.submission.2023-S01/typical_case/v1"]))
    (told,) = until(lambda: [one for one in client.read_events(about, limit=50).events if one.event.endswith(".hand_in")], "the event")
    assert told.event == "creation.submission.hand_in"
    assert (told.id, told.occurred) == (event_id(row), row.recorded_at)
    assert [one.role for one in told.related] == ["project"], "no run made it"


def test_the_doctor_finds_a_healthy_installation_and_an_orphaned_run(office, client):
    done = office.run("doctor", "--json")
    found = {one["name"]: one for one in json.loads(done.stdout)}
    assert done.returncode == 0, done.stdout
    assert found["Prefect"]["level"] == found["中断的运行"]["level"] == "ok"
    delivery = client.read_deployment_by_name(address("发送邮件")).id
    later = now() + timedelta(hours=2)
    for kind in (StateType.PENDING, StateType.RUNNING):
        run = client.create_flow_run_from_deployment(delivery, state=State(type=kind))
        assert orphans(*read_running(client, later), later).level == Level.WARN
        assert orphans(*read_running(client, now()), now()).level == Level.OK
        assert (is_silent(client, run, later), is_silent(client, run, now())) == (True, False)
        client.delete_flow_run(run.id)


def test_no_secret_is_in_a_log_an_argument_or_a_database(office, up):
    """Password of the UI, key of the codes, secret behind a person's codes; Prefect's database and logs are among the files."""
    issued = office.run("admin", "code", "A01", "--show-secret", "--by", "A01").stdout
    secret = re.search(r"secret=([A-Z2-7]+)", issued)[1].encode()
    secrets = {
        office.login().partition(":")[2].encode(): "login.json",
        (office.data / "secret.key").read_bytes().strip(): "secret.key",
        secret: None,
    }
    files = {path: path.read_bytes() for path in office.data.parent.rglob("*") if path.is_file()}
    assert {"creation.db", "prefect.db", "prefect-server.log", "runner.log", "up.txt"} <= {path.name for path in files}
    files[Path("settings")] = office.ask("GET", "admin/settings", office.login())[2]
    assert b"api" in files[Path("settings")]
    for canary, home in secrets.items():
        assert {path.name for path, content in files.items() if canary in content} == ({home} if home else set())
        for _, pid in processes(office.data):
            assert canary not in Path(f"/proc/{pid}/cmdline").read_bytes()
    assert [(office.data / name).stat().st_mode & 0o777 for name in ("login.json", "secret.key")] == [0o600, 0o600]
