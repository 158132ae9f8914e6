"""Who is at the keyboard: the person behind ``--by``, and the one-time code where an act asks for one."""

import sys
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import typer
from sqlalchemy.engine import Engine

from config.clock import now
from config.identity import CODE_HINT, CODE_TITLE
from flows.steps.acts import ACTS, carry_out
from flows.steps.errors import refuse
from flows.steps.identity import Claim, asks_for_code, signed
from flows.steps.people import admin_in_office, persons
from models.history import Act
from models.store import reading


def signer(engine: Engine, by: str) -> str:
    """Return the code of the admin who acts; before the first one is registered, whatever was typed."""
    with reading(engine) as session:
        if not persons(session):
            return by
        return admin_in_office(session, by).code


def perform_signed(engine: Engine, act: Act, name: str, code: str, fields: Mapping[str, Any]) -> Any:
    """Perform one act in one transaction, with a code where it asks for one or one was given."""
    with signed(engine, act, _claim(engine, act, name, code)) as (session, by):
        return ACTS[name](session, by, **fields)


def order_signed(engine: Engine, act: Act, name: str, code: str, raw: Mapping[str, Any], fields: Mapping[str, Any]) -> tuple[str, ...]:
    """Perform one act as an order, with the person's code where it asks for one; returns the lines that it leaves to be read."""
    return carry_out(engine, act, _claim(engine, act, name, code), name, raw, fields)


def _claim(engine: Engine, act: Act, name: str, code: str) -> Claim | None:
    with reading(engine) as session:
        needed = asks_for_code(session, name)
    if needed and not code:
        code = _prompted()
    # Two commands may have the same words: the origin of a code must tell them apart.
    return Claim(act.actor, code, now(), f"{act.origin} {uuid4()}") if code else None


def _prompted() -> str:
    if not sys.stdin.isatty():
        raise refuse(f"此事项须填{CODE_TITLE}", f"请加 --code，填{CODE_HINT}")
    typed: str = typer.prompt(f"{CODE_TITLE}（{CODE_HINT}）", hide_input=True)
    return typed
