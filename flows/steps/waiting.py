"""Ballots that wait: the office is told when the committee's decision has not been entered for some working days."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy.engine import Engine
from sqlmodel import Session, col, select

from config.programme import Practice
from flows.steps.notices import notify_office
from models.loading import load_calendar, load_plan, open_cohort_rows
from models.rules.calendar import Calendar
from models.rules.chasing import chase_days, chases_due
from models.store import reading, transaction
from models.tables import Ballot, Decision, Project


@dataclass(frozen=True, slots=True)
class Waiting:
    """A ballot that waits, with the practice of its cohort."""

    cohort: str
    ballot: Ballot
    practice: Practice

    def days(self, calendar: Calendar) -> tuple[date, ...]:
        """Return the days on which the office is told."""
        return chase_days(self.ballot.made_on, self.practice.ballot_waits_working_days, self.practice.ballot_chase_times_max, calendar)


def chase_ballots(engine: Engine, on: date) -> int:
    """Tell the office about every ballot that waits too long, each chase once; returns how many lines are new.

    It ends when the ballot is decided, voided or replaced by a newer one, and after the number of times that practice sets.
    """
    with reading(engine) as session:  # most days there is nothing to tell: no write lock for that
        if not any(chases_due(days, on) for _, days in _with_days(session)):
            return 0
    with transaction(engine) as session:
        due = [(one, number) for one, days in _with_days(session) if (number := chases_due(days, on))]
        return sum(notify_office(session, one.cohort, f"ballot_waits:{one.ballot.code}:{number}", _matter(one), on) for one, number in due)


def next_chase(session: Session, calendar: Calendar, after: date) -> date | None:
    """Return the next day on which a waiting ballot will be told, or None."""
    return min((day for one in waiting_ballots(session) for day in one.days(calendar) if day > after), default=None)


def waiting_ballots(session: Session) -> tuple[Waiting, ...]:
    """Return the newest ballot of each phase of the open cohorts, where it is neither voided nor decided, here or elsewhere."""
    found = []
    for cohort in open_cohort_rows(session):
        query = select(Ballot).where(Ballot.cohort_id == cohort.id, col(Ballot.voided_because).is_(None)).order_by(col(Ballot.id))
        newest = {ballot.phase: ballot for ballot in session.exec(query)}
        practice = load_plan(cohort).programme.practice
        found += [Waiting(cohort.code, ballot, practice) for ballot in _undecided(session, newest.values())]
    return tuple(found)


def _with_days(session: Session) -> Iterator[tuple[Waiting, tuple[date, ...]]]:
    calendar = load_calendar(session)
    for one in waiting_ballots(session):
        yield one, one.days(calendar)


def _undecided(session: Session, ballots: Iterable[Ballot]) -> Iterator[Ballot]:
    for ballot in ballots:
        query = select(Decision.ballot_id, Project.code, Decision.round_no).join(Project).where(Decision.phase == ballot.phase)
        decided = session.exec(query.where(Project.cohort_id == ballot.cohort_id)).all()
        elsewhere = {(code, round_no) for _, code, round_no in decided}
        open_lines = {(line["project"], line["round_no"]) for line in ballot.lines} - elsewhere
        if open_lines and ballot.id not in {by for by, _, _ in decided}:
            yield ballot


def _matter(one: Waiting) -> str:
    ballot = one.ballot
    return (
        f"表决单 {ballot.code}（{ballot.phase.label}，{len(ballot.lines)} 个项目）{ballot.made_on} 生成后一直没有登记党委决定；"
        "会议已召开的，请打开“党委决定”的等待运行（或表决单工作簿）填写会议决定；尚未召开的，请与党委办公室确认会期"
    )
