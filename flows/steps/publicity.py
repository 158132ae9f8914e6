"""Publicity of proposed decisions: objections, their answers, and the step that lets a decision hold when its period is over (R47)."""

from datetime import date

from sqlalchemy.engine import Engine
from sqlmodel import Session, select

from flows.steps import judging, letters
from flows.steps.advance import Stage, StepResult
from flows.steps.errors import refuse
from flows.steps.naming import reference
from flows.steps.people import named_or_self
from models.history import Act, record_event
from models.loading import cohort_of, load_calendar, load_world, project_row
from models.rules.publicity import ANSWER, OBJECTION, Objection, Proposed, due, pending, proposals
from models.rules.snapshot import Project
from models.store import reading, transaction
from models.tables import Ballot


def record_objection(  # noqa: PLR0913 - the fields of the form
    session: Session, act: Act, project: str, text: str, raised_by: str = "", received_on: date | None = None, despite: str = ""
) -> int:
    """Record an objection to what is or was under publicity; the decision waits for its answer. Returns its number in the history.

    One that came in time may be recorded later, even after the decision has become final; one that came too late only with a reason
    and only while the decision does not hold yet.
    """
    row, known = project_row(session, project), _known(session, project)
    day, target = received_on or act.on, _target(known)
    if not text.strip():
        raise refuse("异议必须写明内容", "请填写")
    _refuse_day(act, project, target, day, despite)
    who = reference(session, act, row.unit_id, raised_by)
    if any((o.received_on, o.raised_by, o.text) == (day, who, text) for o in target.objections):
        raise refuse(f"{project} {day} 的这条异议已登记", "请勿重复登记")
    body = {"proposal": target.seq, "received_on": day.isoformat(), "raised_by": who, "text": text, "despite": despite}
    return record_event(session, row, OBJECTION, act, body).seq


def _target(project: Project) -> Proposed:
    """Return what an objection is about: the newest decision that was made public, unless it is void."""
    newest = next(reversed(proposals(project)), None)
    if newest is None or not (newest.is_final or newest.ended_by is None):
        raise refuse(f"{project.code} 没有公示中的拟定决定", "请核对项目编号")
    return newest


def _refuse_day(act: Act, project: str, target: Proposed, day: date, despite: str) -> None:
    if day > act.on:
        raise refuse(f"收到日期 {day} 晚于今天 {act.on}", "请核对日期")
    if day < target.proposed_on:
        raise refuse(f"收到日期 {day} 早于拟定决定的 {target.proposed_on}", "请核对日期")
    if day > target.until_on and target.is_final:
        raise refuse(
            f"{project} 的公示期至 {target.until_on}，决定已生效，不再受理 {day} 收到的异议", "确有错误的，提请党委会后用“撤销决定”办理"
        )
    if day > target.until_on and not despite.strip():
        raise refuse(f"{project} 的公示期至 {target.until_on}，异议收到于 {day}", "确需受理的，请填写例外理由")


def answer_objection(  # noqa: PLR0913 - the fields of the form
    session: Session, act: Act, project: str, upheld: bool, text: str, objection: int | None = None, answered_by: str = ""
) -> None:
    """Record what came of an objection: upheld, it voids the proposal and the project is up again; else the decision may hold.

    Without a number the only open one is meant.
    """
    row, known = project_row(session, project), _known(session, project)
    about, target = _open_objection(known, objection)
    if not text.strip():
        raise refuse("异议答复必须写明核实情况和结论", "请填写")
    by = named_or_self(session, act, answered_by)
    body = {"objection": about.seq, "upheld": upheld, "text": text, "answered_by": by}
    if upheld and target.ended_by is None:
        body["voids"] = target.seq
    record_event(session, row, ANSWER, act, body)


def _open_objection(project: Project, seq: int | None) -> tuple[Objection, Proposed]:
    known = {objection.seq: (objection, proposed) for proposed in proposals(project) for objection in proposed.objections}
    waiting = [number for number, (objection, _) in known.items() if objection.answer is None]
    if seq is None and len(waiting) == 1:
        seq = waiting[0]
    if seq not in known:
        named = f"没有第 {seq} 条异议" if seq else f"有 {len(waiting)} 条待答复的异议"
        raise refuse(f"{project.code} {named}", f"请写明是第几条；待答复的：{'、'.join(map(str, waiting)) or '无'}")
    if (answer := known[seq][0].answer) is not None:
        raise refuse(f"{project.code} 第 {seq} 条异议已于 {answer.effective_on} 答复", "答复有误的，请先更正该条记录")
    return known[seq]


def end_publicity(engine: Engine, stage: Stage) -> StepResult:
    """Let every decision hold whose period is over and to which no objection is open; tell which wait for an answer."""
    with reading(engine) as session:
        world = load_world(session, stage.cohort)
        ended = due(world, load_calendar(session), stage.kind, stage.on)
        notes = tuple(note for project in world.projects if (note := _waits(project, stage)))
    if not ended:
        return StepResult("end_publicity", notes=notes)
    with transaction(engine) as session, letters.as_of_now(session, stage.cohort):
        found = due(load_world(session, stage.cohort), load_calendar(session), stage.kind, stage.on)
        for project, proposed in found:
            _hold(session, stage.act, project, proposed)
    return StepResult("end_publicity", transitions=len(found), notes=notes)


def _hold(session: Session, act: Act, project: Project, proposed: Proposed) -> None:
    ballot = session.exec(select(Ballot).where(Ballot.code == proposed.body["ballot"])).one()
    body = {**proposed.body, "proposed": proposed.seq}
    judging.make_final(session, act, project_row(session, project.code), ballot, body, recorded_by=act.actor)


def _waits(project: Project, stage: Stage) -> str:
    found = pending(project)
    if found is None or found.phase != stage.kind or not found.open_objections or found.until_on >= stage.on:
        return ""
    return f"{project.code} 公示期已满，{len(found.open_objections)} 条异议待答复，决定暂不生效"


def _known(session: Session, project: str) -> Project:
    row = project_row(session, project)
    return load_world(session, cohort_of(session, row).code).project(project)
