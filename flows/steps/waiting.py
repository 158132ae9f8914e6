"""Ballots that wait: the office is told when the committee's decision has not been entered for some working days."""

from collections.abc import Iterator
from datetime import date

from sqlalchemy.engine import Engine
from sqlmodel import Session

from flows.steps.notices import notify_office
from models.loading import cohort_row, load_calendar, load_plan
from models.office_work import waiting_ballots
from models.rules.calendar import Calendar
from models.rules.chasing import chase_days, chases_due
from models.rules.office_work import WaitingBallot
from models.store import reading, transaction


def chase_ballots(engine: Engine, on: date) -> int:
    """Tell the office about every ballot that waits too long, each chase once; returns how many lines are new.

    It ends when the ballot is decided, voided or replaced by a newer one, and after the number of times that practice sets.
    """
    with reading(engine) as session:  # most days there is nothing to tell: no write lock for that
        if not any(chases_due(days, on) for _, days in _with_days(session, load_calendar(session))):
            return 0
    with transaction(engine) as session:
        waiting = _with_days(session, load_calendar(session))
        due = [(ballot, number) for ballot, days in waiting if (number := chases_due(days, on))]
        return sum(notify_office(session, one.cohort, f"ballot_waits:{one.code}:{number}", _matter(one), on) for one, number in due)


def next_chase(session: Session, calendar: Calendar, after: date) -> date | None:
    """Return the next day on which a waiting ballot will be told, or None."""
    return min((day for _, days in _with_days(session, calendar) for day in days if day > after), default=None)


def _with_days(session: Session, calendar: Calendar) -> Iterator[tuple[WaitingBallot, tuple[date, ...]]]:
    """Yield every waiting ballot with the days on which the office is told."""
    for ballot in waiting_ballots(session):
        practice = load_plan(cohort_row(session, ballot.cohort)).programme.practice
        yield ballot, chase_days(ballot.made_on, practice.ballot_waits_working_days, practice.ballot_chase_times_max, calendar)


def _matter(ballot: WaitingBallot) -> str:
    return (
        f"表决单 {ballot.code}（{ballot.phase.label}，{len(ballot.projects)} 个项目）{ballot.made_on} 生成后一直没有登记党委决定；"
        "会议已召开的，请打开“党委决定”的等待运行（或表决单工作簿）填写会议决定，"
        "该运行已取消或出错的，请重新提交“党委决定”表单（或用 creation record decision 登记）；尚未召开的，请与党委办公室确认会期"
    )
