"""Lists of the heads of all streams, day by day, signed: what somebody outside keeps, so that a changed past cannot be hidden.

A list is two lines of text: its own JSON, and key and signature over exactly that line. Each names the hash of the one before it.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import IO

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlmodel import Session, col, select

from models.archive import heads, one_moment
from models.history import hashed
from models.keyfile import make_once
from models.signing import public_key, sign
from models.tables import Event, TransitionRule
from models.verifier import Signed, parse_list, rules_digest

FOLDER = "heads"
"""Below the data folder."""
FORMAT = 1


def list_path(data: Path, day: date) -> Path:
    """Return where the list of a day is kept."""
    return data / FOLDER / f"heads-{day}.jsonl"


def newest_list(data: Path) -> Signed | None:
    """Return the list signed last, or None; raises UnreadableError."""
    paths = sorted((data / FOLDER).glob("heads-*.jsonl"))
    return parse_list(paths[-1].read_text(encoding="utf-8")) if paths else None


def keep_list(engine: Engine, data: Path, day: date, made_at: datetime, restart: str = "") -> bytes:
    """Sign and keep the list of a day, once; returns what is kept. Raises SigningError.

    ``restart`` says why the history does not go on from the last list (a restored backup); whoever checks is told.
    """
    path = list_path(data, day)
    if path.is_file():
        return path.read_bytes()
    before = newest_list(data)
    with one_moment(engine) as connection:
        text = _text(connection, day, made_at, before, restart)
    seal = json.dumps({"key": public_key(), "signature": sign(text)})
    return make_once(path, f"{text}\n{seal}\n".encode())


def _text(connection: Connection, day: date, made_at: datetime, before: Signed | None, restart: str) -> str:
    found = [[stream, *head] for stream, head in heads(connection).items()]
    told = {
        "format": FORMAT,
        "day": day.isoformat(),
        "made_at": made_at.isoformat(),
        "previous": hashlib.sha256(before.text.encode()).hexdigest() if before else "",
        "restart": restart,
        "rules": rules_digest(_rules(connection)),
        "streams": len(found),
        "events": sum(head[1] for head in found),
        "heads": found,
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _rules(connection: Connection) -> list[list[str]]:
    """Return every move that is or was legal: retired ones count for what happened before."""
    table = TransitionRule.__table__  # type: ignore[attr-defined]
    rows = connection.execute(sa.select(table.c.machine, table.c.source, table.c.event, table.c.target))
    return [[machine.value, *rest] for machine, *rest in rows]


def contradictions(session: Session, signed: Signed) -> Iterator[str]:
    """Yield, in Chinese, every head of a list that the database does not bear out: its tail was cut, or its past made anew."""
    heads_told = {(stream, seq): hash_ for stream, seq, hash_ in signed.told["heads"]}
    query = select(Event.stream, Event.seq, Event.hash).order_by(Event.stream, col(Event.seq))
    found = {(stream, seq): hash_ for stream, seq, hash_ in session.exec(query) if (stream, seq) in heads_told}
    for (stream, seq), hash_ in heads_told.items():
        if found.get((stream, seq)) != hash_:
            how = "内容不同" if (stream, seq) in found else "现在没有"
            yield f"{stream} 第 {seq} 条：{signed.told['day']} 的清单已签署，{how}"


def export_history(engine: Engine, sink: IO[str]) -> int:
    """Write the whole history for whoever checks it: a header with the rules, then one event a line; returns how many events."""
    with one_moment(engine) as connection, Session(connection) as session:
        rules = sorted(_rules(connection))
        sink.write(json.dumps({"format": FORMAT, "rules": rules}, ensure_ascii=False) + "\n")
        written = 0
        for event in session.exec(select(Event).order_by(col(Event.stream), col(Event.seq)).execution_options(yield_per=1000)):
            sink.write(json.dumps([*hashed(event), event.hash], ensure_ascii=False, separators=(",", ":")) + "\n")
            written += 1
        return written
