"""The harness: victims out of the nursery, struck at random with a fixed seed, replaced at once; then peace until nothing is left.

Technique: SIGSTOP, look from outside what the process holds, then SIGKILL if it holds a lease or a transaction, else SIGCONT. So every
kill that counts is known to have hurt. ``freeze`` lets a sender sleep past its lease instead and wakes it.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash.ledger import Ledger
from tests.crash.looking import eye

LEASE_SECONDS = 3.0
SLOWEST_SECONDS = 0.03
WAITS = (0.0, 0.06)
"""Between a victim's release and the next look, in seconds."""


@dataclass
class Rig:
    """``roles`` name who lives all the time; the rest is found out."""

    engine: object
    folder: Path
    roles: tuple
    seed: int
    lease_seconds: float = LEASE_SECONDS
    slowest: float = SLOWEST_SECONDS
    struck: Counter = field(default_factory=Counter)
    frozen: int = 0
    fell: int = 0
    """Victims that ended by themselves."""

    def __enter__(self):
        self.random = random.Random(self.seed)
        self.ledger = Ledger(self.slowest, self.seed).__enter__()
        self._eye = eye(self.engine)
        self.log = self.folder / "victims.log"
        environment = {
            "CREATION_DATABASE_URL": self.engine.url.render_as_string(hide_password=False), "CREATION_DATA": str(self.folder),
            "CREATION_SMTP_URL": self.ledger.url, "CREATION_MAIL_LEASE_SECONDS": str(self.lease_seconds),
        }  # fmt: skip
        self._environment = environment
        self._nursery = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.nursery"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.living = [(role, self.bear(role)) for role in self.roles]
        return self

    def __exit__(self, *_):
        for _, pid in self.living:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._nursery.stdin.close()
        self._nursery.wait(10)
        self._nursery.stdout.close()
        self.ledger.__exit__()

    def bear(self, role, **more):
        """Let a victim be born, with more in its environment; returns its process id."""
        self._nursery.stdin.write(f"{role} {self.log} {json.dumps(self._environment | more)}\n")
        self._nursery.stdin.flush()
        return int(self._nursery.stdout.readline())

    @property
    def kills(self):
        return self.struck.total()

    def in_window(self):
        """Kills between intent and record."""
        return sum(number for (_, word), number in self.struck.items() if word.startswith("between"))

    def strike(self, role, tries=400, waits=WAITS, worth=lambda held: held.counts):
        """Kill one victim of a role at a moment when it holds something; returns whether one was found in ``tries`` looks."""
        for _ in range(tries):
            time.sleep(self.random.uniform(*waits))
            place = self.random.choice([n for n, (name, _) in enumerate(self.living) if name == role])
            held = self._stopped(place)
            if held is None:
                continue
            pid = self.living[place][1]
            if worth(held):
                os.kill(pid, signal.SIGKILL)
                self.struck[role, held.word] += 1
                self.living[place] = role, self.bear(role)
                return True
            os.kill(pid, signal.SIGCONT)
        return False

    def freeze(self, role, tries=400):
        """Stop one victim between intent and record until its lease is over and others have taken its mails; then wake it."""
        for _ in range(tries):
            time.sleep(self.random.uniform(*WAITS))
            place = self.random.choice([n for n, (name, _) in enumerate(self.living) if name == role])
            held = self._stopped(place)
            if held is None:
                continue
            found = held.sending > 0 and not held.transaction
            time.sleep(self.lease_seconds + 0.5 if found else 0)
            os.kill(self.living[place][1], signal.SIGCONT)
            if found:
                self.frozen += 1
                return True
        return False

    def _stopped(self, place):
        """Stop a victim and say what it holds; None when it had ended by itself and was replaced."""
        role, pid = self.living[place]
        try:
            os.kill(pid, signal.SIGSTOP)
            while (state := Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]) not in "TZX":
                time.sleep(0.0005)
        except (FileNotFoundError, ProcessLookupError):
            state = "X"
        if state == "T":
            return self._eye.look(pid)
        self.fell += 1
        self.living[place] = role, self.bear(role)
        return None

    def mend(self):
        """Replace who has ended by itself, as the supervisor of ``creation up`` would."""
        for place, (role, pid) in enumerate(self.living):
            if not Path(f"/proc/{pid}").exists():
                self.fell += 1
                self.living[place] = role, self.bear(role)

    def wait(self, reached, what, patience=400.0):
        """Let everybody work until something is so; returns it. ``what`` is said where it is not reached in time."""
        end = time.monotonic() + patience
        while not (found := reached()):
            assert time.monotonic() < end, f"not reached: {what}\n{self.log.read_text()[-4000:]}"
            self.mend()
            time.sleep(0.05)
        return found

    def histogram(self):
        """What the victims held when they were killed, as text."""
        bars = [f"{role:9} {word:36} {number:4} {'#' * number}"[:120] for (role, word), number in sorted(self.struck.items())]
        return "\n".join(bars)
