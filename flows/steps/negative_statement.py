"""What a negative-list statement or check keeps: hits and explanations by the list, an answer to each item, the period (R10, R26, R35)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlmodel import Session

from config.cohort import Plan
from config.vocabulary import NegativeAnswer, ProjectState
from flows.steps.errors import refuse
from models.history import Act
from models.loading import cohort_of, load_plan, project_row
from models.rules.negative_list import OTHER, answers, is_other, item_of, period_begins
from models.tables import Project

CHOOSING = (ProjectState.DRAFT, ProjectState.DECLARED, ProjectState.SHORTLISTED)
Entries = Sequence[Mapping[str, str]]


def statement(
    session: Session, act: Act, project: str, hits: Entries, explained: Entries = (), since: date | None = None
) -> dict[str, Any]:
    """Return what is kept: ``hits`` [{"item", "on"}], ``explained`` [{"item", "on", "text"}], ``answers`` by key, ``since``, ``until``.

    Refused with every entry that is neither on the list nor 其他：…, that has no date, or that lies outside the period.
    """
    row = project_row(session, project)
    plan = load_plan(cohort_of(session, row))
    begins = since or begins_on(plan, row, act.on)
    period = (begins, act.on)
    found, told = [dict(hit) for hit in hits], [dict(entry) for entry in explained]
    flaws = [flaw for number, hit in enumerate(found, 1) for flaw in _settle(plan, hit, {"item", "on"}, f"第 {number} 项", period)]
    flaws += [flaw for n, row_ in enumerate(told, 1) for flaw in _settle(plan, row_, {"item", "on", "text"}, f"需说明第 {n} 项", period)]
    if begins > act.on:
        flaws.append(f"起始日期 {begins} 晚于今天")
    if flaws:
        listed = "、".join(item.text for item in plan.programme.negative_list)
        raise refuse(f"{project} 负面清单填写有误：{'；'.join(flaws)}", f"清单事项：{listed}；清单之外的写“{OTHER}：…”")
    given = {hit["item"]: NegativeAnswer.HAS for hit in found} | {entry["item"]: NegativeAnswer.EXPLAIN for entry in told}
    return {
        "hits": found, "explained": told, "answers": answers(plan.programme, given),
        "since": begins.isoformat(), "until": act.on.isoformat(),
    }  # fmt: skip


def with_item(
    last: Mapping[str, Any] | None, item: str, answer: NegativeAnswer, on: date, text: str, begins: date = date.min
) -> tuple[list[Any], list[Any]]:
    """Return hits and explanations of the last statement with one item answered anew; 无 takes it out.

    Entries from before ``begins``, the period's first day, stay in the statement that named them.
    """
    kept = {name: [dict(entry) for entry in (last or {}).get(name, ())] for name in ("hits", "explained")}
    hits, told = ([entry for entry in kept[name] if date.fromisoformat(entry["on"]) >= begins] for name in ("hits", "explained"))
    entry = {"item": item, "on": on.isoformat()}
    if answer == NegativeAnswer.NONE:
        return _without(hits, item), _without(told, item)
    if answer == NegativeAnswer.HAS:
        return [*_without(hits, item, entry["on"]), entry], told
    return hits, [*_without(told, item, entry["on"]), {**entry, "text": text}]


def _without(entries: Iterable[Mapping[str, str]], item: str, on: str | None = None) -> list[dict[str, str]]:
    return [dict(entry) for entry in entries if entry["item"] != item or (on is not None and entry["on"] != on)]


def _settle(plan: Plan, entry: dict[str, str], needed: set[str], where: str, period: tuple[date, date]) -> Iterable[str]:
    """Bring an entry to the list's own wording; yield what is wrong with it. Both days of the period count."""
    if set(entry) - {"key"} != needed:
        yield f"{where}{dict(entry)} 不完整，须有{'、'.join(sorted(needed))}"
        return
    text = str(entry["item"]).strip()
    if known := item_of(plan.programme, text):
        entry["item"] = known.text
    elif plan.programme.negative_list and not is_other(text):
        yield f"{where}“{text}”不在负面清单中"
    if wrong := _wrong_day(str(entry["on"]), period):
        yield f"{where}“{text}”的日期{wrong}"
    if "text" in needed and not str(entry["text"]).strip():
        yield f"{where}“{text}”没有写说明"


def _wrong_day(text: str, period: tuple[date, date]) -> str:
    try:
        on = date.fromisoformat(text)
    except ValueError:
        return f"读到“{text}”，应如 2024-03-12"
    if on > period[1]:
        return f" {on} 晚于今天"
    return f" {on} 早于起始日期 {period[0]}" if on < period[0] else ""


def begins_on(plan: Plan, project: Project, on: date) -> date:
    """Return the first day of the period that a statement of a day is about."""
    return min(on, period_begins(plan, project.award_kind, choosing=project.state in CHOOSING))
