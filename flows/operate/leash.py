"""A leash: ``python -m flows.operate.leash MODULE ARGS…`` runs a module that cannot outlive the process that started it.

The starter (``child.py``) makes every child the leader of a session of its own and keeps the write end of a pipe. Nobody
ever writes: when the starter is gone, however it went (kill -9 too), the kernel closes the pipe, the read here ends, and the
whole process group is killed, so that what the child has started itself (the runner's fork server and its flow runs) goes
as well. Linux's PR_SET_PDEATHSIG would reach the child alone, not those.
"""

import os
import runpy
import signal
import sys
from threading import Thread

LEASH = "CREATION_LEASH"
"""Names the file descriptor of the pipe's read end in the child's environment."""


def _end_with_starter(descriptor: int) -> None:
    os.read(descriptor, 1)
    os.killpg(os.getpgrp(), signal.SIGKILL)


def main() -> None:
    """Put the leash on, then be the module."""
    descriptor = int(os.environ.pop(LEASH))
    Thread(target=_end_with_starter, args=(descriptor,), daemon=True).start()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
