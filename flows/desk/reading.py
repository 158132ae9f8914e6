"""Reading what the desk shows. It only looks: a missing contact stays blank here and leaves no task."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from config.clock import business_day
from config.settings import settings
from config.vocabulary import TROUBLED, ContactRole, MailState
from flows.desk.situation import Person, Post, Situation
from flows.steps.daily import open_cohorts
from models.business_clock import business_now
from models.loading import load_calendar, load_world
from models.office_work import read_work
from models.tables import Contact, Mail, Unit
from notifications import gate
from notifications.handling import troubled

RECENT = 20
LEFT = (MailState.SENDING, MailState.SENT, *TROUBLED)
"""States of a mail that has left or should have: what waits for its day is no news."""


def read_situation(session: Session) -> Situation:
    """Return the situation of today by the business clock: every open cohort and what stands beside it."""
    on = business_day(business_now(session))
    names = dict(session.exec(select(Unit.code, Unit.name)).all())
    return Situation(
        on=on,
        worlds=tuple(load_world(session, code) for code in open_cohorts(session)),
        calendar=load_calendar(session),
        people=people(session, on),
        work=read_work(session, on),
        names=names,
        troubled=tuple(
            Post(mail.key, mail.at, _unit(mail.unit, names), mail.subject, mail.state, mail.answer) for mail in troubled(session)
        ),
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


def _recent(session: Session, names: Mapping[str, str]) -> tuple[Post, ...]:
    newest = (sa.func.coalesce(col(Mail.sent_at), col(Mail.not_before)).desc(), col(Mail.id).desc())
    rows = session.execute(sa.select(*_POST).where(col(Mail.state).in_(LEFT)).order_by(*newest).limit(RECENT))
    return tuple(_post(row, names) for row in rows)


_POST = tuple(Mail.__table__.c[name] for name in ("key", "recipient_unit", "subject", "state", "sent_at", "not_before", "last_text"))  # type: ignore[attr-defined]
"""Columns instead of rows: a mail carries its bytes."""


def _post(row: Any, names: Mapping[str, str]) -> Post:
    at: datetime = row.sent_at or row.not_before
    return Post(row.key, at, _unit(row.recipient_unit, names), row.subject, row.state, row.last_text)


def _unit(code: str | None, names: Mapping[str, str]) -> str:
    return names.get(code, code) if code else settings().office_name
