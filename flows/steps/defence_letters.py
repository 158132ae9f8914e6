"""The letter that tells a unit its lot, time and place (R49); a change is told again, and what has not left is taken back."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlmodel import Session

from config.vocabulary import MailKind, PersonRole, RecipientRole
from flows.steps.letters import ACT_RUNG
from models.history import Act
from models.office_work import panel as panel_in_office
from models.rules import defence
from models.rules.defence import Slot
from models.rules.snapshot import World
from notifications import outbox
from notifications.addresses import PERSON, with_mailbox

PAPER = "defence"
"""Stands in the line where a paper would, so that what has not left can be found."""


def defence_notices(session: Session, act: Act, world: World, slots: Iterable[Slot], before: Mapping[str, Slot]) -> int:
    """Plan one line per slot; ``before`` holds the slots that held until now, by project. Returns how many lines are new."""
    version, lines = defence.version(world), []
    for slot in slots:
        unsent = outbox.withdraw_unsent(session, project=slot.project, deliverable=PAPER, because="答辩安排调整")
        lines.append(_line(act, world, slot, version, None if unsent else before.get(slot.project)))
    return outbox.plan_lines(session, lines)


def panel_notices(session: Session, world: World, phase: str, on: date) -> list[outbox.PlannedLine]:
    """Return the lines that tell panel members with a mailbox whom they hear when and where; once for each change, until the last day.

    They are looked for daily: so it reaches also those who were assigned, or gave their mailbox, after the sittings had been laid down.
    """
    rule, given = world.plan.programme.defence, defence.slots(world)
    if rule is None or rule.phase != world.plan.cohort.phase(phase).kind or not given or max(slot.day for slot in given) < on:
        return []
    number, cohort = defence.version(world), world.plan.cohort.cohort
    written = set(with_mailbox(session, PersonRole.PANEL))
    people = [code for code in defence.listening(world, panel_in_office(session)) if code in written]
    lines = [
        outbox.PlannedLine(
            f"{MailKind.DEFENCE_PANEL}:{cohort}:{phase}:{code}:{number}", MailKind.DEFENCE_PANEL, cohort, phase, None, None, None, None,
            ACT_RUNG, RecipientRole.PERSON, on, rule.clause, {PERSON: code, "version": number},
        )
        for code in people
    ]  # fmt: skip
    return outbox.unplanned(session, lines)


def _line(act: Act, world: World, slot: Slot, version: int, old: Slot | None) -> outbox.PlannedLine:
    rule = world.plan.programme.defence
    assert rule is not None  # noqa: S101 - there is no slot without
    phase = next(row for row in world.plan.cohort.phases if row.kind == rule.phase)
    details: dict[str, Any] = {"slot": _told(slot), "version": version}
    if old is not None:
        details["was"] = _told(old)
    return outbox.PlannedLine(
        key=f"{MailKind.DEFENCE_NOTICE}:{world.plan.cohort.cohort}:{phase.key}:{slot.project}:{version}",
        kind=MailKind.DEFENCE_NOTICE,
        cohort=world.plan.cohort.cohort,
        phase=phase.key,
        project=slot.project,
        unit=world.project(slot.project).unit.code,
        deliverable=PAPER,
        duty=None,
        rung=ACT_RUNG,
        role=RecipientRole.CONTACT,
        planned_on=act.on,
        clause=rule.clause,
        details=details,
    )


def _told(slot: Slot) -> dict[str, Any]:
    return {"number": slot.number, "day": slot.day.isoformat(), "starts": slot.starts, "ends": slot.ends, "place": slot.place}
