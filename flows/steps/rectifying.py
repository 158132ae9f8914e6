"""Acts of rectification: opened by a failed assessment, answered, verified or reopened item by item (R51, R53)."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from config.vocabulary import MailKind, Outcome, PhaseKind, RectificationState
from flows.steps import letters, papers
from flows.steps.deadlines import refuse_past
from flows.steps.errors import refuse
from models.history import Act, record_event
from models.loading import load_calendar, load_plan, project_row
from models.rules.rounds import rectification_due
from models.tables import Cohort, Decision, Event, Project, Rectification, RectificationItem

GENERAL_ITEM = "对照考核反馈意见全面整改，并报送整改报告和佐证材料"
"""The item that every order carries, so that none is empty."""


def open_rectification(session: Session, act: Act, project: Project, decision: Decision, items: Sequence[str] = ()) -> Rectification:
    """Open a round with its own deadline and send the order; a further round follows the first one's outcome."""
    cohort = session.get(Cohort, project.cohort_id)
    assert cohort is not None  # noqa: S101 - a foreign key
    past = _rounds(session, project)
    after = past[-1].after if decision.outcome == Outcome.ANOTHER_ROUND and past else decision.outcome
    number = sum(row.after == after for row in past) + 1
    due_on = rectification_due(load_plan(cohort), after, decision.decided_on, load_calendar(session).shift)
    order = Rectification(
        code=f"{project.code}/{after}/{number}",
        project_id=project.id or 0,
        after=after,
        round_no=number,
        opened_on=act.on,
        due_on=due_on,
    )
    texts = [*dict.fromkeys(items), GENERAL_ITEM]
    event = record_event(session, order, "order", act, {"due_on": due_on.isoformat(), "items": texts, "decision": decision.outcome.value})
    session.flush()
    for index, text in enumerate(texts, start=1):
        session.add(RectificationItem(rectification_id=order.id or 0, number=index, text=text[:500]))
    details = {
        "matters": tuple(texts),
        "due_on": due_on.isoformat(),
        "meeting": decision.meeting,
        "basis": decision.basis,
        "outcome": decision.outcome.label,
    }
    kind = MailKind.RECTIFICATION_ORDER
    letters.decide(session, act, kind, project, event, decision.phase, details)
    return order


def answer_rectification(session: Session, act: Act, project: str, answers: Sequence[str] = (), files: Sequence[Any] = ()) -> Rectification:
    """Record the unit's answers, one per item that waits for it (one alone holds for all); ``files`` are evidence for each of them."""
    order = current(session, project)
    items = [item for item in items_of(session, order) if waits_for_unit(item)]
    texts = list(answers) if len(answers) != 1 else list(answers) * len(items)
    if len(texts) != len(items) or not items:
        raise refuse(f"{project} 有 {len(items)} 项待答复，收到 {len(texts)} 项", "请逐项答复")
    evidence = _evidence(session, files, order, act)
    for item, text in zip(items, texts, strict=True):
        _answered(session, item, text, evidence)
    record_event(session, order, "answer", act, {"answers": texts, **({"files": evidence} if evidence else {})})
    return order


def answer_item(session: Session, act: Act, project: str, item: int, answer: str, files: Sequence[Any] = ()) -> Rectification:
    """Record the unit's answer to one item, with its evidence; with the last one the round counts as answered.

    Until the office has judged it an answer can be given anew, and takes the place of the earlier one.
    """
    order = current(session, project)
    row = _item(session, order, item)
    if row.verified:
        raise refuse(f"{project} 第 {item} 项已核实", "无须再答复")
    if not answer.strip():
        raise refuse("整改答复不能为空", "请写明整改措施和结果")
    evidence = _evidence(session, files, order, act)
    _answered(session, row, answer.strip(), evidence)
    record_event(session, order, "answer_item", act, {"item": item, "answer": row.answer, "files": evidence})
    left = [one.number for one in items_of(session, order) if waits_for_unit(one)]
    if not left:
        record_event(session, order, "answer", act, {"answers": [one.answer for one in items_of(session, order) if one.verified is None]})
    return order


def verify_rectification(session: Session, act: Act, project: str, items: Sequence[int] = (), note: str = "") -> Rectification:
    """Record that items have been put right, by number, or all of them; after the last the committee decides on support."""
    order = current(session, project)
    chosen = [_item(session, order, number) for number in dict.fromkeys(items)] or [i for i in items_of(session, order) if not i.verified]
    if bare := [item.number for item in chosen if waits_for_unit(item)]:
        raise refuse(f"{project} 第 {_numbers(bare)} 项尚未答复，不能核实", "请先登记该项的整改答复")
    for item in chosen:
        item.verified, item.note = True, note[:500] or item.note
        session.add(item)
    if items:
        record_event(session, order, "verify_item", act, {"items": [item.number for item in chosen], "note": note})
    if all(item.verified for item in items_of(session, order)):
        record_event(session, order, "verify", act, {"note": note})
    return order


