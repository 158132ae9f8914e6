"""The supervisor: starts, notices the dead and the mute, pauses longer and longer, leaves nothing behind. Real processes, time as an argument."""

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from config.settings import Settings
from flows.operate import supervisor as tested
from flows.operate.instance import AlreadyRunningError, is_up, only_one
from flows.operate.login import login_for, read_login
from flows.operate.supervisor import BACK_OFF_SECONDS, CALM_SECONDS, CHECK_SECONDS, Service, State, Supervisor, pause_after
from flows.operate.up import login_text, services
from notifications.catcher import free_port

STAY = "import time; time.sleep(600)"
DIE = "raise SystemExit(3)"
PARENT = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); time.sleep(600)"


@pytest.fixture
def office(tmp_path):
    """Build supervisors over small modules; everything is stopped afterwards."""
    made = []

    def build(*services):
        said = []
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{tmp_path}{os.pathsep}{Path.cwd()}", "MARK": str(tmp_path)}
        made.append(Supervisor(services, environment, tmp_path / "logs", said.append))
        return made[-1], said

    yield build
    for one in made:
        one.stop()


@pytest.fixture
def module(tmp_path):
    def write(name, text):
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")
        return (name,)

    return write


def until(reached, patience=90.0):
    end = time.monotonic() + patience
    while not reached():
        assert time.monotonic() < end, "not reached"
        time.sleep(0.02)


