"""Sample letters, all names invented: what a kind looks like, for previews and for checking a changed template."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from config.vocabulary import DutyKind, MailKind, Outcome, SubmissionState
from notifications.letter import OVERDUE, DutyLine, Extra, Letter, Office

_SO, _BRANCH = "云杉学院党委", "云杉学院教师第一党支部"
_OFFICE = Office("示例大学党委组织部", "0000-0000000", "zuzhibu@university.example", "行政楼000室")
_APPLICATION = DutyLine(
    title="《工作验收申请书》", unit=_SO, kind_label=DutyKind.HAND_IN.label, due_on=date(2025, 11, 22),
    last_working_day=date(2025, 11, 21), days_left=4, status="未完成", phone="0000-1111111", phase_title="总结验收",
)  # fmt: skip
_CASE = replace(_APPLICATION, title="《典型案例》")
_ENDORSEMENT = replace(_CASE, unit=_BRANCH, owed_by=_SO, kind_label=DutyKind.ENDORSE.label)
_RETURNED = replace(_APPLICATION, title="《负面清单核查说明》", status=SubmissionState.RETURNED.label)
_SURVEY = replace(
    _APPLICATION, title="《师生满意度测评结果》", due_on=date(2025, 11, 17), last_working_day=date(2025, 11, 17), days_left=-1,
    status="已完成", phase_title="自查测评",
)  # fmt: skip
_LATE = replace(_APPLICATION, days_left=-3, status=OVERDUE)
_LATE_BRANCH = replace(_LATE, unit=_BRANCH, days_left=-7, phone="0000-2222222")
_DECLARE = replace(
    _LATE, title="至少申报1个样板党支部", unit="青石学院党委", kind_label=DutyKind.DECLARE.label, due_on=date(2025, 12, 5),
    last_working_day=date(2025, 12, 5), phone="0000-3333333", phase_title="申报认定",
)  # fmt: skip
_RECTIFY = replace(
    _APPLICATION, title="限期整改报告", kind_label=DutyKind.RECTIFY.label, due_on=date(2027, 3, 31), last_working_day=date(2027, 3, 31),
    days_left=10, phase_title="管理考核",
)  # fmt: skip
_SUMMARY = replace(
    _APPLICATION, title="《工作总结报告》", due_on=date(2027, 11, 30), last_working_day=date(2027, 11, 30), days_left=43,
    phase_title="巩固推广",
)  # fmt: skip
_ADVICE = ("完善党员之家使用台账", "实地抽查发现：部分谈心谈话记录未注明日期")
_SLOT, _OLD_SLOT = "第3号，2026-12-14（星期一）09:30至09:45，行政楼301会议室", "第8号，2026-12-11（星期五）14:30至14:45，图书馆报告厅"
_COURSE: Extra = {"course": "汇报10分钟、答问5分钟", "early": "15"}
_DECIDED: Extra = {
    "meeting": "学校党委常委会会议", "basis": "党委常委会会议纪要第12期", "reasons": ("重点任务均已完成", "经验材料在校内推广"),
}  # fmt: skip
_FORMER: dict[str, str] = {
    "about": _BRANCH, "was": Outcome.NOT_SELECTED.label, "was_on": "2025-12-22", "was_meeting": "学校党委常委会第30次会议",
}  # fmt: skip
_VOIDED: Extra = {
    "meeting": "学校党委常委会第1次会议", "decided_on": "2026-01-09", "basis": "党委常委会会议纪要第1期", "reason": "得分汇总有误",
}  # fmt: skip
_SITTING: Extra = {
    "sittings": ("2026-12-14（星期一）08:30至11:30，行政楼301会议室，第1至12号",),
    "order": (f"第1号 {_SO}：《建设进展报告》《成果报告》已报送", f"第2号 {_BRANCH}：《建设进展报告》未报送、《成果报告》已报送"),
    "course": "汇报10分钟、答问5分钟",
}
_MOVED_SITTING: Extra = {"changed": "原定安排有调整，以本通知为准。", "recused": (f"{_SO}：来自{_SO}，不能评审本单位项目",)}
_MATTERS = ("双带头人培育计划未落实到人", "党支部品牌活动佐证材料不足", "对照考核反馈意见全面整改，并报送整改报告和佐证材料")


_CHANGES = (
    "《典型案例》：由2025-11-22（星期六）调整为2025-11-28（星期五）",
    "审核云杉学院教师第一党支部《典型案例》：由2025-11-22（星期六）调整为2025-11-28（星期五）",
)
_SHORT_OF = ("部分重点任务未按申报目标完成", "示范带动作用不够明显")
"""Grounds of an unfavourable result."""

_WORK: Extra = {
    "due": ("2025-12-12 到期：典型案例（审核报送），已办 12 项，待办 2 项",),
    "own": (
        "组织部：待初审，3 个项目，自 2025-12-01 起，应于 2025-12-12 前办结",
        f"联评组：联评组评审待评分（还缺 2 人），2025-S09B01 {_BRANCH}，自 2025-11-24 起，应于 2025-12-05 前办结，已逾期",
    ),
    "tasks": ("电话联系：青石学院党委的邮件三日内未能发出，请电话告知（自 2025-12-04）",),
    "mails": ("青石学院党委：【催办】关于报送材料的提醒（发送失败，2025-12-03）",),
}
_NEW_YEAR = date(2026, 1, 12)
_SELECTION, _WINTER, _SPRING, _END = date(2025, 12, 26), date(2026, 12, 25), date(2027, 4, 9), date(2027, 12, 24)
_AT_WORK = (_SURVEY, _APPLICATION, _RETURNED, _ENDORSEMENT)
"""All duties of the unit four days before the deadline."""


def _letter(
    kind: MailKind, lines: tuple[DutyLine, ...], extra: Extra, signed_on: date = date(2025, 11, 18), duties: tuple[DutyLine, ...] = _AT_WORK
) -> Letter:
    return Letter(
        kind=kind, salutation=_SO, office=_OFFICE, notice_title="关于开展“一融双高”典型示范创建工作的通知",
        cohort_title="第二批“一融双高”典型示范创建", signed_on=signed_on, lines=lines,
        all_duties=duties, unit=_SO, extra=extra,
    )  # fmt: skip


def _decided(kind: MailKind, outcome: Outcome, signed_on: date, **more: str | tuple[str, ...]) -> Letter:
    return _letter(kind, (), {"outcome": outcome.label, **_DECIDED, **more}, signed_on, ())


def _order(outcome: Outcome) -> Letter:
    letter = _decided(MailKind.RECTIFICATION_ORDER, outcome, _WINTER, matters=_MATTERS, due_on="2027-03-31")
    return replace(letter, all_duties=(_RECTIFY,), enclosed=("整改通知书-2025-S01.docx",))


def _to_office(letter: Letter) -> Letter:
    return replace(letter, salutation=_OFFICE.name, unit=_OFFICE.name, all_duties=())


def _to_panel(kind: MailKind, extra: Extra, signed_on: date) -> Letter:
    return replace(_letter(kind, (), extra, signed_on, ()), salutation="评审专家1同志")


_ESCALATION = replace(
    _letter(MailKind.ESCALATION, (_LATE_BRANCH,), {}, date(2025, 11, 29), (_SURVEY, _LATE_BRANCH)), greeting_person="林示例"
)
_OF_BRANCH = replace(
    _APPLICATION, unit=_BRANCH, due_on=date(2025, 11, 19), last_working_day=date(2025, 11, 19), days_left=5,
    official_due_on=date(2025, 11, 22),
)  # fmt: skip
_BRANCHES = (_CASE, _OF_BRANCH, replace(_OF_BRANCH, unit="云杉学院师生联合第二党支部"), _ENDORSEMENT)


def _together(kind: MailKind, signed_on: date) -> tuple[Letter, ...]:
    """Return a branch's own letter, and the one that its SO gets for all."""
    own = replace(_letter(kind, (_OF_BRANCH,), {}, signed_on, (_OF_BRANCH,)), salutation=_BRANCH, unit=_BRANCH)
    forms = ("工作验收申请书-2023-S01B01.docx", "工作验收申请书-2023-S01B02.docx") if kind == MailKind.CALL else ()
    return own, replace(_letter(kind, _BRANCHES, {}, signed_on, _BRANCHES), for_branches=True, enclosed=forms)


