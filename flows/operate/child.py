"""One child process with its log: started on a leash, stopped with everything it has started itself."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from flows.operate.leash import LEASH

PATIENCE_SECONDS = 10.0
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
        """Wait, then insist; clear away what it has started itself, and return its code (negative: a signal)."""
        if self.process is None:
            return None
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(patience_seconds)
        with suppress(ProcessLookupError, PermissionError):  # nothing is left of the group
            os.killpg(self.process.pid, signal.SIGKILL)
        code = self.process.wait()
        os.close(self._leash)
        self.process = None
        return code

    def stop(self, patience_seconds: float = PATIENCE_SECONDS) -> None:
        """Ask it to stop, then insist."""
        self.ask_to_stop()
        self.end(patience_seconds)