def reopen_rectification(session: Session, act: Act, project: str, items: Sequence[int], note: str) -> Rectification:
    """Send items back that were not put right, with the reason; the others stay as they are."""
    order = current(session, project)
    chosen = [_item(session, order, number) for number in dict.fromkeys(items)]
    if not chosen or not note.strip():
        raise refuse("整改退回须写明事项序号和理由", "请填写")
    if bare := [item.number for item in chosen if not item.answer]:
        raise refuse(f"{project} 第 {_numbers(bare)} 项尚未答复，无从退回", "请核对事项序号")
    for item in chosen:
        item.verified, item.note = False, note[:500]
        session.add(item)
    event = record_event(session, order, "reopen", act, {"items": [item.number for item in chosen], "note": note})
    _time_to_answer(session, act, order)
    letters.decide(session, act, MailKind.RETURNED, *_sent_back(session, order, event, chosen))
    return order


def _time_to_answer(session: Session, act: Act, order: Rectification) -> None:
    """Give a round whose day has come, or is too near, as long as any returned paper has (P.office)."""
    cohort = session.get_one(Cohort, session.get_one(Project, order.project_id).cohort_id)
    day = load_calendar(session).shift(act.on, load_plan(cohort).programme.practice.return_working_days)
    if day > order.due_on:
        _extended(session, act, order, day, "整改退回，重新答复的时限")
        letters.silence_round(session, order, "整改退回，另有新时限")


def _sent_back(
    session: Session, order: Rectification, event: Event, items: Sequence[RectificationItem]
) -> tuple[Project, Event, PhaseKind, dict[str, Any]]:
    """Return project, event, phase and details of the letter that tells which items were sent back."""
    project = session.get_one(Project, order.project_id)
    decided = select(Decision.phase).where(Decision.project_id == project.id).order_by(col(Decision.id).desc())
    reasons = tuple(f"第 {item.number} 项“{item.text.rstrip('。；')}”：{item.note}" for item in items)
    details = {"paper": f"整改报告（第{order.round_no}轮）", "reasons": reasons, "due_on": order.due_on.isoformat()}
    return project, event, PhaseKind(session.exec(decided).first() or PhaseKind.MID_TERM), details


def waits_for_unit(item: RectificationItem) -> bool:
    """Return whether the unit has to answer an item: it has not yet, or its answer was sent back."""
    return item.verified is False or (item.verified is None and not item.answer)


def _answered(session: Session, item: RectificationItem, text: str, evidence: list[dict[str, str]]) -> None:
    item.answer, item.verified, item.files = text[:2000], None, evidence or item.files
    session.add(item)


def _evidence(session: Session, files: Sequence[Any], order: Rectification, act: Act) -> list[dict[str, str]]:
    """Return what is kept of evidence: files of the inbox or of a reply by content, others by name."""
    return [papers.filed(session, file, order.code, act.on) for file in files]


def _item(session: Session, order: Rectification, number: int) -> RectificationItem:
    known = {item.number: item for item in items_of(session, order)}
    if number not in known:
        raise refuse(f"{order.code.partition('/')[0]} 没有第 {number} 项整改事项", f"可用：{_numbers(sorted(known))}")
    return known[number]


def _numbers(numbers: Sequence[int]) -> str:
    return "、".join(map(str, numbers))


def fail_rectification(session: Session, act: Act, project: str, note: str) -> Rectification:
    """Record that the rectification was not done; the committee decides on the project (R53)."""
    order = current(session, project)
    record_event(session, order, "fail", act, {"note": note})
    return order


def extend_rectification(session: Session, act: Act, project: str, due_on: date, basis: str) -> Rectification:
    """Give a rectification more time; the basis is mandatory, the ladder starts anew and the unit is told (P.extension)."""
    order = current(session, project)
    if due_on <= order.due_on or not basis.strip():
        raise refuse(f"整改延期须晚于原期限 {order.due_on} 并写明依据", "请核对日期和依据")
    refuse_past(act, due_on)
    old_due = order.due_on
    _extended(session, act, order, due_on, basis)
    letters.rectification_extended(session, act, order, old_due, basis)
    return order


def _extended(session: Session, act: Act, order: Rectification, due_on: date, basis: str) -> None:
    record_event(session, order, "extend", act, {"old": order.due_on.isoformat(), "due_on": due_on.isoformat(), "basis": basis})
    order.due_on, order.due_version = due_on, order.due_version + 1
    session.add(order)


def current(session: Session, project: str) -> Rectification:
    """Return the running round of a project; refused when there is none."""
    rows = _rounds(session, project_row(session, project))
    if not rows or rows[-1].state in (RectificationState.VERIFIED, RectificationState.FAILED):
        raise refuse(f"{project} 没有进行中的整改任务")
    return rows[-1]


def items_of(session: Session, order: Rectification) -> Sequence[RectificationItem]:
    """Return the items of a round by number."""
    query = select(RectificationItem).where(RectificationItem.rectification_id == order.id)
    return session.exec(query.order_by(col(RectificationItem.number))).all()


def rounds_after(session: Session, project: Project, after: Outcome | None) -> int:
    """Return how many rounds of rectification a project has had after an outcome."""
    return sum(row.after == after for row in _rounds(session, project))


def _rounds(session: Session, project: Project) -> Sequence[Rectification]:
    query = select(Rectification).where(Rectification.project_id == project.id)
    return session.exec(query.order_by(col(Rectification.id))).all()
