"""Acts of rectification: opened by a failed assessment, answered, verified or reopened item by item (R51, R53)."""

from collections.abc import Sequence
from datetime import date

from sqlmodel import Session, col, select

from config.vocabulary import MailKind, Outcome, RectificationState
from flows.steps import letters
from flows.steps.errors import refuse
from models.history import Act, record_event
from models.loading import load_calendar, load_plan, project_row
from models.rules import decisions
from models.tables import Cohort, Decision, Project, Rectification, RectificationItem

GENERAL_ITEM = "对照考核反馈意见全面整改，并报送整改报告和佐证材料"
"""The item that every order carries, so that none is empty."""


def open_rectification(session: Session, act: Act, project: Project, decision: Decision, items: Sequence[str] = ()) -> Rectification:
    """Open a round with its own deadline and send the order; a further round follows the first one's outcome."""
    cohort = session.get(Cohort, project.cohort_id)
    assert cohort is not None  # noqa: S101 - a foreign key
    past = _rounds(session, project)
    after = past[-1].after if decision.outcome == Outcome.ANOTHER_ROUND and past else decision.outcome
    number = sum(row.after == after for row in past) + 1
    due_on = decisions.rectification_due(load_plan(cohort), after, decision.decided_on, load_calendar(session).shift)
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


def answer_rectification(session: Session, act: Act, project: str, answers: Sequence[str] = ()) -> Rectification:
    """Record the unit's answers, one per open item; fewer answers than items are refused."""
    order = current(session, project)
    items = [item for item in items_of(session, order) if item.verified is not True]
    texts = list(answers) if len(answers) != 1 else list(answers) * len(items)
    if len(texts) != len(items):
        raise refuse(f"{project} 有 {len(items)} 项待答复，收到 {len(texts)} 项", "请逐项答复")
    for item, text in zip(items, texts, strict=True):
        item.answer = text
        session.add(item)
    record_event(session, order, "answer", act, {"answers": texts})
    return order


def verify_rectification(session: Session, act: Act, project: str, note: str = "") -> Rectification:
    """Record that every item has been put right; the committee then decides whether support goes on."""
    order = current(session, project)
    for item in items_of(session, order):
        item.verified = True
        session.add(item)
    record_event(session, order, "verify", act, {"note": note})
    return order


def reopen_rectification(session: Session, act: Act, project: str, items: Sequence[int], note: str) -> Rectification:
    """Send items back that were not put right; the others stay verified."""
    order = current(session, project)
    known = {item.number: item for item in items_of(session, order)}
    if unknown := sorted(set(items) - set(known)):
        raise refuse(f"{project} 没有第 {unknown} 项整改事项", f"可用：{sorted(known)}")
    for number, item in known.items():
        item.verified = number not in items
        session.add(item)
    record_event(session, order, "reopen", act, {"items": list(items), "note": note})
    return order


def fail_rectification(session: Session, act: Act, project: str, note: str) -> Rectification:
    """Record that the rectification was not done; the committee decides on the project (R53)."""
    order = current(session, project)
    record_event(session, order, "fail", act, {"note": note})
    return order


def extend_rectification(session: Session, act: Act, project: str, due_on: date, basis: str) -> Rectification:
    """Give a rectification more time; the basis is mandatory, the ladder starts anew."""
    order = current(session, project)
    if due_on <= order.due_on or not basis.strip():
        raise refuse(f"整改延期须晚于原期限 {order.due_on} 并写明依据", "请核对日期和依据")
    record_event(session, order, "extend", act, {"old": order.due_on.isoformat(), "due_on": due_on.isoformat(), "basis": basis})
    order.due_on, order.due_version = due_on, order.due_version + 1
    session.add(order)
    return order


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
