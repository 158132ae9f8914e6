"""Somebody with every right on the machine changes the past: each attempt is found (figures: ``make trust``).

On the database the check and the last signed list find it, in the export the program that stands alone.
"""

import json
import random
import sqlite3
from collections import Counter
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import psycopg
import pytest
from sqlmodel import select

from config.settings import settings
from flows.steps.witnessing import flaws_of
from models import verifier
from models.heads import export_history, keep_list, list_path
from models.history import Act, record_event
from models.signing import make_key
from models.store import transaction
from models.tables import Unit
from models.verifier import CHECKS, COLUMNS, HASH, PREV_HASH, PREV_SEQ, SEQ, STREAM, Export, Signed, examine
from tests.marks import size
from tests.models.unguarded import unguarded

IN_EXPORT = size(10, 2_000)
IN_DATABASE = size(3, 160)
DAY = date(2025, 12, 8)
NAMES = (
    "stream", "seq", "prev_seq", "machine", "source", "event", "target", "prev_hash", "command_id", "actor", "auth_method", "origin",
    "payload", "effective_on", "recorded_at", "clause", "hash",
)  # fmt: skip


@pytest.fixture
def signed_history(empty, data_folder):
    """Eight streams, three lists, and events after the last list. Returns (engine, export, lists, public key)."""
    settings.cache_clear()
    key = make_key()
    lists = []
    for number in range(4):
        for unit in range(8):
            one_more(empty, unit, number)
        if number < 3:
            day = DAY + timedelta(days=number)
            keep_list(empty, data_folder, day, datetime(2025, 12, 8, tzinfo=UTC))
            lists.append(verifier.parse_list(list_path(data_folder, day).read_text(encoding="utf-8")))
    return empty, exported(empty), lists, key


def one_more(engine, unit, number):
    with transaction(engine) as session:
        row = session.exec(select(Unit).where(Unit.code == f"S{unit}")).first() or Unit(code=f"S{unit}", name="党委", kind="so")
        record_event(session, row, "change_contact" if number else "list", Act(f"A0{unit}", f"command:{number}", DAY), {"n": number})


def exported(engine):
    sink = StringIO()
    export_history(engine, sink)
    return verifier.parse_export(sink.getvalue())


def rehashed(rows):
    """The same rows with hashes that fit them: what who rebuilds a stream would write."""
    last = {}
    for row in rows:
        row[PREV_HASH] = last.get(row[STREAM])
        row[HASH] = last[row[STREAM]] = verifier.digest(row)
    return rows


def other(dice, value):
    """Another value of the same kind."""
    if value is None:
        return dice.choice([0, "x"])
    if isinstance(value, int):
        return value + dice.choice([-1, 1, 7])
    place = dice.randrange(len(value) + 1)
    return value[:place] + dice.choice("0x ，") + value[place + dice.randint(0, 1) :] if dice.random() < 0.9 else value + "x"


def flip(dice, rows, _lists):
    row, column = dice.choice(rows), dice.randrange(COLUMNS)
    before = row[column]
    while row[column] == before:
        row[column] = other(dice, before)


def drop(dice, rows, _lists):
    """A row that has been signed, or one with another behind it: what came last and is in no list yet leaves no gap."""
    ends = {row[STREAM]: row for row in rows}
    rows.remove(dice.choice([row for row in rows if row is not ends[row[STREAM]]]))


def insert(dice, rows, _lists):
    place = dice.randrange(len(rows))
    new = [*rows[place]]
    new[verifier.COMMAND] = f"forged{dice.random()}"
    new[HASH] = verifier.digest(new)
    rows.insert(place, new)


def insert_in_order(dice, rows, _lists):
    """An event slipped into a stream, everything behind it numbered and hashed anew."""
    at = dice.choice([row for row in rows if row[SEQ] in (2, 3)])
    new = [*at]
    new[verifier.COMMAND] = f"forged{dice.random()}"
    rows.insert(rows.index(at), new)
    for row in rows[rows.index(new) + 1 :]:
        if row[STREAM] == new[STREAM]:
            row[SEQ] += 1
            row[PREV_SEQ] += 1
    rehashed(rows)


def swap(dice, rows, _lists):
    """Two events of a stream change their content."""
    stream = dice.choice(rows)[STREAM]
    one, two = dice.sample([row for row in rows if row[STREAM] == stream], 2)
    for column in range(verifier.EVENT, COLUMNS):
        if column not in (verifier.TARGET, PREV_HASH):
            one[column], two[column] = two[column], one[column]


