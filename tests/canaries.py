"""Secrets that are looked for where they must not be: in files, archives, databases and words, as they are and as they are carried."""

import base64
import io
import sqlite3
from contextlib import closing
from urllib.parse import quote
from zipfile import ZipFile, is_zipfile


def forms(secret):
    """Return how a secret may look: itself, in an address, in base64 at each of three places."""
    raw = secret.encode()
    carried = [base64.b64encode(b"\0" * shift + raw)[4 if shift else 0 : -4] for shift in range(3)]
    return {raw, quote(secret, safe="").encode(), *carried}


def sinks(folder):
    """Return name → bytes of every file below a folder, of what archives hold, and of the words of databases."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            found |= opened(path.relative_to(folder).as_posix(), path.read_bytes())
            if path.suffix == ".db":
                with closing(sqlite3.connect(path)) as database:
                    found[f"{path.name} dumped"] = "\n".join(database.iterdump()).encode()
    return found


def opened(name, content):
    """Return name → bytes of a file and of its members."""
    if not is_zipfile(io.BytesIO(content)):
        return {name: content}
    with ZipFile(io.BytesIO(content)) as archive:
        return {name: content} | {f"{name}/{member}": archive.read(member) for member in archive.namelist()}


def leaks(found, secrets):
    """Return (secret's name, sink) wherever a secret shows."""
    wanted = {name: forms(secret) for name, secret in secrets.items()}
    return sorted(
        (name, sink) for sink, content in found.items() for name, looks in wanted.items() if any(look in content for look in looks)
    )
