"""The letter that tells a unit its lot, time and place (R49); a change is told again, and what has not left is taken back."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlmodel import Session

from config.vocabulary import MailKind, RecipientRole
from flows.steps.letters import ACT_RUNG
from models.history import Act
from models.rules.defence import Slot
from models.rules.snapshot import World
from notifications import outbox

PAPER = "defence"
"""Stands in the line where a paper would, so that what has not left can be found."""


def defence_notices(session: Session, act: Act, world: World, slots: Iterable[Slot], before: Mapping[str, Slot]) -> int:
    """Plan one line per slot; ``before`` holds the slots that held until now, by project. Returns how many lines are new."""
    version = len(world.all("draw_defence")) + len(world.all("schedule_defence"))
    lines = []
    for slot in slots:
        unsent = outbox.withdraw_unsent(session, project=slot.project, deliverable=PAPER, because="答辩安排调整")
        lines.append(_line(act, world, slot, version, None if unsent else before.get(slot.project)))
    return outbox.plan_lines(session, lines)


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
