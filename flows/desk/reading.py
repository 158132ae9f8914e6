"""Reading what the desk shows. It only looks: a missing contact stays blank here and leaves no task."""

from collections.abc import Mapping
from datetime import date

import sqlalchemy as sa
from sqlmodel import Session, col, select

from config.clock import business_day
from config.settings import settings
from config.vocabulary import TROUBLED, MailState
from flows.desk.situation import Person, Post, Situation
from flows.steps.daily import open_cohorts
from models.business_clock import business_now
from models.loading import load_calendar, load_world
from models.office_work import read_work
from models.tables import Mail, Unit
from notifications import gate
from notifications.addresses import contacts_of
from notifications.handling import MAIL_COLUMNS, MailBrief, brief, troubled

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
        troubled=tuple(_post(mail, names) for mail in troubled(session)),
        recent=_recent(session, names),
        mail_kept_back=_kept_back(session),
    )


def _kept_back(session: Session) -> str:
    if hold := gate.hold_of(session):
        return f"全部邮件已暂停发送（{hold.by}：{hold.reason}）"
    return f"试发：全部邮件只发到 {settings().mail_test_to}，各单位收不到" if settings().mail_test_to else ""


def people(session: Session, on: date) -> Mapping[str, Person]:
    """Return the contact of each unit that has one on a day: whoever would get its mail."""
    return {unit: Person(found.person, found.phone) for unit, found in contacts_of(session, session.exec(select(Unit.code)), on).items()}


def _recent(session: Session, names: Mapping[str, str]) -> tuple[Post, ...]:
    newest = (sa.func.coalesce(col(Mail.sent_at), col(Mail.not_before)).desc(), col(Mail.id).desc())
    rows = session.execute(sa.select(*MAIL_COLUMNS).where(col(Mail.state).in_(LEFT)).order_by(*newest).limit(RECENT))
    return tuple(_post(brief(row), names) for row in rows)


def _post(mail: MailBrief, names: Mapping[str, str]) -> Post:
    return Post(mail.key, mail.at, _unit(mail.unit, names), mail.subject, mail.state, mail.answer)


def _unit(code: str | None, names: Mapping[str, str]) -> str:
    return names.get(code, code) if code else settings().office_name
