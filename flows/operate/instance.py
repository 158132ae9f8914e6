"""One `creation up` per data folder: a file lock that the kernel lets go of with its holder, however that ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from os import getpid
from pathlib import Path

from filelock import FileLock, Timeout

LOCK, PID = "up.lock", "up.pid"


class AlreadyRunningError(RuntimeError):
    """Another `creation up` works on this folder; the message names it."""


@contextmanager
def only_one(data: Path) -> Iterator[None]:
    """Hold the folder inside the block; raises AlreadyRunningError with the holder's process id."""
    data.mkdir(parents=True, exist_ok=True)
    lock = FileLock(data / LOCK, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        number = (data / PID).read_text(encoding="utf-8").strip() if (data / PID).exists() else "未知"
        raise AlreadyRunningError(
            f"目录 {data.absolute()} 已有 creation up 在运行（进程 {number}）；请先停止它，或换一个数据目录"
        ) from None
    try:
        (data / PID).write_text(str(getpid()), encoding="utf-8")  # beside the lock: taking a lock may empty its file
        yield
    finally:
        (data / PID).unlink(missing_ok=True)
        lock.release()


def is_up(data: Path) -> bool:
    """Return whether a `creation up` works on this folder now."""
    if not (data / LOCK).exists():
        return False
    try:
        with FileLock(data / LOCK, timeout=0):
            return False
    except Timeout:
        return True
