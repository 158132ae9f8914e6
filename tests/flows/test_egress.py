"""Whom the product calls: the mail server it was given, and nobody else; and nothing that comes in is unpickled."""

import ast
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.smtp_script import ScriptedServer

ROOT = Path(__file__).parents[2]
PACKAGES = ("config", "models", "notifications", "flows")
OUR_NAMES = {"127.0.0.1", socket.gethostname(), socket.getfqdn()}
UNPICKLING = {"pickle", "_pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "joblib"}
RUNNING = {"eval", "exec", "compile"}
"""What makes code of data, as a bare name."""


def watched(log, module, *words, **given):
    command = ["timeout", "200", sys.executable, "-m", "tests.watched", str(log), module, *words]
    subprocess.run(command, cwd=ROOT, env=os.environ | given, check=True, capture_output=True)
    return {tuple(line.rstrip("\n").split("\t")) for line in log.read_text().splitlines()}


@pytest.mark.trust
def test_a_day_of_the_office_calls_the_mail_server_only(engine, tmp_path, figures):
    with ScriptedServer({}) as server:
        given = {
            "CREATION_DATABASE_URL": str(engine.url), "CREATION_DATA": str(tmp_path / "data"),
            "CREATION_SMTP_URL": f"smtp://127.0.0.1:{server.port}", "CREATION_MAIL_PAUSE_SECONDS": "0",
        }  # fmt: skip
        seen = watched(tmp_path / "calls", "tests.office_day", **given)
    called = {told for event, told in seen if event in ("socket.connect", "socket.sendto")}
    asked = {ast.literal_eval(told)[0] for event, told in seen if event.startswith("socket.get")}
    assert called == {repr(("127.0.0.1", server.port))}
    assert asked <= OUR_NAMES
    assert {event for event, _ in seen} <= {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname"}, (
        "nothing fetched, nothing unpickled"
    )
    assert server.messages
    figures(f"{len(server.messages)} letters: every connection goes to the mail server; nothing fetched, nothing unpickled")


def test_the_watch_sees_a_stranger_and_a_pickle(tmp_path):
    """The negative control."""
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        act = f"import socket, pickle; socket.create_connection(('127.0.0.1', {port})); pickle.loads(b'cposix\\nsystem\\n.')"
        seen = watched(tmp_path / "calls", "timeit", "-n1", "-r1", act)
    assert ("socket.connect", repr(("127.0.0.1", port))) in seen
    assert ("pickle.find_class", "('posix', 'system')") in seen


def found_in(text):
    """Return what of a source makes objects or code of data; only a source with such a word is looked into."""
    if not any(word in text for word in UNPICKLING | RUNNING):
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            yield from (name for name in names if name.partition(".")[0] in UNPICKLING)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RUNNING:
            yield node.func.id


def test_no_source_of_ours_unpickles_or_runs_data():
    sources = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    assert len(sources) > 300
    assert {path.name: found for path in sources if (found := list(found_in(path.read_text(encoding="utf-8"))))} == {}


@pytest.mark.parametrize("text", ["import pickle", "from marshal import loads", "import os, shelve", "eval('1')", "def f():\n    exec(x)"])
def test_a_source_that_did_would_be_found(text):
    assert list(found_in(text))
