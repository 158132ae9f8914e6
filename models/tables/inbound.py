"""What came back: one row per message that was read, where it lies, and the files it brought."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from config.vocabulary import InboundKind
from models.tables.columns import UtcDateTime, enum_column


class Inbound(SQLModel, table=True):
    """One message, known by its bytes; of one that is none of ours nothing else is kept."""

    id: int | None = Field(default=None, primary_key=True)
    sha256: str = Field(unique=True, max_length=64)
    kind: InboundKind = Field(sa_column=enum_column(InboundKind, "inbound_kind"))
    mail_id: int | None = Field(default=None, foreign_key="mail.id", index=True)
    """The mail of ours that it answers or is about."""
    sender: str = Field(default="", max_length=254)
    subject: str = Field(default="", max_length=200)
    received_at: datetime = Field(sa_column=sa.Column(UtcDateTime, nullable=False))
    """When it reached the mailbox, as the mailbox says."""
    read_at: datetime = Field(sa_column=sa.Column(UtcDateTime, nullable=False))


class InboundPlace(SQLModel, table=True):
    """Where a message that was read lies on an IMAP server, so that it is fetched once; ``marked`` once the server knows, too."""

    place: str = Field(primary_key=True, max_length=300)
    """Account, folder, UIDVALIDITY and UID."""
    inbound_id: int = Field(foreign_key="inbound.id", index=True)
    marked: bool = False


class InboundFile(SQLModel, table=True):
    """A file that a reply brought: kept by content, or refused."""

    inbound_id: int = Field(foreign_key="inbound.id", primary_key=True)
    number: int = Field(primary_key=True)
    name: str = Field(max_length=120)
    sha256: str = Field(default="", max_length=64)
    """Empty: refused."""
    submission: str | None = Field(default=None, max_length=120)
    """The paper as which it has been recorded."""
