"""Rows that repeat the history are made again from it: equal after weeks of work, told where somebody changed them."""

import json
from datetime import date
from time import monotonic

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from flows.operate import backup
from models import made_again
from models.database import engine_for
from models.history import Act, count_events, record_event, verify
from models.projections import TORN, differences
from models.store import reading, transaction
from models.tables import Cohort, Event, Project, Submission, Unit
from tests.conftest import migrated
from tests.marks import LONG

CHANGES = {
    "UPDATE decision SET outcome = 'not_accepted' WHERE id = (SELECT min(id) FROM decision WHERE outcome = 'qualified')": 2,
    "UPDATE decision SET basis = 'other' WHERE id = (SELECT min(id) FROM decision)": 2,
    "DELETE FROM decision WHERE id = (SELECT max(id) FROM decision WHERE outcome = 'excellent')": 1,
    "UPDATE assessment SET scores = '{}' WHERE id = (SELECT min(id) FROM assessment)": 2,
    "DELETE FROM assessment": None,
    "UPDATE project SET state = 'accepted' WHERE id = (SELECT min(id) FROM project WHERE state <> 'accepted')": 1,
    "UPDATE submission SET state = 'complete' WHERE id = (SELECT min(id) FROM submission WHERE state <> 'complete')": 1,
    "UPDATE unit SET state = 'dissolved' WHERE id = 1": 1,
    "UPDATE submission SET received_on = '2025-11-01' WHERE id = (SELECT min(id) FROM submission WHERE received_on > '2025-11-02')": 2,
    "UPDATE submission SET files = '[]' WHERE id = (SELECT min(id) FROM submission WHERE files <> '[]')": 2,
    "UPDATE submission SET pieces = 9 WHERE id = (SELECT min(id) FROM submission)": 2,
    "DELETE FROM submission WHERE id = (SELECT max(id) FROM submission)": 2,
    "UPDATE cohort SET plan = replace(plan, '2026-', '2027-') WHERE code = '2025'": None,
    "UPDATE cohort SET plan_sha256 = 'x' WHERE code = '2025'": 1,
    "UPDATE project SET award_kind = 'model_branch' WHERE id = (SELECT min(id) FROM project WHERE award_kind = 'benchmark_org')": 1,
    "INSERT INTO deadline (cohort_id, phase, deliverable, subject, due_on, version, internal_days, call_on, ladder, basis, set_on) "
    "SELECT cohort_id, phase, deliverable, subject, '2030-01-01', version + 9, internal_days, call_on, ladder, basis, set_on "
    "FROM deadline WHERE id = 1": 1,
    "INSERT INTO assignment (project_id, phase, part, round_no, assessor, panel) VALUES (1, 'review', 'defence', 0, 'P01', '')": 1,
}
"""A change past the acts → how many flaws it leaves."""
LATER = {
    "UPDATE rectification SET due_on = '2030-01-01' WHERE id = (SELECT min(id) FROM rectification)": 2,
    "UPDATE rectificationitem SET text = 'x' WHERE id = (SELECT min(id) FROM rectificationitem)": 2,
    "UPDATE rectificationitem SET answer = 'x' WHERE id = (SELECT max(id) FROM rectificationitem)": 2,
}
"""The same where there are rectifications: after the mid-term."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def played(request, evening, tmp_path_factory):
    """The demo's first eight weeks on each database: decisions of both cohorts, scores, papers, deadlines, a rectification."""
    folder = tmp_path_factory.mktemp("played")
    source = engine_for(f"sqlite:///{evening(date(2025, 12, 30))}")
    backup.make(source, folder / "data", folder / "whole.zip")
    source.dispose()
    with migrated(request.param, folder) as made:
        backup.restore(made, folder / "data", folder / "whole.zip", "A01")
        yield made


def test_after_weeks_of_work_all_of_it_is_borne_out(played):
    with reading(played) as session:
        assert verify(session) == []
        count = {table: session.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one() for table in ("decision", "assessment")}
    assert min(count.values()) > 20, "there is something to compare"


def test_a_row_that_was_changed_past_the_acts_is_told(played):
    each_is_told(played, CHANGES)


