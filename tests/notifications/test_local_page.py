"""The local page over real HTTP on loopback: what is kept and given, and what is refused without a trace."""

import io
import os
import re
import signal
import socket
import subprocess
import sys
import time
import zipfile
from contextlib import closing
from http.client import HTTPConnection
from threading import Barrier, Thread
from types import SimpleNamespace
from urllib.parse import quote, urlencode

import pytest

from config.settings import settings
from flows.forms.choices import offered
from flows.steps import filing
from models.store import reading
from notifications.local_page import upload
from notifications.local_page.server import LocalPage

BOUNDARY = "----WebKitFormBoundaryAbc123"
PDF, PNG = b"%PDF-1.7\n%%EOF", b"\x89PNG\r\n\x1a\n" + b"x" * 20


def office(member="xl/workbook.xml"):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(member, "x")
    return made.getvalue()


def form(token, *files):
    """The body that a browser sends: the token first, then the files."""
    parts = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="token"\r\n\r\n{token}\r\n'.encode()] if token is not None else []
    for name, content in files:
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\nContent-Type: x/y\r\n\r\n'
        parts.append(head.encode() + content + b"\r\n")
    return b"".join([*parts, f"--{BOUNDARY}--\r\n".encode()])


class Reader:
    """A browser of a kind: knows the page's address and the token it has seen."""

    def __init__(self, port, folder):
        self.port, self.folder, self.inbox = port, folder, folder / "inbox"
        self.own = {"Host": f"127.0.0.1:{port}", "Origin": f"http://127.0.0.1:{port}", "Sec-Fetch-Site": "same-origin"}

    def ask(self, method, path, body=None, headers=None):
        """Return status, headers and text; ``headers`` replace those of a good request, None leaves one out."""
        given = {name: value for name, value in {**self.own, **(headers or {})}.items() if value is not None}
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request(method, path, body, given)
            answer = connection.getresponse()
            return SimpleNamespace(status=answer.status, headers=answer.headers, body=answer.read())

    def get(self, path, **headers):
        return self.ask("GET", path, headers=headers)

    def text(self, path):
        return self.get(path).body.decode()

    @property
    def token(self):
        return re.search(r'name="token" value="([^"]+)"', self.text("/inbox")).group(1)

    def send(self, *files, body=None, **headers):
        sent = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", **headers}
        return self.ask("POST", "/inbox", form(self.token, *files) if body is None else body, sent)

    def files(self):
        """What lies in the inbox, hidden files too."""
        return sorted(path.name for path in self.inbox.iterdir()) if self.inbox.is_dir() else []


@pytest.fixture
def page(tmp_path):
    served = LocalPage(tmp_path, tmp_path / "mail").start()
    yield Reader(served.port, tmp_path)
    served.stop()


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("CREATION_DATA", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def test_files_put_in_are_listed_and_offered_by_the_forms(page, data, engine):
    answer = page.send(("报送登记 2025.xlsx", office()), ("扫描件.pdf", PDF))
    assert (answer.status, answer.headers["Location"]) == (303, "/inbox?kept=2")
    assert "已收下 2 个文件" in page.text("/inbox?kept=2")
    listed = page.text("/inbox")
    assert all(shown in listed for shown in ("报送登记 2025.xlsx", "扫描件.pdf", "1 KB"))
    with reading(engine) as session:
        assert list(offered(session, "inbox")) == ["扫描件.pdf", "报送登记 2025.xlsx"]
        assert list(offered(session, "sheet")) == ["报送登记 2025.xlsx"]
    assert filing.keep("扫描件.pdf")["name"] == "扫描件.pdf"
    assert (page.inbox / "扫描件.pdf").read_bytes() == PDF
    assert (page.inbox / "扫描件.pdf").stat().st_mode & 0o777 == 0o600


def test_the_page_takes_what_the_acts_take():
    assert upload.FILE_MAX == filing.FILE_MAX


def test_a_file_comes_back_as_it_was_sent_to_be_saved(page):
    content = os.urandom(300_000)
    page.send(("年度 %22总结%22+1%.zip", b"PK\x03\x04" + content))
    name = "年度 _总结_+1%.zip"
    answer = page.get(f"/inbox/{quote(name)}")
    assert answer.body == b"PK\x03\x04" + content
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=\"__ _____1_.zip\"; filename*=UTF-8''%E5%B9%B4%E5%BA%A6%20_%E6%80%BB%E7%BB%93_%2B1%25.zip"
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../desk.pdf", "desk.pdf"),
        ("..\\..\\C:\\a\\b.pdf", "b.pdf"),
        ("/etc/passwd.pdf", "passwd.pdf"),
        (".隐藏.pdf", "隐藏.pdf"),
        ("...pdf", None),
        ("NUL.pdf", "_NUL.pdf"),
        ("com1.x.pdf", "_com1.x.pdf"),
        ("空\0字\x07符.pdf", "空字符.pdf"),
        ("反\u202efdp.pdf", "反fdp.pdf"),
        ("A<b>:c|d?*.PDF", "A_b__c_d__.pdf"),
        ("照片.JPEG", None),
        ("e\u0301.pdf", "é.pdf"),
    ],
)
def test_names_follow_our_own_rule(page, given, kept):
    answer = page.send((given, PDF))
    if kept is None:
        assert (answer.status, page.files()) == (415, [])
        return
    assert (answer.status, page.files()) == (303, [kept])
    assert not list(page.folder.parent.glob("*.pdf"))
    assert not list(page.folder.glob("*.pdf"))


