"""Writing the history: the one function that moves a state, and the check that nothing was changed afterwards."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, ClassVar, Protocol
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from config import clock
from config.texts import refuse_flawed
from config.vocabulary import AuthMethod, Machine
from models.projections import differences
from models.rules.lifecycle import transition
from models.tables import Cohort, Event, Person, Project, Rectification, Submission, TransitionRule, Unit
from models.tables.columns import canonical

TAKEN = "event_pkey"
"""How PostgreSQL says that another transaction was faster; on SQLite there is only one writer."""


@dataclass(frozen=True, slots=True)
class Act:
    """Who does something, from where, and on which business day."""

    actor: str
    origin: str
    on: date
    command: str = ""
    """Idempotency key of the whole act; empty: every call is a new act."""
    auth_method: AuthMethod = AuthMethod.DECLARED
    expected_seq: Mapping[str, int] = field(default_factory=dict)
    """Stream → number of its newest event when the person looked at it; one that has moved since is refused."""

    def having_seen(self, project: str, seq: int | None) -> "Act":
        """Return the same act by someone who looked at a project when its newest event had that number; None: it does not matter."""
        return replace(self, expected_seq={f"{Machine.PROJECT}:{project}": seq}) if seq is not None else self

    def on_behalf(self, day: date) -> "Act":
        """Return the same act dated otherwise (a paper received earlier)."""
        return replace(self, on=day)


class Stateful(Protocol):
    """A row whose state is a projection of its stream."""

    machine: ClassVar[Machine]
    code: str
    state: Any


class RepeatedCommandError(RuntimeError):
    """The same command id came with other content."""


class MovedError(RuntimeError):
    """A stream has grown since the person looked at it: what was decided rests on what no longer holds."""


def stream_of(row: Stateful) -> str:
    """Return the name of a row's stream."""
    return f"{row.machine}:{row.code}"


def record_event(
    session: Session,
    row: Stateful,
    event: str,
    act: Act,
    payload: Mapping[str, Any] | None = None,
    *,
    clause: str | None = None,
) -> Event:
    """Append one event to a row's stream and move the row; raises IllegalMoveError, MovedError or TextError before anything is written.

    With ``act.command`` set, the same command on the same stream returns the stored event, or raises
    RepeatedCommandError when the content differs.
    """
    stream = stream_of(row)
    command_id = f"{act.command}/{stream}/{event}" if act.command else str(uuid4())
    body = dict(payload or {})
    refuse_flawed((body, act.actor, act.origin, command_id))
    if act.command and (stored := session.exec(select(Event).where(Event.command_id == command_id)).first()):
        return _same_or_refused(stored, body)
    last = last_event(session, stream)
    _refuse_moved(session, act, stream, last)
    source = last.target if last else "new"
    move = transition(row.machine, source, event)
    entry = Event(
        stream=stream,
        seq=last.seq + 1 if last else 1,
        prev_seq=last.seq if last else None,
        machine=row.machine,
        source=source,
        event=event,
        target=move.target,
        prev_hash=last.hash if last else None,
        hash="",
        command_id=command_id,
        actor=act.actor,
        auth_method=act.auth_method,
        origin=act.origin,
        payload=body,
        effective_on=act.on,
        recorded_at=max(clock.now(), last.recorded_at + timedelta(microseconds=1)) if last else clock.now(),
        clause=clause or move.clause,
    )
    entry.hash = digest(entry)
    session.add(entry)
    row.state = type(row.state)(move.target)
    session.add(row)
    _flush(session, stream)
    _own(session)[stream] += 1
    return entry


def _flush(session: Session, stream: str) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        if TAKEN not in str(error.orig):
            raise
        msg = f"同时有人登记了同一事项：{stream.partition(':')[2]} 刚刚有另一项登记；请重新查看后再办理"
        raise MovedError(msg) from None


