"""Every way we know to change what is on record, by raw SQL on both databases: refused, or told by the check."""

import re
import sqlite3
from contextlib import closing
from datetime import date

import pytest
import sqlalchemy as sa

from config.clock import now
from config.vocabulary import MailKind
from models import guards
from models.history import Act, record_event, verify
from models.store import reading, transaction
from models.tables import Attempt, Cohort, Deadline, Event, Mail, Unit
from models.upgrade import SchemaError, upgrade
from tests.models.unguarded import unguarded

DAY = date(2025, 11, 4)
ACT = Act("A01", "command:test", DAY)


@pytest.fixture
def recorded(empty):
    """A database with some rows in each guarded table."""
    with transaction(empty) as session:
        for number in range(3):
            unit = Unit(code=f"S0{number}", name="云杉学院党委", kind="so")
            record_event(session, unit, "list", ACT)
            record_event(session, unit, "change_contact", ACT, {"role": "contact"})
        cohort = Cohort(code="2025", title="第二批", plan={}, plan_sha256="", opened_on=DAY)
        record_event(session, cohort, "open", ACT)
        mail = Mail(
            key="k", message_id="m", kind=MailKind.CALL, mail_class="remind", mailbox="a@b", send_on=DAY, not_before=now(), subject="s",
        )  # fmt: skip
        session.add(mail)
        session.flush()
        session.add(
            Deadline(
                cohort_id=cohort.id, phase="review", deliverable="x", due_on=DAY, version=1, internal_days=0, call_on=DAY, ladder="l",
                basis="b", set_on=DAY,
            )
        )  # fmt: skip
        session.add(Attempt(mail_id=mail.id, epoch=1, phase="intent", at=now(), text="", worker="w"))
    return empty


CHANGES = (
    "UPDATE event SET actor = 'other'",
    "UPDATE event SET hash = hash",
    "UPDATE event SET recorded_at = recorded_at WHERE seq = 1",
    "DELETE FROM event WHERE seq = 2",
    "DELETE FROM event",
    "UPDATE deadline SET basis = 'other'",
    "DELETE FROM deadline",
    "UPDATE attempt SET text = 'other'",
    "DELETE FROM attempt",
    "UPDATE transition_rule SET clause = 'other'",
    "UPDATE transition_rule SET target = 'other'",
    "DELETE FROM transition_rule WHERE event = 'terminate'",
)
UPSERTS = {
    "sqlite": (
        *(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} LIMIT 1" for table in guards.APPEND_ONLY),
        *(f"REPLACE INTO {table} SELECT * FROM {table} WHERE true" for table in guards.APPEND_ONLY),
        "UPDATE OR REPLACE event SET seq = 2 WHERE seq = 1",
        "INSERT INTO event SELECT * FROM event WHERE true ON CONFLICT DO UPDATE SET actor = 'other'",
    ),
    "postgresql": (
        *(f"TRUNCATE {table} CASCADE" for table in guards.APPEND_ONLY),
        "TRUNCATE mail CASCADE",
        "INSERT INTO event SELECT * FROM event ON CONFLICT (command_id) DO UPDATE SET actor = 'other'",
        "MERGE INTO event USING (SELECT 1 AS seq) one ON event.seq = one.seq WHEN MATCHED THEN DELETE",
        "WITH gone AS (DELETE FROM attempt RETURNING *) SELECT * FROM gone",
    ),
}


def content(connection):
    return {table: connection.execute(sa.text(f"SELECT * FROM {table} ORDER BY 1, 2")).all() for table in guards.APPEND_ONLY}


def answer(connection, statement):
    """What the database says to a statement whose work is then taken back: its refusal, or how it left the tables."""
    point = connection.begin_nested()
    try:
        connection.execute(sa.text(statement))
        return content(connection)
    except sa.exc.DBAPIError as error:
        return str(error)
    finally:
        point.rollback()


def test_the_past_cannot_be_changed(recorded):
    statements = (*CHANGES, *UPSERTS[recorded.dialect.name])
    with recorded.connect() as connection:
        before = content(connection)
        told = {statement: answer(connection, statement) for statement in statements}
        assert [statement for statement in statements if "append-only" not in told[statement]] == []
        assert content(connection) == before


