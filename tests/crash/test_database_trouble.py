"""The database fails us: disk full, read-only, connections cut, server restarted. Said in a sentence, nothing half done, work goes on afterwards."""

import os
import shutil
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from config import clock
from flows.steps.acts import perform
from models.database import engine_for
from models.history import Act, verify
from models.store import reading, transaction
from models.tables import Mail
from models.trouble import told
from models.upgrade import upgrade
from notifications.catcher import free_port
from notifications.delivery import deliver
from notifications.transport import SmtpAccount, Transport
from tests.conftest import blank_file, new_postgresql, on_server
from tests.crash.judge import judge
from tests.crash.ledger import Ledger
from tests.crash.midterm import CODES, Records, prepare
from tests.crash.model import START
from tests.crash.story import STORY, Points, play
from tests.marks import LONG, size

pytestmark = [pytest.mark.trust, pytest.mark.timeout(size(900, 3600))]
ROOM = 4 << 20
"""Bytes of the small disk."""
CUTS, RESTARTS = size(5, 200), 5
PROGRAMS = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), Path("/nowhere"))


@pytest.fixture
def small_disk():
    """A disk of its own, of a few megabytes; needs the right to mount."""
    with tempfile.TemporaryDirectory() as folder:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", folder], capture_output=True, check=False)
        if mounted.returncode:
            pytest.skip("no right to mount a disk")
        yield Path(folder)
        subprocess.run(["umount", folder], check=True)


@pytest.fixture
def on_small_disk(small_disk):
    shutil.copy(blank_file(), small_disk / "office.db")
    made = engine_for(f"sqlite:///{small_disk / 'office.db'}")
    prepare(made)
    yield made
    made.dispose()


def find(engine):
    """Record something large."""
    perform(engine, Act("工作人员1", "command:test", START), "record_finding", project=CODES[0], text="了解" * 2000)


def fails(engine):
    """Return what a person is told."""
    with pytest.raises(sa.exc.DBAPIError) as failed:
        find(engine)
    return told(failed.value)


def events(engine):
    with reading(engine) as session:
        assert verify(session) == []
        return session.execute(sa.text("SELECT count(*) FROM event")).scalar_one()


