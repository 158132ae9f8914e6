"""Random rows by raw SQL: the database takes exactly those that a judge of our own finds legal (figures: ``make trust``)."""

import random
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

import pytest
import sqlalchemy as sa

from models.rules.lifecycle import TRANSITIONS
from models.tables import Event
from tests.marks import size

ROWS = size(400, 20_000)
COLUMNS = [column.name for column in Event.__table__.columns]
INSERT = sa.text(f"INSERT INTO event ({', '.join(COLUMNS)}) VALUES ({', '.join(f':{name}' for name in COLUMNS)})")
MACHINES = sorted({row.machine.value for row in TRANSITIONS})
STATES = sorted({row.source for row in TRANSITIONS} | {row.target for row in TRANSITIONS})
EVENTS = sorted({row.event for row in TRANSITIONS})
RULES = {(row.machine.value, row.source, row.event, row.target) for row in TRANSITIONS}
STREAMS = [f"s{number}" for number in range(12)]


@dataclass
class Judge:
    """What the architecture says of a legal row, in Python and without a database."""

    rows: dict = field(default_factory=dict)
    commands: set = field(default_factory=set)
    heads: dict = field(default_factory=dict)

    def finds_legal(self, row):
        return (
            (row["machine"], row["source"], row["event"], row["target"]) in RULES
            and (row["stream"], row["seq"]) not in self.rows
            and row["command_id"] not in self.commands
            and (self._begins(row) or self._follows(row))
        )

    def _begins(self, row):
        return row["seq"] == 1 and row["source"] == "new" and row["prev_seq"] is None and row["prev_hash"] is None

    def _follows(self, row):
        if row["prev_seq"] is None or row["prev_hash"] is None or row["seq"] < 2 or row["source"] == "new":
            return False
        last = self.rows.get((row["stream"], row["prev_seq"]))
        link = (row["machine"], row["source"], row["prev_hash"])
        return row["prev_seq"] == row["seq"] - 1 and last is not None and (last["machine"], last["target"], last["hash"]) == link

    def remember(self, row):
        self.rows[row["stream"], row["seq"]] = self.heads[row["stream"]] = row
        self.commands.add(row["command_id"])


class Proposer:
    """Proposes rows: half of them the next of a stream, the others with up to three columns that came from anywhere."""

    def __init__(self, seed):
        self.dice = random.Random(seed)

    def row(self, judge, number):
        dice = self.dice
        stream = dice.choice(STREAMS)
        row = self._next(judge.heads.get(stream), stream, number)
        if dice.random() < 0.5:
            anything = self._anything(judge, row)
            for name in dice.sample(sorted(anything), dice.choice([1, 1, 1, 2, 3])):
                row[name] = anything[name]
        return row

    def _next(self, last, stream, number):
        machine = last["machine"] if last else self.dice.choice(MACHINES)
        source = last["target"] if last else "new"
        legal = sorted(rule for rule in RULES if rule[:2] == (machine, source))
        _, _, event, target = self.dice.choice(legal) if legal else (machine, source, self.dice.choice(EVENTS), source)
        return {
            "stream": stream, "seq": last["seq"] + 1 if last else 1, "prev_seq": last["seq"] if last else None, "machine": machine,
            "source": source, "event": event, "target": target, "prev_hash": last["hash"] if last else None, "hash": f"{number:064x}",
            "command_id": f"c{number}", "actor": "x", "auth_method": "declared", "origin": "test", "payload": "{}",
            "effective_on": date(2025, 11, 4), "recorded_at": "2025-11-04 00:00:00", "clause": "I",
        }  # fmt: skip

    def _anything(self, judge, row):
        dice = self.dice
        other = dice.choice(list(judge.rows.values()) or [row])
        return {
            "stream": dice.choice(STREAMS), "seq": dice.choice([0, 1, 2, row["seq"] + 1, other["seq"]]), "machine": dice.choice(MACHINES),
            "prev_seq": dice.choice([None, 0, 1, row["seq"], other["seq"]]), "source": dice.choice([*STATES, "new"]), "event": dice.choice(EVENTS),
            "target": dice.choice(STATES), "prev_hash": dice.choice([None, "0" * 64, other["hash"]]), "command_id": other["command_id"],
        }  # fmt: skip


def taken(connection, row):
    """Whether the database takes a row; one that it refuses leaves nothing behind."""
    point = connection.begin_nested()
    try:
        connection.execute(INSERT, row)
    except sa.exc.DatabaseError:
        point.rollback()
        return False
    point.commit()
    return True


def play(connection, judge, rows, seed=20251104):
    """Offer rows; returns (accepted, refused, those on which database and judge differ). The database's word counts."""
    proposer, accepted, wrong = Proposer(seed), 0, []
    for number in range(rows):
        row = proposer.row(judge, number)
        legal = judge.finds_legal(row)
        if (took := taken(connection, row)) != legal:
            wrong.append(row)
        if took:
            judge.remember(row)
            accepted += 1
    return accepted, rows - accepted, wrong


@contextmanager
def thrown_away(engine):
    with engine.connect() as connection:
        yield connection
        connection.rollback()


@pytest.mark.trust
def test_a_row_is_taken_exactly_when_it_is_legal(empty, figures):
    with thrown_away(empty) as connection:
        accepted, refused, wrong = play(connection, Judge(), ROWS)
    assert wrong == []
    assert min(accepted, refused) > ROWS / 5, "both kinds are tried"
    figures(
        f"random rows on {empty.dialect.name}: {ROWS} offered, {accepted} legal and taken, {refused} illegal and refused, 0 wrong either way"
    )


def test_a_judge_who_overlooks_something_is_caught(empty):
    """The control: each of these judges calls rows legal that the database refuses."""

    class BlindToHashes(Judge):
        def _follows(self, row):
            last = self.rows.get((row["stream"], row["prev_seq"]))
            return last is not None and super()._follows({**row, "prev_hash": last["hash"]})

    class BlindToCommands(Judge):
        def remember(self, row):
            super().remember(row)
            self.commands.clear()

    for blind in (BlindToHashes, BlindToCommands):
        with thrown_away(empty) as connection:
            assert play(connection, blind(), 300)[2] != [], blind.__name__


def test_a_database_without_its_keys_is_caught(empty):
    """The control of the other side: with foreign keys switched off illegal rows are taken."""
    off = {"sqlite": "PRAGMA foreign_keys = OFF", "postgresql": "SET LOCAL session_replication_role = replica"}[empty.dialect.name]
    with thrown_away(empty) as connection:
        if empty.dialect.name == "sqlite":
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql(off)
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql(off)
        assert play(connection, Judge(), 100)[2] != []
        connection.invalidate()
