"""Backup and restore: whole or not at all, from either database into either, with all mail held afterwards."""

import json
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from threading import Event, Thread
from zipfile import ZipFile

import pytest
import sqlalchemy as sa
from sqlmodel import select

from config.clock import now
from config.settings import files_in, settings
from config.vocabulary import MailState
from flows.operate import backup
from flows.steps.acts import perform
from flows.steps.witnessing import flaws_of
from models.archive import ArchiveError, heads
from models.business_clock import business_now
from models.database import engine_for
from models.heads import keep_list
from models.history import Act, count_events, verify
from models.signing import make_key
from models.store import reading, transaction
from models.tables import Mail
from notifications import gate
from notifications.carrying import NowhereCarrier
from notifications.delivery import deliver
from notifications.outbox import UNSENT
from tests.conftest import migrated

DAY = date(2025, 12, 18)
ACT = Act("A01", "command:test", DAY)
KINDS = ("sqlite", "postgresql")


@pytest.fixture
def office(evening, tmp_path):
    """An office after its first six weeks, and a data folder with a paper that was handed in. Returns (engine, folder)."""
    data = tmp_path / "office"
    kept = data / "files" / "ab" / "abcd"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"paper")
    (data / "files" / "ab" / "half.part").write_bytes(b"pap")
    (data / "secret.key").write_bytes(b"never")
    return engine_for(f"sqlite:///{evening(DAY)}"), data


def tables(path):
    with ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name.startswith("tables/") and "setting" not in name}


@pytest.mark.parametrize("kind", KINDS)
def test_it_comes_back_as_it_was_and_holds_its_mail(office, kind, tmp_path):
    """Out of SQLite into either, out of that again: every row is the same, and so is the head of every stream."""
    source, data = office
    first, second = tmp_path / "first.zip", tmp_path / "second.zip"
    made = backup.make(source, data, first)
    assert (made.files, made.events > 1000) == (1, True)
    with migrated(kind, tmp_path) as target:
        assert backup.restore(target, tmp_path / "new", first, "A01")[1:] == made[1:]
        backup.make(target, tmp_path / "new", second)
        assert tables(second) == tables(first)
        assert (tmp_path / "new" / "files" / "ab" / "abcd").read_bytes() == b"paper"
        assert not (tmp_path / "new" / "secret.key").exists()
        with source.connect() as one, target.connect() as other:
            assert heads(one) == heads(other)
        still_works(target)


def still_works(target):
    """It holds its mail until a person lets go, takes new acts, and the history is whole."""
    with transaction(target) as session:
        waiting = session.exec(select(Mail).where(Mail.state.in_(UNSENT))).all()
        for mail in waiting:
            mail.not_before = business_now(session) - timedelta(days=1)
        session.add(Mail(**mail_like(session)))
    assert deliver(target, NowhereCarrier(), "test").sent == 0
    perform(target, ACT, "record_finding", project="2025-S05", text="恢复后登记")
    with transaction(target) as session:
        assert gate.hold_of(session).reason == backup.HELD_BECAUSE
        gate.release(session)
    assert deliver(target, NowhereCarrier(), "test").sent > 0
    with reading(target) as session:
        assert verify(session) == []


def mail_like(session):
    """A new mail, numbered by the database: it must count on from those taken in."""
    given = session.exec(select(Mail).where(Mail.state == MailState.SENT, Mail.mime.is_not(None))).first()
    left_out = {"id": None, "key": "new", "message_id": "<new@university.example>", "state": MailState.READY, "resends": 1}
    return {**given.model_dump(), **left_out, "not_before": business_now(session)}


class Died(BaseException):
    """The process ends here."""


@contextmanager
def dying_at(engine, number):
    """Nothing of the ``number``-th commit of the block arrives, nor of any after it."""
    left = iter(range(1, number))

    def commit(_):
        if next(left, None) is None:
            raise Died

    sa.event.listen(engine, "commit", commit)
    try:
        yield
    finally:
        sa.event.remove(engine, "commit", commit)


@pytest.mark.parametrize("kind", KINDS)
def test_a_restore_that_dies_at_any_commit_leaves_no_rows_without_the_hold(office, kind, tmp_path):
    source, data = office
    backup.make(source, data, tmp_path / "one.zip")
    with migrated(kind, tmp_path) as target:
        deaths = 0
        with suppress(ArchiveError):  # it is done when it is refused: there are rows
            while deaths < 10:
                with suppress(Died), dying_at(target, deaths + 1):
                    backup.restore(target, tmp_path / "new", tmp_path / "one.zip", "A01")
                with reading(target) as session:
                    assert bool(count_events(session)) == bool(gate.hold_of(session))
                deaths += 1
        assert 0 < deaths < 10


