"""Whom the local page answers, and how much it takes: everything else is refused without a trace."""

import base64
import re
import socket
from pathlib import Path
from urllib.parse import quote

import pytest

from notifications.local_page import upload
from notifications.local_page.server import LocalPage
from tests.page_reader import BOUNDARY, PDF, Reader, form, serving

EVIL = "http://evil.example"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "evil.example:{port}", "", None])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_host_is_not_answered(page, host, method):
    page.send(("a.pdf", PDF))
    named = host.format(port=page.port) if host else host
    lines = [f"{method} /inbox/a.pdf HTTP/1.1", *([f"Host: {named}"] if named is not None else []), "Content-Length: 0", "", ""]
    with socket.create_connection(("127.0.0.1", page.port), timeout=10) as connection:
        connection.sendall("\r\n".join(lines).encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert b" 421 " in answer.split(b"\r\n")[0]
    assert PDF not in answer


def test_localhost_is_the_same_page(page):
    assert page.get("/inbox", Host=f"localhost:{page.port}").status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": EVIL}, {"Origin": "null"}, {"Origin": "http://localhost:{port}"}, {"Origin": "http://127.0.0.1:4200"},
        {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "none"},
        {"Origin": None, "Sec-Fetch-Site": None}, {"Origin": EVIL, "Sec-Fetch-Site": None}, {"Origin": None, "Sec-Fetch-Site": "cross-site"},
    ],
)  # fmt: skip
def test_a_form_of_another_page_changes_nothing(page, headers):
    given = {name: value and value.format(port=page.port) for name, value in headers.items()}
    page.send(("在.pdf", PDF))
    assert page.send(("a.pdf", PDF), **given).status == 403
    assert page.delete("在.pdf", **given).status == 403
    assert page.files() == ["在.pdf"]


@pytest.mark.parametrize("given", [{"Origin": None}, {"Sec-Fetch-Site": None}])
def test_older_and_newer_browsers_are_both_known(page, given):
    assert page.send(("a.pdf", PDF), **given).status == 303


@pytest.mark.parametrize("token", ["", "guess", "é", None])
def test_a_wrong_token_changes_nothing(page, token):
    page.send(("在.pdf", PDF))
    answer = page.send(body=form(token, ("a.pdf", PDF)))
    assert (answer.status, "未作任何改动" in answer.body.decode()) == (403, True)
    assert page.delete("在.pdf", token=token or "").status == 403
    assert page.files() == ["在.pdf"]


def test_a_token_is_good_for_one_process(page, tmp_path):
    other = LocalPage(tmp_path / "other", tmp_path / "mail").start()
    token = Reader(other.port, tmp_path / "other").token
    other.stop()
    assert page.send(body=form(token, ("a.pdf", PDF))).status == 403


def test_a_token_behind_the_files_comes_too_late(page):
    late = form(None, ("a.pdf", PDF))[: -len(f"--{BOUNDARY}--\r\n")] + form(page.token)
    assert page.send(body=late).status == 403
    assert page.files() == []


# how much


@pytest.mark.parametrize(
    ("length", "more", "status"),
    [
        (2 * 1024**3, (), 413), ("9" * 30, (), 413), (upload.REQUEST_MAX + 1, (), 413), (None, (), 411), (-1, (), 411), ("1e3", (), 411),
        ("٣", (), 411), (10, ("Content-Length: 20",), 411), (None, ("Transfer-Encoding: chunked",), 411),
    ],
)  # fmt: skip
def test_a_length_too_great_or_untold_is_refused_before_a_byte_is_read(page, length, more, status):
    with socket.create_connection(("127.0.0.1", page.port), timeout=10) as connection:
        connection.sendall(page.head(length, *more))
        connection.settimeout(2)  # nothing of the body has been sent: the answer must not wait for it
        answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    assert answer.split()[1] == str(status)
    assert "请" in answer
    assert page.files() == []


def test_a_file_too_great_is_refused_and_the_next_one_kept(page, monkeypatch):
    monkeypatch.setattr(upload, "FILE_MAX", 1_000_000)
    answer = page.send(("大.pdf", PDF + b"x" * 1_000_000), ("小.pdf", PDF + b"x" * (1_000_000 - len(PDF))))
    assert (answer.status, page.files()) == (413, ["小.pdf"])
    assert "大.pdf" in answer.body.decode()


def test_fifty_files_are_taken_and_not_one_of_fifty_one(page):
    assert page.send(*((f"{n}.pdf", PDF) for n in range(51))).status == 413
    assert page.files() == []
    assert page.send(*((f"{n}.pdf", PDF) for n in range(50))).status == 303
    assert len(page.files()) == 50


def test_memory_stays_small_whatever_is_sent(tmp_path):
    """The process that serves, not this one: 49 MB in, at most 8 MB more than before."""
    process, reader = serving(tmp_path)
    try:
        reader.send(("a.pdf", PDF))
        before = peak(process.pid)
        assert reader.send(("大.pdf", PDF + b"x" * 49_000_000)).status == 303
        assert peak(process.pid) - before < 8_000
        reader.get("/inbox/" + quote("大.pdf"))
        assert peak(process.pid) - before < 8_000
    finally:
        process.terminate()
        process.wait(10)


def peak(pid):
    return int(re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text()).group(1))


# who


@pytest.fixture
def closed(tmp_path):
    """A page that asks for a login, and readers who know it, or something else."""
    served = LocalPage(tmp_path, tmp_path / "mail", login="admin:right").start()
    yield lambda login: Reader(served.port, tmp_path, {} if login is None else basic(login))
    served.stop()


def basic(login):
    return {"Authorization": "Basic " + base64.b64encode(login.encode()).decode()}


@pytest.mark.parametrize(
    "login", [None, "", "admin", "admin:", "admin:wrong", "admin:right ", "Admin:right", "admin:rightx", ":right", "é:é"]
)
@pytest.mark.parametrize(
    "path", ["/", "/desk", "/inbox", "/inbox/a.pdf", "/mails", "/letters", "/reports", "/health/", "/health?x", "/health/../inbox"]
)
def test_without_the_login_nothing_is_shown(closed, login, path):
    answer = closed(login).get(path)
    assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, 'Basic realm="creation", charset="UTF-8"')
    assert "冒号之前是用户名" in answer.body.decode()


def test_without_the_login_nothing_is_taken(closed):
    known = closed("admin:right")
    assert known.send(("在.pdf", PDF)).status == 303, "the control"
    stranger = closed("admin:wrong")
    assert stranger.send(body=form(known.token, ("a.pdf", PDF))).status == 401
    assert stranger.delete("在.pdf", token=known.token).status == 401
    assert known.files() == ["在.pdf"]


def test_who_watches_the_page_needs_no_login(closed):
    assert closed(None).get("/health").body == b"ok"


@pytest.mark.parametrize("header", ["Bearer x", "Basic", "basic YWRtaW46cmlnaHQ=x", "Basic YWRtaW46cmlnaHQ", "\xff"])
def test_a_login_that_is_none_opens_nothing(closed, header):
    assert closed(None).get("/inbox", Authorization=header).status == 401
