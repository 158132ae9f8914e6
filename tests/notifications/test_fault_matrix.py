"""Twelve phases of the dialogue times eighteen faults: what the outbox says is what the table says and what the server kept."""

import csv
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import select

from config import clock
from config.vocabulary import MailClass, MailKind, MailState
from models.database import engine_for
from models.store import reading, transaction
from models.tables import Mail, Task
from models.upgrade import upgrade
from notifications.delivery import deliver
from notifications.transport import SmtpAccount, Transport
from tests.certificates import certificate
from tests.conftest import POSTGRES
from tests.marks import IS_LONG
from tests.notifications.faults import FAULTS, LATE_SECONDS, PHASES, FaultyServer

pytestmark = [pytest.mark.trust, pytest.mark.xdist_group("fault-matrix")]  # the cells are played once for all
FEW = [("banner", "421"), ("AUTH", "535"), ("RCPT", "550"), ("DATA", "451"), ("body", "RST"), ("dot", "late")]
TIMEOUT_SECONDS, LONGER_SECONDS = 0.3, 1.0
"""Of the first run, and of cells that are played again: on a busy machine 0.3 s may be over where nothing was wrong."""
SPARE_SECONDS, HANGS_SECONDS = 5.0, 30.0
"""What a cell may take beyond its time-out; on a busy machine it may once take longer, though never as long as what hangs."""
AGAIN, STARVED_MAX = 3, 72
"""A starved cell must come out right, and soon, so many times; so many of the 216 may be starved."""
TABLE = Path(__file__).with_name("fault_matrix.csv")
BODY = b"From: a@university.example\r\nTo: b@university.example\r\nSubject: x\r\nMessage-ID: <one@x>\r\n\r\n.dot\r\nend\r\n"
KEPT = {"sent": 1, "later": 0, "wait": 0, "stop": 0, "failed": 0, "unknown/0": 0, "unknown/1": 1}


@dataclass(frozen=True)
class Seen:
    """One cell as it came out."""

    outcome: str
    kept: int
    seconds: float
    tasks: int
    same_bytes: bool


def by_hand():
    lines = [line for line in TABLE.read_text().splitlines() if not line.startswith("#")]
    head, *rows = [[cell.strip() for cell in row] for row in csv.reader(lines)]
    return {(row[0], fault): outcome for row in rows for fault, outcome in zip(head[1:], row[1:], strict=True)}


def one_mail(engine, mail_class, kind):
    with transaction(engine) as session:
        session.add(Mail(key="one", message_id="<one@x>", kind=kind, mail_class=mail_class, mailbox="b@university.example", send_on=clock.now().date(), not_before=clock.now(), mime=BODY, subject="x"))  # fmt: skip


def outcome_of(mail, report, began, kept):
    """Return the word of the table for how a mail now stands; any other state is a word of its own."""
    if mail.state == MailState.UNKNOWN:
        return f"unknown/{kept}"
    if mail.state != MailState.READY:
        return mail.state.value
    waits, spent = mail.not_before > began, mail.tries
    words = {(True, False, False, 0): "stop", (False, True, True, 0): "wait", (False, False, True, 1): "later"}
    found = bool(report.stopped), bool(report.paused), waits, spent
    return words.get(found, f"ready {found}")


def copied(blank, folder):
    """Copy a SQLite file for a cell."""

    def copy(cell):
        path = folder / f"{'-'.join(cell)}.db"
        shutil.copy(blank, path)
        return engine_for(f"sqlite:///{path}")

    return copy


def run(cell, database, context, mail_class=MailClass.DECIDE, kind=MailKind.RETURNED, timeout=TIMEOUT_SECONDS):
    phase, fault = cell
    engine = database(cell)
    one_mail(engine, mail_class, kind)
    with FaultyServer(phase, fault, context) as server:
        account = SmtpAccount("127.0.0.1", server.port, "starttls", "office", "code", timeout, final_seconds=timeout)
        began, clocked = clock.now(), time.monotonic()
        report = deliver(engine, Transport(account), "one")
        seconds = time.monotonic() - clocked
        time.sleep(LATE_SECONDS + 0.5 if fault == "late" else 0.05)  # what the server does late it does now
    with reading(engine) as session:
        mail, tasks = session.exec(select(Mail)).one(), len(session.exec(select(Task)).all())
    engine.dispose()
    kept = len(server.kept)
    outcome = outcome_of(mail, report, began, kept)
    return Seen(outcome, kept, seconds, tasks, set(server.kept) <= {BODY.replace(b"\r\n.", b"\r\n..")})


def run_all(cells, folder, **more):
    blank = folder / "blank.db"
    engine = engine_for(f"sqlite:///{blank}")
    upgrade(engine)
    engine.dispose()
    return run_on(copied(blank, folder), cells, folder, **more)


def run_on(database, cells, folder, **more):
    """Run cells side by side, each on a database of its own."""
    context, trusted = certificate(folder)
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(8) as threads:
        patch.setenv("SSL_CERT_FILE", str(trusted))
        return dict(zip(cells, threads.map(lambda cell: run(cell, database, context, **more), cells), strict=True))


def starved(wrong, seen):
    """Return the wrong cells in which a time-out passed: only those can be the machine's fault, and are played again."""
    return [cell for cell in wrong if seen[cell].seconds >= TIMEOUT_SECONDS]


def again(cells, play):
    """Play starved cells again, more patiently, several times; returns each cell's runs."""
    runs = [play(list(cells), number) for number in range(AGAIN)] if cells else []
    return {cell: [one[cell] for one in runs] for cell in cells}


