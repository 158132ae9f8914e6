"""Acts that record what a project has achieved, item by item (R5–R9, R13, R17), and how it evaluates itself (R56)."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlmodel import Session

from config.texts import quoted
from config.vocabulary import Achievement, Labelled, Level, OutputKind, ProjectState
from flows.steps.errors import refuse
from models.history import Act, record_event
from models.imports.reading import whole
from models.imports.targets import SAID_OTHERWISE
from models.loading import cohort_of, load_part, project_row
from models.rules import achievements, value_added
from models.rules.baseline import lacks
from models.rules.snapshot import Project as Known
from models.rules.snapshot import World
from models.tables import Project

Row = Mapping[str, str]


def set_targets(session: Session, act: Act, project: str, targets: Sequence[str]) -> bool:
    """Record the targets of a unit's own declaration, numbered as listed (R5); returns whether they differ from those on record.

    New targets void what was recorded about the old ones.
    """
    row, known, _ = _known(session, project)
    listed = [text.strip() for text in targets]
    if not listed or not all(listed):
        raise refuse(f"{project} 没有填写申报目标，或其中一条为空", "请每行写一条")
    if twice := sorted({text for text in listed if listed.count(text) > 1}):
        raise refuse(f"{project} 的目标重复：{'、'.join(twice)}", "请删去重复的")
    return _record_new(session, act, row, known, "set_targets", {"targets": listed})


def record_results(session: Session, act: Act, project: str, results: Sequence[Row]) -> None:
    """Record how far targets are reached (R5): each row is {"number", "state", "result", "evidence"}; others keep what they have."""
    row, known, _ = _known(session, project)
    targets = achievements.targets(known)
    if not targets:
        raise refuse(f"{project} 还没有申报目标", "请先登记或导入申报目标")
    rows = [_result(project, given, len(targets)) for given in results]
    _refuse_twice(project, [f"第 {given['number']} 项目标" for given in rows])
    record_event(session, row, "record_results", act, {"results": rows})


def _result(project: str, given: Row, count: int) -> dict[str, Any]:
    number = whole(str(given["number"]))
    if number is None or not 1 <= number <= count:
        raise refuse(f"{project} 没有第 {quoted(str(given['number']))} 项目标", f"应为 1 至 {count}")
    state, result = _word(Achievement, given["state"], f"{project} 第 {number} 项目标的完成情况"), str(given.get("result", "")).strip()
    if not result:
        raise refuse(f"{project} 第 {number} 项目标没有写明结果", "请写明做到了什么")
    return {"number": number, "state": state.value, "result": result, "evidence": str(given.get("evidence", "")).strip()}


def assess_standards(session: Session, act: Act, project: str, standards: Sequence[Row]) -> None:
    """Record per item of 五个到位 or 七个有力 whether it is reached (R6, R7): each row is {"item", "state", "text"}."""
    row, known, world = _known(session, project)
    rules = achievements.standards(world, known)
    names = {name: held.rule for n, held in enumerate(rules, start=1) for name in (str(n), held.rule.key, held.rule.title)}
    said: dict[str, dict[str, str]] = {}
    for given in standards:
        rule = names.get(str(given["item"]).strip())
        if rule is None:
            raise refuse(f"{project} 没有“{given['item']}”这一项", f"应为{'、'.join(held.rule.title for held in rules)}")
        if rule.key in said:
            raise refuse(f"{project} 的{rule.title}登记了两次", "请保留一行")
        state, text = _word(Achievement, given["state"], f"{project} {rule.title}"), str(given.get("text", "")).strip()
        if not text and state != Achievement.ACHIEVED:
            raise refuse(f"{project} {rule.title}为“{state.label}”，没有说明", "请写明差在哪里")
        said[rule.key] = {"state": state.value, "text": text}
    if not said:
        raise refuse("没有填写任何一项", "请至少填写一项")
    record_event(session, row, "assess_standards", act, {"standards": said})


def report_aspects(session: Session, act: Act, project: str, aspects: Mapping[str, str]) -> None:
    """Record what the unit reports on each aspect of measures and demonstration (R8, R9, R13): title or key → text."""
    row, known, world = _known(session, project)
    rows = achievements.aspects(world, known)
    names = {name: found.key for found in rows for name in (found.key, found.criterion.title)}
    said: dict[str, str] = {}
    for name, text in aspects.items():
        key = names.get(name.strip())
        if key is None:
            titles = "、".join(found.criterion.title for found in rows) or "（本批次没有）"
            raise refuse(f"{project} 没有“{name}”这一方面", f"应为{titles}")
        if not text.strip():
            raise refuse(f"{project} 的“{name}”没有内容", "请写明做法和成效")
        said[key] = text.strip()
    if not said:
        raise refuse("没有填写任何一项", "请至少填写一项")
    record_event(session, row, "report_aspects", act, {"aspects": said})


def record_outputs(session: Session, act: Act, project: str, outputs: Sequence[Row]) -> None:
    """Add to the list of what a project has to show (R9): each row is {"kind", "level", "on", "title", "link"}."""
    row, known, _ = _known(session, project)
    have = {(one.title, one.on) for one in achievements.outputs(known)}
    rows = [_output(project, given) for given in outputs]
    for given in rows:
        if (given["title"], date.fromisoformat(given["on"])) in have:
            raise refuse(f"{project} 的成果“{given['title']}”（{given['on']}）已登记", "请删去这一行")
    _refuse_twice(project, [f"成果“{given['title']}”" for given in rows])
    if not rows:
        raise refuse("没有填写任何一项成果", "请至少填写一项")
    record_event(session, row, "record_outputs", act, {"outputs": rows})


def _output(project: str, given: Row) -> dict[str, str]:
    kind, level = _word(OutputKind, given["kind"], f"{project} 成果类型"), _word(Level, given["level"], f"{project} 成果级别")
    title = str(given["title"]).strip()
    try:
        on = date.fromisoformat(str(given["on"]))
    except ValueError:
        raise refuse(f"{project} 成果“{title}”的日期读到“{given['on']}”", "应为日期，如 2025-06-30") from None
    if not title:
        raise refuse(f"{project} 有一项成果没有名称", "请填写")
    return {"kind": kind.value, "level": level.value, "on": on.isoformat(), "title": title, "link": str(given.get("link", "")).strip()}


def record_promotion(session: Session, act: Act, project: str, text: str) -> None:
    """Record the effect of promotion in words (R17); publications are counted from their own log."""
    row, _, _ = _known(session, project)
    if not text.strip():
        raise refuse("推广成效不能为空", "请写明推广到哪里、有何成效")
    record_event(session, row, "record_promotion", act, {"text": text.strip()})


def self_evaluate(session: Session, act: Act, project: str, text: str = "") -> None:
    """Record the first level of acceptance (R56): the figures against the frozen baseline, with the unit's words or the draft.

    Refused while the baseline that the cohort has, or the final figures, are lacking.
    """
    row, known, world = _known(session, project)
    if lacks(world, known):
        raise refuse(f"{project} 没有基线数据，不能自评增值", "请先登记基线数据；已过期限的须写明例外理由")
    measures = value_added.course(world.plan, known)
    if measures is not None and (open_ones := [one.name for one in measures if one.final is None]):
        raise refuse(f"{project} 还没有期末数据：{'、'.join(open_ones)}", "请先登记期末数据，再登记增值自评")
    body = value_added.evaluation(known, measures, text.strip() or value_added.narrative(measures))
    record_event(session, row, "self_evaluate", act, {**body, "targets": achievements.tally(t.state for t in achievements.targets(known))})


def put_targets(session: Session, act: Act, project: str, targets: Sequence[str], results: Sequence[Row]) -> bool:
    """Record targets and results as a sheet lists them; returns whether anything was new."""
    new = set_targets(session, act, project, targets)
    if not results:
        return new
    row, known, _ = _known(session, project)
    have = {one.number: (one.state, one.result, one.evidence) for one in achievements.targets(known)}
    rows = [_result(project, given, len(targets)) for given in results]
    fresh = [r for r in rows if have[r["number"]] != (Achievement(r["state"]), r["result"], r["evidence"])]
    if fresh:
        record_event(session, row, "record_results", act, {"results": fresh})
    return new or bool(fresh)


def _record_new(session: Session, act: Act, row: Project, known: Known, event: str, body: dict[str, Any]) -> bool:
    """Record a fact unless it says what the newest of its name says already."""
    last = known.latest(event)
    if last is not None and last.payload == body:
        return False
    record_event(session, row, event, act, body)
    return True


def _known(session: Session, project: str) -> tuple[Project, Known, World]:
    row = project_row(session, project)
    if row.state == ProjectState.SUSPENDED:
        raise refuse(f"{project} 现为“{row.state.label}”", "请先恢复")
    world = load_part(session, cohort_of(session, row).code, [row.id or 0])
    return row, world.project(project), world


def _word(kind: type[Labelled], value: Any, what: str) -> Any:
    """Return the member of a closed set of words that a label or a stored value names."""
    text = str(value).strip()
    text = SAID_OTHERWISE.get(text, text) if kind is Achievement else text
    for member in kind:
        if text in (member.label, member.value):
            return member
    raise refuse(f"{what}读到“{value}”", f"应为{'、'.join(member.label for member in kind)}")


def _refuse_twice(project: str, names: Sequence[str]) -> None:
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise refuse(f"{project} 的{'、'.join(twice)}出现两次", "请保留一行")
