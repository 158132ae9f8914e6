"""Claim, intent, record, reap: each a short transaction with a guard on state and epoch; SMTP lies between them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm
from sqlmodel import Session, col, select

from config import clock
from config.settings import settings
from config.vocabulary import AttemptPhase, MailClass, MailState, TaskKind
from models.tables import Attempt, Mail
from notifications import asking, gate
from notifications.replies import REMEDIES, ReplyClass, meaning
from notifications.tasks import leave_task
from notifications.transport import Delivery, Result

HELD_FOR = timedelta(minutes=30)
"""A letter that could not be written is tried again after that."""
RESENDS_MAX = 1
RECIPIENT = "收件人"
"""Stands for the address in the server's answers: attempts are never changed, an address must be erasable (decision 0023)."""
COPY_MARK = ":resend"
"""In the key of a copy that a person has ordered; its number follows."""


_MAIL = Mail.__table__  # type: ignore[attr-defined]
_ACCEPTED = (
    sa.update(_MAIL)
    .where(_MAIL.c.id == sa.bindparam("held"), _MAIL.c.epoch == sa.bindparam("at_epoch"))
    .where(sa.or_(*(_MAIL.c.state == state for state in (MailState.SENDING, MailState.UNKNOWN, MailState.READY))))  # not IN: many at once
    .values(state=MailState.SENT, sent_at=sa.bindparam("on"), last_code=sa.bindparam("code"), last_text=sa.bindparam("text"))
    .values(lease_owner=None, lease_until=None)
)
"""One mail of many that were accepted; evidence that comes late settles an unknown one, or spares one the copy that has not left."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A mail that this worker holds, at this epoch."""

    id: int
    epoch: int
    mail_class: MailClass
    mailbox: str
    tries: int = 0
    resends: int = 0
    ordered: bool = False
    """A copy that a person has ordered."""


def lease_until() -> datetime:
    """Return until when a mail that is taken now is its worker's own (real instant); afterwards the worker counts as dead."""
    return clock.now() + timedelta(seconds=settings().mail_lease_seconds)


def claim(session: Session, worker: str, now: datetime, limit: int) -> list[Claimed]:
    """Take up to ``limit`` ready mails that may leave by ``now`` (business instant); none while all mail is held or paused."""
    if gate.is_shut(session, now):
        return []
    due = (
        select(Mail.id)
        .where(Mail.state == MailState.READY, col(Mail.not_before) <= now)
        .order_by(col(Mail.not_before), col(Mail.id))
        .limit(limit)
    )
    if session.get_bind().dialect.name == "postgresql":
        due = due.with_for_update(skip_locked=True)
    ids = list(session.exec(due))
    if not ids:
        return []
    lease = {"state": MailState.LEASED, "lease_owner": worker, "lease_until": lease_until(), "epoch": Mail.epoch + 1}
    session.execute(sa.update(Mail).where(col(Mail.id).in_(ids), col(Mail.state) == MailState.READY).values(**lease))
    rows = session.exec(select(Mail).where(col(Mail.id).in_(ids), Mail.lease_owner == worker).order_by(col(Mail.not_before), col(Mail.id)))
    return [_claimed(row) for row in rows]


def _claimed(row: Mail) -> Claimed:
    return Claimed(row.id or 0, row.epoch, row.mail_class, row.mailbox, row.tries, row.resends, COPY_MARK in row.key)


def intend(session: Session, held: Claimed, worker: str) -> bool:
    """Commit to sending; False when the lease was lost meanwhile: then nothing may be sent."""
    return held.id in intend_all(session, [held], worker)


