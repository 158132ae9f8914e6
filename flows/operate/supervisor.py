"""Keeps services running: starts each when what it needs is there, notices the dead and the mute, starts them again.

No threads and no shared state: one loop looks at every service twice a second. Times are seconds of the monotonic clock.
"""

import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from threading import Event

from flows.operate.child import PATIENCE_SECONDS, Child

BACK_OFF_SECONDS = (1, 2, 5, 10, 30, 60)
CALM_SECONDS = 300.0
"""A service that has lived this long begins again with the shortest pause."""
START_SECONDS = 600.0
"""A slow machine needs minutes for the first start: tables, then over a hundred deployments."""
SETTLE_SECONDS = 1.0
"""A service without a check counts as ready when it has lived this long."""
CHECK_SECONDS = 5.0
MISSES_MAX = 3
LOOK_SECONDS = 0.5


class State(StrEnum):
    """Where a service stands."""

    OFF = "off"
    STARTING = "starting"
    READY = "ready"


@dataclass(frozen=True)
class Service:
    """What is to run, what it needs first, how to ask whether it is well."""

    name: str
    label: str
    command: tuple[str, ...]
    needs: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    answers: Callable[[], bool] | None = None
    watched: bool = True
    """Whether it is asked for as long as it runs, or only until it is ready."""
    where: str = ""


@dataclass
class _Watched:
    service: Service
    child: Child
    state: State = State.OFF
    failures: int = 0
    misses: int = 0
    since: float = 0.0
    """When it was started, or from when it may be started again."""
    checked: float = 0.0
    told: str = field(default="", repr=False)


def pause_after(failures: int) -> int:
    """Return how many seconds to wait after so many failures in a row (from 1)."""
    return BACK_OFF_SECONDS[min(failures, len(BACK_OFF_SECONDS)) - 1]


def taken(ports: Sequence[int]) -> int | None:
    """Return the first port on which another program listens: its answers must not pass for our child's."""
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what a dead child left in TIME_WAIT does not count
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return port
    return None


class Supervisor:
    """Runs the services, in order, until told to stop."""

    def __init__(self, services: Sequence[Service], environment: Mapping[str, str], logs: Path, say: Callable[[str], None]) -> None:
        """Prepare; nothing runs before ``run`` or ``step``."""
        self._all = {s.name: _Watched(s, Child(s.name, s.command, environment, logs / f"{s.name}.log")) for s in services}
        self._say = say

    def run(self, stop: Event) -> None:
        """Keep everything running until ``stop`` is set; then stop it all."""
        try:
            while not stop.is_set():
                self.step(time.monotonic())
                stop.wait(LOOK_SECONDS)
            self._say("正在停止")
        finally:
            self.stop()

    def states(self) -> dict[str, State]:
        """Return where each service stands."""
        return {name: one.state for name, one in self._all.items()}

    def step(self, now: float) -> None:
        """Look at each service once and do what is needed."""
        for one in self._all.values():
            if one.state == State.OFF:
                self._start(one, now)
            elif not one.child.alive():
                self._rest(one, now, "已停止")
            elif one.state == State.STARTING:
                self._await(one, now)
            elif now - one.checked >= CHECK_SECONDS:
                self._check(one, now)

    def stop(self) -> None:
        """Stop everything: first those that need others, then the others. Nothing is left behind."""
        needed = {name for one in self._all.values() for name in one.service.needs}
        for wave in ([n for n in self._all if n not in needed], [n for n in self._all if n in needed]):
            for name in wave:
                self._all[name].child.ask_to_stop()
            end = time.monotonic() + PATIENCE_SECONDS
            for name in wave:
                self._all[name].child.end(max(0.0, end - time.monotonic()))
                self._all[name].state = State.OFF

    def _start(self, one: _Watched, now: float) -> None:
        if now < one.since:
            return
        if missing := self._missing(one):
            self._tell(one, f"[yellow]等待[/yellow] {missing}")
        elif port := taken(one.service.ports):
            one.failures += 1
            one.since = now + pause_after(one.failures)
            self._tell(one, f"[red]端口 {port} 被其他程序占用[/red]，空出后自动启动；也可用环境变量改用别的端口")
        else:
            one.child.start()
            one.state, one.since, one.checked, one.misses = State.STARTING, now, now, 0
            self._tell(one, "[yellow]启动中[/yellow]")

    def _missing(self, one: _Watched) -> str:
        return "、".join(self._all[n].service.label for n in one.service.needs if self._all[n].state != State.READY)

    def _await(self, one: _Watched, now: float) -> None:
        answers = one.service.answers
        if answers() if answers else now - one.since >= SETTLE_SECONDS:
            one.state, one.checked = State.READY, now
            self._tell(one, f"[green]{'已就绪' if answers else '已启动'}[/green] {one.service.where}".rstrip())
        elif now - one.since > START_SECONDS:
            self._rest(one, now, f"{START_SECONDS:g} 秒内未就绪")

    def _check(self, one: _Watched, now: float) -> None:
        one.checked = now
        answers = one.service.answers
        one.misses = 0 if answers is None or not one.service.watched or answers() else one.misses + 1
        if one.misses >= MISSES_MAX:
            self._rest(one, now, f"连续 {MISSES_MAX} 次不应答")

    def _rest(self, one: _Watched, now: float, why: str) -> None:
        code = one.child.end()
        one.state = State.OFF
        if self._missing(one):  # it died of what it needs: that is waited for, and does not count
            one.since = now
            self._tell(one, f"[red]{why}[/red]（代码 {code}）")
            return
        one.failures = 1 if now - one.since >= CALM_SECONDS else one.failures + 1
        pause = pause_after(one.failures)
        one.since = now + pause
        self._tell(one, f"[red]{why}[/red]（代码 {code}），{pause} 秒后重新启动；原因见 {one.child.log}")

    def _tell(self, one: _Watched, text: str) -> None:
        if text != one.told:
            one.told = text
            self._say(f"{one.service.label}　{text}")
