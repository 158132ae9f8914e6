"""``python -m notifications.local_page``: the local page until told to stop."""

import argparse
import signal
from pathlib import Path
from threading import Event

from config.settings import settings
from models.database import engine_for
from notifications.local_page.server import LocalPage


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="data folder: inbox, sheets, reports, desk.html")
    parser.add_argument("--mails", type=Path, required=True, help="folder in which the local mailbox keeps mails")
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    stopped = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    login = settings().page_login.get_secret_value()
    page = LocalPage(given.data, given.mails, given.port, engine_for(settings().database_url), login).start()
    stopped.wait()
    page.stop()


if __name__ == "__main__":
    main()