def intend_all(session: Session, batch: Sequence[Claimed], worker: str) -> frozenset[int]:
    """Commit to sending a batch at once; returns the ids whose lease still held: only these may be sent."""
    session.flush()
    mine = sa.tuple_(col(Mail.id), col(Mail.epoch)).in_([(held.id, held.epoch) for held in batch])
    lease = {"state": MailState.SENDING, "lease_until": lease_until(), "tries": Mail.tries + 1}
    moving = (
        sa.update(Mail)
        .where(mine, col(Mail.state) == MailState.LEASED)
        .values(**lease)
        .returning(col(Mail.id))
        .execution_options(synchronize_session=False)
    )
    moved = frozenset(session.execute(moving).scalars())
    _note_all(session, [(held, None) for held in batch if held.id in moved], AttemptPhase.INTENT, worker)
    session.expire_all()
    return moved


def record_all(
    session: Session, results: Sequence[tuple[Claimed, Delivery]], worker: str, sent_at: datetime, until: datetime | None = None
) -> list[MailState]:
    """Write down what became of a batch: what was accepted at once, every other answer as ``record`` does. States come in any order."""
    accepted = [(held, delivery) for held, delivery in results if delivery.result == Result.ACCEPTED]
    if accepted:
        session.flush()
        session.connection().execute(_ACCEPTED, [_kept(held, delivery, sent_at) for held, delivery in accepted])
        _note_all(session, accepted, AttemptPhase.ACCEPTED, worker)
        session.expire_all()
    others = [(held, delivery) for held, delivery in results if delivery.result != Result.ACCEPTED]
    states = [record(session, held, delivery, worker, sent_at, until) for held, delivery in others]
    return [MailState.SENT] * len(accepted) + states


def _kept(held: Claimed, delivery: Delivery, sent_at: datetime) -> dict[str, object]:
    return {"held": held.id, "at_epoch": held.epoch, "on": sent_at, "code": delivery.code, "text": delivery.text[:500]}


def record(session: Session, held: Claimed, delivery: Delivery, worker: str, sent_at: datetime, until: datetime | None = None) -> MailState:
    """Write down what became of an attempt. ``until`` is when the account may be used again, where the answer concerned every mail."""
    if delivery.result == Result.ACCEPTED:
        return record_all(session, [(held, delivery)], worker, sent_at)[0]
    last: dict[str, object] = {"last_code": delivery.code, "last_text": delivery.text[:500], "lease_owner": None, "lease_until": None}
    if delivery.result == Result.UNKNOWN:
        return _unknown(session, held, delivery, worker, last)
    found = meaning_of(delivery)
    last["last_class"] = found.value if found else None
    if delivery.result == Result.REFUSED:
        return _refused(session, held, delivery, worker, last)
    return _put_off(session, held, delivery, worker, last, sent_at, until)


def meaning_of(delivery: Delivery) -> ReplyClass | None:
    """Return the class of a refusal; None where the sender itself stopped."""
    if delivery.meaning is not None:
        return delivery.meaning
    if delivery.code is not None:
        return meaning(delivery.code, delivery.text)
    return ReplyClass.HOST if delivery.result == Result.DEFERRED else None


def _refused(session: Session, held: Claimed, delivery: Delivery, worker: str, last: Mapping[str, object]) -> MailState:
    moved = _move(session, held, (MailState.SENDING, MailState.LEASED), state=MailState.FAILED, **last)
    _note(session, held, AttemptPhase.REFUSED, delivery, worker)
    remedy = REMEDIES[meaning_of(delivery) or ReplyClass.POLICY]
    advice = remedy.advice or "请电话联系"
    told = f"邮件被拒收（{delivery.code} {delivery.text[:120]}），{advice}"
    if moved:
        _ask_office(session, held, remedy.task or TaskKind.TELEPHONE, told)
    return MailState.FAILED


