"""Whether the database is made as the tables say.

Until 1.0 the first migration is edited in place (decision 0010): its number alone tells nothing.
"""

import re
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.engine import Connection
from sqlmodel import SQLModel

LACKING, SPARE, OTHER = "缺少", "多出", "不同"
WAYS = {"add": LACKING, "remove": SPARE, "modify": OTHER}
KINDS = {"table": "表", "column": "列", "index": "索引", "constraint": "约束", "fk": "外键"}


def differences(connection: Connection) -> list[str]:
    """Return, in Chinese, every table, column, index, key and closed set of words that is not as the program's tables say."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    steps = [one for step in compare_metadata(context, SQLModel.metadata) for one in (step if isinstance(step, list) else [step])]
    told = [_told(step) for step in steps]
    return told or list(_other_words(connection))


def _told(step: tuple[Any, ...]) -> str:
    way, _, kind = step[0].partition("_")
    if way == "modify":
        return f"{OTHER}：列 {step[2]}.{step[3]}"
    return f"{WAYS[way]}：{KINDS.get(kind, kind)} {_name(kind, step)}"


def _name(kind: str, step: tuple[Any, ...]) -> str:
    if kind == "column":
        return f"{step[2]}.{step[3].name}"
    if kind == "table":
        return str(step[1].name)
    return f"{step[1].table.name}.{step[1].name}"


def _other_words(connection: Connection) -> Iterator[str]:
    """Autogenerate sees no changed CHECK: the words are read back from the database."""
    looked = sa.inspect(connection)
    for table in SQLModel.metadata.sorted_tables:
        checks = [set(re.findall(r"'([^']*)'", check["sqltext"])) for check in looked.get_check_constraints(table.name)]
        for column in table.columns:
            if isinstance(column.type, sa.Enum) and set(column.type.enums) not in checks:
                yield f"{OTHER}：列 {table.name}.{column.name} 的取值"
