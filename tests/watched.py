"""``python -m tests.watched LOG MODULE …``: run a module and write down whom it calls, whose name it looks up, and what it unpickles."""

import runpy
import sys
from pathlib import Path

WATCHED = ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname", "urllib.Request", "pickle.find_class")


def watch(path):
    """Write every watched event as ``event<TAB>argument``; the hook cannot be taken away again."""
    log = Path(path).open("a", encoding="utf-8", buffering=1)  # noqa: SIM115 - as long as the process

    def note(event, args):
        if event in WATCHED:
            told = args[1] if event in ("socket.connect", "socket.sendto") else args[:2]
            log.write(f"{event}\t{told!r}\n")

    sys.addaudithook(note)


if __name__ == "__main__":
    _, log, module, *words = sys.argv
    watch(log)
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
