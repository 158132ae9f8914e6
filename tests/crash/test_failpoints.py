"""kill -9 before and after every commit, message and file of a story, and at random; begun again, all ends as if nothing had been.

Only a message that left a moment before the kill may differ: nobody can know of it, so the judge asks for its trace (decision 0029).
"""

import random
import shutil
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from config import clock
from models.store import transaction
from models.tables import Mail
from tests.crash.judge import judge
from tests.crash.midterm import Records
from tests.crash.rig import Rig
from tests.crash.story import ENDED, REACHED, fill_inbox
from tests.marks import size

pytestmark = [pytest.mark.trust, pytest.mark.timeout(size(900, 3600))]
TURNS, EVERY = size(1, 3), size(90, 1)
"""How often each point is tried, and of how many points in a row one."""
EACH = ("sqlite", "postgresql")
PATIENCE = 400.0
RANDOM_KILLS, KILLS_EACH, LOOKS, AT_RANDOM = size(4, 200), size(4, 8), 8, (0.0, 0.2)
"""Kills of who holds something; how many are tried in one story, by how many looks; pauses between two looks, in seconds."""
FREE = {("count", "task")}
"""What may differ at the end: somebody is asked to find out whether a letter arrived."""


class Stage:
    """A story that is begun as often as it takes."""

    def __init__(self, office, rig, **more):
        self.records, self.rig, self.more, self.kills, self.killed = Records(office), rig, more, 0, Counter()
        self._ended = rig.folder / ENDED
        fill_inbox(rig.folder)

    def play(self, *points):
        """Kill the story at one point after the other, then let it end; returns what stands on record and what the judge found."""
        self._begin()
        for point in (*points, ""):
            self._lives(point)
            self.killed[point] += not self._ended.exists()
        return self._verdict()

    def play_at_random(self):
        """Kill some of those who play the story, when they hold a transaction or a mail, then let it end; returns the same."""
        self._begin()
        self.rig.living = [("story", self.rig.bear("story"))]
        self.kills += sum(self.rig.strike("story", tries=LOOKS, waits=AT_RANDOM) for _ in range(KILLS_EACH))
        self._ends(self.rig.living.pop()[1], "killed at random")
        self._lives("")  # what the last of the dead held is over
        return self._verdict()

    def _begin(self):
        self.records.reset()
        self.rig.ledger.accepted.clear()
        for name in (REACHED, ENDED, "victims.log"):
            (self.rig.folder / name).unlink(missing_ok=True)
        shutil.rmtree(self.rig.folder / "files", ignore_errors=True)  # what is kept already is not written again

    def _verdict(self):
        verdict = judge(self.records.engine, self.rig.ledger)
        told = [] if self._ended.exists() else [f"the story did not end: {self.rig.log.read_text()[-500:]}"]
        stands = {name: value for name, value in self.records.look().items() if name not in FREE}
        return stands, [*verdict.flaws, *told]

    def points(self):
        return (self.rig.folder / REACHED).read_text(encoding="utf-8").splitlines()

    def _lives(self, point):
        with transaction(self.records.engine) as session:  # what the dead held is over: nobody waits for that
            past = clock.now() - timedelta(days=1)
            session.execute(sa.update(Mail).where(Mail.lease_until.is_not(None)).values(lease_until=past))
        self._ends(self.rig.bear("story", STORY_POINT=point, **self.more), point)

    def _ends(self, victim, what):
        until = time.monotonic() + PATIENCE
        while Path(f"/proc/{victim}").exists():
            assert time.monotonic() < until, f"{what}: still alive"
            time.sleep(0.005)


def differences(wanted, stands, flaws):
    """Return what is not as in the story that nobody broke off, in words."""
    found = (name for name in sorted({*wanted, *stands}) if wanted.get(name) != stands.get(name))
    return [*flaws, *(f"{name}: {stands.get(name)} instead of {wanted.get(name)}" for name in found)]


def tries(points, turn):
    """Yield where to kill: in the first turn each point by itself, later with a second kill of who takes over, at random."""
    chance = random.Random(20251104 + turn)
    for point in points[turn % EVERY :: EVERY]:
        yield (point,) if turn == 0 else (point, chance.choice(points))


@pytest.mark.parametrize("turn", range(TURNS))
@pytest.mark.parametrize("office", EACH, indirect=True)
def test_killed_at_any_point_the_story_ends_the_same(office, turn, tmp_path, figures):
    with Rig(office, tmp_path, (), seed=1, lease_seconds=900, slowest=0.0) as rig:
        stage = Stage(office, rig)
        wanted, flaws = stage.play()
        points = stage.points()
        assert flaws == []
        tried = tuple(tries(points, turn))
        for where in tried:
            assert [where, *differences(wanted, *stage.play(*where))] == [where]
    figures(
        f"{office.dialect.name}: {len(points)} points, {stage.killed.total()} kills in {len(tried)} stories; lost 0, doubled 0, every end the same"
    )
    assert len([point for point in points if "commit" in point]) >= 40
    assert [what for what in ("DATA", "file on disk", "file in place") if not any(what in point for point in points)] == []
    assert [where[0] for where in tried if not stage.killed[where[0]]] == [], "each point is killed at, in each turn"


@pytest.mark.parametrize("office", EACH, indirect=True)
def test_killed_at_random_the_story_ends_the_same(office, tmp_path, figures):
    with Rig(office, tmp_path, (), seed=20251104, lease_seconds=900, slowest=0.005) as rig:
        stage = Stage(office, rig)
        wanted, flaws = stage.play()
        assert flaws == []
        while stage.kills < RANDOM_KILLS:
            assert differences(wanted, *stage.play_at_random()) == []
    figures(
        f"{office.dialect.name}: {stage.kills} kills at random of who plays the story; lost 0, doubled 0, every end the same\n{rig.histogram()}"
    )


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_an_application_that_forgets_its_commands_is_found(office, tmp_path):
    """Negative control: what was done just before the kill is done again."""
    with Rig(office, tmp_path, (), seed=1, lease_seconds=900, slowest=0.0) as rig:
        stage = Stage(office, rig, STORY_FORGETS="1")
        wanted, flaws = stage.play()
        assert flaws == []
        assert differences(wanted, *stage.play("return_paper after commit 1"))
