"""Files kept by content (``files/ab/abcd…`` in the data folder), so that history can name exactly what was handed in."""

import hashlib
import os
import shutil
from io import BufferedReader, BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile


def kept_path(folder: Path, digest: str) -> Path:
    """Return where content of a SHA-256 is kept below ``folder``."""
    return folder / digest[:2] / digest


def keep_content(folder: Path, source: BufferedReader | BytesIO) -> str:
    """Keep what a source holds below ``folder`` and return its SHA-256; keeping it twice changes nothing. On disk when it returns."""
    source.seek(0)
    digest = hashlib.file_digest(source, "sha256").hexdigest()
    target = kept_path(folder, digest)
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        source.seek(0)
        with NamedTemporaryFile(dir=target.parent, suffix=".part", delete=False) as sink:  # two may keep the same at once
            shutil.copyfileobj(source, sink)
            sink.flush()
            os.fsync(sink.fileno())
        Path(sink.name).replace(target)
    return digest
