"""The letters to a unit and its SO when a decision that held is voided, and when another one takes its place (R18, P.correction)."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session, col, select

from config.vocabulary import MailKind, Outcome, PhaseKind, RecipientRole, UnitKind
from flows.steps import letters
from models.history import Act, stream_of
from models.rules.publicity import VOIDED
from models.tables import Event, Project, Unit


def tell_voided(session: Session, act: Act, row: Project, event: Event) -> None:
    """Tell that the committee has voided a decision: by which meeting, on what day and basis, why."""
    body = event.payload
    held = {name: body[name] for name in ("meeting", "decided_on", "basis", "reason")}
    _tell(session, act, MailKind.DECISION_VOIDED, row, event, {**held, **_former(session, event)})


def tell_changed(session: Session, act: Act, row: Project, event: Event) -> None:
    """Tell what has taken the place of a voided decision of the same round, whether it says the same or not; nothing for a first one."""
    body = event.payload
    gone = select(Event).where(Event.stream == stream_of(row), col(Event.event).in_(VOIDED), Event.seq < event.seq)
    before = session.exec(gone.order_by(col(Event.seq).desc()).limit(1)).first()
    if before is None or any(before.payload[name] != body[name] for name in ("phase", "round_no")):
        return
    held = {name: body[name] for name in ("meeting", "decided_on", "basis")}
    reasons = [body["reason"]] if body["reason"] else []
    told = {**held, "outcome": Outcome(body["outcome"]).label, "voided_by": before.payload["meeting"], "reasons": reasons}
    _tell(session, act, MailKind.DECISION_CHANGED, row, event, {**told, **_former(session, before)})


def _former(session: Session, voided: Event) -> dict[str, str]:
    """Return what a letter says of the decision that an event voided."""
    was = session.get_one(Event, (voided.stream, voided.payload["voids"])).payload
    return {"was": Outcome(was["outcome"]).label, "was_on": was["decided_on"], "was_meeting": was["meeting"]}


def _tell(session: Session, act: Act, kind: MailKind, row: Project, event: Event, told: Mapping[str, Any]) -> None:
    unit = session.get_one(Unit, row.unit_id)
    details = {**told, "about": unit.name}
    above = () if unit.kind == UnitKind.SO else (RecipientRole.SO_CONTACT,)
    for role in (RecipientRole.CONTACT, *above):
        letters.decide(session, act, kind, row, event, PhaseKind(event.payload["phase"]), details, role=role)