def fill(path):
    """Write until nothing more fits."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT)
    try:
        while os.write(handle, b"x" * 4096):
            pass
    except OSError:
        os.close(handle)


def test_a_full_disk_is_told_and_nothing_is_half_done(on_small_disk, small_disk):
    find(on_small_disk)
    before = events(on_small_disk)
    fill(small_disk / "ballast")
    assert "磁盘已满" in fails(on_small_disk)
    assert events(on_small_disk) == before
    (small_disk / "ballast").unlink()
    find(on_small_disk)
    assert events(on_small_disk) == before + 1


def test_a_read_only_disk_is_told_on_the_command_line(on_small_disk, small_disk, creation):
    before = events(on_small_disk)
    remount(small_disk, "ro", on_small_disk)
    assert "只读" in fails(on_small_disk)
    code, said = creation("record", "record_finding", f"project={CODES[0]}", "text=了解", url=str(on_small_disk.url))
    assert (code, "只读" in said, "Traceback" in said) == (2, True, False), said
    assert events(on_small_disk) == before
    remount(small_disk, "rw", on_small_disk)
    find(on_small_disk)
    assert events(on_small_disk) == before + 1


def remount(disk, how, engine):
    engine.dispose()
    subprocess.run(["mount", "-o", f"remount,{how}", str(disk)], check=True)


def test_a_read_only_server_is_told(server):
    before, name = events(server), server.url.database
    on_server(f"ALTER DATABASE {name} SET default_transaction_read_only TO on")
    server.dispose()
    assert "只读" in fails(server)
    assert events(server) == before
    on_server(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    server.dispose()
    find(server)
    assert events(server) == before + 1


@pytest.fixture
def empty_server():
    with new_postgresql() as made:
        yield made


@pytest.fixture
def server(empty_server):
    prepare(empty_server)
    return empty_server


def insist(engine, what):
    """Do something until no connection is lost on the way; returns what was told meanwhile."""
    said = []
    while True:
        try:
            with transaction(engine) as session:  # what was sent when a connection broke is over
                past = {"lease_until": clock.now() - timedelta(days=1)}
                session.execute(sa.update(Mail).where(Mail.lease_until.is_not(None)).values(past))
            what()
        except sa.exc.DBAPIError as error:
            said.append(told(error))
            time.sleep(0.02)
        else:
            return said


def whole_story(engine, records, ledger, folder, trouble):
    """Play the story in this process amid trouble, however often it loses its connection.

    Returns what stands when the trouble is over, flaws, and what was told.
    """
    records.reset()
    ledger.accepted.clear()
    said = []
    account, points = SmtpAccount.from_url(ledger.url), Points("", folder / "points.log")
    with trouble:
        for day in STORY:
            said += insist(engine, partial(play, engine, points, day, lambda: deliver(engine, Transport(account), "x")))
    stands = {name: value for name, value in records.look().items() if name != ("count", "task")}
    return stands, judge(engine, ledger).flaws, said


@contextmanager
def meanwhile(what, pause, done):
    """Do something in a thread again and again; what it returned goes into a list."""
    stop = threading.Event()

    def again():
        while not stop.wait(pause):
            done.append(what())

    thread = threading.Thread(target=again)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(60)


def cut_all(engine):
    """End every other session of a database, as its administrator can."""
    admin = sa.create_engine(engine.url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with admin.connect() as connection:
        return connection.exec_driver_sql(ended).scalar_one()


@pytest.fixture
def inbox(data_folder):
    (data_folder / "inbox").mkdir(parents=True)
    (data_folder / "inbox" / "进展.docx").write_bytes("进展".encode())


@pytest.mark.usefixtures("inbox")
def test_connections_cut_again_and_again_change_nothing(empty_server, tmp_path, figures):
    with Ledger(0.0, 1) as ledger:
        records, cuts, said, stories = Records(empty_server), [], [], 0
        wanted, flaws, _ = whole_story(empty_server, records, ledger, tmp_path, nullcontext())
        assert flaws == []
        while sum(cuts) < CUTS:
            trouble = meanwhile(partial(cut_all, empty_server), 0.25, cuts)
            found, flaws, heard = whole_story(empty_server, records, ledger, tmp_path, trouble)
            assert (found, flaws) == (wanted, [])
            said, stories = said + heard, stories + 1
    figures(
        f"postgresql: {sum(cuts)} connections cut in {stories} stories, {len(said)} times an act was lost; lost 0, doubled 0, every end the same"
    )
    assert said
    assert [one for one in said if "连接中断" not in one] == []


@pytest.fixture
def own_server():
    """A PostgreSQL that nobody else uses, at the current schema: its folder and its address."""
    if not PROGRAMS.is_dir() or os.geteuid():
        pytest.skip("no programs of a PostgreSQL server, or no right to run one as its user")
    with tempfile.TemporaryDirectory() as folder:
        shutil.chown(folder, "postgres")
        control(folder, "initdb", "-D", f"{folder}/data", "-A", "trust", "-U", "postgres", "--no-sync")
        port = free_port()
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"

        def turn(how):
            control(folder, "pg_ctl", "-D", f"{folder}/data", "-l", f"{folder}/log", "-w", "-o", options, "-m", "immediate", how)

        turn("start")
        made = engine_for(f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres")
        upgrade(made)
        yield made, turn
        made.dispose()
        turn("stop")


def control(folder, program, *words):
    """Run one of the server's programs as its user."""
    subprocess.run(
        ["runuser", "-u", "postgres", "--", str(PROGRAMS / program), *words], check=True, capture_output=True, cwd=folder, timeout=120
    )


@LONG
@pytest.mark.usefixtures("inbox")
def test_a_server_that_crashes_and_comes_back_changes_nothing(own_server, tmp_path, figures):
    engine, turn = own_server
    with Ledger(0.0, 1) as ledger:
        records, restarts, said = Records(engine), [], []
        wanted, flaws, _ = whole_story(engine, records, ledger, tmp_path, nullcontext())
        assert flaws == []
        while len(restarts) < RESTARTS:
            found, flaws, heard = whole_story(engine, records, ledger, tmp_path, meanwhile(partial(turn, "restart"), 0.5, restarts))
            assert (found, flaws) == (wanted, [])
            said += heard
    figures(f"postgresql: the server crashed and came back {len(restarts)} times, {len(said)} times an act was lost; every end the same")
    assert said
    assert [one for one in said if "连接中断" not in one] == []
