"""The Prefect server with a home of its own, and the runner of the deployments."""

import json
import time
from base64 import b64encode
from collections.abc import Mapping
from http.client import HTTPException
from os import environ
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote
from urllib.request import Request, urlopen

from flows.operate.child import Child

START_SECONDS = 300.0
ANSWER_SECONDS = 2.0
RUNNER = ("flows.operate.runner",)


def prefect_environment(home: Path, port: int, extra: Mapping[str, str] = {}, login: str = "") -> dict[str, str]:
    """Return the environment of every child: own home, own port, loopback, no telemetry.

    With ``login`` (``user:password``) the server asks for it, demands CSRF tokens and answers pages of its own origin only;
    the same variables let our own processes in. They travel in the environment, never in arguments.
    """
    origin = f"http://127.0.0.1:{port}"
    guarded = {
        "PREFECT_SERVER_API_AUTH_STRING": login,
        "PREFECT_API_AUTH_STRING": login,
        "PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED": "true",
        "PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS": origin,
    }
    return {
        **environ,
        "PREFECT_HOME": str(home.absolute()),
        "PREFECT_API_URL": f"{origin}/api",
        "PREFECT_UI_API_URL": f"{origin}/api",
        "PREFECT_SERVER_API_HOST": "127.0.0.1",
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_RUNNER_POLL_FREQUENCY": "1",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_LOGGING_EXTRA_LOGGERS": "creation",
        "PREFECT_CLI_COLORS": "false",
        "DO_NOT_TRACK": "1",
        **(guarded if login else {}),
        **extra,
    }


def server_command(port: int) -> tuple[str, ...]:
    """Return module and arguments of the server: Prefect's own, with writers that wait for one another."""
    return ("flows.operate.prefect_server", "server", "start", "--host", "127.0.0.1", "--port", str(port))


def answers_health(port: int) -> bool:
    """Return whether a Prefect server answers its health check (which needs no login)."""
    return _read(port, "health", "") is not None


def serves(port: int, login: str, flow: str, name: str) -> bool:
    """Return whether a runner has registered a deployment with the server, and asks for its runs."""
    found = _read(port, f"deployments/name/{quote(flow)}/{quote(name)}", login)
    return isinstance(found, dict) and found.get("status") == "READY"


def _read(port: int, path: str, login: str) -> Any:
    """Return what the server answers, or None when it does not, or not well."""
    request = Request(f"http://127.0.0.1:{port}/api/{path}")
    if login:
        request.add_header("Authorization", f"Basic {b64encode(login.encode()).decode()}")
    try:
        with urlopen(request, timeout=ANSWER_SECONDS) as answer:  # noqa: S310 - loopback
            return json.load(answer)
    except (OSError, HTTPException, ValueError):
        return None


class PrefectProcesses:
    """A Prefect server and a runner for the demo: without login, started together and stopped together."""

    def __init__(self, home: Path, port: int, logs: Path, extra: Mapping[str, str]) -> None:
        """Prepare both; ``extra`` is the product's own environment (database, SMTP)."""
        self.environment = prefect_environment(home, port, extra)
        self.url = f"http://127.0.0.1:{port}"
        self._port = port
        self.server = Child("server", server_command(port), self.environment, logs / "prefect-server.log")
        self.runner = Child("runner", RUNNER, self.environment, logs / "prefect-runner.log")

    def __enter__(self) -> Self:
        """Start the server; ``serve`` goes on when it is up."""
        self.server.start()
        return self

    def serve(self) -> None:
        """Wait for the server and start the runner."""
        self.wait_healthy()
        self.runner.start()

    def wait_healthy(self) -> None:
        """Wait until the server answers; raises RuntimeError naming its log."""
        end = time.monotonic() + START_SECONDS
        while not answers_health(self._port):
            if time.monotonic() > end or not self.server.alive():
                raise RuntimeError(f"Prefect 服务未能启动；请查看 {self.server.log}")
            time.sleep(0.3)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Stop both."""
        self.runner.stop()
        self.server.stop()
