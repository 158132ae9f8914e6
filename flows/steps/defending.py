"""Acts of the defence (R49, P.defence): the order drawn by lot, the sittings, and the letter that tells each unit its time and place."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from sqlmodel import Session

from config.mid_term import DefenceRule
from flows.steps.defence_letters import defence_notices
from flows.steps.errors import refuse
from flows.steps.spot_checking import given_seed
from models.history import Act, record_event
from models.loading import cohort_row, load_world
from models.rules.defence import Sitting, Slot, as_minutes, candidates, draw, order_of, sittings, sittings_of, slots
from models.rules.snapshot import Fact, World
from models.tables import Cohort


def draw_defence(session: Session, act: Act, cohort: str, seed: str = "", reason: str = "") -> tuple[str, ...]:
    """Draw the order of the defence and return it; drawn once, it stays but for a reason and before the first defence.

    An empty ``seed`` is made here. Projects that have come since (a suspension that ended) are drawn behind the others without a reason.
    After a second draw every unit whose time has changed is told anew.
    """
    row = cohort_row(session, cohort)
    world = load_world(session, cohort)
    before = draw(world)
    if not (known := candidates(world)):
        raise refuse(f"批次 {cohort} 没有待答辩的项目", "项目入选并处于建设中方可抽签")
    if before is not None and not reason.strip():
        return _behind(session, act, row, world, before)
    if before is not None:
        _refuse_begun(world, act)
    order = order_of(known, chance := given_seed(seed), apart=_rule(world).apart)
    _record_draw(session, act, row, world, {"seed": chance, "order": list(order), "added": [], "reason": reason.strip()})
    return order


def _behind(session: Session, act: Act, cohort: Cohort, world: World, before: Fact) -> tuple[str, ...]:
    """Put the projects that were not there at the draw behind the others, in the order that its seed gives them."""
    order, seed = before.payload["order"], before.payload["seed"]
    added = order_of((p for p in candidates(world) if p.code not in order), seed, apart=_rule(world).apart)
    if added:
        body = {"seed": seed, "order": [*order, *added], "added": [*before.payload["added"], *added], "reason": "补入抽签后新增的项目"}
        _record_draw(session, act, cohort, world, body)
    return (*order, *added)


def _record_draw(session: Session, act: Act, cohort: Cohort, world: World, body: Mapping[str, Any]) -> None:
    rule = _rule(world)
    _refuse_no_room(len(body["order"]), sittings(world), _minutes(world))
    number = len(world.all("draw_defence")) + 1
    record_event(session, cohort, "draw_defence", act, {"phase": rule.phase.value, "number": number, "apart": rule.apart, **body})
    _announce(session, act, cohort, slots(world))


def schedule_defence(session: Session, act: Act, cohort: str, sittings: Sequence[Mapping[str, str]], minutes: int = 0) -> tuple[Slot, ...]:
    """Lay down day, hours and place of every sitting, and tell each unit whose number, time or place is new.

    ``sittings`` are ``{"day", "starts", "ends", "place"}`` in the order in which they are filled; ``minutes`` 0 takes the programme's.
    The same once more changes nothing; what has been held stays.
    """
    row = cohort_row(session, cohort)
    world = load_world(session, cohort)
    rule = _rule(world)
    if (lots := draw(world)) is None:
        raise refuse(f"批次 {cohort} 尚未抽签", "请先用“答辩抽签”确定顺序")
    each = minutes or rule.minutes
    given = _checked(sittings, each)
    _refuse_no_room(len(lots.payload["order"]), given, each)
    body = {"phase": rule.phase.value, "minutes": each, "sittings": [_row_of(sitting) for sitting in given]}
    last = world.latest("schedule_defence")
    if last is None or last.payload != body:
        record_event(session, row, "schedule_defence", act, body)
        _announce(session, act, row, slots(world))
    return slots(load_world(session, cohort))


def _announce(session: Session, act: Act, cohort: Cohort, before: Iterable[Slot]) -> None:
    """Tell every unit whose slot has changed; what was written and has not left is taken back."""
    world = load_world(session, cohort.code)
    known = {slot.project: slot for slot in before}
    changed = [slot for slot in slots(world) if slot != known.get(slot.project)]
    if held := [slot for slot in changed if (old := known.get(slot.project)) and old.day < act.on]:
        raise refuse(f"{'、'.join(slot.project for slot in held)} 已答辩，场次不能再改", "已结束的场次请照原样填写")
    if past := [slot for slot in changed if slot.day < act.on]:
        raise refuse(f"{'、'.join(slot.project for slot in past)} 的答辩日 {past[0].day} 早于今天 {act.on}", "请核对场次日期")
    defence_notices(session, act, world, changed, known)


def _rule(world: World) -> DefenceRule:
    rule = world.plan.programme.defence
    if rule is None or all(phase.kind != rule.phase for phase in world.plan.cohort.phases):
        raise refuse(f"批次 {world.plan.cohort.cohort} 没有答辩安排", "请核对批次")
    return rule


def _minutes(world: World) -> int:
    last: Fact | None = world.latest("schedule_defence")
    return int(last.payload["minutes"]) if last else _rule(world).minutes


def _refuse_begun(world: World, act: Act) -> None:
    first = min((slot.day for slot in slots(world)), default=None)
    scored = any(mark.part == "defence" and mark.phase == _rule(world).phase for p in world.projects for mark in p.assessments)
    if scored or (first is not None and first <= act.on):
        raise refuse(f"首场答辩已于 {first} 开始，不能重新抽签" if first else "已有答辩评分，不能重新抽签", "如有变动请调整场次")


def _refuse_no_room(number: int, given: Sequence[Sitting], minutes: int) -> None:
    room = sum(sitting.room(minutes) for sitting in given)
    if given and room < number:
        raise refuse(f"各场次共可安排 {room} 个项目（每个 {minutes} 分钟），现有 {number} 个", "请延长或增加场次")


def _checked(rows: Sequence[Mapping[str, str]], minutes: int) -> tuple[Sitting, ...]:
    """Return the sittings; refused with its number where one cannot be held."""
    if not rows or minutes < 1:
        raise refuse("答辩场次不能为空，每个项目至少 1 分钟", "请每行填写一场：日期 起止时间 地点")
    found = []
    for number, row in enumerate(rows, start=1):
        try:
            (sitting,) = sittings_of([row])
            fits = as_minutes(sitting.starts) + minutes <= as_minutes(sitting.ends)
        except (KeyError, ValueError) as flaw:
            raise refuse(f"第 {number} 场填写有误：{flaw}", "应为：日期 起止时间 地点，如 2026-12-14 09:00-11:30 行政楼301") from None
        if not sitting.place.strip() or not fits:
            raise refuse(f"第 {number} 场 {sitting.starts}-{sitting.ends} 不足一个项目的 {minutes} 分钟或未写地点", "请核对时间和地点")
        found.append(sitting)
    _refuse_overlap(found)
    return tuple(found)


def _refuse_overlap(given: Sequence[Sitting]) -> None:
    in_order = sorted(given, key=lambda s: (s.place, s.day, as_minutes(s.starts)))
    for one, other in pairwise(in_order):
        if (one.place, one.day) == (other.place, other.day) and as_minutes(other.starts) < as_minutes(one.ends):
            raise refuse(f"{one.day} {one.place}的两场时间重叠：{one.starts}-{one.ends} 与 {other.starts}-{other.ends}", "请核对场次")


def _row_of(sitting: Sitting) -> dict[str, str]:
    return {"day": sitting.day.isoformat(), "starts": sitting.starts, "ends": sitting.ends, "place": sitting.place.strip()}