def test_without_the_guards_most_of_it_would_be_done(recorded):
    """The control: the statements are good SQL, and only keys between tables refuse some of them."""
    statements = (*CHANGES, *UPSERTS[recorded.dialect.name])
    with recorded.connect() as connection:
        for name in guards.names(recorded.dialect.name):
            table = re.match("guard_(.*)_[a-z]+$", name).group(1)
            connection.execute(sa.text(f"DROP TRIGGER {name}" + ("" if recorded.dialect.name == "sqlite" else f" ON {table}")))
        before = content(connection)
        told = [answer(connection, statement) for statement in statements]
        assert sum(isinstance(one, dict) and one != before for one in told) >= 8
        assert all("append-only" not in one and "syntax" not in one for one in told if isinstance(one, str))


def test_a_connection_that_is_not_ours_meets_the_guards_too(recorded):
    """SQLite's switches are per connection: foreign keys off and triggers not recursive are its defaults."""
    if recorded.dialect.name != "sqlite":
        pytest.skip("PostgreSQL has no such switches")
    with closing(sqlite3.connect(recorded.url.database)) as raw:
        assert raw.execute("PRAGMA foreign_keys").fetchone() == raw.execute("PRAGMA recursive_triggers").fetchone() == (0,)
        for statement in (*CHANGES, *UPSERTS["sqlite"]):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                raw.execute(statement)


def test_an_illegal_move_past_the_keys_is_told(recorded):
    """With the keys switched off the database takes it; the check does not."""
    with unguarded(recorded) as raw:
        raw.execute(
            "INSERT INTO event SELECT stream, 3, 2, machine, target, 'list', target, hash, hash, 'forged', actor, auth_method, origin, payload, "
            "effective_on, recorded_at, clause FROM event WHERE stream = 'unit:S00' AND seq = 2"
        )
    with reading(recorded) as session:
        flaws = verify(session)
    assert "unit:S00 第 3 条：listed → listed 不是规则允许的流转" in flaws


SAME_NAME = {
    "sqlite": ("DROP TRIGGER guard_event_update", "CREATE TRIGGER guard_event_update BEFORE UPDATE ON event BEGIN SELECT 1; END"),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION guard_event() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
        "SELECT 1",
    ),
}


def test_a_guard_that_is_another_thing_under_the_same_name_is_missed(recorded):
    with recorded.begin() as connection:
        assert guards.missing(connection) == ()
        for statement in SAME_NAME[recorded.dialect.name]:
            connection.execute(sa.text(statement))
    with recorded.connect() as connection:
        assert guards.missing(connection)[0] in {"guard_event_update", "guard_event_change"}
    with pytest.raises(SchemaError, match="guard_event"):
        upgrade(recorded)


@pytest.mark.parametrize("how", ["DISABLE", "ENABLE REPLICA"])
def test_a_guard_that_is_switched_off_is_missed(recorded, how):
    if recorded.dialect.name == "sqlite":
        pytest.skip("SQLite cannot switch a trigger off")
    with recorded.begin() as connection:
        connection.execute(sa.text(f"ALTER TABLE event {how} TRIGGER guard_event_truncate"))
        assert guards.missing(connection) == ("guard_event_truncate",)


def test_a_missing_guard_stops_the_upgrade(recorded):
    name, table = ("guard_deadline_update", "") if recorded.dialect.name == "sqlite" else ("guard_deadline_change", " ON deadline")
    with recorded.begin() as connection:
        connection.execute(sa.text(f"DROP TRIGGER {name}{table}"))
    with pytest.raises(SchemaError, match=name):
        upgrade(recorded)


def test_a_rule_can_still_be_retired(recorded):
    with recorded.begin() as connection:
        retired = connection.execute(sa.text("UPDATE transition_rule SET retired_on = '2026-01-01' WHERE event = 'terminate'"))
        assert retired.rowcount > 0


def test_events_keep_coming(recorded):
    with transaction(recorded) as session:
        unit = session.exec(sa.select(Unit).where(Unit.code == "S00")).scalar_one()
        assert record_event(session, unit, "change_contact", ACT).seq == 3
        assert session.exec(sa.select(sa.func.count()).select_from(Event)).scalar_one() == 8