@pytest.mark.parametrize("kind", KINDS)
def test_a_backup_of_a_moment_while_others_work_is_whole(office, kind, tmp_path, monkeypatch):
    """Acts are recorded all the time, and at every step of the backup another list is signed; what is restored bears out each list in it."""
    source, data = office
    monkeypatch.setenv("CREATION_DATA", str(data))
    settings.cache_clear()
    make_key()
    backup.make(source, data, tmp_path / "first.zip")
    with migrated(kind, tmp_path) as target, migrated(kind, data) as restored:
        backup.restore(target, data, tmp_path / "first.zip", "A01")
        days = (DAY + timedelta(days=number) for number in range(1_000))

        def sign(_):
            perform(target, ACT, "record_finding", project="2025-S05", text="备份期间登记")
            keep_list(target, data, next(days), now())

        with working(target) as done:
            backup.make(target, data, tmp_path / "busy.zip", sign)
        assert done
        made = backup.restore(restored, tmp_path / "new", tmp_path / "busy.zip", "A01")
        assert made.files >= 1
        with files_in(tmp_path / "new"):
            assert flaws_of(restored) == ()
    settings.cache_clear()


@contextmanager
def working(engine):
    """Somebody records findings as fast as they can for as long as the block lasts."""
    done, stop = [], Event()

    def record():
        while not stop.is_set():
            perform(engine, ACT, "record_finding", project="2025-S06", text="备份期间登记")
            done.append(1)

    worker = Thread(target=record)
    worker.start()
    try:
        yield done
    finally:
        stop.set()
        worker.join()


def test_what_is_there_already_is_not_overwritten(office, tmp_path):
    source, data = office
    backup.make(source, data, tmp_path / "one.zip")
    with pytest.raises(ArchiveError, match="已存在"):
        backup.make(source, data, tmp_path / "one.zip")
    with pytest.raises(ArchiveError, match="不能覆盖"):
        backup.restore(source, tmp_path / "new", tmp_path / "one.zip", "A01")
    (data / "files" / "ab" / "abcd").write_bytes(b"other")
    with migrated("sqlite", tmp_path) as target, pytest.raises(ArchiveError, match="已有不同的文件"):
        backup.restore(target, data, tmp_path / "one.zip", "A01")


def rewritten(path, target, change):
    """A copy of a backup in which ``change`` has had its way with the content of each member."""
    with ZipFile(path) as given, ZipFile(target, "w") as made:
        for name in given.namelist():
            made.writestr(name, change(name, given.read(name)))
    return target


def without_an_event(name, content):
    return b"\n".join(content.splitlines()[:-1]) + b"\n" if name == "tables/event.jsonl" else content


def another_word(name, content):
    return content.replace("已对照标准自查".encode(), "未对照标准自查".encode()) if name == "tables/event.jsonl" else content


def another_paper(name, content):
    return b"forged" if name.startswith("files/") else content


def out_of_the_folder(name, content):
    if name != backup.MANIFEST:
        return content
    return json.dumps(json.loads(content) | {"files": {"files/../../out": "0" * 64}}).encode()


def of_another_version(name, content):
    return json.dumps(json.loads(content) | {"revision": "9999"}).encode() if name == backup.MANIFEST else content


def with_another_head(name, content):
    if name != backup.MANIFEST:
        return content
    told = json.loads(content)
    told["heads"]["unit:S01"][1] = "0" * 64
    return json.dumps(told).encode()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (with_another_head, "各记录链末端不符"),
        (without_an_event, "不完整或被改动"),
        (another_word, "内容与校验值不符"),
        (another_paper, "校验值不符"),
        (out_of_the_folder, "不在 files"),
        (of_another_version, "数据库结构为 9999"),
    ],
)
def test_a_backup_that_was_changed_is_refused_and_leaves_the_database_empty(office, tmp_path, change, told):
    source, data = office
    backup.make(source, data, tmp_path / "one.zip")
    forged = rewritten(tmp_path / "one.zip", tmp_path / "forged.zip", change)
    with migrated("sqlite", tmp_path) as target:
        with pytest.raises(ArchiveError, match=told):
            backup.restore(target, tmp_path / "new", forged, "A01")
        with target.connect() as connection:
            assert heads(connection) == {}
    assert not (tmp_path / "out").exists()


def test_no_archive_at_all(tmp_path):
    (tmp_path / "one.zip").write_bytes(b"PK nonsense")
    with pytest.raises(ArchiveError, match="无法读取"):
        backup.check(tmp_path / "one.zip")


def test_the_commands(creation, tmp_path):
    assert creation("backup", "make", str(tmp_path / "b.zip"))[0] == 0
    code, told = creation("backup", "check", str(tmp_path / "b.zip"), "--json")
    assert (code, json.loads(told)["files"]) == (0, 0)
    assert (tmp_path / "b.zip").stat().st_mode & 0o077 == 0
    code, told = creation("backup", "restore", str(tmp_path / "b.zip"), url=f"sqlite:///{tmp_path / 'other.db'}")
    assert (code, "发信已暂停" in told) == (0, True)
    code, told = creation("backup", "restore", str(tmp_path / "b.zip"), url=f"sqlite:///{tmp_path / 'other.db'}")
    assert (code, "不能覆盖" in told) == (2, True)
