"""The signed list of a day: made once, mailed with its bytes as they are, checked by a program that stands alone."""

import json
import shutil
import stat
import subprocess
import sys
from datetime import date, timedelta
from email import message_from_bytes, policy

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, example, given
from hypothesis import settings as settled
from hypothesis import strategies as st
from sqlmodel import select

from config.settings import settings
from flows.operate.doctor.finding import Level
from flows.operate.doctor.records import witnessed
from flows.steps.witnessing import Witnessed, flaws_of, witness
from flows.timetable import DailyScan
from models import verifier
from models.heads import export_history, list_path
from models.history import Act, record_event
from models.signing import make_key, signing_key_file
from models.store import reading, transaction
from models.tables import Event, Mail, Task, Unit
from notifications.carrying import NowhereCarrier
from notifications.delivery import deliver
from tests.marks import size
from tests.models.unguarded import unguarded

DAY = date(2025, 12, 8)
NEXT = DAY + timedelta(days=1)
ACT = Act("A01", "command:test", DAY)


@pytest.fixture
def office(empty, data_folder, monkeypatch):
    """An office with a key, an auditor and some history."""
    monkeypatch.setenv("CREATION_AUDITOR_EMAIL", "audit@university.example")
    settings.cache_clear()
    make_key()
    more(empty)
    return empty


def more(engine):
    with transaction(engine) as session:
        for number in range(3):
            unit = session.exec(select(Unit).where(Unit.code == f"S0{number}")).first()
            if unit is None:
                unit = Unit(code=f"S0{number}", name="云杉学院党委", kind="so")
                record_event(session, unit, "list", ACT, {"说": "“一”\\é/二"})
            record_event(session, unit, "change_contact", ACT)


def mails(engine):
    with reading(engine) as session:
        return session.exec(select(Mail).order_by(Mail.id)).all()


def test_the_list_of_a_day_is_made_and_mailed_once(office, data_folder):
    assert witness(office, DAY) == Witnessed(signed=True)
    kept = list_path(data_folder, DAY).read_bytes()
    more(office)
    assert witness(office, DAY) == Witnessed(signed=True)
    assert list_path(data_folder, DAY).read_bytes() == kept
    (mail,) = mails(office)
    message = message_from_bytes(mail.mime, policy=policy.default)
    (attached,) = message.iter_attachments()
    assert (mail.mailbox, attached.get_filename()) == ("audit@university.example", "heads-2025-12-08.jsonl")
    assert attached.get_content() == kept
    assert "【记录清单】2025-12-08" in message["Subject"]
    assert deliver(office, NowhereCarrier(), "test").sent == 1
    (sent,) = mails(office)
    assert (sent.state, sent.mime) == ("sent", mail.mime)
    told = verifier.parse_list(kept.decode()).told
    assert (told["day"], told["events"], told["streams"], told["previous"]) == ("2025-12-08", 6, 3, "")


def test_the_program_that_stands_alone_finds_it_whole_and_finds_what_was_cut(office, data_folder, tmp_path):
    """It is copied out of the tree and run without our packages."""
    witness(office, DAY)
    more(office)
    witness(office, NEXT)
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(verifier.__file__, alone / "verifier.py")
    with (alone / "export.jsonl").open("w", encoding="utf-8") as sink:
        assert export_history(office, sink) == 9
    lists = [str(list_path(data_folder, day)) for day in (DAY, NEXT)]

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, "-I", "verifier.py", *arguments], cwd=alone, capture_output=True, text=True, check=False
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    key = make_key()
    assert run("export.jsonl", key, *lists) == (0, "核验通过：9 条记录、3 个记录链、2 份清单\n")
    whole = (alone / "export.jsonl").read_text(encoding="utf-8")
    (alone / "cut.jsonl").write_text("\n".join(whole.split("\n")[:-2]) + "\n", encoding="utf-8")
    code, told = run("cut.jsonl", key, *lists)
    assert (code, "unit:S02 第 3 条：2025-12-09 已签署，现在没有" in told) == (1, True)
    assert run("export.jsonl", "0" * 64, *lists)[0] == 1
    (alone / "torn.jsonl").write_text(whole[:-20], encoding="utf-8")
    assert run("torn.jsonl", key, *lists)[0] == 2
    assert run("export.jsonl")[0] == 2


def test_a_flawed_history_is_told_and_not_signed(office, data_folder):
    witness(office, DAY)
    with unguarded(office) as raw:
        raw.execute("DELETE FROM event WHERE stream = 'unit:S01' AND seq = 2")
    found = witness(office, NEXT)
    assert found.flaws == ("unit:S01 第 2 条：2025-12-08 的清单已签署，现在没有",)
    assert not list_path(data_folder, NEXT).exists()
    with reading(office) as session:
        assert "未能通过核验和签署" in session.exec(select(Task.text)).one()


