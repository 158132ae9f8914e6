"""What the outbox does next: when its waiting mails leave, and until when the account rests."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from config.vocabulary import MailKind, MailState
from models.tables import Mail
from notifications import gate


@dataclass(frozen=True, slots=True)
class Departure:
    """An instant (aware) at which the outbox acts, what it does, and what keeps it until then."""

    at: datetime
    what: str
    note: str = ""


def departures(session: Session, now: datetime) -> tuple[Departure, ...]:
    """Return what leaves when, in order, of all cohorts: mails of a kind and instant together; what is due already leaves now."""
    resting, hold = gate.pause_of(session), gate.hold_of(session)
    until = resting.until if resting and now < resting.until else now
    why = f"已暂停发信（{hold.reason}），恢复后再发" if hold else f"账号暂停：{resting.meaning.label}" if resting and now < until else ""
    counts: Counter[tuple[datetime, MailKind]] = Counter()
    waiting = select(Mail.not_before, Mail.kind).where(Mail.state == MailState.READY).order_by(col(Mail.not_before))
    for at, kind in session.exec(waiting):
        counts[max(at, until), MailKind(kind)] += 1
    found = [Departure(at, f"{kind.label} {number} 封待发", why if hold or at <= until else "") for (at, kind), number in counts.items()]
    rest = [Departure(until, "账号恢复发信", f"{resting.meaning.label}：{resting.text}")] if resting and now < until else []
    return tuple(sorted([*rest, *found], key=lambda one: (one.at, one.what)))
