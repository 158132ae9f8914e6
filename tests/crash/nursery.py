"""Where victims are born: everything is imported once, then each victim is a fork that lives in a process of its own.

``python -m tests.crash.nursery`` reads lines "ROLE LOG {environment as JSON}" and answers each with a process id. When its input
ends, however that comes, it takes every victim with it. A fresh interpreter for each kill would cost seconds of two cores. In the long
form the story is played here first: what it reads, parses and compiles needs not be read, parsed and compiled by thousands of victims.
"""

import json
import logging
import os
import signal
import sys
import tempfile
import traceback
from pathlib import Path

from config.settings import settings
from models.database import engine_for
from models.upgrade import upgrade
from notifications.carrying import NowhereCarrier
from notifications.delivery import deliver
from tests.crash.midterm import prepare
from tests.crash.story import REACHED, STORY, Points, fill_inbox, play, story
from tests.crash.victims import ROLES
from tests.marks import IS_LONG

BORN = ROLES | {"story": story}


def born(role, log, environment):
    """Become a victim; never returns."""
    sink = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    os.close(0)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.update(environment)
    settings.cache_clear()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(process)d %(name)s %(message)s", force=True)
    try:
        BORN[role]()
    except BaseException:  # noqa: BLE001 - the log is all that a victim leaves
        traceback.print_exc()
    os._exit(1)


def warm():
    """Play the story once, on a database and an inbox of its own; no letter leaves."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CREATION_DATA"] = folder
        fill_inbox(Path(folder))
        engine = engine_for(f"sqlite:///{folder}/warm.db")
        upgrade(engine)
        prepare(engine)
        for day in STORY:
            play(engine, Points("", Path(folder) / REACHED), day, lambda: deliver(engine, NowhereCarrier(), "warm"))
        engine.dispose()


def main():
    os.setpgid(0, 0)
    if IS_LONG:
        warm()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead are not waited for
    for line in sys.stdin:
        role, log, environment = line.split(" ", 2)
        child = os.fork()
        if child == 0:
            born(role, log, json.loads(environment))
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
