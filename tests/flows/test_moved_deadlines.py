"""A moved deadline: who is told, what falls silent, what goes into calendars; in whatever order supplements and extensions come."""

from datetime import date

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import select

from config.vocabulary import MailState
from flows.steps.acts import perform
from flows.steps.daily import scan
from flows.steps.errors import ActError
from models.history import Act
from models.loading import load_world
from models.rules.calendar import Calendar
from models.rules.deadlines import holding
from models.rules.duties import duties
from models.rules.snapshot import Deadline
from models.store import reading, transaction
from models.tables import Mail, Reminder
from notifications.delivery import deliver
from tests.factories import BRANCH, changed, fact, project, world
from tests.postman import BUSY, Postman, at, entries, morning

CASE = "typical_case"
BRANCH_UID, SO_UID = (
    f"2023:summary:{CASE}:2023-S08B01:hand_in@university.example",
    f"2023:summary:{CASE}:2023-S08B01:endorse@university.example",
)


def on(day):
    return Act("工作人员1", "command:test", date.fromisoformat(day))


def supplement(engine, day, due_on, cohort="2023", deliverable=CASE):
    return perform(
        engine, on(day), "supplement", cohort=cohort, deliverable=deliverable, due_on=date.fromisoformat(due_on), basis="补充通知"
    )


def extend(engine, day, due_on, subject, cohort="2023", deliverable=CASE):
    return perform(
        engine, on(day), "extend", cohort=cohort, subject=subject, deliverable=deliverable, due_on=date.fromisoformat(due_on), basis="批示"
    )


def invited(post):
    """The last entry of each UID, in the order of the post; the SEQUENCE must have risen each time."""
    found = {}
    for _, message in post.carried:
        for uid, (sequence, day) in entries(message).items():
            assert uid not in found or found[uid][0] < sequence
            found[uid] = (sequence, day)
    return found


def test_calendars_follow_supplements_and_extensions_in_any_order(engine):
    post = morning(engine, "2025-11-04")
    first = invited(post)
    steps = [
        (extend, "2025-11-05", "2025-12-01", "2023-S08B01"),
        (supplement, "2025-11-06", "2025-12-05"),
        (extend, "2025-11-07", "2025-12-10", "S08"),
        (supplement, "2025-11-10", "2025-12-12"),
        (extend, "2025-11-11", "2025-12-15", "2023-S08B01"),
    ]
    for move, day, due_on, *subject in steps:
        move(engine, day, due_on, *subject)
        at(engine, day, 10)
        deliver(engine, post, "one")
        assert invited(post)[SO_UID][1] == date.fromisoformat(due_on)
    last = invited(post)
    assert last.keys() == first.keys(), "the same entries, moved"
    assert last[BRANCH_UID] == (5, date(2025, 12, 10)), "three working days before the SO's"
    assert last[SO_UID] == (5, date(2025, 12, 15))


def test_one_letter_tells_a_move_and_no_second_call_follows(engine):
    morning(engine, "2025-11-04")
    supplement(engine, "2025-11-06", "2025-12-05")
    told = [line.kind for day in ("2025-11-06", "2025-11-07", "2025-11-10") for line in morning(engine, day).told if line.paper == CASE]
    assert set(told) == {"deadline_changed"}
    assert len(told) == 17 + 14


def test_a_deadline_moved_before_its_call_is_told_and_called_later(engine):
    """Negative control beside it: the call that has not gone yet still goes, under the new day."""
    supplement(engine, "2025-11-03", "2025-12-05")
    told = {day: {line.kind for line in morning(engine, day).told if line.paper == CASE} for day in ("2025-11-03", "2025-11-04")}
    assert told == {"2025-11-03": {"deadline_changed"}, "2025-11-04": {"call"}}


def test_a_moved_declaration_is_told_to_every_so_that_owes_it(engine):
    morning(engine, "2025-11-04")
    perform(engine, on("2025-11-05"), "declare_project", cohort="2025", unit="S01B03")
    perform(engine, on("2025-11-05"), "exempt", cohort="2025", unit="S03", reason="无符合条件的党支部")
    moved = supplement(engine, "2025-11-06", "2025-12-15", "2025", "declare")
    post = morning(engine, "2025-11-06")
    units = [line.unit for line in post.told if line.kind == "deadline_changed"]
    assert moved.told == len(units) == len(set(units)) == 28
    assert not {"S01", "S03"} & set(units), "one has declared, one is exempt"
    assert {entry for _, message in post.carried for entry in entries(message).values() if entry[0] > 0} == {(1, date(2025, 12, 15))}
    assert not [line for line in morning(engine, "2025-11-21").told if line.rung == "T-10" and line.paper == "declare"], "the old ladder"
    assert [line for line in morning(engine, "2025-12-01").told if line.rung == "T-10" and line.paper == "declare"], "the new one"


