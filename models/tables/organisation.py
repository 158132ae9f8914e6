"""Units, their contacts and record, and people of the office and the panels."""

from datetime import date, datetime
from typing import ClassVar

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from config.identity import PersonState
from config.vocabulary import (
    BranchKind,
    ContactRole,
    HonourKind,
    Level,
    Machine,
    PersonRole,
    RecognitionKind,
    UnitKind,
    UnitState,
)
from models.tables.columns import UtcDateTime, enum_column


class Unit(SQLModel, table=True):
    """A Party organisation: an SO, or a branch under one (notice I.1, II.1)."""

    machine: ClassVar[Machine] = Machine.UNIT
    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True, max_length=40)
    name: str = Field(max_length=100)
    kind: UnitKind = Field(sa_column=enum_column(UnitKind, "unit_kind"))
    branch_kind: BranchKind | None = Field(default=None, sa_column=enum_column(BranchKind, "unit_branch_kind", nullable=True))
    parent_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    founded_on: date | None = None
    planned_end_on: date | None = None
    secretary_is_dual_leader: bool | None = None
    state: UnitState = Field(default=UnitState.NEW, sa_column=enum_column(UnitState, "unit_state"))


class Contact(SQLModel, table=True):
    """Who is written to at a unit, with validity; ``unit_id`` None is the office itself."""

    id: int | None = Field(default=None, primary_key=True)
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    role: ContactRole = Field(sa_column=enum_column(ContactRole, "contact_role"))
    name: str = Field(max_length=60)
    email: str = Field(max_length=254)
    phone: str = Field(default="", max_length=40)
    valid_from: date
    valid_until: date | None = None


class Person(SQLModel, table=True):
    """An admin or a panel member; a panel member's ``unit_id`` is the SO it belongs to (recusal)."""

    machine: ClassVar[Machine] = Machine.PERSON
    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True, max_length=40)
    name: str = Field(max_length=60)
    role: PersonRole = Field(sa_column=enum_column(PersonRole, "person_role"))
    unit_id: int | None = Field(default=None, foreign_key="unit.id")
    state: PersonState = Field(default=PersonState.NEW, sa_column=enum_column(PersonState, "person_state"))
    email: str = Field(default="", max_length=254)
    """Where this person is reminded of what they owe; empty: nowhere."""


class Credential(SQLModel, table=True):
    """The secret behind a person's one-time codes, sealed with a key that is not in the database."""

    person_id: int = Field(foreign_key="person.id", primary_key=True)
    sealed: str = Field(max_length=300)
    """Empty once revoked: what is not needed is not kept."""
    issued_at: datetime = Field(sa_column=sa.Column(UtcDateTime, nullable=False))
    revoked_at: datetime | None = Field(default=None, sa_column=sa.Column(UtcDateTime, nullable=True))


class UsedCode(SQLModel, table=True):
    """A time step whose one-time code a person has used: the key makes it usable once."""

    person_id: int = Field(foreign_key="person.id", primary_key=True)
    step: int = Field(sa_column=sa.Column(sa.BigInteger, primary_key=True, autoincrement=False))
    origin: str = Field(max_length=160)
    used_at: datetime = Field(sa_column=sa.Column(UtcDateTime, nullable=False))


class FailedCode(SQLModel, table=True):
    """A wrong one-time code, counted by the time at which it was submitted; what was typed is not kept."""

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    submitted_at: datetime = Field(sa_column=sa.Column(UtcDateTime, nullable=False))
    origin: str = Field(max_length=160)


class Honour(SQLModel, table=True):
    """A commendation or a good appraisal grade (R24, R32)."""

    id: int | None = Field(default=None, primary_key=True)
    unit_id: int = Field(foreign_key="unit.id", index=True)
    kind: HonourKind = Field(sa_column=enum_column(HonourKind, "honour_kind"))
    level: Level = Field(sa_column=enum_column(Level, "honour_level"))
    title: str = Field(max_length=200)
    awarded_on: date
    to_secretary: bool = False


class Recognition(SQLModel, table=True):
    """An earlier approval that excludes the organisation from declaring (R42)."""

    id: int | None = Field(default=None, primary_key=True)
    unit_id: int = Field(foreign_key="unit.id", index=True)
    kind: RecognitionKind = Field(sa_column=enum_column(RecognitionKind, "recognition_kind"))
    level: Level = Field(sa_column=enum_column(Level, "recognition_level"))
    approved_on: date
