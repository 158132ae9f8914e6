"""Acts that record a fact about a project and move nothing (R10–R13, R17, R48, R49, R56, R61, R64, R66)."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from config.vocabulary import NegativeAnswer, OwedBy, ProjectState, SubmissionState
from flows.steps import papers
from flows.steps.errors import refuse
from flows.steps.filing import from_inbox, keep
from flows.steps.negative_statement import begins_on, statement, with_item
from flows.steps.people import named_or_self
from models.history import Act, record_event
from models.imports.surveys import read_survey
from models.loading import cohort_of, load_calendar, load_plan, load_world, project_row
from models.rules.baseline import last_day
from models.rules.publicity import decision_body
from models.rules.survey import problems, satisfaction, warnings
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
    keep_survey(session, act, project, body)


def record_survey_sheet(session: Session, act: Act, project: str, survey_file: str, issued: int = 0) -> str:
    """Record the survey from an Excel or CSV file of the inbox, a summary or one ballot a row (R12); the file is kept.

    ``issued`` fills what a raw export does not say. Returns what was read and what looks odd, for who records it.
    """
    found = read_survey(from_inbox(survey_file))
    issued = issued or found.counts.get("issued", 0)
    if not issued:
        raise refuse(f"{survey_file} 没有写明发放份数", "请在“发放份数”一栏填写，或在表中写明")
    if issued != found.counts.get("issued", issued):
        raise refuse(f"填写的发放份数 {issued} 与 {survey_file} 中的 {found.counts['issued']} 不一致", "请核对后重新登记")
    body = {
        "issued": issued, "returned": found.counts["returned"], "valid": found.counts["valid"], "questions": found.questions,
        "titles": found.titles, "ballots_alike": found.alike, "file": keep(survey_file),
    }  # fmt: skip
    keep_survey(session, act, project, body)
    rule = load_plan(cohort_of(session, project_row(session, project))).programme.survey
    rate, weighted = satisfaction(body, rule.weights)
    told = (f"{len(found.questions)} 题、有效票 {body['valid']} 张，满意率 {rate:g}%、加权得分 {weighted:g}", *warnings(body, rule))
    return "；".join(told)


def keep_survey(session: Session, act: Act, project: str, body: Mapping[str, Any]) -> None:
    """Record a survey as read or typed; with it the result counts as handed in."""
    if found := problems(body):
        raise refuse(f"{project} 满意度测评数据有误：{'；'.join(found)}", "请核对后重新登记")
    _fact(session, act, project, "record_survey", body)
    _hand_in_once(session, act, project, "satisfaction_survey")


def answer_negative_list(
    session: Session,
    act: Act,
    project: str,
    hits: Sequence[Mapping[str, str]] = (),
    explained: Sequence[Mapping[str, str]] = (),
    since: date | None = None,
) -> None:
    """Record the unit's own negative-list statement (R10, R26, R35): each hit is {"item", "on"}, each explanation has "text" too.

    Items are those of the list, or 其他：…; what is not named is answered 无.
    """
    _fact(session, act, project, "answer_negative_list", statement(session, act, project, hits, explained, since))


def answer_negative_item(  # noqa: PLR0913 - the fields of the form
    session: Session, act: Act, project: str, item: str, answer: NegativeAnswer, happened_on: date | None = None, text: str = ""
) -> None:
    """Answer one item of the negative list anew; the unit's last statement stands for all others."""
    name = f"其他：{text.strip()}" if item == "其他" else item
    if happened_on is None and answer != NegativeAnswer.NONE:
        raise refuse(f"“{name}”没有写发生日期", "请填写")
    row = project_row(session, project)
    world = load_world(session, cohort_of(session, row).code)
    last, begins = world.project(project).latest("answer_negative_list"), begins_on(world.plan, row, act.on)
    hits, explained = with_item(last.payload if last else None, name, NegativeAnswer(answer), happened_on or act.on, text, begins)
    answer_negative_list(session, act, project, hits, explained)


def check_negative_list(
    session: Session,
    act: Act,
    project: str,
    hits: Sequence[Mapping[str, str]] = (),
    checked_by: str = "",
    since: date | None = None,
) -> None:
    """Record the office's check of the negative list, by whom (a code); it overrides the unit's statement (R10)."""
    body = statement(session, act, project, hits, since=since)
    by = named_or_self(session, act, checked_by)
    _fact(session, act, project, "check_negative_list", {**body, "checked_by": by})


