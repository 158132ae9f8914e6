"""Who has not handed in what (domain, wishes 1), and what falls due in the coming days. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from config.vocabulary import DutyKind, SubmissionState
from flows.desk.situation import Person, Situation
from flows.desk.words import day_text
from models.rules.calendar import Calendar
from models.rules.duties import Duty, cached_duties, outstanding
from models.rules.snapshot import World

DAYS_AHEAD = 5
"""Working days that the list of the coming days covers, today included."""
NOBODY = Person()


@dataclass(frozen=True, slots=True)
class DueRow:
    """One paper on one day: how many are in, how many are still to come."""

    cohort: str
    title: str
    done: int
    waiting: int


@dataclass(frozen=True, slots=True)
class DueDay:
    """A day on which something falls due."""

    on: date
    rows: tuple[DueRow, ...]


@dataclass(frozen=True, slots=True)
class MissingRow:
    """One unit that owes one paper; ``days_left`` is negative when it is late."""

    unit: str
    about: str
    contact: str
    phone: str
    days_left: int


@dataclass(frozen=True, slots=True)
class MissingGroup:
    """Everybody who owes the same paper by the same day, with the text for the group chat (empty: not for a group)."""

    cohort: str
    title: str
    due_on: date
    rows: tuple[MissingRow, ...]
    chat: str


def coming(situation: Situation) -> tuple[DueDay, ...]:
    """Return what falls due within the coming working days; a deadline at a weekend counts for the working day before it."""
    calendar, today = situation.calendar, situation.on
    last = horizon(calendar, today)
    counts: defaultdict[date, defaultdict[tuple[str, str], list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for world in situation.worlds:
        for duty in cached_duties(world, calendar):
            if duty.due_on >= today and calendar.on_or_before(duty.due_on) <= last:
                counts[duty.due_on][world.plan.cohort.cohort, _heading(duty)][not duty.done] += 1
    return tuple(DueDay(day, tuple(DueRow(*key, *numbers) for key, numbers in sorted(counts[day].items()))) for day in sorted(counts))


def missing(situation: Situation) -> tuple[MissingGroup, ...]:
    """Return who has been called and has not done it, by paper and day, the latest first.

    After a cohort's end nobody is chased any more. Of the two who owe a branch's paper only the one whose turn it is
    counts: its SO once the branch has handed in.
    """
    groups: defaultdict[tuple[date, str, str], list[tuple[World, Duty]]] = defaultdict(list)
    for world in (known for known in situation.worlds if situation.on <= known.plan.cohort.ends_on):
        for duty in outstanding(cached_duties(world, situation.calendar)):
            if duty.since <= situation.on and duty.in_turn:
                groups[duty.due_on, world.plan.cohort.cohort, _heading(duty)].append((world, duty))
    return tuple(_group(situation, *key, members) for key, members in sorted(groups.items()))


def _heading(duty: Duty) -> str:
    if duty.kind in (DutyKind.DECLARE, DutyKind.RECTIFY):
        return duty.title
    again = "退回后重报" if _returned(duty) else duty.kind.label
    return f"《{duty.title}》{again}"


def _returned(duty: Duty) -> bool:
    return duty.kind == DutyKind.HAND_IN and duty.state == SubmissionState.RETURNED


def _group(situation: Situation, due_on: date, cohort: str, title: str, members: list[tuple[World, Duty]]) -> MissingGroup:
    members = sorted(members, key=lambda pair: (pair[1].unit, pair[1].key))
    rows = tuple(_row(situation, world, duty) for world, duty in members)
    return MissingGroup(cohort, title, due_on, rows, _chat(members, rows, situation.on))


def _row(situation: Situation, world: World, duty: Duty) -> MissingRow:
    person = situation.people.get(duty.unit, NOBODY)
    owner = world.project(duty.project).unit if duty.project else world.units[duty.unit]
    about = owner.name if owner.code != duty.unit else ""
    return MissingRow(world.units[duty.unit].name, about, person.name, person.phone, duty.days_left(situation.on))


def _chat(members: list[tuple[World, Duty]], rows: tuple[MissingRow, ...], today: date) -> str:
    """Return the text for the group chat, without telephone numbers; what was returned or failed is not for others to read."""
    duty = members[0][1]
    if duty.kind == DutyKind.RECTIFY or _returned(duty):
        return ""
    late, day = duty.due_on < today, day_text(duty.due_on, today)
    wanted, verb, still = {
        DutyKind.HAND_IN: (f"《{duty.title}》", "报送", "尚未报送"),
        DutyKind.ENDORSE: (f"《{duty.title}》", "审核报送", "尚待审核报送"),
        DutyKind.DECLARE: ("各二级党组织", duty.title, "尚未申报"),
    }[duty.kind]
    when = f"{wanted}应于{day}前{verb}，现已逾期，请尽快办理" if late else f"{wanted}请于{day}前{verb}"
    names = _named(rows)
    return f"【{'催办' if late else '提醒'}】各位老师好：{when}，以下单位{still}：{'、'.join(names)}（共{len(names)}个）。感谢支持！"


def _named(rows: Iterable[MissingRow]) -> tuple[str, ...]:
    """Return the units in order, each once, with the branches whose papers it holds."""
    held: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        held[row.unit] += [row.about] if row.about else []
    return tuple(f"{unit}（{'、'.join(about)}）" if about else unit for unit, about in held.items())


def horizon(calendar: Calendar, today: date) -> date:
    """Return the last working day that the list of the coming days covers."""
    return calendar.shift(calendar.on_or_after(today), DAYS_AHEAD - 1)