def test_without_a_key_the_history_is_checked_all_the_same(office, data_folder):
    signing_key_file().unlink()
    assert witness(office, DAY) == Witnessed()
    assert not (data_folder / "heads").exists()
    with unguarded(office) as raw:
        raw.execute("UPDATE event SET actor = 'other' WHERE stream = 'unit:S01' AND seq = 2")
    assert witness(office, DAY).flaws == ("unit:S01 第 2 条：内容与校验值不符",)


def test_a_key_that_cannot_be_used_is_told(office, data_folder):
    signing_key_file().write_text("torn")
    assert "无法使用" in witness(office, DAY).flaws[0]
    with reading(office) as session:
        assert witnessed(session, settings()).level == Level.FAIL
        assert "无法使用" in session.exec(select(Task.text)).one()


def test_a_list_that_was_changed_on_the_spot_is_a_flaw(office, data_folder):
    witness(office, DAY)
    list_path(data_folder, DAY).write_text("{}\n{}\n", encoding="utf-8")
    (flaw,) = flaws_of(office)
    assert "清单" in flaw


def test_doctor_tells_what_is_lacking(office, data_folder, monkeypatch):
    def level():
        settings.cache_clear()
        with reading(office) as session:
            return witnessed(session, settings())

    witness(office, DAY)
    assert level()[1:3] == (Level.OK, "最近一份 2025-12-08，寄给 audit@university.example")
    monkeypatch.delenv("CREATION_AUDITOR_EMAIL")
    assert level().level == Level.WARN
    with unguarded(office) as raw:
        raw.execute("DELETE FROM event WHERE stream = 'unit:S01'")
    assert level().level == Level.FAIL
    signing_key_file().unlink()
    assert "creation audit key" in level().todo