def each_is_told(engine, changes):
    with engine.connect() as connection:
        for statement, flaws in changes.items():
            point = connection.begin_nested()
            assert connection.execute(sa.text(statement)).rowcount > 0, statement
            with Session(connection, join_transaction_mode="create_savepoint") as session:
                found = verify(session)
            assert found if flaws is None else len(found) == flaws, (statement, found)
            point.rollback()
        connection.rollback()


@LONG
@pytest.mark.trust
def test_the_whole_demo_is_borne_out(whole_story, figures):
    """Rectifications answered, sent back and verified, scores taken back, deadlines moved, panels drawn: to the end of both cohorts."""
    engine = engine_for(f"sqlite:///{whole_story}")
    begun = monotonic()
    with reading(engine) as session:
        assert verify(session) == []
        seconds = monotonic() - begun
        figures(f"{count_events(session)} events of the whole demo and all rows made again from them: equal, in {seconds:.1f} s")
    each_is_told(engine, LATER)
    engine.dispose()


def test_a_stream_without_its_row_is_told(empty):
    act = Act("A01", "command:test", date(2025, 11, 4))
    with transaction(empty) as session:
        record_event(session, Unit(code="S01", name="云杉学院党委", kind="so"), "list", act)
        session.execute(sa.text("DELETE FROM unit"))
    with reading(empty) as session:
        assert verify(session) == ["unit:S01：有历史记录，数据表中没有"]


def test_an_event_that_says_nothing_is_a_flaw_and_no_traceback(empty):
    act = Act("A01", "command:test", date(2025, 11, 4))
    with transaction(empty) as session:
        session.add(cohort := Cohort(code="2025", title="第二批", plan={}, plan_sha256="", opened_on=act.on))
        record_event(session, cohort, "open", act)
        record_event(session, unit := Unit(code="S01", name="云杉学院党委", kind="so"), "list", act)
        project = Project(code="2025-S01", cohort_id=cohort.id, unit_id=unit.id, award_kind="benchmark_org")
        record_event(session, project, "enrol", act)
        record_event(session, project, "assign", act)
        paper = Submission(code="torn", project_id=project.id, deliverable="x", version=1)
        record_event(session, paper, "hand_in", act)
    with reading(empty) as session:
        found = verify(session)
    assert len([flaw for flaw in found if TORN in flaw]) == 2, found


def test_a_matter_goes_its_way_and_so_does_an_assignment():
    """Answered, sent back, answered anew as a whole, verified; assigned twice, taken back once."""
    steps = [
        ("order", {"items": ["一", "二"], "due_on": "2026-03-18"}),
        ("answer_item", {"item": 1, "answer": "改了", "files": [{"name": "a", "sha256": ""}]}),
        ("answer_item", {"item": 2, "answer": "也改了", "files": []}),
        ("answer", {"answers": ["改了", "也改了"]}),
        ("reopen", {"items": [2], "note": "不够"}),
        ("answer", {"answers": ["再改"], "files": [{"name": "b", "sha256": ""}]}),
        ("verify_item", {"items": [1], "note": ""}),
        ("verify", {"note": "已核实"}),
    ]
    rows = [json.loads(text) for text in made_again.items([Event(event=event, payload=body) for event, body in steps])]
    assert [(row["answer"], row["verified"], row["note"], row["files"][0]["name"]) for row in rows] == [
        ("改了", True, "", "a"),
        ("再改", True, "已核实", "b"),
    ]
    seats = {"phase": "mid_term", "round_no": 0, "parts": ["a", "b"]}
    events = [("assign", {**seats, "assessors": ["P1", "P2"], "panel": "第一组"}), ("unassign", {**seats, "assessors": ["P1"]})]
    held = made_again.assignments([Event(event=event, payload=body) for event, body in events])
    assert [json.loads(text)["assessor"] for text in held] == ["P2", "P2"]


def test_what_is_told_names_stream_row_and_side(played):
    with played.connect() as connection:
        connection.execute(sa.text("DELETE FROM decision"))
        with Session(connection) as session:
            told = list(differences(session))
        connection.rollback()
    assert all("历史记录中的决定" in line and "不在数据表中" in line for line in told)
