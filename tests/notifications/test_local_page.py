"""The local page over real HTTP on loopback: what is put in is whole and under its own name, or not there at all."""

import os
import signal
import socket
from threading import Barrier, Thread
from urllib.parse import quote

import pytest

from flows.forms.choices import offered
from flows.steps import filing
from models.store import reading
from notifications.local_page import upload
from tests.page_reader import PDF, PNG, form, office, serving, until


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
    ids=lambda value: value if isinstance(value, str) else "content",  # a workbook carries its time
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
    ids=lambda value: value if isinstance(value, str) else "content",
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


def half_sent(page):
    """A connection that has sent the token and half of the second file."""
    body = form(page.token, ("整.pdf", PDF), ("半.pdf", PDF + b"x" * 500_000))
    connection = socket.create_connection(("127.0.0.1", page.port), timeout=10)
    connection.sendall(page.head(len(body)) + body[:300_000])
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
