"""To whom a duty is owed: who waits for it, and may ask after it (R60: a branch owes its paper to its SO, the SO owes it to the office)."""

from collections.abc import Mapping

from config.vocabulary import AwardKind, Creditor, DutyKind
from models.rules.duties import Duty
from models.rules.office_duties import Owed
from models.rules.snapshot import World

CREDITORS: Mapping[DutyKind, Creditor] = {
    DutyKind.HAND_IN: Creditor.OFFICE,
    DutyKind.ENDORSE: Creditor.OFFICE,
    DutyKind.DECLARE: Creditor.OFFICE,
    DutyKind.RECTIFY: Creditor.OFFICE,
    DutyKind.CHECK_PAPER: Creditor.UNIT,
    DutyKind.INITIAL_REVIEW: Creditor.COMMITTEE,
    DutyKind.CHECK_NEGATIVE_LIST: Creditor.COMMITTEE,
    DutyKind.VISIT: Creditor.COMMITTEE,
    DutyKind.RECORD_BASELINE: Creditor.COMMITTEE,
    DutyKind.SCORE: Creditor.OFFICE,
    DutyKind.PROPOSE: Creditor.COMMITTEE,
    DutyKind.BALLOT: Creditor.COMMITTEE,
    DutyKind.VERIFY: Creditor.UNIT,
    DutyKind.PUBLICITY: Creditor.COMMITTEE,
    DutyKind.ANSWER_OBJECTION: Creditor.OBJECTOR,
    DutyKind.VOID_DECISION: Creditor.COMMITTEE,
    DutyKind.GRANT_SUPPORT: Creditor.UNIT,
    DutyKind.TASK: Creditor.OFFICE,
}
"""Kind of duty → who waits for it; a branch's paper that its SO endorses is first owed to that SO."""


def creditor(world: World, duty: Owed) -> tuple[Creditor, str | None]:
    """Return to whom a duty is owed, and the code of that unit where it is one."""
    if duty.kind == DutyKind.HAND_IN and (parent := _endorsing(world, duty)):
        return Creditor.SO, parent
    found = CREDITORS[duty.kind]
    if found != Creditor.UNIT:
        return found, None
    return found, world.project(duty.project).unit.code if duty.project else duty.unit


def _endorsing(world: World, duty: Owed) -> str | None:
    """Return the SO that has to endorse a paper before the office gets it, or None."""
    if not isinstance(duty, Duty) or duty.project is None or duty.deliverable is None:
        return None
    project = world.project(duty.project)
    endorsed = world.plan.programme.deliverable(duty.deliverable).endorsed and project.award_kind == AwardKind.MODEL_BRANCH
    return project.unit.parent if endorsed else None
