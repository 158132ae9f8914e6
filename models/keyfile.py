"""A file that is made once, whole and for its owner's eyes only: keys, and what is signed with them."""

import os
import tempfile
from pathlib import Path


def make_once(target: Path, content: bytes) -> bytes:
    """Make a file, 0600 and by an exclusive link, so that of two processes one wins and both get the same; returns what it holds."""
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")  # 0600 from the start
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(name, target)
    except FileExistsError:
        pass  # another process was first
    finally:
        Path(name).unlink()
    return target.read_bytes()
