"""Canaries: passwords, keys and secrets behind codes are used in a real office's day, and then looked for everywhere."""

import json
import os
import re
import signal
import subprocess
import sys
from datetime import date, time
from urllib.parse import quote
from zipfile import ZipFile

import pyotp
import pytest
from cryptography.fernet import Fernet

from config.clock import business_instant
from config.settings import Settings
from flows.operate.rehearse import copy_database
from flows.steps.daily import scan
from models.business_clock import move_clock
from models.store import reading, transaction
from models.tables import Credential
from notifications.account import SmtpAccount
from notifications.catcher import free_port
from tests.canaries import leaks, sinks
from tests.marks import size
from tests.smtp_script import ScriptedServer

PASSWORDS = {"smtp": "smtp-kanari/4f1e@", "imap": "imap-kanari/91ab@", "database": "pg-kanari-52cc", "login": "kanari-77c2d-xyzzy"}
DAY = date(2025, 11, 4)
REFUSING = {"EHLO": "250-hello\r\n250 AUTH PLAIN LOGIN", "AUTH": "535 5.7.8 authentication failed"}


@pytest.fixture
def office(creation, tmp_path, monkeypatch):
    """An office whose every secret is a canary. Returns (run, environment, secrets)."""
    secrets = PASSWORDS | {"key": Fernet.generate_key().decode()}
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "login.json").write_text(json.dumps({"login": f"admin:{secrets['login']}"}))
    with ScriptedServer(REFUSING) as server:
        given = {
            "CREATION_SMTP_URL": f"smtp://office:{quote(secrets['smtp'], safe='')}@127.0.0.1:{server.port}",
            "CREATION_IMAP_URL": f"imap://office:{quote(secrets['imap'], safe='')}@127.0.0.1:{free_port()}",
            "CREATION_SECRET_KEY": secrets["key"], "CREATION_PREFECT_PORT": str(free_port()),
        }  # fmt: skip
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        yield creation, given, secrets


def child(words, given, until=None):
    """Run a module as a process of its own; returns what it said. With ``until``, stop it once it has said that."""
    with subprocess.Popen(
        ["timeout", "120", sys.executable, "-m", *words],
        env=os.environ | given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        said = ""
        while until and not re.search(until, said) and (line := process.stdout.readline()):
            said += line
        if until:
            process.send_signal(signal.SIGTERM)
        return said + process.stdout.read()


@pytest.mark.trust
def test_no_secret_leaves_its_place(office, engine, tmp_path, figures):
    """Acts with and without a code, a refused login, a mailbox that is down, a database that is down, the doctor, a backup, a report."""
    run, given, secrets = office
    data = tmp_path / "data"
    issued = run("admin", "code", "A01", "--show-secret")[1]
    secrets["totp"] = re.search(r"secret=([A-Z2-7]+)", issued)[1]
    said = {
        " ".join(words[:2]): run(*words)[1]
        for words in (
            ("record", "hand_in", "project=2023-S01", "deliverable=typical_case", 'files=["案例.docx"]'),
            ("extend", "2023", "2023-S01", "typical_case", "2025-11-28", "批示", "--code", pyotp.TOTP(secrets["totp"]).now()),
            ("extend", "2023", "2023-S02", "typical_case", "2025-11-28", "批示", "--code", "000000"),
            ("doctor", "--json"), ("mail", "read"), *size((), (("report", "2023", "--out", str(data / "report.html")),)),
            ("backup", "make", str(data / "whole.zip")), ("verify",), ("mail", "list", "--json"), ("admin", "list"),
        )
    }  # fmt: skip
    assert "535" in said["doctor --json"], "the password was tried, and refused"
    with transaction(engine) as session:
        move_clock(session, business_instant(DAY, time(11, 30)))
    scan(engine, DAY, "timetable:test")
    assert "authentication failed" in child(("flows.operate.delivery_loop",), given, until="authentication failed")
    down = given | {"CREATION_DATABASE_URL": f"postgresql+psycopg://office:{secrets['database']}@127.0.0.1:{free_port()}/creation"}
    said["down"] = child(("flows.cli", "verify"), down) + child(("flows.timetable",), down)
    assert "Traceback" in said["down"], "a failing run tells its traceback"
    everywhere = sinks(tmp_path) | {name: text.encode() for name, text in said.items()}
    assert len(everywhere) > 40
    assert leaks(everywhere, secrets) == [("login", "data/login.json")]
    figures(f"{len(secrets)} secrets in {len(everywhere)} files, archive members, dumps and outputs: 0 found outside their place")


def test_the_search_finds_what_is_planted(engine, tmp_path):
    """The negative control: plain, in an address, in base64, in an archive, in a database."""
    secrets = {"smtp": PASSWORDS["smtp"]}
    (tmp_path / "url.txt").write_text("smtp://a:smtp-kanari%2F4f1e%40@h")
    (tmp_path / "auth.log").write_text("AUTH PLAIN AG9mZmljZQBzbXRwLWthbmFyaS80ZjFlQA==")
    with ZipFile(tmp_path / "a.zip", "w", compression=8) as archive:
        archive.writestr("inner.txt", f"x{PASSWORDS['smtp']}x" * 2)
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO setting VALUES ('x', ?)", (PASSWORDS["smtp"],))
    assert {sink for _, sink in leaks(sinks(tmp_path), secrets)} == {"url.txt", "auth.log", "a.zip/inner.txt", "test.db", "test.db dumped"}


def test_a_rehearsal_takes_no_sealed_secret_along(creation, engine, tmp_path):
    assert creation("admin", "code", "A01")[0] == 0
    with reading(engine) as session:
        sealed = session.exec(Credential.__table__.select()).one().sealed
    copy = copy_database(engine, tmp_path / "rehearsal.db")
    with reading(copy) as session:
        assert session.exec(Credential.__table__.select()).all() == []
    assert sealed.encode() not in (tmp_path / "rehearsal.db").read_bytes()


@pytest.mark.parametrize("url", ["smtps://office:kanari/x@smtp.university.example", "smtp://office:kanari[x@h", "smtp://h:kanari"])
def test_a_mail_address_that_cannot_be_read_shows_nothing_of_itself(url):
    with pytest.raises(ValueError, match="CREATION_SMTP_URL 应形如") as refused:
        SmtpAccount.from_settings(Settings(smtp_url=url))
    assert "kanari" not in str(refused.value)
    assert refused.value.__suppress_context__


@pytest.mark.parametrize("url", ["postgresql+psycopg://office@h:kanari/creation", "kanari"])
def test_a_database_address_that_cannot_be_read_shows_nothing_of_itself(creation, url):
    code, said = creation("verify", url=url)
    assert (code, "CREATION_DATABASE_URL 应形如" in said.replace("\n", ""), "kanari" in said) == (2, True, False)