def cut_tail(dice, rows, _lists):
    """A stream ends earlier, before its last signed event."""
    stream, left = dice.choice(rows)[STREAM], dice.randrange(3)
    rows[:] = [row for row in rows if row[STREAM] != stream or row[SEQ] <= left]


def rebuild(dice, rows, _lists):
    """One word of the past is another, and every hash fits it."""
    dice.choice([row for row in rows if row[SEQ] <= 3])[dice.choice([9, 11, 12])] = f"other{dice.random()}"
    rehashed(rows)


def roll_back(dice, rows, _lists):
    """The database of an earlier moment; some streams have gone on otherwise since."""
    left = dice.randrange(1, 3)
    again = {row[STREAM] for row in rows if dice.random() < 0.4}
    rows[:] = [row for row in rows if row[SEQ] <= left or row[STREAM] in again]
    for row in rows:
        if row[SEQ] > left:
            row[9] = "another"
    rehashed(rows)


CLASSES = (flip, drop, insert, insert_in_order, swap, cut_tail, rebuild, roll_back)


def attempts(change, signed, tries):
    """Yield what the checks say to so many changed copies of the export."""
    _, export, lists, key = signed
    dice = random.Random(change.__name__)
    for _ in range(tries):
        rows = deepcopy(export.rows)
        change(dice, rows, lists)
        yield Export(export.rules, rows), lists, [key]


@pytest.mark.trust
def test_every_change_of_the_export_is_found(signed_history, figures):
    _, export, lists, key = signed_history
    assert examine(export, lists, [key]) == [], "the control: untouched"
    missed = Counter(change.__name__ for change in CLASSES for tried in attempts(change, signed_history, IN_EXPORT) if not examine(*tried))
    assert missed == {}
    told = "、".join(change.__name__ for change in CLASSES)
    figures(f"tampering with an export: {IN_EXPORT} attempts of each of {len(CLASSES)} classes ({told}), all found")


def resealed(one, **changed):
    """A list with other content, signed by somebody else."""
    text = json.dumps(one.told | changed, ensure_ascii=False, separators=(",", ":"))
    return Signed(text, one.told | changed, one.key, one.signature)


def without_rule(export, _lists, _key):
    rows = deepcopy(export.rows)
    rows[1][verifier.EVENT], rows[1][verifier.TARGET] = "dissolve", "listed"
    return Export(export.rules, rehashed(rows)), [], ""


def with_rule(export, lists, key):
    return Export([*export.rules, ["unit", "listed", "vanish", "listed"]], export.rows), lists, key


BLIND = {
    "hashes": [lambda export, lists, key: (Export(export.rules, _with(export.rows, 5, 9, "other")), lists, key)],
    "chain": [
        lambda export, lists, key: (Export(export.rules, [row for row in export.rows if row[SEQ] != 1]), lists[2:], key),
        lambda export, lists, key: (Export(export.rules, rehashed(_with(export.rows, -1, 8, export.rows[0][8]))), lists, key),
    ],
    "legality": [without_rule, with_rule],
    "signatures": [
        lambda export, lists, key: (export, [*lists[:2], resealed(lists[2], made_at="")], key),
        lambda export, lists, _key: (export, lists, "0" * 64),
    ],
    "order": [lambda export, lists, key: (export, [lists[0], lists[2]], key)],
    "heads": [lambda export, lists, key: (Export(export.rules, [row for row in export.rows if row[SEQ] <= 2]), lists, key)],
}
"""Check → changes that it alone can find."""


def _with(rows, place, column, value):
    made = deepcopy(rows)
    made[place][column] = value
    return made


def test_with_one_check_taken_out_something_is_missed(signed_history):
    """The control of each check: it is there for something that no other finds."""
    _, export, lists, key = signed_history
    assert BLIND.keys() == CHECKS.keys()
    for name, changes in BLIND.items():
        rest = {other_name: check for other_name, check in CHECKS.items() if other_name != name}
        for number, change in enumerate(changes):
            tried, known, by = change(export, lists, key)
            assert examine(tried, known, [by]) != [], (name, number)
            assert examine(tried, known, [by], rest) == [], (name, number, "found without it")


