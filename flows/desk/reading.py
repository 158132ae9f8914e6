"""Reading what the desk shows. It only looks: a missing contact stays blank here and leaves no task."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from config.clock import business_day
from config.settings import settings
from config.vocabulary import ABOUT_A_MAIL, TROUBLED, ContactRole, Machine, MailState
from flows.desk.situation import OpenTask, Person, Post, Situation, WaitingBallot
from flows.steps.daily import open_cohorts
from models.business_clock import business_now
from models.loading import load_calendar, load_world
from models.tables import Ballot, Cohort, Contact, Decision, Event, Mail, Task, Unit
from notifications import gate

RECENT = 20
LEFT = (MailState.SENDING, MailState.SENT, *TROUBLED)
"""States of a mail that has left or should have: what waits for its day is no news."""
RUN = "flow-run:"


def read_situation(session: Session) -> Situation:
    """Return the situation of today by the business clock: every open cohort and what stands beside it."""
    on = business_day(business_now(session))
    names = dict(session.exec(select(Unit.code, Unit.name)).all())
    return Situation(
        on=on,
        worlds=tuple(load_world(session, code) for code in open_cohorts(session)),
        calendar=load_calendar(session),
        people=people(session, on),
        tasks=_tasks(session, names),
        ballots=_ballots(session),
        answered_on=_answered(session),
        troubled=_troubled(session, names),
        recent=_recent(session, names),
        mail_kept_back=_kept_back(session),
    )


def _kept_back(session: Session) -> str:
    if hold := gate.hold_of(session):
        return f"全部邮件已暂停发送（{hold.by}：{hold.reason}）"
    return f"试发：全部邮件只发到 {settings().mail_test_to}，各单位收不到" if settings().mail_test_to else ""


def people(session: Session, on: date) -> Mapping[str, Person]:
    """Return each unit's contact of a day, as ``notifications.addresses.resolve`` would for its mail, in one query."""
    still = sa.or_(col(Contact.valid_until).is_(None), col(Contact.valid_until) >= on)
    query = (
        select(Unit.code, Contact.name, Contact.phone)
        .join(Contact, col(Contact.unit_id) == Unit.id)
        .where(Contact.role == ContactRole.CONTACT, Contact.valid_from <= on, still)
        .order_by(col(Contact.valid_from), col(Contact.id))
    )
    return {code: Person(name, phone) for code, name, phone in session.exec(query)}  # of several the newest, which comes last


def _tasks(session: Session, names: Mapping[str, str]) -> tuple[OpenTask, ...]:
    rows = session.exec(select(Task).where(col(Task.done_on).is_(None)).order_by(col(Task.id)))
    return tuple(OpenTask(row.key, row.kind, names.get(row.unit or "", row.unit or ""), row.text, row.opened_on) for row in rows)


def _ballots(session: Session) -> tuple[WaitingBallot, ...]:
    decided = select(Decision.ballot_id).where(col(Decision.ballot_id).is_not(None))
    query = select(Ballot, Cohort.code).join(Cohort, col(Cohort.id) == Ballot.cohort_id)
    rows = session.exec(query.where(col(Ballot.voided_because).is_(None), col(Ballot.id).not_in(decided)).order_by(col(Ballot.id)))
    return tuple(_ballot(row, cohort) for row, cohort in rows)


def _ballot(row: Ballot, cohort: str) -> WaitingBallot:
    run = row.made_by.removeprefix(RUN) if row.made_by.startswith(RUN) else ""
    return WaitingBallot(row.code, cohort, row.phase, tuple(line["project"] for line in row.lines), row.made_on, run)


def _answered(session: Session) -> dict[str, date]:
    query = select(Event.stream, col(Event.effective_on)).where(Event.machine == Machine.RECTIFICATION, Event.event == "answer")
    return {stream.partition(":")[2]: day for stream, day in session.exec(query.order_by(col(Event.seq)))}


def _troubled(session: Session, names: Mapping[str, str]) -> tuple[Post, ...]:
    """Return the mails that did not arrive, without those whose task has been done."""
    settled = {
        key.partition(":")[2]
        for key in session.exec(select(Task.key).where(col(Task.kind).in_(ABOUT_A_MAIL), col(Task.done_on).is_not(None)))
    }
    rows = session.execute(sa.select(*_POST).where(col(Mail.state).in_(TROUBLED)).order_by(col(Mail.id)))
    return tuple(_post(row, names) for row in rows if row.key not in settled)


def _recent(session: Session, names: Mapping[str, str]) -> tuple[Post, ...]:
    newest = (sa.func.coalesce(col(Mail.sent_at), col(Mail.not_before)).desc(), col(Mail.id).desc())
    rows = session.execute(sa.select(*_POST).where(col(Mail.state).in_(LEFT)).order_by(*newest).limit(RECENT))
    return tuple(_post(row, names) for row in rows)


_POST = tuple(Mail.__table__.c[name] for name in ("key", "recipient_unit", "subject", "state", "sent_at", "not_before", "last_text"))  # type: ignore[attr-defined]
"""Columns instead of rows: a mail carries its bytes."""


def _post(row: Any, names: Mapping[str, str]) -> Post:
    at: datetime = row.sent_at or row.not_before
    unit = names.get(row.recipient_unit, row.recipient_unit) if row.recipient_unit else settings().office_name
    return Post(row.key, at, unit, row.subject, row.state, row.last_text)
