"""The fuse: a clock that is wrong must not mail years at once, nor the same days again. It holds all mail until a person has looked.

Days of downtime are normal and pass: then every duty has one line, of its latest missed rung. Demo and rehearsal databases have
a clock that is moved, and no fuse.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from config import clock
from config.clock import business_day, minute_text
from config.mail_accounts import mail_accounts
from config.vocabulary import MailState, TaskKind
from models.business_clock import is_demo
from models.tables import Mail, Reminder, Setting
from notifications import gate
from notifications.tasks import leave_task

SEEN = "mail_seen"
"""Row with the greatest instant at which a sender looked."""
BEAT = timedelta(minutes=1)
BY = "系统"


@dataclass(slots=True)
class Watch:
    """What one process remembers of its last round: wall clock and steady clock. Sleep is no leap: both go on meanwhile."""

    wall: datetime | None = None
    steady: float = 0.0

    def leap(self, now: datetime) -> timedelta:
        """Return how much further the wall clock went than the steady one since the last round, and remember this round."""
        steady = clock.steady_seconds()
        passed = (now - self.wall) - timedelta(seconds=steady - self.steady) if self.wall else timedelta(0)
        self.wall, self.steady = now, steady
        return passed


def needs_look(session: Session, now: datetime) -> bool:
    """Return whether this round must write: the row is old, or in the future."""
    seen = seen_at(session)
    return not is_demo(session) and (seen is None or not seen - BEAT < now < seen + BEAT)


def guard(session: Session, now: datetime, leap: timedelta) -> None:
    """Hold all mail and leave a task when the time cannot be right; otherwise remember it."""
    if is_demo(session) or gate.hold_of(session) is not None:
        return
    if reason := _flaw(session, now, leap):
        gate.hold(session, reason, BY)
        text = f"{reason}；已暂停全部发信。请核对电脑时间和待发邮件（creation mail list），无误后用 creation mail release 恢复"
        leave_task(session, TaskKind.RUN_FAILED, f"mail_fuse:{now.isoformat(timespec='minutes')}", text, business_day(now))
        return
    remember(session, now)


def remember(session: Session, now: datetime) -> None:
    """Store the instant as the greatest one seen."""
    gate.write(session, SEEN, {"at": now.astimezone(UTC).isoformat()})


def seen_at(session: Session) -> datetime | None:
    """Return the greatest instant seen so far."""
    value = session.exec(select(Setting.value).where(Setting.key == SEEN)).first()
    return datetime.fromisoformat(gate.loads(value)["at"]) if value else None


def _flaw(session: Session, now: datetime, leap: timedelta) -> str:
    rule, seen = mail_accounts().fuse, seen_at(session)
    if leap > timedelta(hours=rule.leap_hours):
        return f"电脑时间突然前移到 {business_day(now)}"
    if seen is not None and now < seen - timedelta(hours=rule.leap_hours):
        return f"电脑时间 {minute_text(now)} 早于上次发信时的 {minute_text(seen)}"
    if seen is None or now - seen <= timedelta(hours=rule.silence_hours):
        return ""
    return _too_much(session, now, now - seen)


def _too_much(session: Session, now: datetime, silence: timedelta) -> str:
    """Say what is odd about the mail that has gathered during a silence."""
    rule, planned = mail_accounts().fuse, _due_by_day(session, business_day(now))
    due, busiest = sum(planned.values()), max(planned.values(), default=0)
    if due and silence > timedelta(days=rule.downtime_days):
        return f"已 {silence.days} 天没有发信，现有 {due} 条到期"
    if due > max(rule.few, rule.plan_factor * busiest):
        return f"到期 {due} 条，超过单日计划 {busiest} 条的 {rule.plan_factor} 倍"
    return ""


def _due_by_day(session: Session, today: date) -> dict[date, int]:
    """Return the lines that would leave now, by the day for which they were planned."""
    ready = select(Mail.id).where(Mail.state == MailState.READY)
    waiting = sa.or_(col(Reminder.mail_id).is_(None), col(Reminder.mail_id).in_(ready))
    due = (col(Reminder.dropped_because).is_(None), waiting, col(Reminder.planned_on) <= today)
    query = sa.select(col(Reminder.planned_on), func.count()).where(*due).group_by(col(Reminder.planned_on))
    return {day: number for day, number in session.execute(query)}  # noqa: C416 - rows are no pairs to mypy