def test_moved_twice_before_the_post_left_one_letter_names_what_the_unit_had_heard(engine):
    morning(engine, "2025-11-04")
    supplement(engine, "2025-11-06", "2025-12-05")
    supplement(engine, "2025-11-06", "2025-12-08")
    [line] = [line for line in telling(engine, "2023-S02") if line.dropped_because is None]
    assert (line.details["old_due"], line.details["new_due"]) == ("2025-11-22", "2025-12-08")


def about_declaring(engine):
    with reading(engine) as session:
        lines = session.exec(select(Reminder).where(Reminder.duty == "2025:declaration:declare:S02:declare", Reminder.rung == "T-10")).all()
        return [(session.get_one(Mail, line.mail_id).state, line.dropped_because) for line in lines]


@pytest.mark.parametrize("state", [MailState.READY, MailState.HELD])
def test_what_was_written_for_the_old_day_is_cancelled_within_the_act(engine, state):
    at(engine, "2025-11-21")
    scan(engine, date(2025, 11, 21), "timetable:test")
    deliver(engine, Postman(BUSY), "one")
    with transaction(engine) as session:
        session.execute(sa.update(Mail).values(state=state))
    assert about_declaring(engine) == [(state, None)]
    with pytest.raises(ActError, match="必须写明依据"):
        perform(engine, on("2025-11-21"), "supplement", cohort="2025", deliverable="declare", due_on=date(2025, 12, 15), basis=" ")
    assert about_declaring(engine) == [(state, None)], "the control: refused, nothing has changed"
    supplement(engine, "2025-11-21", "2025-12-15", "2025", "declare")
    assert about_declaring(engine) == [(MailState.CANCELLED, "时间调整：补充通知")]


def telling(engine, project_code):
    with reading(engine) as session:
        query = select(Reminder).where(
            Reminder.kind == "deadline_changed", Reminder.project == project_code, Reminder.unit == project_code[5:]
        )
        return session.exec(query).all()


def test_a_receipt_still_goes_when_another_day_is_granted(engine):
    perform(engine, on("2025-11-05"), "hand_in", project="2023-S01", deliverable=CASE, files=["a"])
    supplement(engine, "2025-11-05", "2025-12-05")
    at(engine, "2025-11-05")
    scan(engine, date(2025, 11, 5), "timetable:2025-11-05")
    deliver(engine, post := Postman(), "one")
    assert [line.kind for line in post.told if (line.project, line.paper) == ("2023-S01", CASE)] == ["receipt"]


def test_a_day_that_is_over_is_granted_to_nobody(engine):
    """Negative control beside it: the day itself is not over yet."""
    with pytest.raises(ActError, match=r"新时间 2025-11-10 早于办理当天 2025-11-17.*请改为今后的日期"):
        supplement(engine, "2025-11-17", "2025-11-10")
    with pytest.raises(ActError, match="早于办理当天"):
        extend(engine, "2025-11-24", "2025-11-23", "2023-S01")
    assert supplement(engine, "2025-11-17", "2025-11-17").told


def test_an_extension_does_not_shorten(engine):
    with pytest.raises(ActError, match="早于全体的时间 2025-11-22"):
        extend(engine, "2025-11-06", "2025-11-20", "2023-S01")


ROWS = st.lists(
    st.tuples(st.sampled_from((None, "2025-S01B01", "S01B01", "S01")), st.dates(date(2026, 1, 5), date(2026, 2, 1))), max_size=8
)


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_the_sequence_rises_with_every_row_whichever_holds(rows):
    """Every prefix of any history of rows: one entry per duty, its SEQUENCE the number of moves so far."""
    made, versions, seen = [], {}, []
    for subject, due_on in [(None, date(2026, 1, 5)), *rows]:
        versions[subject] = versions.get(subject, 0) + 1
        made.append(
            Deadline(
                "declaration",
                "evidence",
                subject,
                due_on,
                versions[subject],
                0,
                date(2025, 11, 4),
                "short",
                "endorse",
                "x",
                date(2025, 11, 4),
            )
        )
        now = changed(world(project(BRANCH, "draft", "2025", (fact("create"),))), deadlines=tuple(made))
        seen.append({(duty.revision, duty.official_due_on) for duty in duties(now, Calendar()) if duty.deliverable == "evidence"})
        assert seen[-1] == {(len(made) - 1, holding(made).due_on)}


def test_worlds_know_the_moves(engine):
    supplement(engine, "2025-11-06", "2025-12-05")
    with reading(engine) as session:
        found = {duty.revision for duty in duties(load_world(session, "2023"), Calendar()) if duty.deliverable == CASE}
    assert found == {1}
