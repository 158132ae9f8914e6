"""Rehearsals: a cohort on a temporary copy with a moving clock and no SMTP, giving every mail and transition by day."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import SQLModel

from config.settings import files_in
from flows.operate.player import PlainRunner, Player
from flows.operate.scenario import Scenario
from flows.steps.ledger import Line, lines, mark
from models.business_clock import is_demo, mark_as_demo
from models.database import engine_for
from models.store import reading, transaction
from models.tables import Credential, TransitionRule
from models.upgrade import upgrade
from notifications import gate
from notifications.carrying import NowhereCarrier

LEFT_OUT = tuple(table.__tablename__ for table in (TransitionRule, Credential))
"""Made by the migration, and secrets, even sealed ones: a rehearsal signs nothing."""


@dataclass(frozen=True, slots=True)
class Assumption:
    """How people will behave: do nothing, do all on time, or as a scenario says."""

    on_time: bool = False
    scenario: Scenario | None = None


def rehearse(
    engine: Engine, first: date, last: date, assumption: Assumption, on_day: Callable[[date], None] = lambda _day: None
) -> list[Line]:
    """Return what would be mailed and moved; the database itself is not touched."""
    with tempfile.TemporaryDirectory(prefix="creation-rehearsal-") as folder:
        copy = copy_database(engine, Path(folder) / "rehearsal.db")
        with transaction(copy) as session:
            if not is_demo(session):
                mark_as_demo(session)
            gate.release(session)  # whatever keeps real mail back
            gate.resume(session)
        with reading(copy) as session:
            since = mark(session)
        player = Player(copy, NowhereCarrier(), PlainRunner(copy), assumption.scenario, assumption.on_time, on_day=on_day)
        with files_in(Path(folder)):
            player.play(first, last)
        with reading(copy) as session:
            found = lines(session, since)
        copy.dispose()
        return found


def copy_database(engine: Engine, target: Path) -> Engine:
    """Copy every row but ``LEFT_OUT`` of a database into a fresh SQLite file, whatever it runs on."""
    copy = engine_for(f"sqlite:///{target}")
    upgrade(copy)
    with engine.connect().execution_options(reading=True) as source, copy.begin() as sink:
        for table in SQLModel.metadata.sorted_tables:
            if table.name in LEFT_OUT:
                continue
            order = [table.c.seq] if table.name == "event" else []
            rows = [dict(row) for row in source.execute(sa.select(table).order_by(*order)).mappings()]
            if rows:
                sink.execute(table.insert(), rows)
        source.rollback()
    return copy
