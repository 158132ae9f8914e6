"""Acts that record a fact about a project and move nothing (R10–R13, R17, R48, R49, R56, R61, R64, R66)."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session, select

from config.vocabulary import ProjectState, SubmissionState
from flows.steps import papers
from flows.steps.errors import refuse
from models.history import Act, record_event
from models.loading import project_row
from models.rules.publicity import decision_body
from models.rules.survey import problems
from models.tables import Assessment, Event, Project
from notifications import outbox


def tick_self_check(session: Session, act: Act, project: str, note: str = "") -> None:
    """Record that the unit has checked itself against the standard (R11)."""
    _fact(session, act, project, "tick_self_check", {"note": note})
    _hand_in_once(session, act, project, "self_check_form")


def record_survey(  # noqa: PLR0913 - the fields of the form
    session: Session, act: Act, project: str, issued: int, returned: int, valid: int, questions: Sequence[Sequence[int]]
) -> None:
    """Record the satisfaction survey (R12); sums that do not fit are refused."""
    body = {"issued": issued, "returned": returned, "valid": valid, "questions": [list(line) for line in questions]}
    if found := problems(body):
        raise refuse(f"{project} 满意度测评数据有误：{';'.join(found)}", "请核对后重新登记")
    _fact(session, act, project, "record_survey", body)
    _hand_in_once(session, act, project, "satisfaction_survey")


def answer_negative_list(session: Session, act: Act, project: str, hits: Sequence[Mapping[str, str]] = ()) -> None:
    """Record the unit's own negative-list statement (R10, R26, R35): each hit is {"item", "on"}."""
    _fact(session, act, project, "answer_negative_list", {"hits": _hits(hits)})


def check_negative_list(session: Session, act: Act, project: str, hits: Sequence[Mapping[str, str]] = (), checked_by: str = "") -> None:
    """Record the office's check of the negative list; it overrides the unit's statement (R10)."""
    _fact(session, act, project, "check_negative_list", {"hits": _hits(hits), "checked_by": checked_by or act.actor})


def visit(session: Session, act: Act, project: str, kind: str, findings: str) -> None:
    """Record an on-site visit or spot check (R17, R49)."""
    if not findings.strip():
        raise refuse("实地考察必须写明所见情况", "请填写")
    _fact(session, act, project, "visit", {"kind": kind, "findings": findings})


def record_finding(session: Session, act: Act, project: str, text: str, source: str = "日常工作了解") -> None:
    """Record day-to-day knowledge about a project (R17)."""
    _fact(session, act, project, "record_finding", {"text": text, "source": source})


def supervise(session: Session, act: Act, project: str, text: str) -> None:
    """Record one entry of process supervision and guidance (R48, R61)."""
    _fact(session, act, project, "supervise", {"text": text})


def record_baseline(session: Session, act: Act, project: str, measures: Mapping[str, float]) -> None:
    """Record the baseline from which added value is measured (R66); once only, it cannot be rebuilt later."""
    row = project_row(session, project)
    query = select(Event).where(Event.stream == f"project:{project}", Event.event == "record_baseline")
    if session.exec(query).first():
        raise refuse(f"{project} 的基线数据已登记", "基线不能改写；登记有误请先更正该条记录")
    record_event(session, row, "record_baseline", act, {"measures": dict(measures)})


def record_measures(session: Session, act: Act, project: str, measures: Mapping[str, float]) -> None:
    """Record the current figures beside the baseline (R56, R66)."""
    _fact(session, act, project, "record_measures", {"measures": dict(measures)})


def record_publicity(session: Session, act: Act, project: str, title: str, channel: str) -> None:
    """Log a publication of the project's experience (R57, R64)."""
    _fact(session, act, project, "record_publicity", {"title": title, "channel": channel})


def correct(session: Session, act: Act, project: str, seq: int, reason: str) -> None:
    """Correct a recorded fact by a new event: rules no longer see it, and mail about it that has not left is withdrawn."""
    row = project_row(session, project)
    wrong = session.get(Event, (f"project:{project}", seq))
    if wrong is None or wrong.source != wrong.target or wrong.event == "correct":
        raise refuse(f"{project} 第 {seq} 条不是可以更正的事实记录", f"请用 creation history {project} 查看")
    if decision_body(wrong.payload):
        raise refuse("党委的决定不能以更正记录改写", "确有错误的，提请党委会后用“撤销决定”办理")
    if not reason.strip():
        raise refuse("更正必须写明理由", "请填写")
    record_event(session, row, "correct", act, {"corrects": seq, "event": wrong.event, "reason": reason})
    if wrong.event == "assess":
        _withdraw_assessment(session, row, wrong)
    outbox.withdraw_unsent(session, project=project, because=f"更正：{reason}")


def _withdraw_assessment(session: Session, project: Project, wrong: Event) -> None:
    keys = {name: wrong.payload[name] for name in ("phase", "part", "round_no", "assessor")}
    row = session.exec(select(Assessment).filter_by(project_id=project.id, **keys)).first()
    if row is not None:
        session.delete(row)


def _fact(session: Session, act: Act, project: str, event: str, body: Mapping[str, Any]) -> Event:
    row = project_row(session, project)
    if row.state == ProjectState.SUSPENDED:
        raise refuse(f"{project} 现为“{row.state.label}”", "请先恢复")
    return record_event(session, row, event, act, body)


def _hand_in_once(session: Session, act: Act, project: str, deliverable: str) -> None:
    last = papers.newest(session, project_row(session, project), deliverable)
    if last is None or last.state == SubmissionState.RETURNED:
        papers.hand_in(session, act, project, deliverable)


def _hits(hits: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    for hit in hits:
        if set(hit) != {"item", "on"}:
            raise refuse(f"负面清单事项 {dict(hit)} 不完整", "每项须有 item(事项)和 on(日期)")
    return [{"item": str(hit["item"]), "on": str(hit["on"])} for hit in hits]
