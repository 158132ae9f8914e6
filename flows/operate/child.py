"""One child process with its log: started on a leash, stopped with everything it has started itself."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from flows.operate.leash import LEASH

PATIENCE_SECONDS = 10.0
LOOK_SECONDS = 0.05
LOG_BYTES_MAX = 10 * 1024 * 1024


@dataclass
class Child:
    """A Python module in a process and session of its own; what it prints goes to its log."""

    name: str
    command: tuple[str, ...]
    """Module and arguments."""
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _leash: int = field(default=-1, init=False)

    def start(self) -> None:
        """Start it."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES_MAX:
            self.log.replace(self.log.with_suffix(".log.1"))
        reads, self._leash = os.pipe()  # not inherited, but for the read end below
        try:
            with self.log.open("ab") as sink:
                self.process = subprocess.Popen(  # noqa: S603 - our own modules
                    [sys.executable, "-m", "flows.operate.leash", *self.command],
                    env={**self.environment, LEASH: str(reads)},
                    stdin=subprocess.DEVNULL,
                    stdout=sink,
                    stderr=subprocess.STDOUT,
                    pass_fds=(reads,),
                    start_new_session=True,  # Ctrl-C is for us: we stop the children, in order
                )
        finally:
            os.close(reads)

    def alive(self) -> bool:
        """Return whether it runs."""
        return self.process is not None and self.process.poll() is None

    def ask_to_stop(self) -> None:
        """Send SIGTERM."""
        if self.process is not None:
            self.process.terminate()

    def end(self, patience_seconds: float = 0.0) -> int | None:
        """Wait for it and for what it has started itself (flow runs end by themselves), then insist.

        Returns its code (negative: a signal).
        """
        if self.process is None:
            return None
        until = time.monotonic() + patience_seconds
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(patience_seconds)
        while self._signal_group(0) and time.monotonic() < until:
            time.sleep(LOOK_SECONDS)
        self._signal_group(signal.SIGKILL)
        code = self.process.wait()
        os.close(self._leash)
        self.process = None
        return code

    def _signal_group(self, number: int) -> bool:
        """Send a signal to whatever is left of its process group; False when nothing is (0 only asks)."""
        assert self.process is not None  # noqa: S101 - asked only while there is one
        try:
            os.killpg(self.process.pid, number)
        except (ProcessLookupError, PermissionError):
            return False
        return True

    def stop(self, patience_seconds: float = PATIENCE_SECONDS) -> None:
        """Ask it to stop, then insist."""
        self.ask_to_stop()
        self.end(patience_seconds)
