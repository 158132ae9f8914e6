"""An older database bears the same revision until 1.0 (decision 0010): the doctor tells by its structure."""

import pytest
import sqlalchemy as sa

from flows.operate.doctor import records
from flows.operate.doctor.finding import Level
from flows.operate.doctor.structure import differences

OLDER_WORDS = {
    "sqlite": (
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = replace(sql, '''branch''', '''other''') WHERE type = 'table' AND name = 'unit'",
    ),
    "postgresql": (
        "ALTER TABLE unit DROP CONSTRAINT unit_kind",
        "ALTER TABLE unit ADD CONSTRAINT unit_kind CHECK (kind IN ('so', 'other'))",
    ),
}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("ALTER TABLE unit DROP COLUMN founded_on", "缺少：列 unit.founded_on"),
        ("ALTER TABLE unit ADD COLUMN gone TEXT", "多出：列 unit.gone"),
        ("CREATE TABLE gone (id INTEGER PRIMARY KEY)", "多出：表 gone"),
        ("CREATE INDEX ix_gone ON unit (name)", "多出：索引 unit.ix_gone"),
        ("DROP TABLE setting", "缺少：表 setting"),
    ],
)
def test_an_older_schema_of_the_same_revision_is_told(empty, change, told):
    with empty.begin() as connection:
        assert differences(connection) == []
        connection.execute(sa.text(change))
        finding = records.migrations(connection)
    assert finding.level == Level.FAIL
    assert told in finding.found
    assert finding.todo == records.OLDER


def test_an_older_set_of_words_is_told(empty):
    """A word that a closed set has learnt since changes a CHECK, which autogenerate does not see."""
    with empty.begin() as connection:
        for statement in OLDER_WORDS[empty.dialect.name]:
            connection.execute(sa.text(statement))
    empty.dispose()
    with empty.connect() as connection:
        assert differences(connection) == ["不同：列 unit.kind 的取值"]
