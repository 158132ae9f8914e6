"""The runner of the deployments: flow runs start from a warm process, in well under a second.

A flow run in a fresh interpreter spends several seconds importing Prefect before its first line. Prefect starts runs with
multiprocessing's "spawn"; here its "forkserver" takes that place: one clean process imports everything once, and each run is
a fork of it. See docs/decisions/0007.
"""

import multiprocessing
from multiprocessing import forkserver
from typing import Any

PRELOADED = ["flows.deployments", "prefect.flow_engine"]


class _ForkServerForSpawn:
    """The multiprocessing module, except that who asks for "spawn" gets "forkserver"."""

    def __getattr__(self, name: str) -> Any:
        return getattr(multiprocessing, name)

    def get_context(self, method: str | None = None) -> Any:
        """Return the context in which a flow run's process is made."""
        return multiprocessing.get_context("forkserver" if method == "spawn" else method)


def start_runs_warm() -> None:
    """Let flow runs fork from one warm process."""
    import prefect.flow_engine

    multiprocessing.set_forkserver_preload(PRELOADED)
    forkserver.ensure_running()
    vars(prefect.flow_engine)["multiprocessing"] = _ForkServerForSpawn()


def main() -> None:
    """Serve every deployment until told to stop."""
    start_runs_warm()
    from flows.deployments import serve_all

    serve_all()


if __name__ == "__main__":  # nothing is imported above: every run's process looks at this module
    main()