PLACES = {
    "flip": "UPDATE event SET {column} = COALESCE('x' || substr({column}, 2), 'x') WHERE stream = '{stream}' AND seq = {seq}",
    "drop": "DELETE FROM event WHERE stream = '{stream}' AND seq = {low}",
    "cut_tail": "DELETE FROM event WHERE stream = '{stream}' AND seq > {low}",
    "swap": (
        "UPDATE event SET payload = CASE seq WHEN {low} THEN '{{\"n\":9}}' ELSE '{{\"n\":8}}' END "
        "WHERE stream = '{stream}' AND seq IN ({low}, {low} + 1)"
    ),
    "roll_back": "DELETE FROM event WHERE seq > {low}",
    "flip_seq": "UPDATE event SET seq = seq + 10, prev_seq = seq + 9 WHERE stream = '{stream}' AND seq = {low} + 1",
    "flip_machine": "UPDATE event SET machine = 'project' WHERE stream = '{stream}' AND seq = {seq}",
    "flip_auth_method": "UPDATE event SET auth_method = 'one_time_code' WHERE stream = '{stream}' AND seq = {seq}",
    "flip_payload": "UPDATE event SET payload = '{{\"n\":77}}' WHERE stream = '{stream}' AND seq = {seq}",
    "flip_day": "UPDATE event SET effective_on = '2024-02-29' WHERE stream = '{stream}' AND seq = {seq}",
    "flip_instant": "UPDATE event SET recorded_at = '2024-02-29 00:00:00' WHERE stream = '{stream}' AND seq = {seq}",
    "insert": ("INSERT INTO event ({names}) SELECT {others} FROM event WHERE stream = '{stream}' AND seq = {low} + 1"),
}
TEXTS = [name for name in NAMES if name not in {"seq", "prev_seq", "effective_on", "recorded_at", "machine", "auth_method", "payload"}]
COPIED = [
    f"'{'0' * 64}'" if name == "hash" else {"seq": "seq + 20", "prev_seq": "seq + 19", "command_id": "'forged'"}.get(name, name)
    for name in NAMES
]
"""A row of its own that follows none: a copy under another number and hash."""


def rebuilt_in(raw, export, dice):
    """Rewrite a stream in the database from some event on, with hashes that fit."""
    rows = deepcopy(export.rows)
    rebuild(dice, rows, [])
    for row in rows:
        raw.execute(f"UPDATE event SET actor = '{row[9]}', origin = '{row[11]}', prev_hash = {quoted(row[PREV_HASH])}, hash = '{row[HASH]}' "
                    f"WHERE stream = '{row[STREAM]}' AND seq = {row[SEQ]}")  # fmt: skip


def quoted(text):
    return "NULL" if text is None else f"'{text}'"


@pytest.mark.trust
def test_every_change_of_the_database_is_found(signed_history, figures):
    """By the check that doctor, the daily check and ``creation verify`` make, with the list that was signed last."""
    engine, export, _, _ = signed_history
    assert flaws_of(engine) == (), "the control: untouched"
    dice, missed, refused = random.Random(8), Counter(), Counter()
    for name in (*PLACES, "rebuild"):
        for _ in range(IN_DATABASE):
            fields = {
                "column": dice.choice(TEXTS),
                "stream": f"unit:S{dice.randrange(8)}",
                "seq": dice.randint(1, 4),
                "low": dice.randint(1, 2),
                "names": ", ".join(NAMES),
                "others": ", ".join(COPIED),
            }
            with unguarded(engine) as raw:
                try:
                    rebuilt_in(raw, export, dice) if name == "rebuild" else raw.execute(PLACES[name].format(**fields))
                except (sqlite3.IntegrityError, psycopg.IntegrityError):  # a CHECK holds for everybody
                    refused[name] += 1
                    continue
                missed[name] += not flaws_of(engine)
                put_back(raw, export)
    assert +missed == {}
    assert flaws_of(engine) == (), "put back each time"
    assert {name: number for name, number in refused.items() if number >= IN_DATABASE / 2} == {}
    tried = f"{IN_DATABASE} attempts of each of {len(PLACES) + 1} classes"
    figures(f"tampering on {engine.dialect.name}: {tried}, {refused.total()} refused by a CHECK, all others found by the daily check")


def put_back(raw, export):
    raw.execute("DELETE FROM event")
    for row in export.rows:
        values = ", ".join("NULL" if cell is None else str(cell) if isinstance(cell, int) else f"'{cell}'" for cell in row)
        raw.execute(f"INSERT INTO event ({', '.join(NAMES)}) VALUES ({values})")