def test_long_names_are_cut_and_keep_their_ending(page):
    page.send(("长" * 300 + ".pdf", PDF), ("a" * 300 + ".pdf", PDF), ("长" * 300 + ".pdf", PDF))
    found = page.files()
    assert len(found) == 3
    assert all(len(name) <= 120 and len(name.encode()) <= 230 for name in found)
    assert {name[-4:] for name in found} == {".pdf"}
    assert sum(name.endswith(" (2).pdf") for name in found) == 1


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("网页.html", b"<html>", "不收这种文件"),
        ("网页.html.", b"<html>", "不收这种文件"),
        ("程序.exe", b"MZ", "不收这种文件"),
        ("没有结尾", PDF, "不收这种文件"),
        ("假.pdf", b"<script>alert(1)</script>", "内容不是 .pdf 文件"),
        ("假.png", PDF, "内容不是 .png 文件"),
        ("假.jpg", PNG, "内容不是 .jpg 文件"),
        ("假.eml", b"<html><body>a: b</body></html>", "内容不是 .eml 文件"),
        ("假.xlsx", office("word/document.xml"), "内容不是 .xlsx 文件"),
        ("假.docx", office(), "内容不是 .docx 文件"),
        ("断.xlsx", office()[:40], "内容不是 .xlsx 文件"),
        ("旧.xlsx", b"\xd0\xcf\x11\xe0" + b"x" * 600, "是旧版 Office 文件或加了密码"),
        ("空.pdf", b"", "是空文件"),
    ],
)
def test_what_is_not_taken_is_refused_by_name_and_leaves_nothing(page, name, content, why):
    answer = page.send((name, content))
    assert answer.status == 415
    assert why in answer.body.decode()
    assert name.strip(".").split(".")[0] in answer.body.decode()
    assert page.files() == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.xlsx", office()), ("a.docx", office("word/document.xml")), ("a.zip", office("b")), ("a.pdf", PDF),
        ("a.png", PNG), ("a.jpg", b"\xff\xd8\xff\xe0"), ("a.eml", b"Received: from x\r\n\r\nb"),
    ],
)  # fmt: skip
def test_every_kind_is_taken_and_shown_by_its_type(page, name, content):
    assert page.send((name, content)).status == 303
    answer = page.get(f"/inbox/{name}")
    assert (answer.status, answer.body) == (200, content)
    assert "html" not in answer.headers["Content-Type"]


def test_good_files_are_kept_beside_refused_ones(page):
    answer = page.send(("好.pdf", PDF), ("坏.html", b"x"), ("也好.png", PNG))
    assert (answer.status, page.files()) == (415, ["也好.png", "好.pdf"])
    assert "已收下 2 个：好.pdf、也好.png" in answer.body.decode()


