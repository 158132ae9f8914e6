"""What keeps all mail back, in rows that every process sees: a person's hold, a pause of the account, the limits of the provider."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from config import clock
from config.clock import business_day, business_instant
from config.mail_accounts import Limits, mail_accounts
from config.vocabulary import AttemptPhase, MailState
from models.loading import load_calendar
from models.store import insert_into
from models.tables import Attempt, Mail, Setting
from notifications.replies import REMEDIES, OfficeHours, Remedy, ReplyClass, next_try

HOLD, PAUSE = "mail_hold", "mail_pause"
TAKEN = (AttemptPhase.ACCEPTED, AttemptPhase.LOST)
"""What a provider may have counted."""
UNDER_WAY = (MailState.LEASED, MailState.SENDING)
TEXT_MAX = 60
COUNTING, MOVING = 4_711_082, 4_711_083
"""PostgreSQL: senders count one after the other; who moves many waiting mails or lines does so one after the other."""


@dataclass(frozen=True, slots=True)
class Hold:
    """All mail is held: why, by whom, since when (real instant)."""

    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Pause:
    """The account rests until a business instant, for the ``count``-th time in a row."""

    until: datetime
    count: int
    meaning: ReplyClass
    text: str


def hold_of(session: Session) -> Hold | None:
    """Return the hold that is on, if one is."""
    found = _read(session, HOLD)
    return Hold(found["reason"], found["by"], datetime.fromisoformat(found["at"])) if found else None


def hold(session: Session, reason: str, by: str) -> None:
    """Hold all mail; a hold that is on already stays as it is."""
    if hold_of(session) is None:
        write(session, HOLD, {"reason": reason[:TEXT_MAX], "by": by[:20], "at": clock.now().isoformat(timespec="seconds")})


def release(session: Session) -> None:
    """Let mail leave again."""
    session.execute(sa.delete(Setting).where(col(Setting.key) == HOLD))


def pause_of(session: Session) -> Pause | None:
    """Return the newest pause of the account; it may be over."""
    found = _read(session, PAUSE)
    return Pause(datetime.fromisoformat(found["until"]), found["count"], ReplyClass(found["class"]), found["text"]) if found else None


def pause(session: Session, found: ReplyClass, text: str, now: datetime) -> datetime:
    """Let the whole account rest after an answer that concerns every mail; returns until when. Each time in a row is longer."""
    before = pause_of(session)
    count = before.count if before and before.meaning == found else 0
    until = again_at(session, REMEDIES[found], count, now)
    write(session, PAUSE, {"until": until.isoformat(), "count": count + 1, "class": found, "text": text[:TEXT_MAX]})
    put_off(session, now, until)
    return until


def resume(session: Session) -> None:
    """The account works: the next pause is a first one again."""
    session.execute(sa.delete(Setting).where(col(Setting.key) == PAUSE))


def put_off(session: Session, now: datetime, until: datetime) -> None:
    """Let every mail that is due by ``now`` wait, ready as it is."""
    alone(session)
    due = (col(Mail.state) == MailState.READY, col(Mail.not_before) <= now)
    session.execute(sa.update(Mail).where(*due).values(not_before=until).execution_options(synchronize_session=False))


def wait_for_morning(session: Session, now: datetime) -> None:
    """Outside office hours, let what was due within them and did not leave wait for the next opening: power may come back at night.

    What is due outside them was ordered by a person just then, and goes.
    """
    calendar, hours = load_calendar(session), office_hours()
    if hours.contain(now, calendar):
        return
    due = select(Mail).where(Mail.state == MailState.READY, col(Mail.not_before) <= now)
    late = [mail for mail in session.exec(due) if hours.contain(mail.not_before, calendar)]
    for mail in late:
        mail.not_before = hours.opening(now, calendar)
        session.add(mail)
    session.flush()


def is_shut(session: Session, now: datetime) -> bool:
    """Return whether nothing may be claimed now (business instant)."""
    if hold_of(session) is not None:
        return True
    resting = pause_of(session)
    return resting is not None and now < resting.until


def alone(session: Session) -> None:
    """Wait, until the end of the transaction, for others that move many waiting mails or lines: no deadlock, no lost update between them.

    SQLite has one writer anyway. One mail under way is moved by guards on its state and epoch, without this.
    """
    _one_by_one(session, MOVING)


def _one_by_one(session: Session, key: int) -> None:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def room(session: Session, limits: Limits, now: datetime, most: int) -> int:
    """Return how many mails may be claimed, at most ``most``; when a limit is reached the due ones are put off."""
    if limits.per_hour is None and limits.per_day is None:
        return most
    _one_by_one(session, COUNTING)
    real = clock.now()
    under_way = session.exec(select(func.count()).select_from(Mail).where(col(Mail.state).in_(UNDER_WAY))).one()
    today, _ = _taken(session, business_instant(business_day(real), datetime.min.time()))
    this_hour, oldest = _taken(session, real - timedelta(hours=1))
    day_room = most if limits.per_day is None else limits.per_day - today - under_way
    hour_room = most if limits.per_hour is None else limits.per_hour - this_hour - under_way
    if day_room <= 0:
        put_off(session, now, again_at(session, REMEDIES[ReplyClass.QUOTA], 0, now))
    elif hour_room <= 0:
        put_off(session, now, now + (timedelta(hours=1) - (real - oldest) if oldest else timedelta(minutes=1)))
    return max(0, min(most, day_room, hour_room))


def again_at(session: Session, remedy: Remedy, earlier: int, now: datetime) -> datetime:
    """Return when one mail is tried again."""
    return next_try(remedy, earlier, now, load_calendar(session), office_hours())


def office_hours() -> OfficeHours:
    """Return when retries leave."""
    rule = mail_accounts().retries
    return OfficeHours(rule.from_, rule.until)


def _taken(session: Session, since: datetime) -> tuple[int, datetime | None]:
    counted = (col(Attempt.phase).in_(TAKEN), col(Attempt.at) > since)
    number, oldest = session.exec(select(func.count(), func.min(Attempt.at)).select_from(Attempt).where(*counted)).one()
    return number, oldest


def _read(session: Session, key: str) -> dict[str, Any] | None:
    value = session.exec(select(Setting.value).where(Setting.key == key)).first()
    return loads(value) if value else None


def loads(value: str) -> dict[str, Any]:
    """Return what a row holds."""
    found: dict[str, Any] = json.loads(value)
    return found


def write(session: Session, key: str, value: Mapping[str, Any]) -> None:
    """Store one row, whoever else writes it."""
    text = json.dumps(value, ensure_ascii=False)
    insert = insert_into(session, Setting).values(key=key, value=text)
    session.execute(insert.on_conflict_do_update(index_elements=["key"], set_={"value": text}))
