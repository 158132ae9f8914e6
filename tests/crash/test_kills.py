"""kill -9 of senders and timetables at random: nothing lost, no decision twice, no reminder more often than it was unknown.

Real processes, real SMTP over loopback, real SQLite and PostgreSQL. A naive sender under the same harness fails.
"""

import pytest

from tests.crash.judge import judge
from tests.crash.rig import Rig
from tests.crash.scene import Scene
from tests.marks import size

pytestmark = [pytest.mark.trust, pytest.mark.timeout(size(900, 3600))]
KILLS = size(30, 1000)
NAIVE_KILLS = size(6, 60)
FREEZES = size(0, 8)
EACH = [pytest.param(name, marks=pytest.mark.xdist_group(f"kills-{name}")) for name in ("sqlite", "postgresql")]
TIMETABLE_EVERY = size(10, 50)
"""Kills after which a day begins: there are 134 days on which something is due."""
DAYS_TRIED, MORE_DAYS = 5, 6
"""A scan is over in a moment: so many days are tried; once more, if no timetable has been caught in the middle of one."""
AIMED_EVERY = 3
"""Every third strike waits for a sender between intent and record (the naive one never has an intent); the others take whatever is held."""
FED = 30


def strike_while_scanning(scene, rig):
    """Let a new day begin and kill the timetable in its middle; a scan is short, so a few days may be needed."""
    for _ in range(DAYS_TRIED):
        rig.wait(scene.scanned, scene)
        if not scene.next_day():
            return
        while not scene.scanned():  # on a busy machine it may begin late
            if rig.strike("timetable", tries=20, waits=(0.0, 0.008)):
                return


def anything(held):
    return held.counts


def between(held):
    """Between intent and record."""
    return held.sending > 0


def leased(held):
    """The naive sender's way of being between two records."""
    return held.leased and not held.transaction


def play(scene, rig, kills, freezes=0, worth=anything, aim=between):
    """Let them work and strike until there are enough kills, some of them aimed; then peace until everything has left."""
    scene.feed(FED)
    due = [kills * (n + 1) // (freezes + 1) for n in range(freezes)]
    while rig.kills < kills:
        if scene.waiting() < FED:
            scene.feed(FED)
        if "timetable" in rig.roles and rig.kills % TIMETABLE_EVERY == 0:
            strike_while_scanning(scene, rig)
        if due and rig.kills >= due[0] and rig.freeze(rig.roles[0]):
            del due[0]
        rig.strike(rig.roles[0], worth=worth if rig.kills % AIMED_EVERY else aim)
    for _ in range(MORE_DAYS if "timetable" in rig.roles else 0):
        if not any(role == "timetable" for role, _ in rig.struck):
            strike_while_scanning(scene, rig)
    if "timetable" in rig.roles:
        rig.wait(scene.scanned, scene)
    rig.wait(scene.drained, scene)


def told(title, rig, verdict):
    return f"{title}: {rig.kills} kills, {rig.in_window()} between intent and record, {rig.frozen} frozen past the lease, {rig.fell} fell by themselves\n{rig.histogram()}\n{verdict}"


@pytest.mark.parametrize("office", EACH, indirect=True)
def test_kill_9_at_random_loses_nothing_and_doubles_nothing(office, tmp_path, figures):
    scene = Scene(office)
    with Rig(office, tmp_path, ("sender",) * 3 + ("timetable",) * 2, seed=20251104) as rig:
        play(scene, rig, KILLS, FREEZES)
    verdict = judge(office, rig.ledger, scene.expected)
    figures(told(office.dialect.name, rig, verdict))
    assert verdict.flaws == []
    assert rig.kills >= KILLS
    assert rig.in_window() * 5 >= rig.kills, "at least a fifth between intent and record"
    assert any(role == "timetable" for role, _ in rig.struck)
    assert rig.frozen == FREEZES


@pytest.mark.xdist_group("kills-sqlite")
@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_a_naive_sender_fails_under_the_same_harness(office, tmp_path, figures):
    """Negative control: with a lease alone letters arrive twice, and nothing tells of it."""
    scene = Scene(office)
    with Rig(office, tmp_path, ("naive",) * 3, seed=20251104) as rig:
        play(scene, rig, NAIVE_KILLS, worth=leased, aim=leased)
    verdict = judge(office, rig.ledger)
    figures(told("naive", rig, verdict))
    assert [flaw for flaw in verdict.flaws if "copies, 0 unknown" in flaw], verdict
    assert verdict.lost_attempts == 0