def _refuse_moved(session: Session, act: Act, stream: str, last: Event | None) -> None:
    """Raise MovedError if anything but this act's own events has come to a stream since the person looked at it.

    Asked for each event, on the row that the event follows: whoever is faster takes its number, and the primary key refuses the other.
    """
    seen = act.expected_seq.get(stream)
    now = last.seq if last else 0
    if seen is None or now - _own(session)[stream] == seen:
        return
    newest = f"最新为 {last.effective_on} 的第 {now} 条，{last.actor} 登记" if last else "没有记录"
    msg = f"{stream.partition(':')[2]} 与您查看时不同：您看到第 {seen} 条，{newest}；请重新查看后再办理"
    raise MovedError(msg)


def _own(session: Session) -> Counter[str]:
    """Return how many events this transaction has written to each stream."""
    counted: Counter[str] = session.info.setdefault("events written", Counter())
    return counted


def _same_or_refused(stored: Event, body: dict[str, Any]) -> Event:
    if canonical(stored.payload) != canonical(body):
        msg = f"同一操作编号 {stored.command_id} 已用于其他内容；请重新填写后提交"
        raise RepeatedCommandError(msg)
    return stored


def last_event(session: Session, stream: str) -> Event | None:
    """Return the newest event of a stream."""
    return session.exec(select(Event).where(Event.stream == stream).order_by(col(Event.seq).desc()).limit(1)).first()


def hashed(event: Event) -> tuple[str | int | None, ...]:
    """Return every column but the hash itself, in the order in which they are hashed and exported."""
    return (
        event.stream,
        event.seq,
        event.prev_seq,
        event.machine.value,
        event.source,
        event.event,
        event.target,
        event.prev_hash,
        event.command_id,
        event.actor,
        event.auth_method.value,
        event.origin,
        canonical(event.payload),
        event.effective_on.isoformat(),
        event.recorded_at.isoformat(timespec="microseconds"),
        event.clause,
    )


def digest(event: Event) -> str:
    """Return the SHA-256 over every column but the hash itself, length-prefixed, in a fixed order."""
    text = "ev1" + "".join(f"|{len(str(part))}:{part}" for part in hashed(event))
    return hashlib.sha256(text.encode()).hexdigest()


def verify(session: Session) -> list[str]:
    """Return every flaw found in the history, in Chinese; empty when it is whole."""
    flaws: list[str] = []
    previous: Event | None = None
    heads: dict[str, Event] = {}
    legal = {(row.machine, row.source, row.event, row.target) for row in session.exec(select(TransitionRule))}
    for event in session.exec(select(Event).order_by(col(Event.stream), col(Event.seq))):
        flaws += _flaws(event, previous if previous and previous.stream == event.stream else None)
        if (event.machine, event.source, event.event, event.target) not in legal:
            flaws.append(f"{event.stream} 第 {event.seq} 条：{event.source} → {event.target} 不是规则允许的流转")
        heads[event.stream] = previous = event
    return [*flaws, *_projection_flaws(session, heads), *differences(session)]


def _flaws(event: Event, previous: Event | None) -> list[str]:
    where = f"{event.stream} 第 {event.seq} 条"
    flaws = []
    if digest(event) != event.hash:
        flaws.append(f"{where}：内容与校验值不符")
    if event.seq != (previous.seq + 1 if previous else 1):
        flaws.append(f"{where}：序号不连续，之前的记录缺失")
    if event.prev_hash != (previous.hash if previous else None):
        flaws.append(f"{where}：与上一条记录的校验值不相接")
    if event.source != (previous.target if previous else "new"):
        flaws.append(f"{where}：起始状态与上一条记录不相接")
    return flaws


def _projection_flaws(session: Session, heads: Mapping[str, Event]) -> list[str]:
    flaws = []
    without = dict.fromkeys(heads)
    for table in stateful_tables():
        for row in session.exec(select(table)):
            stream = stream_of(row)
            without.pop(stream, None)
            head = heads.get(stream)
            if head is None or head.target != row.state:
                flaws.append(f"{stream}：当前状态 {row.state} 与历史记录不一致")
    return [*flaws, *(f"{stream}：有历史记录，数据表中没有" for stream in without)]


def stateful_tables() -> tuple[Any, ...]:
    """Return the tables whose state is a projection of the history."""
    return Cohort, Unit, Project, Submission, Rectification, Person


def count_events(session: Session) -> int:
    """Return how many events there are."""
    return session.exec(select(sa.func.count()).select_from(Event)).one()
