"""A real `creation up` is stopped, and killed itself: nothing outlives it. Comes last of the files that share it."""

import os
import pty
import signal
import subprocess
import sys

import pytest

from tests.acceptance.office import CHILDREN, children, processes, until

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect-up")]


def test_ctrl_c_leaves_no_process(office, up):
    assert len(processes(office.data)) > len(CHILDREN), "the runner's fork server is among them"
    up.send_signal(signal.SIGINT)
    assert up.wait(30) == 0
    assert processes(office.data) == []
    assert office.said.read_text().rstrip().endswith("已停止（SIGINT）")


def test_kill_9_of_up_leaves_no_children_and_no_stale_lock(office):
    up = office.start()
    until(lambda: len(children(office.data)) >= 4, "children")
    up.kill()
    up.wait()
    until(lambda: processes(office.data) == [], "no children", patience=10)
    assert (office.data / "up.pid").read_text() == str(up.pid), "stale, and harmless"
    again = office.start()
    until(lambda: len(children(office.data)) >= 4, "children again")
    again.terminate()
    assert again.wait(30) == 0
    assert processes(office.data) == []


def test_a_new_password_is_shown_once_to_a_person(office):
    """On a terminal; to a file or a service's journal it is never written."""
    old = office.login()
    reads, writes = pty.openpty()
    process = subprocess.Popen([sys.executable, "-m", "flows.cli", "up", "--new-password"], env=office.environment, stdout=writes)
    office.started.append(process)
    os.close(writes)
    shown = b""
    while "日志".encode() not in shown:
        shown += os.read(reads, 4096)
    process.terminate()
    process.wait(30)
    os.close(reads)
    assert office.login() != old
    assert office.login().encode() in shown
    assert processes(office.data) == []
