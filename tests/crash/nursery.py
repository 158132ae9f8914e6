"""Where victims are born: everything is imported once, then each victim is a fork that lives in a process of its own.

``python -m tests.crash.nursery`` reads lines "ROLE LOG {environment as JSON}" and answers each with a process id. When its input
ends, however that comes, it takes every victim with it. A fresh interpreter for each kill would cost seconds of two cores.
"""

import json
import logging
import os
import signal
import sys
import traceback

from tests.crash.story import story
from tests.crash.victims import ROLES

BORN = ROLES | {"story": story}


def born(role, log, environment):
    """Become a victim; never returns."""
    sink = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    os.close(0)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.update(environment)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(process)d %(name)s %(message)s", force=True)
    try:
        BORN[role]()
    except BaseException:  # noqa: BLE001 - the log is all that a victim leaves
        traceback.print_exc()
    os._exit(1)


def main():
    os.setpgid(0, 0)
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
