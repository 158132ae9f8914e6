"""A ballot that waits is told to the office: how often, once each, and when it ends (P.office)."""

from datetime import date

import pytest
from sqlmodel import select

from config.clock import now
from config.vocabulary import PhaseKind
from flows.operate.player import MORNING, PlainRunner, Player
from flows.operate.scenario import load_scenario
from flows.steps.daily import scan
from flows.steps.waiting import chase_ballots, next_chase
from models.database import engine_for
from models.rules.calendar import Calendar
from models.rules.chasing import chase_days, chases_due
from models.store import reading, transaction
from models.tables import Ballot, Cohort, Decision, Mail, Project, Reminder
from notifications.carrying import NowhereCarrier
from notifications.delivery import deliver

MADE = date(2025, 11, 20)
"""A Thursday: the third working day after it is Tuesday, 25 November."""
CALENDAR = Calendar()


def test_the_days_of_a_chase_are_working_days():
    days = chase_days(MADE, 3, 4, CALENDAR)
    assert days == (date(2025, 11, 25), date(2025, 11, 28), date(2025, 12, 3), date(2025, 12, 8))
    assert chase_days(MADE, 3, 0, CALENDAR) == ()


@pytest.mark.parametrize(
    ("on", "number"),
    [(MADE, 0), (date(2025, 11, 24), 0), (date(2025, 11, 25), 1), (date(2025, 11, 27), 1), (date(2025, 12, 5), 3), (date(2026, 3, 1), 4)],
)
def test_the_newest_chase_that_is_due(on, number):
    assert chases_due(chase_days(MADE, 3, 4, CALENDAR), on) == number


def ballot(engine, cohort="2023", phase="review", number=1, made_on=MADE):
    with transaction(engine) as session:
        batch = session.exec(select(Cohort).where(Cohort.code == cohort)).one()
        codes = session.exec(select(Project.code).where(Project.cohort_id == batch.id).order_by(Project.code)).all()[:2]
        lines = [{"project": code, "round_no": 0, "seq": 1} for code in codes]
        made = Ballot(
            code=f"{cohort}-{phase}-{number}", cohort_id=batch.id, phase=PhaseKind(phase), lines=lines, made_by="command:test",
            made_at=now(), made_on=made_on,
        )  # fmt: skip
        session.add(made)
    return made


def told(engine):
    with reading(engine) as session:
        found = session.exec(select(Reminder).where(Reminder.kind == "office_notice").order_by(Reminder.planned_on)).all()
    return [(line.key.removeprefix("office_notice:"), line.planned_on) for line in found]


def decide(engine, given, project, by_ballot):
    with transaction(engine) as session:
        row = session.exec(select(Project).where(Project.code == project)).one()
        session.add(
            Decision(
                project_id=row.id, ballot_id=given.id if by_ballot else None, phase=given.phase, round_no=0, outcome="qualified",
                meeting="党委会", decided_on=MADE, basis="纪要", recorded_by="工作人员1",
            )
        )  # fmt: skip


def test_a_ballot_is_chased_by_its_business_day_and_each_chase_once(engine):
    ballot(engine)
    for day in (24, 25, 25, 26, 27, 28):
        chase_ballots(engine, date(2025, 11, day))
    assert told(engine) == [("ballot_waits:2023-review-1:1", date(2025, 11, 25)), ("ballot_waits:2023-review-1:2", date(2025, 11, 28))]


def test_after_a_downtime_only_the_newest_chase_is_told_and_the_last_is_the_last(engine):
    ballot(engine)
    assert chase_ballots(engine, date(2025, 12, 4)) == 1
    assert chase_ballots(engine, date(2026, 6, 1)) == 1
    assert chase_ballots(engine, date(2026, 7, 1)) == 0
    assert told(engine) == [("ballot_waits:2023-review-1:3", date(2025, 12, 4)), ("ballot_waits:2023-review-1:10", date(2026, 6, 1))]


def decided(engine, given):
    decide(engine, given, given.lines[0]["project"], by_ballot=True)


def decided_elsewhere(engine, given):
    for line in given.lines:
        decide(engine, given, line["project"], by_ballot=False)


def voided(engine, given):
    with transaction(engine) as session:
        session.get_one(Ballot, given.id).voided_because = "情况有变"


def replaced(engine, given):
    newer = ballot(engine, number=2, made_on=date(2025, 11, 25))
    assert newer.id > given.id


def cohort_closed(engine, given):
    with transaction(engine) as session:
        session.get_one(Cohort, given.cohort_id).state = "closed"


def one_decided_elsewhere(engine, given):
    decide(engine, given, given.lines[0]["project"], by_ballot=False)


@pytest.mark.parametrize("end", [decided, decided_elsewhere, voided, replaced, cohort_closed])
def test_what_ends_the_waiting_ends_the_chase(engine, end):
    end(engine, ballot(engine))
    assert chase_ballots(engine, date(2025, 11, 25)) == 0


@pytest.mark.parametrize("still", [lambda _engine, _given: None, one_decided_elsewhere])
def test_the_control_is_chased(engine, still):
    still(engine, ballot(engine))
    assert chase_ballots(engine, date(2025, 11, 25)) == 1


def test_the_daily_scan_chases_and_the_office_gets_one_letter(engine):
    ballot(engine)
    player = Player(engine, NowhereCarrier(), PlainRunner(engine))
    player._clock(date(2025, 11, 25), MORNING)
    scan(engine, date(2025, 11, 25), "timetable:2025-11-25")
    deliver(engine, NowhereCarrier(), "test")
    with reading(engine) as session:
        letters = session.exec(select(Mail).where(Mail.kind == "office_notice")).all()
    assert len(letters) == 1
    text = letters[0].mime.decode()
    assert "X-Creation-Line: office_notice; 2023" in text


def test_a_ballot_remembers_the_business_day_on_which_it_was_made(evening):
    played = engine_for(f"sqlite:///{evening(date(2025, 12, 18))}")
    with reading(played) as session:
        made = session.exec(select(Ballot.made_on)).all()
    runs = {on for on, day in load_scenario().days.items() for run in day.runs if "committee" in run}
    assert made
    assert set(made) <= runs
    assert told(played) == [], "the committee decides on the day"
    played.dispose()


def test_jumping_stops_on_the_days_of_a_chase(engine):
    with reading(engine) as session:
        assert next_chase(session, CALENDAR, MADE) is None
    ballot(engine)
    with reading(engine) as session:
        assert next_chase(session, CALENDAR, MADE) == date(2025, 11, 25)
        assert next_chase(session, CALENDAR, date(2025, 11, 25)) == date(2025, 11, 28)
        assert next_chase(session, CALENDAR, date(2026, 7, 1)) is None


def test_a_rehearsal_tells_every_chase(engine):
    """Nobody decides: in what is played by itself the ballot is told on its days, and on no other."""
    ballot(engine)
    Player(engine, NowhereCarrier(), PlainRunner(engine)).play(date(2025, 11, 21), date(2026, 1, 23))
    days = chase_days(MADE, 3, 10, CALENDAR)
    assert [on for _, on in told(engine)] == list(days)
