"""Rows that repeat the history are made again from it: equal after weeks of work, told where somebody changed them."""

from datetime import date

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from models.database import engine_for
from models.history import verify
from models.projections import differences
from models.store import reading

CHANGES = {
    "UPDATE decision SET outcome = 'not_accepted' WHERE id = (SELECT min(id) FROM decision WHERE outcome = 'qualified')": 2,
    "UPDATE decision SET basis = 'other' WHERE id = (SELECT min(id) FROM decision)": 2,
    "DELETE FROM decision WHERE id = (SELECT max(id) FROM decision WHERE outcome = 'excellent')": 1,
    "UPDATE assessment SET scores = '{}' WHERE id = (SELECT min(id) FROM assessment)": 2,
    "DELETE FROM assessment": None,
    "UPDATE project SET state = 'accepted' WHERE id = (SELECT min(id) FROM project WHERE state <> 'accepted')": 1,
    "UPDATE submission SET state = 'complete' WHERE id = (SELECT min(id) FROM submission WHERE state <> 'complete')": 1,
    "UPDATE unit SET state = 'dissolved' WHERE id = 1": 1,
}
"""A change past the acts → how many flaws it leaves."""


@pytest.fixture
def played(evening):
    """The demo's first eight weeks: decisions of both cohorts, scores, papers. Restored into PostgreSQL it is checked in test_backup."""
    made = engine_for(f"sqlite:///{evening(date(2025, 12, 30))}")
    yield made
    made.dispose()


def test_after_weeks_of_work_all_of_it_is_borne_out(played):
    with reading(played) as session:
        assert verify(session) == []
        count = {table: session.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one() for table in ("decision", "assessment")}
    assert min(count.values()) > 20, "there is something to compare"


def test_a_row_that_was_changed_past_the_acts_is_told(played):
    with played.connect() as connection:
        for statement, flaws in CHANGES.items():
            point = connection.begin_nested()
            assert connection.execute(sa.text(statement)).rowcount > 0, statement
            with Session(connection, join_transaction_mode="create_savepoint") as session:
                found = verify(session)
            assert found if flaws is None else len(found) == flaws, (statement, found)
            point.rollback()
        connection.rollback()


def test_what_is_told_names_stream_row_and_side(played):
    with played.connect() as connection:
        connection.execute(sa.text("DELETE FROM decision"))
        with Session(connection) as session:
            told = list(differences(session))
        connection.rollback()
    assert all("历史记录中的决定" in line and "不在数据表中" in line for line in told)
