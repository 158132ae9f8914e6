"""People and one-time codes on the command line: what is typed, shown, kept, and never shown."""

import json
import os
import pty
import re
import stat
import subprocess
import sys
from io import StringIO

import pyotp
import segno
from sqlmodel import select

from config.clock import now
from config.settings import settings
from models.history import verify
from models.sealing import unseal
from models.store import reading
from models.tables import Credential, Event, FailedCode, Person

EXTEND = ("extend", "2023", "2023-S01", "typical_case")


def secret_of(engine, code):
    """The secret as only the key opens it."""
    with reading(engine) as session:
        person = session.exec(select(Person).where(Person.code == code)).one()
        sealed = session.get(Credential, person.id).sealed
    settings.cache_clear()
    secret = unseal(sealed).partition(":")[2]
    settings.cache_clear()
    return secret


def code_of(engine, code, drift=0):
    return pyotp.TOTP(secret_of(engine, code)).at(int(now().timestamp()), counter_offset=drift)


def last(engine, stream):
    with reading(engine) as session:
        return session.exec(select(Event).where(Event.stream == stream).order_by(Event.seq.desc())).first()


def blocks(text):
    return "\n".join(line for line in text.splitlines() if re.fullmatch(r"[ ▀▄█]+", line) and len(line) > 20)


def test_registering_shows_the_picture_of_the_code_and_not_its_secret(creation, engine):
    code, told = creation("admin", "add", "A06", "赵六")
    assert (code, "已登记 A06 赵六（组织部工作人员）" in told) == (0, True)
    secret = secret_of(engine, "A06")
    picture = StringIO()
    segno.make(pyotp.TOTP(secret).provisioning_uri(name="A06 赵六", issuer_name="一融双高"), error="l", micro=False).terminal(
        picture, compact=True
    )
    assert blocks(told) == blocks(picture.getvalue()) != ""
    assert secret not in told
    listed = json.loads(creation("admin", "list", "--json")[1])
    row = next(row for row in listed if row["code"] == "A06")
    assert set(row) == {"code", "name", "role", "unit", "state", "code_issued_at", "code_revoked_at", "wrong_codes", "email"}
    assert (row["name"], row["role"], row["state"], row["code_revoked_at"], row["wrong_codes"]) == ("赵六", "admin", "listed", None, 0)
    assert secret not in json.dumps(listed) + creation("admin", "list")[1]
    assert (last(engine, "person:A06").event, last(engine, "person:A06").actor) == ("issue_code", "A01")
    with reading(engine) as session:
        assert verify(session) == []


def test_the_secret_as_text_only_when_asked_for(creation, engine):
    told = creation("admin", "code", "A02", "--show-secret")[1]
    assert (
        f"otpauth://totp/%E4%B8%80%E8%9E%8D%E5%8F%8C%E9%AB%98:A02%20%E5%B7%A5%E4%BD%9C%E4%BA%BA%E5%91%982?secret={secret_of(engine, 'A02')}"
        in told
    )


def test_a_file_with_the_code_is_for_its_owner_and_never_overwritten(creation, engine, tmp_path):
    file = tmp_path / "code.svg"
    told = creation("admin", "code", "A02", "--svg", str(file))[1]
    assert (blocks(told), "<svg" in file.read_text(encoding="utf-8")) == ("", True)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    code, told = creation("admin", "add", "A07", "钱七", "--svg", str(file))
    assert (code, "不能写入" in told) == (2, True)
    assert last(engine, "person:A07") is None, "nobody is registered with a code that nobody saw"


def test_panel_members_are_registered_without_a_code(creation, engine):
    assert blocks(creation("admin", "add", "P08", "评八", "--role", "panel", "--unit", "S03")[1]) == ""
    assert last(engine, "person:P08").payload == {"role": "panel", "unit": "S03"}
    code, told = creation("admin", "code", "P08")
    assert (code, "P08 评八是联评组成员" in told) == (2, True)


