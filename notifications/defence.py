"""What a letter and a calendar say of a unit's defence: lot, day, hours, place (R49)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, Protocol

from sqlmodel import Session, col, select

from config.clock import business_instant
from config.mid_term import DefenceRule
from config.settings import settings
from config.vocabulary import MailKind, PhaseKind
from models.office_work import panel as panel_in_office
from models.rules.defence import Slot, as_minutes, listening, slots
from models.rules.duties import WITH_OFFICE
from models.rules.office_work import Panellist
from models.rules.recusal import ground
from models.rules.snapshot import World
from models.tables import Reminder
from notifications.addresses import PERSON
from notifications.invitation import Appointment
from notifications.typeset import WEEKDAYS

CHANGED = "原定安排有调整，以本通知为准。"
NOON = 12 * 60


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


def panel_extra(session: Session, world: World, lines: Sequence[Line]) -> dict[str, Any]:
    """Return the values of a panel member's letter: sittings, whom they hear in which order with the papers that are in, whom not."""
    rule, code = world.plan.programme.defence, lines[-1].details[PERSON]
    assert rule is not None  # noqa: S101 - no defence, no line
    people = panel_in_office(session)
    heard = listening(world, people).get(code, ())
    member = next((one for one in people if one.code == code), Panellist(code))
    conflicts = ((world.project(slot.project).unit.name, ground(member, world.project(slot.project).unit)) for slot in slots(world))
    found: dict[str, Any] = {
        "sittings": tuple(_sitting(slots_of) for slots_of in _by_sitting(heard)),
        "order": tuple(f"第{slot.number}号 {world.project(slot.project).unit.name}：{_papers(world, slot)}" for slot in heard),
        "recused": tuple(f"{name}：{why}" for name, why in conflicts if why),
        "course": _course(rule, {"starts": heard[0].starts, "ends": heard[0].ends}) if heard else "",
    }
    return found | ({"changed": CHANGED} if _told_before(session, lines) else {})


def nothing_to_hear(session: Session, world: World, line: Line) -> bool:
    """Return whether a member hears nobody any more, so that their letter would say nothing."""
    return line.details[PERSON] not in listening(world, panel_in_office(session))


def _told_before(session: Session, lines: Sequence[Line]) -> bool:
    """Return whether a letter about an earlier arrangement has been made up for the same person."""
    this = lines[-1].details
    earlier = select(Reminder.details).where(Reminder.kind == MailKind.DEFENCE_PANEL, col(Reminder.mail_id).is_not(None))
    return any(row[PERSON] == this[PERSON] and row["version"] < this["version"] for row in session.exec(earlier))


def _by_sitting(heard: Sequence[Slot]) -> list[list[Slot]]:
    """Group what one hears by day, place and half-day, in order."""
    groups: dict[tuple[date, str, bool], list[Slot]] = {}
    for slot in heard:
        groups.setdefault((slot.day, slot.place, as_minutes(slot.starts) < NOON), []).append(slot)
    return list(groups.values())


def _sitting(given: Sequence[Slot]) -> str:
    first, last = given[0], given[-1]
    numbers = f"第{first.number}号" if first is last else f"第{first.number}至{last.number}号"
    weekday = WEEKDAYS[first.day.weekday()]
    return f"{first.day}（星期{weekday}）{first.starts}至{last.ends}，{first.place}，{numbers}（由您评审 {len(given)} 个）"


def _papers(world: World, slot: Slot) -> str:
    """Return which papers of the mid-term are in."""
    project = world.project(slot.project)
    rules = world.plan.programme.owed_in(PhaseKind.MID_TERM, project.award_kind)
    told = ((f"《{rule.title}》", project.submissions.get(rule.key)) for rule in rules)
    return "、".join(f"{title}{'已报送' if paper and paper.state in WITH_OFFICE else '未报送'}" for title, paper in told)


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
