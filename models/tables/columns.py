"""Column helpers: values of a StrEnum with a CHECK, aware UTC instants, canonical JSON."""

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: refuses naive values, stores UTC, always returns aware UTC (SQLite itself would return naive)."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC; SQLite stores the naive UTC reading."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = f"naive datetime {value!r}"
            raise ValueError(msg)
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return aware UTC."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class CanonicalJson(TypeDecorator[Any]):
    """JSON stored as the exact text that was hashed: sorted keys, no spaces, Unicode as is."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Serialise canonically."""
        del dialect
        return None if value is None else canonical(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Parse."""
        del dialect
        return None if value is None else json.loads(value)


def canonical(value: Any) -> str:
    """Return the one JSON text of a value; dates become ISO text."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def enum_column(kind: type[StrEnum], name: str, *, nullable: bool = False, index: bool = False) -> sa.Column[Any]:
    """Return a column that stores the member's value and refuses others, in Python and in the database."""
    values = sa.Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        name=name,
        length=40,
        values_callable=lambda members: [member.value for member in members],
        validate_strings=True,
    )
    return sa.Column(values, nullable=nullable, index=index)