def marked(folder):
    """Every process whose environment names the folder: the children, and what they started themselves."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if f"MARK={folder}".encode() in (entry / "environ").read_bytes() and "Z" not in (entry / "stat").read_text().split()[2]:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def pid_of(office, name):
    return office._all[name].child.process.pid


def dead(office, name):
    until(lambda: not office._all[name].child.alive())


def test_the_pauses_grow_and_end_at_a_minute():
    assert [pause_after(n) for n in range(1, 9)] == [1, 2, 5, 10, 30, 60, 60, 60]


def test_a_service_waits_for_what_it_needs(office, module):
    well = []
    first = Service("first", "甲", module("stay", STAY), answers=lambda: bool(well))
    office, said = office(first, Service("second", "乙", module("stay2", STAY), needs=("first",)))
    office.step(100.0)
    assert office.states() == {"first": State.STARTING, "second": State.OFF}
    well.append(True)
    office.step(101.0)
    assert office.states() == {"first": State.READY, "second": State.STARTING}
    office.step(103.0)
    assert office.states() == {"first": State.READY, "second": State.READY}
    assert [line.partition("　")[0] for line in said] == ["甲", "乙", "甲", "乙", "乙"]


def test_a_dead_service_rests_and_starts_again_with_growing_pauses(office, module):
    office, said = office(Service("one", "甲", module("die", DIE)))
    now = 0.0
    for pause in BACK_OFF_SECONDS:
        office.step(now)
        assert office.states() == {"one": State.STARTING}
        dead(office, "one")
        office.step(now)
        assert office.states() == {"one": State.OFF}
        assert f"（代码 3），{pause} 秒后重新启动" in said[-1]
        office.step(now + pause - 0.1)
        assert office.states() == {"one": State.OFF}, "not before the pause is over"
        now += pause
    office.step(now)
    dead(office, "one")
    office.step(now + CALM_SECONDS)
    assert "，1 秒后重新启动" in said[-1], "after a long life the pauses begin anew"


def test_who_dies_of_a_missing_need_waits_for_it_and_is_not_punished(office, module):
    answers = [True]
    server = Service("server", "甲", module("stay", STAY), answers=lambda: answers[0])
    office, said = office(server, Service("client", "乙", module("stay2", STAY), needs=("server",)))
    for now in (0.0, 1.0, 3.0):
        office.step(now)
    answers[0] = False
    for name in ("server", "client"):
        os.kill(pid_of(office, name), signal.SIGKILL)
        dead(office, name)
    office.step(4.0)
    assert office._all["client"].failures == 0
    office.step(5.0)
    assert said[-1] == "乙　[yellow]等待[/yellow] 甲"
    answers[0] = True
    office.step(6.0)
    assert office.states() == {"server": State.READY, "client": State.STARTING}


def test_a_mute_service_is_started_again_after_three_misses_and_not_after_two(office, module):
    answers = [True]
    office, said = office(Service("server", "甲", module("stay", STAY), answers=lambda: answers[0]))
    office.step(0.0)
    office.step(1.0)
    first = pid_of(office, "server")
    for number, (well, state) in enumerate(
        [(False, "ready"), (False, "ready"), (True, "ready"), (False, "ready"), (False, "ready"), (False, "off")]
    ):
        answers[0] = well
        office.step(2.0 + (number + 1) * CHECK_SECONDS)
        assert office.states()["server"] == state, number
    assert "连续 3 次不应答" in said[-1]
    assert not Path(f"/proc/{first}").exists()


def test_a_service_asked_only_until_it_is_ready_is_left_alone_afterwards(office, module):
    answers = [True]
    office, _ = office(Service("runner", "甲", module("stay", STAY), answers=lambda: answers[0], watched=False))
    office.step(0.0)
    office.step(1.0)
    answers[0] = False
    for number in range(1, 6):
        office.step(1.0 + number * CHECK_SECONDS)
    assert office.states() == {"runner": State.READY}


def test_a_frozen_child_is_killed_too(office, module):
    office, _ = office(Service("server", "甲", module("stay", STAY)))
    office.step(0.0)
    os.kill(pid_of(office, "server"), signal.SIGSTOP)
    assert office._all["server"].child.end() == -signal.SIGKILL


def test_a_service_that_never_answers_is_given_up_and_tried_again(office, module):
    office, said = office(Service("server", "甲", module("stay", STAY), answers=lambda: False))
    office.step(0.0)
    office.step(tested.START_SECONDS + 1)
    assert f"{tested.START_SECONDS:g} 秒内未就绪" in said[-1]
    assert office.states() == {"server": State.OFF}


def test_a_port_taken_by_another_program_is_told_and_its_answers_do_not_count(office, module):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        office, said = office(Service("server", "甲", module("stay", STAY), ports=(port,), answers=lambda: True))
        office.step(0.0)
        assert f"端口 {port} 被其他程序占用" in said[-1]
        assert office.states() == {"server": State.OFF}
    office.step(1.0)
    office.step(2.0)
    assert office.states() == {"server": State.READY}


def test_stopping_takes_along_what_a_child_has_started(office, module, tmp_path, monkeypatch):
    monkeypatch.setattr(tested, "PATIENCE_SECONDS", 1.0)
    office, _ = office(Service("one", "甲", module("parent", PARENT)))
    office.step(0.0)
    until(lambda: len(marked(tmp_path)) == 2)
    office.stop()
    until(lambda: marked(tmp_path) == [])


def test_when_the_starter_is_killed_nothing_is_left(module, tmp_path):
    """kill -9 of the process that supervises: its children and their children go with it."""
    module("parent", PARENT)
    starter = (
        "import os, time; from pathlib import Path; from flows.operate.child import Child\n"
        f"Child('one', ('parent',), dict(os.environ, MARK={str(tmp_path)!r}), Path({str(tmp_path)!r}) / 'one.log').start(); time.sleep(600)"
    )
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{tmp_path}{os.pathsep}{Path.cwd()}"}
    with subprocess.Popen([sys.executable, "-c", starter], env=environment) as process:
        until(lambda: len(marked(tmp_path)) == 2)
        process.kill()
    until(lambda: marked(tmp_path) == [])


def test_one_instance_per_folder_and_a_stale_file_does_not_block(tmp_path):
    assert not is_up(tmp_path)
    with only_one(tmp_path):
        assert is_up(tmp_path)
        with pytest.raises(AlreadyRunningError, match=f"进程 {os.getpid()}"), only_one(tmp_path):
            pass
    assert not is_up(tmp_path)
    (tmp_path / "up.lock").touch()
    (tmp_path / "up.pid").write_text("1")
    with only_one(tmp_path):
        assert is_up(tmp_path)


def test_the_login_is_made_once_kept_privately_and_shown_only_to_a_person(tmp_path):
    assert read_login(tmp_path) is None
    made = login_for(tmp_path)
    assert (made.path.stat().st_mode & 0o777, made.fresh) == (0o600, True)
    assert json.loads(made.path.read_text()) == {"login": made.text}
    assert made.text.startswith("admin:")
    assert len(made.text) > 20
    again = login_for(tmp_path)
    assert (again.text, again.fresh) == (made.text, False)
    assert login_for(tmp_path, anew=True).text != made.text
    secret = made.text.removeprefix("admin:")
    assert secret in login_text(made, on_screen=True)
    for shown in (login_text(made, on_screen=False), login_text(again, on_screen=True), repr(made)):
        assert secret not in shown


def test_a_damaged_login_file_is_replaced(tmp_path):
    (tmp_path / "login.json").write_text("{")
    assert login_for(tmp_path).fresh


def test_ports_are_free_again_after_a_child_died(module, office):
    """A listening child killed in mid-connection leaves TIME_WAIT behind, which must not look like another program."""
    port = free_port()
    serve = f"import socket, time; s = socket.create_server(('127.0.0.1', {port})); c, _ = s.accept(); c.close(); time.sleep(600)"
    office, said = office(Service("server", "甲", module("serve", serve), ports=(port,)))
    office.step(0.0)

    def connected():
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
                return connection.recv(1) == b""
        except OSError:
            return False

    until(connected)
    os.kill(pid_of(office, "server"), signal.SIGKILL)
    dead(office, "server")
    office.step(1.0)
    office.step(3.0)
    assert office.states() == {"server": State.STARTING}, said


@pytest.mark.parametrize(("smtp", "local"), [("", True), ("smtps://account:code@smtp.university.example:465", False)])
def test_the_page_is_served_with_and_without_an_account_and_the_mailbox_only_without(tmp_path, smtp, local):
    given = services(Settings(data=tmp_path, smtp_url=smtp, _env_file=None), "admin:x")
    names = [service.name for service in given]
    assert names[0] == "page"
    assert ("catcher" in names) == local
    assert next(service.needs for service in given if service.name == "delivery") == (("catcher",) if local else ())
    assert {need for service in given for need in service.needs} <= set(names)