def test_nothing_is_ever_overwritten(page):
    for content in (PDF, PDF + b"2", PDF + b"3"):
        page.send(("案例.pdf", content))
    assert page.files() == ["案例 (2).pdf", "案例 (3).pdf", "案例.pdf"]
    assert [(page.inbox / name).read_bytes() for name in ("案例.pdf", "案例 (2).pdf", "案例 (3).pdf")] == [PDF, PDF + b"2", PDF + b"3"]
    target = page.folder / "outside.pdf"
    (page.inbox / "链接.pdf").symlink_to(target)
    page.send(("链接.pdf", PDF))
    assert not target.exists()
    assert (page.inbox / "链接 (2).pdf").read_bytes() == PDF


def test_two_uploads_of_one_name_at_once_are_both_kept(page):
    token, together, answers = page.token, Barrier(8), []

    def send(number):
        together.wait()
        answers.append(page.send(body=form(token, ("同名.pdf", PDF + b"%d" % number))).status)

    threads = [Thread(target=send, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [303] * 8
    assert {(page.inbox / name).read_bytes() for name in page.files()} == {PDF + b"%d" % number for number in range(8)}


# who is answered

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
    assert delete(page, "在.pdf", **given).status == 403
    assert page.files() == ["在.pdf"]


@pytest.mark.parametrize("given", [{"Origin": None}, {"Sec-Fetch-Site": None}])
def test_older_and_newer_browsers_are_both_known(page, given):
    assert page.send(("a.pdf", PDF), **given).status == 303


@pytest.mark.parametrize("token", ["", "guess", "é", None])
def test_a_wrong_token_changes_nothing(page, token):
    page.send(("在.pdf", PDF))
    answer = page.send(body=form(token, ("a.pdf", PDF)))
    assert (answer.status, "未作任何改动" in answer.body.decode()) == (403, True)
    assert delete(page, "在.pdf", token=token or "").status == 403
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


def head(page, length, *more):
    given = {**page.own, "Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Content-Length": length}
    return "\r\n".join(["POST /inbox HTTP/1.1", *(f"{name}: {value}" for name, value in given.items() if value is not None), *more, "", ""])


@pytest.mark.parametrize(
    ("length", "more", "status"),
    [
        (2 * 1024**3, (), 413), ("9" * 30, (), 413), (upload.REQUEST_MAX + 1, (), 413), (None, (), 411), (-1, (), 411), ("1e3", (), 411),
        ("٣", (), 411), (10, ("Content-Length: 20",), 411), (None, ("Transfer-Encoding: chunked",), 411),
    ],
)  # fmt: skip
def test_a_length_too_great_or_untold_is_refused_before_a_byte_is_read(page, length, more, status):
    with socket.create_connection(("127.0.0.1", page.port), timeout=10) as connection:
        connection.sendall(head(page, length, *more).encode())
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
    with open(f"/proc/{pid}/status") as file:  # noqa: PTH123
        return int(re.search(r"VmHWM:\s+(\d+) kB", file.read()).group(1))


# what breaks off


def serving(folder):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = ["-m", "notifications.local_page", "--data", str(folder), "--mails", str(folder / "mail"), "--port", str(port)]
    process = subprocess.Popen([sys.executable, *words])
    reader = Reader(port, folder)
    until(lambda: healthy(reader), "page")
    return process, reader


def healthy(reader):
    try:
        return reader.get("/health").status == 200
    except OSError:
        return False


def until(reached, what):
    end = time.monotonic() + 20
    while not reached():
        assert time.monotonic() < end, f"not reached: {what}"
        time.sleep(0.05)


def half_sent(page):
    """A connection that has sent the token and half of the second file."""
    body = form(page.token, ("整.pdf", PDF), ("半.pdf", PDF + b"x" * 500_000))
    connection = socket.create_connection(("127.0.0.1", page.port), timeout=10)
    connection.sendall(head(page, len(body)).encode() + body[:300_000])
    until(lambda: len(page.files()) == 2, "staged")
    return connection


def test_an_upload_that_breaks_off_keeps_none_of_its_files(page):
    half_sent(page).close()
    until(lambda: page.files() == [], "cleared")


def test_a_body_that_ends_before_its_boundary_is_told(page):
    body = form(page.token, ("a.pdf", PDF))
    answer = page.send(body=body[:-10])
    assert (answer.status, "一个文件都没有收下" in answer.body.decode(), page.files()) == (400, True, [])


def test_a_killed_page_leaves_only_hidden_parts_that_go_at_the_next_start(data, engine):
    process, reader = serving(data)
    connection = half_sent(reader)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    connection.close()
    left = reader.files()
    assert len(left) == 2
    assert all(name.startswith(".") and name.endswith(".part") for name in left)
    with reading(engine) as session:
        assert offered(session, "inbox") == {}
    process, again = serving(data)
    assert "还没有文件" in again.text("/inbox")
    assert again.files() == []
    process.terminate()
    assert process.wait(10) == 0


def test_a_disk_that_takes_nothing_is_told(page):
    token = page.token
    page.inbox.write_text("a file stands where the folder should be")
    answer = page.send(body=form(token, ("a.pdf", PDF)))
    assert (answer.status, "请检查磁盘" in answer.body.decode()) == (507, True)


# what is given


def delete(page, name, token=None, **headers):
    fields = urlencode({"token": page.token if token is None else token, "name": name})
    return page.ask("POST", "/inbox/delete", fields, {"Content-Type": "application/x-www-form-urlencoded", **headers})


def test_a_file_is_deleted_by_its_button_only(page):
    page.send(("删.pdf", PDF), ("留.pdf", PDF))
    assert page.get("/inbox/delete").status == 404
    answer = delete(page, "删.pdf")
    assert (answer.status, answer.headers["Location"], page.files()) == (303, "/inbox?deleted=1", ["留.pdf"])
    assert delete(page, "删.pdf").status == 404


@pytest.mark.parametrize(
    "name", ["../desk.html", "../sheets/表.xlsx", ".upload-x.part", "..", ".", "", "a\0b.pdf", "子/文.pdf", "链接.pdf"]
)
def test_nothing_else_can_be_deleted_or_read(page, name):
    for folder in ("sheets", "inbox/子"):
        (page.folder / folder).mkdir(parents=True)
    secret = page.folder / "secret.key"
    for path in (
        page.folder / "desk.html",
        page.folder / "sheets" / "表.xlsx",
        secret,
        page.inbox / ".upload-x.part",
        page.inbox / "子" / "文.pdf",
    ):
        path.write_text("秘密")
    (page.inbox / "链接.pdf").symlink_to(secret)
    before = sorted(path for path in page.folder.rglob("*"))
    assert delete(page, name).status == 404
    assert sorted(path for path in page.folder.rglob("*")) == before
    if name:
        for spelt in (name, quote(name), quote(name, safe="")):
            for folder in ("inbox", "sheets", "reports", "raw", "mail", "html"):
                if "\0" not in spelt and spelt.isascii():
                    answer = page.get(f"/{folder}/{spelt}")
                    assert answer.status in (200, 303, 404)
                    assert "秘密" not in answer.body.decode() or answer.status == 404


def test_symlinks_and_pipes_are_neither_listed_nor_served(page):
    page.inbox.mkdir()
    (page.folder / "secret.key").write_text("秘密")
    (page.inbox / "链接.pdf").symlink_to(page.folder / "secret.key")
    os.mkfifo(page.inbox / "管道.pdf")
    (page.inbox / "目录.pdf").mkdir()
    assert "还没有文件" in page.text("/inbox")
    for name in ("链接.pdf", "管道.pdf", "目录.pdf"):
        assert page.get(f"/inbox/{quote(name)}").status == 404


def test_sheets_are_saved_and_reports_are_opened(page):
    for folder in ("sheets", "reports"):
        (page.folder / folder).mkdir()
    (page.folder / "sheets" / "登记表.xlsx").write_bytes(office())
    (page.folder / "sheets" / "登记表.part").write_bytes(b"half")
    (page.folder / "reports" / "2025-2026-11-24.html").write_text("<p>报告</p>", encoding="utf-8")
    assert "登记表.xlsx" in page.text("/sheets")
    assert "登记表.part" not in page.text("/sheets")
    sheet = page.get("/sheets/" + quote("登记表.xlsx"))
    assert (sheet.body, sheet.headers["Content-Disposition"].partition(";")[0]) == (office(), "attachment")
    report = page.get("/reports/2025-2026-11-24.html")
    assert (report.body.decode(), report.headers["Content-Disposition"]) == ("<p>报告</p>", None)
    assert "2025-2026-11-24.html" in page.text("/reports")


@pytest.mark.parametrize(
    "path", ["/inbox", "/sheets", "/reports", "/mails", "/desk", "/nothing", "/reports/a.html", "/inbox/a.pdf", "/health"]
)
def test_every_answer_has_its_headers_and_no_script_can_run(page, path):
    page.send(("a.pdf", PDF))
    (page.folder / "reports").mkdir()
    (page.folder / "reports" / "a.html").write_text("<p>")
    headers = page.get(path).headers
    policy = dict(rule.split(maxsplit=1) if " " in rule else (rule, "") for rule in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert {"script-src", "connect-src", "img-src"} & set(policy) == set()
    assert policy.get("form-action", "'none'") == (
        "'self'" if path in ("/inbox", "/sheets", "/reports", "/mails", "/desk", "/nothing") else "'none'"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Python" not in headers["Server"]


def test_names_become_no_markup(page):
    page.send(("<img src=x onerror=alert(1)>&amp;'.pdf", PDF))
    page.inbox.joinpath("<b>'x.pdf").write_bytes(PDF)
    for text in (page.text("/inbox"), page.send(("<i>.html", b"")).body.decode()):
        assert "<b>'" not in text
        assert "<img" not in text
        assert "<i>" not in text
    assert page.get("/inbox/" + quote("<b>'x.pdf")).status == 200


def test_the_head_leads_to_every_page(page):
    links = re.findall(r"<nav>(.*?)</nav>", page.text("/inbox"))[0]
    for path in re.findall(r'href="([^"]+)"', links):
        assert page.get(path).status == (404 if path == "/desk" else 200)
    assert re.findall(r">([^<]+)</a>", links) == ["今日工作台", "收件箱（文件）", "待填表", "报告", "已发邮件"]
    first = page.get("/")
    assert (first.status, first.headers["Location"]) == (303, "/desk")


def test_kept_mails_are_shown_as_they_are_and_their_html_without_rights(page):
    mails = page.folder / "mail"
    mails.mkdir()
    source = "From: a@university.example\r\nTo: b@university.example\r\nSubject: =?utf-8?b?6YCa55+l?=\r\nDate: Tue, 04 Nov 2025 11:30:00 +0800\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<script>1</script>正文"
    (mails / "000001-abc.eml").write_bytes(source.encode())
    assert "通知" in page.text("/mails")
    assert "2025-11-04 11:30" in page.text("/mails/1")
    assert "通知" in page.text("/mail/000001-abc.eml")
    body = page.get("/html/000001-abc.eml")
    assert "正文" in body.body.decode()
    assert body.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert page.get("/raw/000001-abc.eml").headers["Content-Disposition"].startswith("attachment")
    for path in ("/mails/x", "/mails/" + "9" * 5000, "/mails/0", "/mail/none.eml", "/raw/..%2f..%2fsecret.key"):
        assert page.get(path).status in (200, 404)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "HEAD", "TRACE"])
def test_other_methods_are_refused_in_our_own_words(page, method):
    answer = page.ask(method, "/inbox")
    assert answer.status == 501
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_only_loopback_listens(page):
    rows = [row.split() for row in open("/proc/net/tcp").read().splitlines()[1:]]  # noqa: PTH123, SIM115
    assert {row[1] for row in rows if row[3] == "0A" and row[1].endswith(f":{page.port:04X}")} == {f"0100007F:{page.port:04X}"}
