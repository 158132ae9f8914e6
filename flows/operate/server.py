"""Child processes: the Prefect server with a home of its own, and the runner of the deployments."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.error import URLError
from urllib.request import urlopen

START_SECONDS = 90.0


def prefect_environment(home: Path, port: int, extra: Mapping[str, str] = {}) -> dict[str, str]:
    """Return the environment of every child: own home, own port, loopback, no telemetry."""
    api = f"http://127.0.0.1:{port}/api"
    return {
        **os.environ,
        "PREFECT_HOME": str(home.absolute()),
        "PREFECT_API_URL": api,
        "PREFECT_UI_API_URL": api,
        "PREFECT_SERVER_API_HOST": "127.0.0.1",
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_RUNNER_POLL_FREQUENCY": "1",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_LOGGING_EXTRA_LOGGERS": "creation",
        "PREFECT_CLI_COLORS": "false",
        "DO_NOT_TRACK": "1",
        **extra,
    }


@dataclass
class Child:
    """A child process with its log file."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start it; what it prints goes to its log."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as sink:
            self.process = subprocess.Popen(self.command, env=dict(self.environment), stdout=sink, stderr=subprocess.STDOUT)  # noqa: S603

    def alive(self) -> bool:
        """Return whether it runs."""
        return self.process is not None and self.process.poll() is None

    def stop(self, patience_seconds: float = 10.0) -> None:
        """Ask it to stop, then insist."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(patience_seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class PrefectProcesses:
    """A Prefect server and a runner, started together and stopped together."""

    def __init__(self, home: Path, port: int, logs: Path, extra: Mapping[str, str]) -> None:
        """Prepare both; ``extra`` is the product's own environment (database, SMTP)."""
        self.environment = prefect_environment(home, port, extra)
        self.url = f"http://127.0.0.1:{port}"
        python = sys.executable
        server = [python, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
        self.server = Child("server", server, self.environment, logs / "prefect-server.log")
        self.runner = Child("runner", [python, "-m", "flows.operate.runner"], self.environment, logs / "prefect-runner.log")

    def __enter__(self) -> Self:
        """Start the server; ``serve`` goes on when it is up."""
        self.server.start()
        return self

    def serve(self) -> None:
        """Wait for the server and start the runner."""
        self._wait_healthy()
        self.runner.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Stop both."""
        self.runner.stop()
        self.server.stop()

    def _wait_healthy(self) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.server.alive():
            try:
                with urlopen(f"{self.url}/api/health", timeout=2) as answer:  # noqa: S310 - loopback
                    if answer.status == 200:  # noqa: PLR2004 - HTTP OK
                        return
            except (URLError, OSError):
                time.sleep(0.3)
        raise RuntimeError(f"Prefect 服务未能启动；请查看 {self.server.log}")