def test_the_first_admin_registers_without_anyone_and_the_next_by_one_in_office(creation, tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path / 'office.db'}"
    creation("db", "upgrade", url=url)
    assert creation("admin", "add", "W01", "王一", "--by", "管理员", url=url)[0] == 0
    code, told = creation("admin", "add", "W02", "李二", "--by", "管理员", url=url)
    assert (code, "没有人员“管理员”；在岗的工作人员：W01 王一" in told.replace("\n", "")) == (2, True)
    assert creation("admin", "add", "W02", "李二", "--by", "W01", url=url)[0] == 0
    assert creation("admin", "retire", "W01", "--reason", "调离", "--by", "W02", url=url)[0] == 0
    assert "W01 王一已停用，不能办理" in creation("open", "2023", "--by", "W01", url=url)[1]
    assert "唯一在岗" in creation("admin", "retire", "W02", "--by", "W02", url=url)[1]


def test_an_act_that_asks_is_refused_without_and_done_once_with_a_code(creation, engine):
    assert creation(*EXTEND, "2025-11-25", "批示一")[0] == 0, "as long as no code was ever issued"
    assert last(engine, "project:2023-S01").auth_method == "declared"
    creation("admin", "code", "A01")
    outputs = []
    for words, told in (
        ((), "此事项须填动态口令；请加 --code"),
        (("--code", code_of(engine, "A01", drift=-5)), "动态口令不对"),
        (("--code", "123"), "动态口令须为 6 位数字"),
        (("--by", "A02", "--code", "123456"), "A02 工作人员2的动态口令尚未发放"),
    ):
        code, text = creation(*EXTEND, "2025-11-26", "批示二", *words)
        assert (code, told in text.replace("\n", "")) == (2, True), text
        outputs.append(text)
    right = code_of(engine, "A01")
    code, text = creation(*EXTEND, "2025-11-26", "批示二", "--code", right)
    assert (code, last(engine, "project:2023-S01").auth_method) == (0, "one_time_code"), text
    repeated = creation(*EXTEND, "2025-11-27", "批示三", "--code", right)
    assert (repeated[0], "已经用过" in repeated[1]) == (2, True), "the same words are not the same run"
    assert not {right, secret_of(engine, "A01")} & set(re.findall(r"\w+", "".join((*outputs, text, repeated[1]))))
    with reading(engine) as session:
        assert len(session.exec(select(FailedCode)).all()) == 1


def test_an_act_that_does_not_ask_takes_a_code_all_the_same(creation, engine):
    creation("admin", "code", "A01")
    assert creation("record", "record_finding", "project=2023-S01", "text=走访")[0] == 0
    assert creation("record", "record_finding", "project=2023-S01", "text=再访", "--code", code_of(engine, "A01"))[0] == 0
    with reading(engine) as session:
        found = session.exec(select(Event).where(Event.event == "record_finding").order_by(Event.seq)).all()
    assert [event.auth_method.value for event in found] == ["declared", "one_time_code"]


def test_at_a_terminal_the_code_is_asked_for_and_not_echoed(creation, engine, tmp_path):
    creation("admin", "code", "A01")
    ours, theirs = pty.openpty()
    environment = {
        "PATH": os.environ["PATH"], "TERM": "dumb", "CREATION_BY": "A01", "CREATION_DATABASE_URL": str(engine.url),
        "CREATION_DATA": str(tmp_path / "data"),
    }  # fmt: skip
    words = [sys.executable, "-m", "flows.cli", *EXTEND, "2025-11-26", "批示"]
    process = subprocess.Popen(words, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    seen = ""
    while "数字）: " not in seen:  # the space comes after the terminal has stopped echoing and forgotten what was typed
        seen += os.read(ours, 1000).decode()
    code = code_of(engine, "A01")
    os.write(ours, f"{code}\n".encode())
    try:
        while part := os.read(ours, 1000).decode():
            seen += part
    except OSError:
        pass  # the other end is closed
    assert (process.wait(20), "延至 2025-11-26" in seen, code in seen) == (0, True, False), seen
    os.close(ours)
