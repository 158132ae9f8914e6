"""What the local page gives: files of its folders and nothing beside them, as files; pages in which no script can run."""

import os
import re
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.page_reader import PDF, office


def test_a_file_is_deleted_by_its_button_only(page):
    page.send(("删.pdf", PDF), ("留.pdf", PDF))
    assert page.get("/inbox/delete").status == 404
    answer = page.delete("删.pdf")
    assert (answer.status, answer.headers["Location"], page.files()) == (303, "/inbox?deleted=1", ["留.pdf"])
    assert page.delete("删.pdf").status == 404


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
    assert page.delete(name).status == 404
    assert sorted(path for path in page.folder.rglob("*")) == before
    spellings = {spelt for spelt in (name, quote(name), quote(name, safe="")) if spelt.isascii() and "\0" not in spelt}
    for path in (f"/{folder}/{spelt}" for folder in ("inbox", "sheets", "reports", "raw", "mail", "html") for spelt in spellings):
        assert "秘密" not in page.get(path).body.decode()


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
    assert re.findall(r">([^<]+)</a>", links) == ["今日工作台", "收件箱（文件）", "待填表", "报告", "信件样式", "已发邮件"]
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
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    assert {row[1] for row in rows if row[3] == "0A" and row[1].endswith(f":{page.port:04X}")} == {f"0100007F:{page.port:04X}"}
