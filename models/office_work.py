"""Reading what waits for the office on a day: ballots, tasks, answers to rectifications, who sits on the panel."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import sqlalchemy as sa
from sqlmodel import Session, col, select

from config.identity import PersonState
from config.vocabulary import Machine, PersonRole
from models.balloting import since_ballot
from models.loading import open_cohort_ids
from models.rules.office_work import OfficeWork, OpenTask, Panellist, Tie, WaitingBallot
from models.tables import Ballot, Decision, Event, Person, Project, Task, Unit

RUN = "flow-run:"


def read_work(session: Session, on: date) -> OfficeWork:
    """Return everything that waits on a day, today or a past one, beside the cohorts themselves."""
    return OfficeWork(open_tasks(session, on), waiting_ballots(session, on), _answered(session, on), panel(session))


def open_tasks(session: Session, on: date) -> tuple[OpenTask, ...]:
    """Return the tasks open at the end of a day, in the order in which they were left."""
    still = sa.or_(col(Task.done_on).is_(None), col(Task.done_on) > on)
    rows = session.exec(select(Task).where(still, Task.opened_on <= on).order_by(col(Task.id)))
    return tuple(OpenTask(row.key, row.kind, row.unit or "", row.text, row.opened_on) for row in rows)


def waiting_ballots(session: Session, on: date | None = None) -> tuple[WaitingBallot, ...]:
    """Return the newest ballot of each phase of the open cohorts, where it is neither voided nor decided, here or elsewhere.

    What is under publicity has been decided as far as its ballot goes.

    A newer ballot holds everything that is up for decision, so it takes the place of an older one.
    """
    found: list[WaitingBallot] = []
    for cohort, number in open_cohort_ids(session).items():
        query = select(Ballot).where(Ballot.cohort_id == number, col(Ballot.voided_because).is_(None))
        ballots = session.exec((query if on is None else query.where(Ballot.made_on <= on)).order_by(col(Ballot.id)))
        newest = {ballot.phase: ballot for ballot in ballots}
        found += _undecided(session, cohort, newest.values(), on)
    return tuple(found)


def _undecided(session: Session, cohort: str, ballots: Iterable[Ballot], on: date | None) -> Iterator[WaitingBallot]:
    for ballot in ballots:
        query = select(Decision.ballot_id, Project.code, Decision.round_no).join(Project).where(Decision.phase == ballot.phase)
        query = query.where(Project.cohort_id == ballot.cohort_id)
        decided = session.exec(query if on is None else query.where(Decision.decided_on <= on)).all()
        elsewhere = {(code, round_no) for _, code, round_no in decided}
        waiting = [line["project"] for line in ballot.lines if (line["project"], line["round_no"]) not in elsewhere]
        if not waiting or ballot.id in {by for by, _, _ in decided}:
            continue
        taken = {row.project: row.ballot for row in since_ballot(session, ballot, on)}  # proposed, or decided and void since
        left = tuple(code for code in waiting if code not in taken)
        if left and ballot.code not in taken.values():
            run = ballot.made_by.removeprefix(RUN) if ballot.made_by.startswith(RUN) else ""
            yield WaitingBallot(ballot.code, cohort, ballot.phase, left, ballot.made_on, run)


def panel(session: Session) -> tuple[Panellist, ...]:
    """Return the panel members in office, by code."""
    query = select(Person).where(Person.role == PersonRole.PANEL, Person.state == PersonState.LISTED)
    return panellists(session, session.exec(query.order_by(col(Person.code))).all())


def panellists(session: Session, people: Sequence[Person]) -> tuple[Panellist, ...]:
    """Return people with what keeps them from assessing a unit: the unit they belong to and the ties they have declared."""
    ties = _ties(session, [person.code for person in people])
    wanted = {unit for known in ties.values() for unit in known}
    homes = {person.unit_id for person in people if person.unit_id is not None}
    query = select(Unit).where(sa.or_(col(Unit.code).in_(wanted), col(Unit.id).in_(homes)))
    units = {unit.id: unit for unit in session.exec(query)} if wanted or homes else {}
    above = {row.id: row.code for row in session.exec(select(Unit).where(col(Unit.id).in_({u.parent_id for u in units.values()})))}
    by_code = {unit.code: unit for unit in units.values()}
    found = []
    for person in people:
        home = units.get(person.unit_id)
        tied = (Tie(code, by_code[code].name, above.get(by_code[code].parent_id), why) for code, why in ties.get(person.code, {}).items())
        found.append(
            Panellist(
                person.code, home.code if home else None, person.name, home.name if home else "",
                above.get(home.parent_id) if home else None, tuple(tied),
            )
        )  # fmt: skip
    return tuple(found)


def _ties(session: Session, people: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return person → unit → reason of the ties that hold: declared and not ended since."""
    streams = [f"{Machine.PERSON}:{code}" for code in people]
    query = select(Event).where(col(Event.stream).in_(streams), col(Event.event).in_(("declare_tie", "end_tie")))
    found: dict[str, dict[str, str]] = {}
    for event in session.exec(query.order_by(col(Event.stream), col(Event.seq))):
        mine = found.setdefault(event.stream.partition(":")[2], {})
        mine.pop(event.payload["unit"], None)
        if event.event == "declare_tie":
            mine[event.payload["unit"]] = event.payload["reason"]
    return found


def _answered(session: Session, on: date) -> dict[str, date]:
    query = select(Event.stream, col(Event.effective_on)).where(Event.machine == Machine.RECTIFICATION, Event.event == "answer")
    rows = session.exec(query.where(col(Event.effective_on) <= on).order_by(col(Event.seq)))
    return {stream.partition(":")[2]: day for stream, day in rows}