_VARIANTS: tuple[Letter, ...] = (
    replace(
        _letter(MailKind.CALL, (_APPLICATION, _CASE), {}, date(2025, 11, 4), (replace(_SURVEY, status="未完成"), _APPLICATION, _CASE)),
        enclosed=("工作验收申请书-2023-S01.docx",),
    ),
    _letter(MailKind.CALL, (_SUMMARY,), {"recommendations": _ADVICE}, date(2027, 10, 18), (_SUMMARY,)),
    _letter(MailKind.REMINDER, (_APPLICATION, _RETURNED), {}),
    *_together(MailKind.REMINDER, date(2025, 11, 14)),
    *_together(MailKind.CALL, date(2025, 11, 4)),
    _letter(MailKind.URGENT_REMINDER, (_APPLICATION, _ENDORSEMENT), {}),
    _letter(MailKind.URGENT_REMINDER, (replace(_APPLICATION, days_left=0),), {}),
    _letter(MailKind.URGENT_REMINDER, (_APPLICATION, replace(_SURVEY, status="未完成", days_left=0)), {}, date(2025, 11, 17)),
    _letter(MailKind.URGENT_REMINDER, (_APPLICATION,), {}, date(2025, 11, 21)),
    _letter(MailKind.OVERDUE, (_LATE, replace(_CASE, days_left=-3, status=OVERDUE)), {}, date(2025, 11, 25), (_SURVEY, _LATE)),
    _ESCALATION,
    _to_office(_letter(MailKind.ESCALATION, (_LATE, _DECLARE), {}, date(2025, 12, 8))),
    _to_office(_letter(MailKind.OFFICE_LIST, (_LATE, replace(_ENDORSEMENT, days_left=-3), _LATE_BRANCH, _DECLARE), {}, date(2025, 12, 8))),
    _to_office(_letter(MailKind.OFFICE_LIST, (_APPLICATION,), {})),
    _letter(
        MailKind.RETURNED, (), {"paper": "工作验收申请书", "reasons": ("缺少盖章页", "满意度数据与测评结果不一致"), "due_on": "2025-11-26"}
    ),
    _letter(MailKind.RECEIPT, (), {"papers": ("《工作验收申请书》（第2版）", "《典型案例》（第1版）")}),
    _letter(MailKind.DEADLINE_CHANGED, (), {"changes": _CHANGES, "basis": ("《补充通知》",)}),
    _decided(MailKind.RESULT_SELECTED, Outcome.SELECTED, _SELECTION),
    _decided(MailKind.RESULT_NOT_SELECTED, Outcome.NOT_SELECTED, _SELECTION, reasons=_SHORT_OF),
    _letter(MailKind.RESULT_INELIGIBLE, (), {"reasons": ("教师党支部成立满三年：成立于 2024-03-01",), "clauses": ("二（一）2（1）",)}),
    _decided(MailKind.RESULT_PASSED, Outcome.PASSED, _WINTER, score="86.5", recommendations=("完善党员之家使用台账",)),
    _decided(MailKind.RESULT_EXCELLENT, Outcome.EXCELLENT, _END, score="92.5"),
    _decided(MailKind.RESULT_EXCELLENT, Outcome.EXCELLENT, _END, funding="支持经费由党建专项列支，额度以拨款通知为准。"),
    _decided(MailKind.RESULT_QUALIFIED, Outcome.QUALIFIED, _END, score="81"),
    _decided(MailKind.RESULT_NOT_ACCEPTED, Outcome.NOT_ACCEPTED, _END, reasons=_SHORT_OF),
    _order(Outcome.FAILED),
    _order(Outcome.DEFERRED),
    _order(Outcome.ANOTHER_ROUND),
    _letter(MailKind.DECISION_VOIDED, (), {**_VOIDED, **_FORMER}, _NEW_YEAR, ()),
    _decided(
        MailKind.DECISION_CHANGED, Outcome.SELECTED, _NEW_YEAR, **_FORMER, decided_on="2026-01-12", voided_by="学校党委常委会第1次会议"
    ),
    _letter(MailKind.RECTIFICATION_REMINDER, (_RECTIFY,), {}, date(2027, 3, 21), (_RECTIFY,)),
    _decided(MailKind.REASSESSMENT_RESULT, Outcome.CONTINUED, _SPRING, recommendations=_ADVICE),
    _letter(MailKind.DEFENCE_NOTICE, (), {"slots": (_SLOT,), **_COURSE}, date(2026, 12, 2), ()),
    _letter(MailKind.DEFENCE_NOTICE, (), {"slots": (_SLOT,), "was": (_OLD_SLOT,), **_COURSE}, date(2026, 12, 4), ()),
    _to_panel(MailKind.DEFENCE_PANEL, _SITTING, date(2026, 12, 2)),
    _to_panel(MailKind.DEFENCE_PANEL, {**_SITTING, **_MOVED_SITTING}, date(2026, 12, 4)),
    _letter(MailKind.DEFENCE_NOTICE, (), {"slots": (f"{_SO}：{_SLOT}", f"{_BRANCH}：{_OLD_SLOT}"), **_COURSE}, date(2026, 12, 2), ()),
    _decided(MailKind.REASSESSMENT_RESULT, Outcome.TERMINATED, _SPRING, reasons=_SHORT_OF),
    _decided(MailKind.REASSESSMENT_RESULT, Outcome.ANOTHER_ROUND, _SPRING, reasons=_SHORT_OF),
    _decided(MailKind.REASSESSMENT_RESULT, Outcome.QUALIFIED, _SPRING),
    _decided(MailKind.REASSESSMENT_RESULT, Outcome.NOT_ACCEPTED, _SPRING, reasons=_SHORT_OF),
    _to_office(_letter(MailKind.DIGEST, (_LATE, replace(_ENDORSEMENT, days_left=-3), _DECLARE), _WORK, date(2025, 12, 8))),
    _to_office(_letter(MailKind.DIGEST, (), {"own": _WORK["own"]})),
    _to_panel(
        MailKind.PANEL_REMINDER,
        {"scores": (f"2025-S09B01 {_BRANCH}：联评组评审（还缺 2 人，请于 2025-12-19 前完成）",)},
        date(2025, 12, 16),
    ),
    replace(
        _letter(
            MailKind.HEADS_LIST,
            (),
            {
                "day": "2025-12-08",
                "streams": "214",
                "events": "1903",
                "marks": (f"清单的校验值 {'3a' * 32}", f"上一份清单的校验值 {'7c' * 32}", f"公钥 {'e5' * 32}"),
            },
            date(2025, 12, 8),
            (),
        ),
        salutation="审计人员",
    ),
    _to_office(_letter(MailKind.OFFICE_NOTICE, (), {"matters": ("运行“中期考核”未完成：数据库无法连接；请排除后重新办理",)})),
)
_BY_KIND: Mapping[MailKind, tuple[Letter, ...]] = {kind: tuple(letter for letter in _VARIANTS if letter.kind == kind) for kind in MailKind}


def sample(kind: MailKind) -> Letter:
    """Return one sample letter of a kind."""
    return _BY_KIND[kind][0]


def variants(kind: MailKind) -> tuple[Letter, ...]:
    """Return a sample for every wording that a kind has, so that no branch of a template goes unchecked."""
    return _BY_KIND[kind]
