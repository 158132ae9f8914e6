"""Whether a plan's dates and ladders fit together; what cannot be right is refused before a cohort is opened."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from config.cohort import DeadlineRow, Plan
from config.programme import Ladder
from models.rules.calendar import Calendar, Certainty
from models.rules.ladder import in_quiet, rung_day, shadowed


@dataclass(frozen=True, slots=True)
class Problem:
    """A flaw (or, with ``fatal`` False, something to know) with its row and remedy."""

    where: str
    text: str
    remedy: str
    fatal: bool = True

    def __str__(self) -> str:
        """Return the line shown to the office."""
        return f"{self.where}：{self.text}；{self.remedy}"


def check_plan(plan: Plan, calendar: Calendar) -> tuple[Problem, ...]:
    """Return every problem of a plan's dates and ladders."""
    return tuple(_problems(plan, calendar))


def _problems(plan: Plan, calendar: Calendar) -> Iterator[Problem]:
    for row in plan.cohort.deadlines:
        where = f"deadlines[{row.deliverable}]"
        opening = row.call_on or plan.cohort.phase(row.phase).opens_on
        yield from _about_day(where, row.due_on, calendar)
        if not plan.cohort.phase(row.phase).opens_on <= opening <= row.due_on:
            yield Problem(f"{where}.call_on", f"{opening} 不在阶段开始与截止日之间", "请改 call_on")
        for name, ladder, due_on in _ladders(plan, row, calendar):
            yield from _about_ladder(f"{where}.{name}", plan, ladder, due_on, opening, calendar)
    declare = plan.cohort.declare
    if declare is not None:
        ladder = plan.programme.ladder(plan.programme.practice.declare_ladder)
        opening = plan.cohort.phase(declare.phase).opens_on
        yield from _about_ladder("declare", plan, ladder, declare.due_on, opening, calendar)


def _ladders(plan: Plan, row: DeadlineRow, calendar: Calendar) -> Iterator[tuple[str, Ladder, date]]:
    rule, programme = plan.programme.deliverable(row.deliverable), plan.programme
    hand_in = programme.ladder(row.ladder or rule.ladder)
    yield "ladder", hand_in, row.due_on
    if rule.endorsed:
        yield "ladder（内部时限）", hand_in, calendar.shift(row.due_on, -programme.practice.internal_working_days)
        if name := row.endorse_ladder or rule.endorse_ladder:
            yield "endorse_ladder", programme.ladder(name), row.due_on


def _about_day(where: str, due_on: date, calendar: Calendar) -> Iterator[Problem]:
    if not calendar.is_working_day(due_on):
        last = calendar.on_or_before(due_on)
        yield Problem(where, f"截止日 {due_on} 不是工作日", f"日期照公布执行，最后一次催办在 {last}", fatal=False)
    if calendar.certainty(due_on) is not Certainty.CERTAIN:
        yield Problem(where, f"{due_on} 所在年份的调休安排尚未公布", "公布后请更新节假日", fatal=False)


def _about_ladder(where: str, plan: Plan, ladder: Ladder, due_on: date, opening: date, calendar: Calendar) -> Iterator[Problem]:
    for hidden, by, day in shadowed(calendar, ladder, due_on):
        text = f"阶梯 {ladder.key} 的 {hidden.name} 与 {by.name} 都落在 {day}，前者被遮蔽"
        yield Problem(where, text, "请删去其中一档，或为此截止日另选阶梯")
    for rung in ladder.all_rungs():
        usual, day = calendar.shift(due_on, rung.offset), rung_day(calendar, rung, due_on, plan.cohort.quiet)
        if period := in_quiet(plan.cohort.quiet, usual):
            text = f"阶梯 {ladder.key} 的 {rung.name} 本应在 {usual}，因{period.title}移至 {day}"
            yield Problem(where, text, "如有不妥，请调整静默期或截止日", fatal=False)
        if day < opening:
            yield Problem(where, f"阶梯 {ladder.key} 的 {rung.name} 落在 {day}，早于开始日 {opening}", "请换较短的阶梯或提前开始")
        if day > plan.cohort.ends_on:
            yield Problem(where, f"阶梯 {ladder.key} 的 {rung.name} 落在 {day}，晚于批次结束日 {plan.cohort.ends_on}", "请减少重复次数")
