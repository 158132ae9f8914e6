"""The delivery loop, a process of its own: mails leave whether or not Prefect, the timetable or a form is at work.

An unexpected error ends the process; `creation up` starts it again, with growing pauses, and the reason is in the log.
"""

import logging
import os
import signal
import socket
from threading import Event

from sqlalchemy.engine import Engine

from config.mail_accounts import Limits
from config.settings import settings
from flows.steps.enclosing import enclosures
from models.database import engine_for
from notifications.carrying import Carrier
from notifications.delivery import DeliveryReport, deliver
from notifications.fuse import Watch
from notifications.transport import Delivery, NotPreparedError, Result, SmtpAccount, Transport

ROUND_SECONDS = 5.0
ACCOUNT_FAULT_SECONDS = 900.0
"""After a refused login nothing is tried for a while: providers lock an account that knocks again and again."""
LOGGER = logging.getLogger("creation.delivery")


class UntilStopped:
    """A carrier that begins no further mail once told to stop: what is left goes back, instead of being killed half sent."""

    def __init__(self, carrier: Carrier, stop: Event) -> None:
        """Wrap a carrier."""
        self._carrier = carrier
        self._stop = stop

    def prepare(self, sender: str, recipient: str) -> None:
        """Get ready for DATA; raises NotPreparedError."""
        if self._stop.is_set():
            raise NotPreparedError(Delivery(Result.STOP, None, "发送进程正在停止"))
        self._carrier.prepare(sender, recipient)

    def deliver(self, message: bytes) -> Delivery:
        """Hand the message over."""
        return self._carrier.deliver(message)

    def close(self) -> None:
        """Let go of the connection."""
        self._carrier.close()


def one_round(engine: Engine, carrier: Carrier, worker: str, limits: Limits | None = None, watch: Watch | None = None) -> float:
    """Send what is due; return how many seconds to wait before the next round."""
    report = deliver(engine, carrier, worker, limits, watch, enclosures)
    if report != DeliveryReport():
        LOGGER.info(
            "组信 %d，已发 %d，退信 %d，暂缓 %d，不明 %d", report.made_up, report.sent, report.failed, report.deferred, report.unknown
        )
    if report.paused:
        LOGGER.warning("%s", report.paused)
    if report.stopped:
        LOGGER.error("%s；%g 分钟后再试，也可改正设置后重新启动", report.stopped, ACCOUNT_FAULT_SECONDS / 60)
        return ACCOUNT_FAULT_SECONDS
    return ROUND_SECONDS


def main() -> None:
    """Run until told to stop; a round that has begun is finished."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    engine = engine_for(settings().database_url)
    account = SmtpAccount.from_settings(settings())
    carrier, watch = UntilStopped(Transport(account), stop), Watch()
    worker = f"delivery:{socket.gethostname()}:{os.getpid()}"[:120]
    while not stop.is_set():
        stop.wait(one_round(engine, carrier, worker, account.limits, watch))


if __name__ == "__main__":
    main()
