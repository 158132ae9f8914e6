"""What a letter and a calendar say of a unit's defence: lot, day, hours, place (R49)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, Protocol

from config.clock import business_instant
from config.mid_term import DefenceRule
from config.settings import settings
from models.rules.defence import as_minutes
from models.rules.snapshot import World
from notifications.invitation import Appointment
from notifications.typeset import WEEKDAYS


class Line(Protocol):
    """What is needed of a planned line."""

    @property
    def project(self) -> str | None: ...  # noqa: D102

    @property
    def details(self) -> Any: ...  # noqa: D102


def extra_of(world: World, lines: Sequence[Line]) -> dict[str, Any]:
    """Return the values of the letter's template; one mailbox may get the slots of several projects."""
    rule = world.plan.programme.defence
    assert rule is not None  # noqa: S101 - no defence, no line
    several = len(lines) > 1
    found: dict[str, Any] = {"slots": tuple(_text(world, line, line.details["slot"], named=several) for line in lines)}
    if old := tuple(_text(world, line, was, named=several) for line in lines if (was := line.details.get("was"))):
        found["was"] = old
    return found | {"course": _course(rule, lines[0].details["slot"]), "early": f"{rule.early_minutes}" if rule.early_minutes else ""}


def _course(rule: DefenceRule, slot: Mapping[str, Any]) -> str:
    """Return how the time is spent: as the programme has it, or the whole where the sittings gave another length."""
    given = as_minutes(slot["ends"]) - as_minutes(slot["starts"])
    if given != rule.minutes:
        return f"汇报和答问共{given}分钟"
    asked = f"、答问{rule.questions_minutes}分钟" if rule.questions_minutes else ""
    return f"汇报{rule.report_minutes}分钟{asked}"


def _text(world: World, line: Line, slot: Mapping[str, Any], *, named: bool) -> str:
    day = date.fromisoformat(slot["day"])
    whose = f"{world.project(line.project or '').unit.name}：" if named else ""
    when = f"{slot['day']}（星期{WEEKDAYS[day.weekday()]}）{slot['starts']}至{slot['ends']}"
    return f"{whose}第{slot['number']}号，{when}，{slot['place']}"


def appointments(world: World, lines: Sequence[Line], now: datetime) -> tuple[Appointment, ...]:
    """Return one calendar entry per project; a change carries the same UID and a greater SEQUENCE."""
    office = settings()
    return tuple(
        Appointment(
            uid=f"defence:{line.project}@{office.mail_domain}",
            sequence=line.details["version"],
            summary=f"{world.project(line.project or '').unit.name}中期考核答辩（第{slot['number']}号）",
            description=f"{world.plan.cohort.title}；联系{office.office_name} {office.office_phone}",
            due_on=(day := date.fromisoformat(slot["day"])),
            stamped_at=now,
            organiser=(office.office_name, office.smtp_sender),
            hours=(_instant(day, slot["starts"]), _instant(day, slot["ends"])),
            place=slot["place"],
        )
        for line in lines
        for slot in (line.details["slot"],)
    )


def _instant(day: date, at: str) -> datetime:
    return business_instant(day, time.fromisoformat(at)).astimezone(UTC)
