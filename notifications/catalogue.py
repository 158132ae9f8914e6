"""Kind of letter → its template folder, its class and what ``extra`` must hold; checked before anything is rendered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from config.vocabulary import MAIL_CLASS, DocumentKind, MailClass, MailKind, Outcome
from notifications.letter import Letter


class LetterFaultError(ValueError):
    """The letter lacks something that its kind needs; the Chinese message names it."""


class Shape(StrEnum):
    """What a value in ``extra`` looks like."""

    TEXT = "text"
    TEXTS = "texts"
    DAY = "day"
    OUTCOME = "outcome"


@dataclass(frozen=True, slots=True)
class Need:
    """One key of ``extra``: its name, what it means to the office, its shape; optional ones may be missing or empty."""

    name: str
    meaning: str
    shape: Shape = Shape.TEXT
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known about one kind of letter."""

    kind: MailKind
    needs: tuple[Need, ...] = ()
    about_duties: bool = False
    """Whether it is about duties: without a line it would say nothing."""
    encloses_forms: bool = False
    """Whether the forms of the papers that it calls for go with it (``form`` of the programme's deliverables, R67)."""
    encloses_blank: bool = False
    """Whether an SO that has not declared gets the blank form with it (R41, R67)."""
    encloses: DocumentKind | None = None
    """The document about its project that goes with it."""

    @property
    def folder(self) -> str:
        """The template folder below ``templates``."""
        return self.kind.value

    @property
    def mail_class(self) -> MailClass:
        """How often it may leave."""
        return MAIL_CLASS[self.kind]


MEETING = Need("meeting", "作出决定的会议")
BASIS = Need("basis", "决定依据")
OUTCOME = Need("outcome", "结论", Shape.OUTCOME)
GROUNDS = Need("reasons", "评定情况", Shape.TEXTS, optional=True)
SCORE = Need("score", "综合得分", optional=True)
DECISION = (OUTCOME, MEETING, BASIS)
ADVICE = Need("recommendations", "改进建议", Shape.TEXTS, optional=True)

DECIDED_ON = Need("decided_on", "会议日期", Shape.DAY)
FORMER = (
    Need("about", "所涉单位"),
    Need("was", "原决定"),
    Need("was_on", "原决定的会议日期", Shape.DAY),
    Need("was_meeting", "作出原决定的会议"),
)

