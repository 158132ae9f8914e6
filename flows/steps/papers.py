"""Acts on papers: hand in, endorse, return, release, retract (R14–R16, R43–R45, R50, R55, R60)."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from config.programme import DeliverableRule
from config.vocabulary import AwardKind, MailKind, ProjectState, SubmissionState
from flows.steps import letters
from flows.steps.checking import KEPT_AT, drafted_reasons
from flows.steps.deadlines import set_deadline
from flows.steps.errors import refuse
from flows.steps.filing import give_back_received, inbox, keep, take_received
from models.history import Act, record_event
from models.loading import cohort_of, load_calendar, load_plan, project_row
from models.rules.completeness import missing_before
from models.rules.lifecycle import ACTIVE
from models.tables import Project, Submission
from notifications import outbox


def hand_in(  # noqa: PLR0913 - the fields of the form
    session: Session,
    act: Act,
    project: str,
    deliverable: str,
    received_on: date | None = None,
    pieces: int = 1,
    files: Sequence[Any] = (),
    kept_at: str = "",
    despite: str = "",
) -> Submission:
    """Record that a paper arrived.

    ``files`` are names (of the inbox: kept by content; of a reply: kept already) or ``{"name", "sha256"}``; ``kept_at`` says where an
    original lies that is not in the inbox; ``despite`` is the reason for taking the paper before what must come first (R14).
    """
    row, rule = _paper(session, project, deliverable)
    received_on = received_on or act.on
    _refuse_wrong_time(row, rule, received_on, act)
    last = newest(session, row, deliverable)
    if last is not None and last.state != SubmissionState.RETURNED:
        raise refuse(f"{project} 的{rule.title}已是“{last.state.label}”", "如需替换，请先退回修改或更正")
    done = {p.deliverable for p in _papers(session, row) if p.state != SubmissionState.RETURNED}
    if (before := missing_before(rule, done)) and not despite:
        names = "、".join(_rule(session, row, key).title for key in before)
        raise refuse(f"{project} 报送{rule.title}前须先有{names}", "请先登记，或填写例外理由")
    code = f"{project}/{deliverable}/v{last.version + 1 if last else 1}"
    paper = Submission(
        code=code,
        project_id=row.id or 0,
        deliverable=deliverable,
        version=last.version + 1 if last else 1,
        received_on=received_on,
        pieces=pieces,
        files=[*(filed(session, file, code, act.on) for file in files), *_kept_at(kept_at.strip())],
    )
    to_so = rule.endorsed and row.award_kind == AwardKind.MODEL_BRANCH
    body = {"received_on": received_on.isoformat(), "pieces": pieces, "files": paper.files, "despite": despite}
    record_event(session, paper, "hand_in_to_so" if to_so else "hand_in", act, body, clause=rule.clause)
    if not to_so:
        letters.receipt(session, act, row, rule, paper)
    return paper


def _kept_at(place: str) -> list[dict[str, str]]:
    return [{"name": f"{KEPT_AT}{place}", "sha256": ""}] if place else []


def filed(session: Session, file: Any, paper: str, on: date) -> dict[str, str]:
    """Return what is kept of a file: by content where the inbox or a reply has it, else its name alone."""
    if isinstance(file, dict):
        return file
    if came := take_received(session, file, paper, on):
        return came
    return keep(file) if (inbox() / Path(file).name).is_file() else {"name": file, "sha256": ""}


def endorse(
    session: Session, act: Act, project: str, deliverable: str, opinion: str = "同意报送", endorsed_on: date | None = None
) -> Submission:
    """Record the SO's endorsement of a branch's paper (R60); from then on it counts as handed in."""
    row, rule = _paper(session, project, deliverable)
    paper = _newest_or_refuse(session, row, rule)
    if not opinion.strip():
        raise refuse("二级党组织审核意见不能为空", "请填写意见")
    day = endorsed_on or act.on
    if paper.received_on and day < paper.received_on:
        raise refuse(f"审核日期 {day} 早于报送日期 {paper.received_on}", "请核对日期")
    paper.endorsed_on = day
    record_event(session, paper, "endorse", act, {"opinion": opinion, "endorsed_on": day.isoformat()}, clause=rule.clause)
    letters.receipt(session, act, row, rule, paper)
    return paper


def return_paper(  # noqa: PLR0913 - the fields of the form
    session: Session,
    act: Act,
    project: str,
    deliverable: str,
    reasons: Sequence[str] = (),
    due_on: date | None = None,
    as_checked: bool = False,
) -> Submission:
    """Return a paper for revision with reasons; a new day is set, by default the practice's working days later (R45).

    With ``as_checked`` what the check of the paper found stands before the reasons given.
    """
    row, rule = _paper(session, project, deliverable)
    paper = _newest_or_refuse(session, row, rule)
    drafted = drafted_reasons(session, project, deliverable) if as_checked else ()
    told = list(dict.fromkeys((*drafted, *reasons)))
    if not told:
        raise refuse("核对没有发现问题，未退回" if as_checked else "退回修改必须列明理由", "请逐条填写理由")
    practice = load_plan(cohort_of(session, row)).programme.practice
    day = due_on or load_calendar(session).shift(act.on, practice.return_working_days)
    if day < act.on:
        raise refuse(f"修改期限 {day} 早于今天", "请改为今后的日期")
    event = record_event(session, paper, "return", act, {"reasons": told, "due_on": day.isoformat()}, clause=rule.clause)
    set_deadline(session, act, row, rule, day, subject=project, basis="退回修改", ladder=practice.return_ladder, internal_days=0)
    details = {"reasons": tuple(told), "due_on": day.isoformat(), "paper": rule.title}
    letters.decide(session, act, MailKind.RETURNED, row, event, rule.phase, details, deliverable=rule.key)
    return paper


def release(session: Session, act: Act, project: str, deliverable: str, reason: str) -> Submission:
    """Release a project from a duty (免交), with a reason."""
    row, rule = _paper(session, project, deliverable)
    if not reason.strip():
        raise refuse("免交必须写明理由", "请填写")
    if newest(session, row, deliverable) is not None:
        raise refuse(f"{project} 已有{rule.title}的记录", "已报送的材料无须免交")
    paper = Submission(code=f"{project}/{deliverable}/v1", project_id=row.id or 0, deliverable=deliverable, version=1, pieces=0)
    record_event(session, paper, "release", act, {"reason": reason})
    return paper


def retract(session: Session, act: Act, project: str, deliverable: str, reason: str) -> Submission:
    """Take back a wrongly recorded hand-in; the duty is open again and mail about it that has not left is withdrawn."""
    row, rule = _paper(session, project, deliverable)
    paper = _newest_or_refuse(session, row, rule)
    if not reason.strip():
        raise refuse("更正必须写明理由", "请填写")
    record_event(session, paper, "retract", act, {"reason": reason})
    give_back_received(session, paper.code)
    outbox.withdraw_unsent(session, project=project, deliverable=deliverable, because=f"更正：{reason}")
    return paper


def awaits_endorsement(session: Session, project: str, deliverable: str) -> bool:
    """Return whether the newest version of a paper lies with the SO."""
    paper = newest(session, project_row(session, project), deliverable)
    return paper is not None and paper.state == SubmissionState.AWAITING_ENDORSEMENT


def key_of_title(session: Session, project: str, text: str) -> str:
    """Return the key of a paper named by its title or key, as a sheet names it; refused when there is none."""
    programme = load_plan(cohort_of(session, project_row(session, project))).programme
    name = text.strip("《》 ")
    for row in programme.deliverables:
        if name in (row.key, row.title):
            return row.key
    raise refuse(f"没有材料“{text}”", f"可用：{'、'.join(row.title for row in programme.deliverables)}")


def newest(session: Session, project: Project, deliverable: str) -> Submission | None:
    """Return the newest version of a paper."""
    query = select(Submission).where(Submission.project_id == project.id, Submission.deliverable == deliverable)
    return session.exec(query.order_by(col(Submission.version).desc())).first()


def _papers(session: Session, project: Project) -> Sequence[Submission]:
    return session.exec(select(Submission).where(Submission.project_id == project.id)).all()


def _paper(session: Session, project: str, deliverable: str) -> tuple[Project, DeliverableRule]:
    row = project_row(session, project)
    rule = _rule(session, row, deliverable)
    if row.award_kind not in rule.award_kinds:
        raise refuse(f"{row.award_kind.label}无须报送{rule.title}")
    return row, rule


def _rule(session: Session, project: Project, deliverable: str) -> DeliverableRule:
    programme = load_plan(cohort_of(session, project)).programme
    try:
        return programme.deliverable(deliverable)
    except KeyError:
        known = "、".join(f"{row.key}({row.title})" for row in programme.deliverables)
        raise refuse(f"没有材料“{deliverable}”", f"可用：{known}") from None


def _newest_or_refuse(session: Session, project: Project, rule: DeliverableRule) -> Submission:
    paper = newest(session, project, rule.key)
    if paper is None:
        raise refuse(f"{project.code} 尚未报送{rule.title}", "请先登记报送")
    return paper


def _refuse_wrong_time(row: Project, rule: DeliverableRule, received_on: date, act: Act) -> None:
    if row.state not in ACTIVE or row.state == ProjectState.SUSPENDED:
        raise refuse(f"{row.code} 现为“{row.state.label}”，不再接收{rule.title}")
    if received_on > act.on:
        raise refuse(f"报送日期 {received_on} 晚于今天 {act.on}", "请核对日期")