def visit(session: Session, act: Act, project: str, kind: str, findings: str, problems: Sequence[str] = ()) -> None:
    """Record an on-site visit or spot check (R17, R49); each problem seen becomes a matter of rectification or a recommendation."""
    if not findings.strip():
        raise refuse("实地考察必须写明所见情况", "请填写")
    found = [text.strip() for text in problems if text.strip()]
    _fact(session, act, project, "visit", {"kind": kind, "findings": findings, **({"problems": found} if found else {})})


def record_finding(session: Session, act: Act, project: str, text: str, source: str = "日常工作了解") -> None:
    """Record day-to-day knowledge about a project (R17)."""
    _fact(session, act, project, "record_finding", {"text": text, "source": source})


def supervise(  # noqa: PLR0913 - the fields of the form
    session: Session,
    act: Act,
    project: str,
    text: str,
    topic: str = "",
    action: str = "",
    guide: str = "",
    held_on: date | None = None,
) -> None:
    """Record one entry of process supervision and guidance: when, on what, how it stands, what was arranged, by whom.

    ``guide`` is ``office`` (also if empty) or ``so``; ``held_on`` is the day of the talk or visit, today or before: in its period the
    entry counts (R48, R61).
    """
    by, day = guide or OwedBy.OFFICE.value, held_on or act.on
    if by not in (OwedBy.OFFICE, OwedBy.SO):
        raise refuse(f"跟踪指导由组织部或二级党组织进行，读到“{guide}”", f"请填写 {OwedBy.OFFICE.value} 或 {OwedBy.SO.value}")
    if not text.strip():
        raise refuse("过程监管必须写明情况", "请填写")
    if day > act.on:
        raise refuse(f"跟踪日期 {day} 晚于今天 {act.on}", "请核对日期")
    more = {"topic": topic.strip(), "action": action.strip()}
    body = {"text": text, **{name: value for name, value in more.items() if value}, "by": str(by)}
    _fact(session, act.on_behalf(day), project, "supervise", body)


def record_baseline(session: Session, act: Act, project: str, measures: Mapping[str, float], despite: str = "") -> None:
    """Record the baseline from which added value is measured (R66); once only, it cannot be rebuilt later.

    Refused in a cohort without baselines; after the programme's term from the selection on, it needs a reason (``despite``),
    or that an earlier record, made in time, has been corrected.
    """
    row = project_row(session, project)
    world = load_world(session, cohort_of(session, row).code)
    if not world.plan.cohort.has_baseline:
        raise refuse(f"批次 {world.plan.cohort.cohort} 立项时未采集基线数据，不能事后补登", "增值部分按不适用处理")
    mine = select(Event).where(Event.stream == f"project:{project}", col(Event.event).in_(("record_baseline", "correct")))
    known = session.exec(mine).all()
    corrected = {event.payload.get("corrects") for event in known if event.event == "correct"}
    if any(event.event == "record_baseline" and event.seq not in corrected for event in known):
        raise refuse(f"{project} 的基线数据已登记", "基线不能改写；登记有误请先更正该条记录")
    until = last_day(world, load_calendar(session), world.project(project))
    replaces = any(event.event == "record_baseline" for event in known)
    if until is not None and act.on > until and not replaces and not despite.strip():
        raise refuse(f"{project} 的基线数据应于 {until} 前登记", "确需补登的，请填写例外理由，写明数据出处")
    record_event(session, row, "record_baseline", act, {"measures": dict(measures), **({"despite": despite} if despite.strip() else {})})


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
    if seq in _corrected(session, project):
        raise refuse(f"{project} 第 {seq} 条已更正", "更正后重新登记的，请写新记录的序号")
    if wrong.event in ("assign", "unassign"):
        raise refuse(f"{project} 第 {seq} 条是评审分工，不用更正", "请用“撤销评审分工”或重新指定")
    if decision_body(wrong.payload):
        raise refuse("党委的决定不能以更正记录改写", "确有错误的，提请党委会后用“撤销决定”办理")
    if not reason.strip():
        raise refuse("更正必须写明理由", "请填写")
    record_event(session, row, "correct", act, {"corrects": seq, "event": wrong.event, "reason": reason})
    if wrong.event == "assess":
        _withdraw_assessment(session, row, wrong)
    outbox.withdraw_unsent(session, project=project, because=f"更正：{reason}")


def _corrected(session: Session, project: str) -> set[int]:
    """Return the numbers of the facts about a project that have been corrected."""
    corrections = select(Event).where(Event.stream == f"project:{project}", Event.event == "correct")
    return {event.payload["corrects"] for event in session.exec(corrections) if "corrects" in event.payload}


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
