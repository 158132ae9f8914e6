"""Files kept by content (``files/ab/abcd…`` in the data folder), so that history can name exactly what was handed in."""

import hashlib
import os
import shutil
from io import BufferedReader, BytesIO
from pathlib import Path


def keep_content(folder: Path, source: BufferedReader | BytesIO) -> str:
    """Keep what a source holds below ``folder`` and return its SHA-256; keeping it twice changes nothing. On disk when it returns."""
    source.seek(0)
    digest = hashlib.file_digest(source, "sha256").hexdigest()
    target = folder / digest[:2] / digest
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(f".{os.getpid()}.part")
        source.seek(0)
        with part.open("wb") as sink:
            shutil.copyfileobj(source, sink)
            sink.flush()
            os.fsync(sink.fileno())
        part.replace(target)
    return digest