def worst(found, replayed, wrong):
    """Return the cells as they came out; of a cell played again the run that is wrong, if one is."""
    runs = {cell: next((one for one in ones if wrong({cell: one})), ones[0]) for cell, ones in replayed.items()}
    return found | runs


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """The first run of every cell, and the runs of those that were starved in it."""
    found = run_all(list(product(PHASES, FAULTS)), tmp_path_factory.mktemp("matrix"))
    late = [cell for cell, one in found.items() if one.seconds > TIMEOUT_SECONDS + SPARE_SECONDS]
    cells = {*starved(differences(by_hand(), found), found), *late}
    return found, again(sorted(cells), lambda some, _: run_all(some, tmp_path_factory.mktemp("again"), timeout=LONGER_SECONDS))


@pytest.fixture(scope="module")
def seen(played):
    return worst(*played, wrong_ones)


def wrong_ones(seen):
    table = by_hand()
    return differences({cell: table[cell] for cell in seen}, seen)


def differences(table, seen):
    """Return the cells that came out otherwise than written, or where the server kept what we do not know of."""
    return {cell: (wanted, seen[cell]) for cell, wanted in table.items() if (seen[cell].outcome, seen[cell].kept) != (wanted, KEPT[wanted])}


def test_every_cell_is_written_once():
    assert set(by_hand()) == set(product(PHASES, FAULTS))
    assert len(by_hand()) == 12 * 18


def test_every_fault_ends_as_written_and_both_ledgers_agree(seen):
    assert differences(by_hand(), seen) == {}


def test_one_wrong_cell_is_found(seen):
    """Negative control: whichever cell of the table is changed, it and no other is reported."""
    table = by_hand()
    for cell, wanted in table.items():
        wrong = {**table, cell: "sent" if wanted != "sent" else "later"}
        assert set(differences(wrong, seen)) == {cell}


def test_nothing_hangs(played):
    first, replayed = played
    assert {cell: one.seconds for cell, one in first.items() if one.seconds > HANGS_SECONDS} == {}
    assert {cell for cell, ones in replayed.items() if max(one.seconds for one in ones) > LONGER_SECONDS + SPARE_SECONDS} == set()


def test_few_cells_are_starved(played, figures):
    _, replayed = played
    figures(
        f"fault matrix: {len(replayed)} of {len(FAULTS) * len(PHASES)} cells starved at {TIMEOUT_SECONDS} s and played {AGAIN} times more"
    )
    assert len(replayed) <= STARVED_MAX, sorted(replayed)


def test_a_fault_that_comes_now_and_then_is_found():
    """Negative control: wrong at once without a time-out, or wrong in one of the runs of a starved cell."""
    cell, right = ("banner", "421"), Seen("wait", 0, 0.1, 0, True)
    quick, slow = replace(right, outcome="sent"), replace(right, outcome="unknown/0", seconds=0.4)
    assert starved([cell], {cell: quick}) == []
    assert starved([cell], {cell: slow}) == [cell]
    assert wrong_ones(worst({cell: slow}, {cell: [right, right, right]}, wrong_ones)) == {}
    assert set(wrong_ones(worst({cell: slow}, {cell: [right, slow, right]}, wrong_ones))) == {cell}


def test_nothing_ends_without_an_answer_or_a_task(seen):
    ended = ("failed", "unknown/0", "unknown/1", "stop")
    assert {cell: one for cell, one in seen.items() if one.tasks != (one.outcome in ended)} == {}


def test_what_arrives_is_what_was_built(seen):
    assert all(one.same_bytes for one in seen.values())


def test_a_reminder_goes_once_more_where_nobody_knows(tmp_path):
    cells = list(product(("body", "dot"), FAULTS))
    reminder = {"mail_class": MailClass.REMIND, "kind": MailKind.REMINDER}
    found = run_all(cells, tmp_path, **reminder)

    def play(some, number):
        (tmp_path / str(number)).mkdir()
        return run_all(some, tmp_path / str(number), timeout=LONGER_SECONDS, **reminder)

    seen = worst(found, again(starved(of_reminders(found), found), play), of_reminders)
    assert of_reminders(seen) == {}
    assert all(one.same_bytes for one in seen.values())


def of_reminders(seen):
    """Return the cells that came out otherwise than written for a reminder: where nobody knows, the server has got it twice."""
    table, wrong = by_hand(), {}
    for cell, one in seen.items():
        copies = 2 * KEPT[table[cell]] if table[cell].startswith("unknown") else KEPT[table[cell]]
        if (one.kept, one.outcome.split("/")[0]) != (copies, table[cell].split("/")[0]):
            wrong[cell] = one
    return wrong


@pytest.mark.parametrize("empty", ["postgresql"], indirect=True)
def test_on_postgresql_the_same_table_holds(empty, tmp_path):
    """A few cells whose outcomes differ, since every cell needs a database of its own; all 216 in the long suite."""
    server = sa.create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    empty.dispose()
    made = []

    def database(cell):
        name = f"{empty.url.database}_{len(made)}"
        made.append(name)
        with server.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name} TEMPLATE {empty.url.database}"))
        return engine_for(empty.url.set(database=name).render_as_string(hide_password=False))

    some = list(product(PHASES, FAULTS)) if IS_LONG else FEW
    try:
        found = run_on(database, some, tmp_path)
        cells = starved(wrong_ones(found), found)
        found = worst(found, again(cells, lambda some, _: run_on(database, some, tmp_path, timeout=LONGER_SECONDS)), wrong_ones)
    finally:
        with server.connect() as connection:
            for name in made:
                connection.execute(sa.text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        server.dispose()
    assert wrong_ones(found) == {}


def test_when_everything_is_over_no_thread_of_ours_is_left(seen):
    time.sleep(0.1)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ThreadPool")]