def test_a_letter_that_cannot_be_written_is_a_task_and_told_by_the_doctor(office, data_folder, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(settings(), "auditor_email", "audit@university")
        assert witness(office, DAY) == Witnessed(signed=True)
        with reading(office) as session:
            assert "不能寄给审计人员" in session.exec(select(Task.text)).one()
            assert witnessed(session, settings())[1:3] == (Level.FAIL, "最近一份 2025-12-08，没有寄出")
    witness(office, DAY)
    with reading(office) as session:
        assert witnessed(session, settings()).level == Level.OK
    with transaction(office) as session:
        session.exec(select(Mail)).one().state = "failed"
    with reading(office) as session:
        assert "发送失败" in witnessed(session, settings()).found


def test_a_list_that_could_not_be_signed_is_tried_again_a_minute_later(office, data_folder):
    daily = DailyScan(office)
    (data_folder / "heads").write_text("in the way")
    with pytest.raises(OSError, match="heads"):
        daily.tick()
    (data_folder / "heads").unlink()
    daily.tick()
    assert len(list((data_folder / "heads").iterdir())) == 1
    next((data_folder / "heads").iterdir()).unlink()
    daily.tick()
    assert not list((data_folder / "heads").iterdir()), "once a day"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    """An export and a list, as they are, and a folder for what is made of them."""
    folder = tmp_path_factory.mktemp("papers")
    rule = ["unit", "new", "list", "listed"]
    row = ["unit:S01", 1, None, "unit", "new", "list", "listed", None, "c", "A01", "declared", "o", "{}", "2025-12-08", "t", "x", ""]
    row[verifier.HASH] = verifier.digest(row)
    key = Ed25519PrivateKey.generate()
    told = {"format": 1, "day": "2025-12-08", "previous": "", "restart": "", "rules": verifier.rules_digest([rule]), "streams": 1}
    told |= {"events": 1, "heads": [["unit:S01", 1, row[verifier.HASH]]]}
    return folder, {"format": 1, "rules": [rule]}, row, told, key


def verified(papers, head, row, told, sealed):
    """The exit code for such an export and such a list; what is no mapping is no list."""
    folder, *_, key = papers
    line = json.dumps(told)
    public = key.public_key().public_bytes_raw().hex()
    seal = {"key": public, "signature": key.sign(line.encode()).hex()} | sealed
    (folder / "export").write_text(f"{json.dumps(head)}\n{json.dumps(row)}\n", encoding="utf-8")
    (folder / "list").write_text(f"{line}\n{json.dumps(seal)}\n", encoding="utf-8")
    return verifier.main([str(folder / "export"), public, str(folder / "list")])


@settled(max_examples=size(150, 3_000), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@example(where=("head", "rules"), what=5)
@example(where=("head", "rules"), what=[5])
@example(where=("told", "day"), what="\ud800")
@example(where=("told", "events"), what=None)
@example(where=("sealed", "signature"), what=5)
@given(
    where=st.sampled_from([
        *(("head", name) for name in ("format", "rules")), *(("row", number) for number in range(verifier.COLUMNS)),
        *(("told", name) for name in verifier.LIST_PARTS), *(("sealed", name) for name in ("key", "signature")),
    ]),
    what=JSON,
)  # fmt: skip
def test_a_malformed_paper_is_no_traceback(papers, where, what):
    """1 says flaws: no other end may say it, so whatever cannot be read ends with 2."""
    _, head, row, told, _ = papers
    part, name = where
    given_row = [what if (part, number) == ("row", name) else cell for number, cell in enumerate(row)]
    changed = {other: {name: what} if part == other else {} for other in ("head", "told", "sealed")}
    assert verified(papers, head | changed["head"], given_row, told | changed["told"], changed["sealed"]) in (0, 1, 2)


def test_what_is_whole_passes_and_what_nests_too_deep_cannot_be_read(papers):
    folder, head, row, told, _ = papers
    assert verified(papers, head, row, told, {}) == 0
    (folder / "deep").write_text("[" * 100_000)
    assert verifier.main([str(folder / "deep"), "", str(folder / "list")]) == 2
    assert verifier.main([str(folder / "export"), "", str(folder / "deep")]) == 2


def test_the_timetable_signs_after_its_scan(office, data_folder):
    DailyScan(office).tick()
    assert len(list((data_folder / "heads").iterdir())) == 1


def test_the_commands(creation, tmp_path):
    code, told = creation("audit", "sign")
    assert (code, "没有签名密钥" in told) == (2, True)
    code, told = creation("audit", "key", "--json")
    public = json.loads(told)["public_key"]
    key = tmp_path / "data" / "signing.key"
    assert (code, len(public), stat.S_IMODE(key.stat().st_mode)) == (0, 64, 0o600)
    assert public in creation("audit", "key")[1], "the same again"
    assert creation("audit", "sign")[0] == 0
    (signed,) = (tmp_path / "data" / "heads").iterdir()
    assert creation("audit", "export", str(tmp_path / "export.jsonl"))[0] == 0
    assert creation("audit", "export", str(tmp_path / "export.jsonl"))[0] == 2, "nothing is overwritten"
    assert verifier.main([str(tmp_path / "export.jsonl"), public, str(signed)]) == 0
    assert creation("verify")[0] == 0


def test_after_a_restore_one_goes_on_with_a_reason_that_is_told(creation, engine, tmp_path):
    creation("audit", "key")
    perform = Act("A01", "command:test", DAY)
    with transaction(engine) as session:
        record_event(session, session.exec(select(Unit).where(Unit.code == "S01")).one(), "change_contact", perform)
    assert creation("audit", "sign")[0] == 0
    (signed,) = (tmp_path / "data" / "heads").iterdir()
    signed.rename(signed.with_name("heads-2025-01-01.jsonl"))
    with unguarded(engine) as raw:  # the database of a backup made before the last event
        raw.execute("DELETE FROM event WHERE stream = 'unit:S01' AND seq = (SELECT max(seq) FROM event WHERE stream = 'unit:S01')")
    code, told = creation("verify")
    assert (code, "现在没有" in told) == (1, True)
    code, told = creation("audit", "sign")
    assert (code, "--restart" in told) == (2, True)
    assert creation("audit", "sign", "--restart", "硬盘损坏，恢复昨日备份")[0] == 0
    assert creation("audit", "sign", "--restart", "又一次")[0] == 2, "one list a day"
    assert creation("verify")[0] == 0
    newest = verifier.parse_list(max((tmp_path / "data" / "heads").iterdir()).read_text(encoding="utf-8"))
    (told,) = verifier.order(None, [newest], [])
    assert "硬盘损坏" in told


def test_the_export_is_the_whole_history(engine, tmp_path):
    with (tmp_path / "export.jsonl").open("w", encoding="utf-8") as sink:
        written = export_history(engine, sink)
    export = verifier.parse_export((tmp_path / "export.jsonl").read_text(encoding="utf-8"))
    with reading(engine) as session:
        assert len(export.rows) == written == session.exec(sa.select(sa.func.count()).select_from(Event)).scalar_one()
    assert verifier.examine(export, [], []) == []