def _put_off(  # noqa: PLR0913 - one answer to one attempt
    session: Session, held: Claimed, delivery: Delivery, worker: str, last: dict[str, object], now: datetime, until: datetime | None
) -> MailState:
    """Let a mail wait as long as its answer asks for, or give it up when its time is over. A stop moves no clock and costs no attempt."""
    found = meaning_of(delivery)
    remedy = REMEDIES[found] if found else None
    if remedy is None or not remedy.attempt:
        last["tries"] = held.tries
    _note(session, held, AttemptPhase.DEFERRED, delivery, worker)
    if delivery.result == Result.STOP or remedy is None:
        _move(session, held, (MailState.SENDING, MailState.LEASED), state=MailState.READY, **last)
        return MailState.READY
    expires = session.exec(select(Mail.expires_at).where(Mail.id == held.id)).one()
    if expires is not None and now >= expires and held.tries:  # who waited for us, not for the server, has a second try
        if _move(session, held, (MailState.SENDING, MailState.LEASED), state=MailState.EXPIRED, **last):
            _ask_office(session, held, TaskKind.TELEPHONE, _given_up(delivery.text))
        return MailState.EXPIRED
    again = until or gate.again_at(session, remedy if remedy.again else REMEDIES[ReplyClass.GREY], held.tries, now)
    last["not_before"] = min(again, expires) if expires is not None and expires > now else again
    _move(session, held, (MailState.SENDING, MailState.LEASED), state=MailState.READY, **last)
    return MailState.READY


def _given_up(text: str) -> str:
    return f"多日未能发出（{text[:120]}），已停止发送，请电话通知"


def expire(session: Session, now: datetime, text: str) -> int:
    """Give up every waiting mail whose time is over, each with a task to telephone; returns how many.

    Called when attempts have shown for hours that nothing leaves: mail that merely waited for this machine still goes, late.
    """
    over = (Mail.state == MailState.READY, col(Mail.expires_at) <= now)
    rows = [_claimed(row) for row in session.exec(select(Mail).where(*over))]
    for held in rows:
        if _move(session, held, (MailState.READY,), state=MailState.EXPIRED, last_text=text[:500]):
            _ask_office(session, held, TaskKind.TELEPHONE, _given_up(text))
    return len(rows)


def _unknown(session: Session, held: Claimed, delivery: Delivery, worker: str, last: Mapping[str, object]) -> MailState:
    """Settle what nobody knows, accepted or not: a reminder goes once more, a decision is left to a person."""
    once_more = held.mail_class == MailClass.REMIND and held.resends < RESENDS_MAX
    values = {"state": MailState.READY, "resends": Mail.resends + 1} if once_more else {"state": MailState.UNKNOWN}
    moved = _move(session, held, (MailState.SENDING,), **values, **last)
    if moved or session.get(Attempt, (held.id, held.epoch, AttemptPhase.LOST)) is None:  # the reaper may have noted it for a sleeper
        _note(session, held, AttemptPhase.LOST, delivery, worker)
    if once_more:
        return MailState.READY
    if moved:
        _ask_office(session, held, TaskKind.CONFIRM_DELIVERY, "邮件是否送达不明，请电话确认或重新发送")
    return MailState.UNKNOWN


def no_second_copy(session: Session, mail: Mail) -> None:
    """Leave a mail unknown whose second copy has nothing left to say: the first one may have arrived, and a person asks."""
    held, waits = _claimed(mail), (MailState.LEASED, MailState.READY, MailState.HELD)
    if _move(session, held, waits, state=MailState.UNKNOWN, lease_owner=None, lease_until=None):
        _ask_office(session, held, TaskKind.CONFIRM_DELIVERY, "邮件是否送达不明；所涉事项已经办结或不再需要，未发第二份，请电话确认")


def give_back(session: Session, held: Claimed) -> None:
    """Return a leased mail unsent."""
    _move(session, held, (MailState.LEASED,), state=MailState.READY, lease_owner=None, lease_until=None)


def cancel(session: Session, held: Claimed, on: date) -> None:
    """Cancel a leased mail that has nothing left to say."""
    if _move(session, held, (MailState.LEASED,), state=MailState.CANCELLED, lease_owner=None, lease_until=None):
        asking.close_tasks(session, [held.id], on)


