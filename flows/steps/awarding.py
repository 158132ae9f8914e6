"""Acts of incentive: support funds for the excellent (R62), commendations of outstanding organisations and members (R63)."""

from datetime import date
from decimal import Decimal

from sqlmodel import Session

from config.vocabulary import Level
from flows.steps.errors import refuse
from flows.steps.naming import reference
from models.commendations import commendations, commendations_of
from models.history import Act, record_event
from models.loading import cohort_of, cohort_row, load_world, project_row, unit_row
from models.rules.awards import excellence

CENTS = Decimal("0.01")


def grant_support(session: Session, act: Act, project: str, amount: float, document: str, granted_on: date | None = None) -> None:
    """Record support funds in yuan; only for a project that was accepted as excellent (R62). One document is recorded once."""
    row = project_row(session, project)
    known = load_world(session, cohort_of(session, row).code).project(project)
    day, given = granted_on or act.on, Decimal(str(amount))
    if excellence(known) is None:
        raise refuse(f"{project} 的验收结论不是“优秀”，不能登记支持经费", "支持经费只给予验收优秀的单位（通知三、3）")
    if given <= 0 or given != given.quantize(CENTS):
        raise refuse(f"金额读到 {amount:g}，应为大于 0、至多两位小数的元数", "请核对金额")
    _refuse_bad_paper(act, document, day)
    if any(fact.payload["document"] == document for fact in known.all("grant_support")):
        raise refuse(f"{project} 依据“{document}”的经费已登记", "如有误，请先更正该条记录")
    body = {"amount": str(given.quantize(CENTS)), "document": document, "granted_on": day.isoformat()}
    record_event(session, row, "grant_support", act, body)


def commend(  # noqa: PLR0913 - the fields of the form
    session: Session,
    act: Act,
    cohort: str,
    unit: str,
    title: str,
    level: Level,
    document: str,
    member: str = "",
    commended_on: date | None = None,
) -> None:
    """Record a commendation of an organisation, or of a member of it (R63); the history refers to the member, the name can be erased."""
    batch, row, day = cohort_row(session, cohort), unit_row(session, unit), commended_on or act.on
    if not title.strip():
        raise refuse("表彰必须写明称号", "请填写，如：先进基层党组织")
    _refuse_bad_paper(act, document, day)
    who = reference(session, act, row.id or 0, member)
    body = {
        "cohort": batch.code, "title": title, "level": Level(level).value, "member": who, "document": document,
        "commended_on": day.isoformat(),
    }  # fmt: skip
    told = (unit, title, Level(level), body["member"], document, day)
    if any((c.unit, c.title, c.level, c.member, c.document, c.commended_on) == told for c in commendations(session, batch.code)):
        raise refuse(f"{row.name}的这项表彰已登记", "请勿重复登记")
    record_event(session, row, "commend", act, body)


def retract_commendation(session: Session, act: Act, unit: str, seq: int, reason: str) -> None:
    """Take back a commendation that was recorded wrongly; both records stay in the history."""
    row = unit_row(session, unit)
    if not any(standing.seq == seq for standing in commendations_of(session, unit)):
        raise refuse(f"{row.name}没有第 {seq} 条表彰记录", "请用 creation awards 查看")
    if not reason.strip():
        raise refuse("更正必须写明理由", "请填写")
    record_event(session, row, "correct", act, {"corrects": seq, "event": "commend", "reason": reason})


def _refuse_bad_paper(act: Act, document: str, day: date) -> None:
    if not document.strip():
        raise refuse("必须写明依据的文件", "请填写文件名称或文号")
    if day > act.on:
        raise refuse(f"日期 {day} 晚于今天 {act.on}", "请核对日期")
