"""The history: rules of legality and events, held together by the database's own keys (architecture, History)."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from config.vocabulary import AuthMethod, Machine
from models.tables.columns import CanonicalJson, UtcDateTime, enum_column

FIRST_ROW = (
    "(seq = 1 AND prev_seq IS NULL AND prev_hash IS NULL AND source = 'new') OR "
    "(seq > 1 AND prev_seq = seq - 1 AND prev_seq IS NOT NULL AND prev_hash IS NOT NULL AND source <> 'new')"
)


class TransitionRule(SQLModel, table=True):
    """A legal move; loaded from ``models.rules.lifecycle``; retired, never deleted."""

    __tablename__ = "transition_rule"
    __table_args__ = (sa.UniqueConstraint("machine", "source", "event", "target", name="uq_rule_whole"),)
    machine: Machine = Field(sa_column=sa.Column(enum_column(Machine, "rule_machine").type, primary_key=True))
    source: str = Field(primary_key=True, max_length=40)
    event: str = Field(primary_key=True, max_length=40)
    target: str = Field(max_length=40)
    clause: str = Field(max_length=40)
    retired_on: date | None = None


class Event(SQLModel, table=True):
    """One thing that happened. Keys force a legal move, no fork and an unchanged past; triggers forbid update and delete."""

    __table_args__ = (
        sa.UniqueConstraint("stream", "seq", "machine", "target", "hash", name="uq_event_link"),
        sa.ForeignKeyConstraint(
            ["machine", "source", "event", "target"],
            ["transition_rule.machine", "transition_rule.source", "transition_rule.event", "transition_rule.target"],
            name="fk_event_rule",
        ),
        sa.ForeignKeyConstraint(
            ["stream", "prev_seq", "machine", "source", "prev_hash"],
            ["event.stream", "event.seq", "event.machine", "event.target", "event.hash"],
            name="fk_event_previous",
        ),
        sa.CheckConstraint(FIRST_ROW, name="ck_event_first"),
        sa.Index("ix_event_recorded_at", "recorded_at"),
    )
    stream: str = Field(primary_key=True, max_length=160)
    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    prev_seq: int | None = None
    machine: Machine = Field(sa_column=enum_column(Machine, "event_machine"))
    source: str = Field(max_length=40)
    event: str = Field(max_length=40)
    target: str = Field(max_length=40)
    prev_hash: str | None = Field(default=None, max_length=64)
    hash: str = Field(max_length=64)
    command_id: str = Field(unique=True, max_length=200)
    actor: str = Field(max_length=120)
    auth_method: AuthMethod = Field(sa_column=enum_column(AuthMethod, "event_auth_method"))
    origin: str = Field(max_length=160)
    """The flow run or command that made it: ``flow-run:<id>``, ``command:<words>``, ``timetable:<day>``."""
    payload: Any = Field(default_factory=dict, sa_column=sa.Column(CanonicalJson, nullable=False))
    effective_on: date
    recorded_at: datetime = Field(sa_column=sa.Column(UtcDateTime, nullable=False))
    clause: str = Field(max_length=40)


class Command(SQLModel, table=True):
    """One order that came in: the same again gets the same answer, another content under its id is refused."""

    id: str = Field(primary_key=True, max_length=200)
    request_sha256: str = Field(max_length=64)
    answer: Any = Field(sa_column=sa.Column(CanonicalJson, nullable=False))
    """The lines that the act left to be read."""
    recorded_at: datetime = Field(sa_column=sa.Column(UtcDateTime, nullable=False))