_ENTRIES = (
    Entry(MailKind.CALL, (ADVICE,), about_duties=True, encloses_forms=True),
    Entry(MailKind.REMINDER, about_duties=True, encloses_blank=True),
    Entry(MailKind.URGENT_REMINDER, about_duties=True, encloses_blank=True),
    Entry(MailKind.OVERDUE, about_duties=True),
    Entry(MailKind.ESCALATION, about_duties=True),
    Entry(MailKind.OFFICE_LIST),
    Entry(
        MailKind.RETURNED,
        (Need("paper", "材料名称"), Need("reasons", "退回理由", Shape.TEXTS), Need("due_on", "重新报送的时限", Shape.DAY)),
        encloses=DocumentKind.RETURN_LETTER,
    ),
    Entry(MailKind.RECEIPT, (Need("papers", "已收材料", Shape.TEXTS),)),
    Entry(
        MailKind.DEADLINE_CHANGED,
        (Need("changes", "材料及原时限、新时限", Shape.TEXTS), Need("basis", "调整依据", Shape.TEXTS)),
    ),
    Entry(MailKind.RESULT_SELECTED, DECISION, encloses=DocumentKind.RESULT_NOTICE),
    Entry(MailKind.RESULT_NOT_SELECTED, (*DECISION, GROUNDS), encloses=DocumentKind.RESULT_NOTICE),
    Entry(
        MailKind.RESULT_INELIGIBLE,
        (Need("reasons", "不符合的条件", Shape.TEXTS), Need("clauses", "对应的通知条款", Shape.TEXTS, optional=True)),
    ),
    Entry(MailKind.RESULT_PASSED, (*DECISION, GROUNDS, SCORE, ADVICE), encloses=DocumentKind.RESULT_NOTICE),
    Entry(
        MailKind.RESULT_EXCELLENT,
        (*DECISION, SCORE, Need("funding", "支持经费安排", optional=True)),
        encloses=DocumentKind.RESULT_NOTICE,
    ),
    Entry(MailKind.RESULT_QUALIFIED, (*DECISION, GROUNDS, SCORE), encloses=DocumentKind.RESULT_NOTICE),
    Entry(MailKind.RESULT_NOT_ACCEPTED, (*DECISION, GROUNDS), encloses=DocumentKind.RESULT_NOTICE),
    Entry(
        MailKind.RECTIFICATION_ORDER,
        (*DECISION, Need("matters", "整改事项", Shape.TEXTS), Need("due_on", "整改期限", Shape.DAY)),
        encloses=DocumentKind.RECTIFICATION_ORDER,
    ),
    Entry(
        MailKind.DECISION_VOIDED,
        (MEETING, DECIDED_ON, BASIS, Need("reason", "撤销理由"), *FORMER),
    ),
    Entry(MailKind.DECISION_CHANGED, (*DECISION, DECIDED_ON, *FORMER, Need("voided_by", "撤销原决定的会议"), GROUNDS)),
    Entry(MailKind.RECTIFICATION_REMINDER, about_duties=True),
    Entry(MailKind.REASSESSMENT_RESULT, (*DECISION, GROUNDS, ADVICE), encloses=DocumentKind.RESULT_NOTICE),
    Entry(MailKind.OFFICE_NOTICE, (Need("matters", "提示事项", Shape.TEXTS),)),
    Entry(
        MailKind.DIGEST,
        (
            Need("due", "近期到期的材料", Shape.TEXTS, optional=True),
            Need("own", "部内应办事项", Shape.TEXTS, optional=True),
            Need("tasks", "待办", Shape.TEXTS, optional=True),
            Need("mails", "未能送达的邮件", Shape.TEXTS, optional=True),
        ),
    ),
    Entry(MailKind.PANEL_REMINDER, (Need("scores", "待评分的项目", Shape.TEXTS),)),
    Entry(
        MailKind.DEFENCE_NOTICE,
        (
            Need("slots", "答辩顺序号、时间和地点", Shape.TEXTS),
            Need("was", "原定安排", Shape.TEXTS, optional=True),
            Need("course", "汇报和答问的时间"),
            Need("early", "提前到场的分钟数", optional=True),
        ),
    ),
    Entry(
        MailKind.DEFENCE_PANEL,
        (
            Need("sittings", "答辩场次", Shape.TEXTS),
            Need("order", "答辩顺序和材料", Shape.TEXTS),
            Need("recused", "须回避的项目", Shape.TEXTS, optional=True),
            Need("course", "汇报和答问的时间"),
            Need("changed", "原定安排有无调整", optional=True),
        ),
    ),
    Entry(
        MailKind.HEADS_LIST,
        (
            Need("day", "清单的日期", Shape.DAY),
            Need("streams", "记录链数"),
            Need("events", "记录条数"),
            Need("marks", "清单的校验值、上一份的校验值、公钥", Shape.TEXTS),
        ),
    ),
)
CATALOGUE: Mapping[MailKind, Entry] = {entry.kind: entry for entry in _ENTRIES}
"""Every kind of letter."""

_OUTCOMES = {name: outcome for outcome in Outcome for name in (outcome.value, outcome.label)}


def context(letter: Letter) -> dict[str, Any]:
    """Return what a template sees beside the letter: ``extra`` with every key of its kind, and the outcome's stored value.

    Raises LetterFaultError naming everything that is missing or has the wrong shape.
    """
    entry = CATALOGUE[letter.kind]
    given = {name: _without_blanks(value) for name, value in letter.extra.items()}
    faults = [fault for need in entry.needs if (fault := _fault(need, given.get(need.name)))]
    if entry.about_duties and not letter.lines:
        faults.append("没有列出任务（lines）")
    if faults:
        msg = f"信件“{letter.kind.label}”（{letter.kind.value}）内容不全：{'；'.join(faults)}；请补齐后再发送"
        raise LetterFaultError(msg)
    extra: dict[str, Any] = {need.name: None for need in entry.needs} | given
    outcome = _OUTCOMES.get(str(extra.get("outcome") or ""))
    if outcome is not None:
        extra["outcome"] = outcome.label
    return {"extra": extra, "outcome": outcome.value if outcome else ""}


def _without_blanks(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(text for text in value if str(text).strip())
    return value.strip() if isinstance(value, str) else value


def _fault(need: Need, value: object) -> str:
    if not value:
        return "" if need.optional else f"缺少{need.meaning}（{need.name}）"
    if not _fits(need.shape, value):
        return f"{need.meaning}（{need.name}）的内容不对：{value!s:.60}"
    return ""


def _fits(shape: Shape, value: object) -> bool:
    if shape == Shape.TEXTS:
        return isinstance(value, tuple) and all(isinstance(text, str) for text in value)
    if not isinstance(value, str | int):
        return False
    if shape == Shape.OUTCOME:
        return str(value) in _OUTCOMES
    return shape != Shape.DAY or _is_day(str(value))


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