def hold(session: Session, held: Claimed, fault: str, now: datetime) -> None:
    """Put a leased mail aside whose letter cannot be written, with a task; it is tried again later, the others go meanwhile."""
    last = {"last_text": fault[:500], "lease_owner": None, "lease_until": None}
    _move(session, held, (MailState.LEASED,), state=MailState.HELD, not_before=now + HELD_FOR, **last)
    _ask_office(session, held, TaskKind.RUN_FAILED, _put_aside(fault), again=True)


def put_aside(session: Session, mail: Mail, fault: str, now: datetime) -> None:
    """Let a new mail begin as one that cannot be written, with the same task."""
    mail.state, mail.not_before, mail.last_text = MailState.HELD, max(mail.not_before, now + HELD_FOR), fault[:500]
    leave_task(session, TaskKind.RUN_FAILED, mail.key, f"{mail.subject}：{_put_aside(fault)}", mail.send_on, mail.recipient_unit)


def _put_aside(fault: str) -> str:
    return f"邮件暂缓发送：{fault}；改好后自动补发"


def release_held(session: Session, now: datetime) -> None:
    """Make ready again what was put aside long enough ago: the template may have been mended."""
    due = (col(Mail.state) == MailState.HELD, col(Mail.not_before) <= now)
    session.execute(sa.update(Mail).where(*due).values(state=MailState.READY))


def reap(session: Session) -> int:
    """Free what dead workers held: leased ones are ready again, those already sending are unknown."""
    instant = clock.now()
    expired = select(Mail).where(col(Mail.state).in_((MailState.LEASED, MailState.SENDING)), col(Mail.lease_until) <= instant)
    rows = session.exec(expired.with_for_update(skip_locked=True)).all()  # whoever is writing one of them down is not dead
    for row in rows:
        held = _claimed(row)
        if row.state == MailState.LEASED:
            give_back(session, held)
        else:
            lost = Delivery(Result.UNKNOWN, None, "发送进程中断")
            _unknown(session, held, lost, "reaper", {"last_text": lost.text, "lease_owner": None, "lease_until": None})
    return len(rows)


def _move(session: Session, held: Claimed, sources: Sequence[MailState], **values: object) -> bool:
    guard = (col(Mail.id) == held.id, col(Mail.epoch) == held.epoch, col(Mail.state).in_(sources))
    session.flush()  # what waits to be written would be forgotten with the rest
    session.expire_all()
    return bool(session.execute(sa.update(Mail).where(*guard).values(**values).execution_options(preserve_rowcount=True)).rowcount)  # type: ignore[attr-defined]


def _note(session: Session, held: Claimed, phase: AttemptPhase, delivery: Delivery | None, worker: str) -> None:
    session.add(Attempt(**_attempt(held, phase, delivery, worker)))
    session.flush()


def _note_all(session: Session, steps: Iterable[tuple[Claimed, Delivery | None]], phase: AttemptPhase, worker: str) -> None:
    rows = [_attempt(held, phase, delivery, worker) for held, delivery in steps]
    if rows:
        session.execute(sa.insert(Attempt), rows)


def _attempt(held: Claimed, phase: AttemptPhase, delivery: Delivery | None, worker: str) -> dict[str, Any]:
    code, text = (delivery.code, delivery.text.replace(held.mailbox, RECIPIENT)[:500]) if delivery else (None, "")
    return {"mail_id": held.id, "epoch": held.epoch, "phase": phase, "at": clock.now(), "code": code, "text": text, "worker": worker}


def _ask_office(session: Session, held: Claimed, kind: TaskKind, text: str, *, again: bool = False) -> None:
    row = session.get_one(Mail, held.id)
    leave_task(session, kind, row.key, f"{row.subject or row.kind.label}：{text}", row.send_on, row.recipient_unit, again=again)
