"""Alembic environment: runs on the connection given by ``models.upgrade``."""

from alembic import context
from sqlmodel import SQLModel

import models.tables  # noqa: F401 - registers the tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
