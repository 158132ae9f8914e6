"""Planned lines (reminders), the mails that carry them, every delivery attempt, and work left for a person."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from config.vocabulary import AttemptPhase, MailClass, MailKind, MailState, RecipientRole, TaskKind
from models.tables.columns import CanonicalJson, UtcDateTime, enum_column


class Mail(SQLModel, table=True):
    """What travels to one mailbox. Moves are guarded updates on state and epoch (claim, intent, record)."""

    __table_args__ = (
        sa.CheckConstraint("(state IN ('leased','sending')) = (lease_owner IS NOT NULL)", name="ck_mail_lease"),
        sa.Index("ix_mail_due", "state", "not_before"),
    )
    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True, max_length=300)
    message_id: str = Field(unique=True, max_length=200)
    kind: MailKind = Field(sa_column=enum_column(MailKind, "mail_kind"))
    mail_class: MailClass = Field(sa_column=enum_column(MailClass, "mail_class"))
    mailbox: str = Field(max_length=254)
    recipient_unit: str | None = Field(default=None, max_length=40)
    send_on: date
    not_before: datetime = Field(sa_column=sa.Column(UtcDateTime, nullable=False))
    state: MailState = Field(default=MailState.READY, sa_column=enum_column(MailState, "mail_state"))
    subject: str = Field(default="", max_length=200)
    mime: bytes | None = Field(default=None, sa_column=sa.Column(sa.LargeBinary, nullable=True))
    """The exact bytes of every attempt: frozen in the deciding transaction (decide) or at claim (the others)."""
    lease_owner: str | None = Field(default=None, max_length=120)
    lease_until: datetime | None = Field(default=None, sa_column=sa.Column(UtcDateTime, nullable=True))
    epoch: int = 0
    tries: int = 0
    resends: int = 0
    expires_at: datetime | None = Field(default=None, sa_column=sa.Column(UtcDateTime, nullable=True))
    """From when on a mail that will not go is given up and a person telephones."""
    last_code: int | None = None
    last_text: str = Field(default="", max_length=500)
    last_class: str | None = Field(default=None, max_length=20)
    """What the last refusal meant (``notifications.replies.ReplyClass``)."""
    sent_at: datetime | None = Field(default=None, sa_column=sa.Column(UtcDateTime, nullable=True))


class Reminder(SQLModel, table=True):
    """One planned line. Its unique key makes it once-only; the address is resolved when the mail is made up."""

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True, max_length=300)
    kind: MailKind = Field(sa_column=enum_column(MailKind, "reminder_kind"))
    cohort: str = Field(max_length=20, index=True)
    phase: str = Field(max_length=40)
    project: str | None = Field(default=None, max_length=40)
    unit: str | None = Field(default=None, max_length=40)
    """Whose duty or matter it is; None: the whole cohort's (office list)."""
    deliverable: str | None = Field(default=None, max_length=40)
    duty: str | None = Field(default=None, max_length=160)
    rung: str = Field(max_length=20)
    role: RecipientRole = Field(sa_column=enum_column(RecipientRole, "reminder_role"))
    planned_on: date = Field(index=True)
    clause: str = Field(max_length=40)
    details: Any = Field(default_factory=dict, sa_column=sa.Column(CanonicalJson, nullable=False))
    """What the letter needs beyond the duty: reasons, old and new date."""
    mail_id: int | None = Field(default=None, foreign_key="mail.id", index=True)
    dropped_because: str | None = Field(default=None, max_length=200)


class Attempt(SQLModel, table=True):
    """One step of one delivery attempt, append-only."""

    mail_id: int = Field(foreign_key="mail.id", primary_key=True)
    epoch: int = Field(primary_key=True)
    phase: AttemptPhase = Field(sa_column=sa.Column(enum_column(AttemptPhase, "attempt_phase").type, primary_key=True))
    at: datetime = Field(sa_column=sa.Column(UtcDateTime, nullable=False))
    code: int | None = None
    text: str = Field(default="", max_length=500)
    worker: str = Field(max_length=120)


class Task(SQLModel, table=True):
    """Work for a person of the office: wrong address, delivery unknown, telephone."""

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True, max_length=300)
    kind: TaskKind = Field(sa_column=enum_column(TaskKind, "task_kind"))
    unit: str | None = Field(default=None, max_length=40)
    text: str = Field(max_length=500)
    opened_on: date
    done_on: date | None = None


class Setting(SQLModel, table=True):
    """Facts about this database: the demo's clock, who made it."""

    key: str = Field(primary_key=True, max_length=40)
    value: str = Field(max_length=200)


class Holiday(SQLModel, table=True):
    """An admin's override of the calendar: a working day or a day off, with its basis."""

    day: date = Field(primary_key=True)
    working: bool
    basis: str = Field(max_length=200)
