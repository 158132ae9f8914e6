"""Every closed set of words in the programme, each with the Chinese label that users read (architecture: one word per concept)."""

from enum import StrEnum
from typing import Self


class Labelled(StrEnum):
    """A stored value with its Chinese label."""

    label: str

    def __new__(cls, value: str, label: str = "") -> Self:
        """Make the member equal to its stored value and carry the label beside it."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member


class UnitKind(Labelled):
    """Who can be a construction unit (notice I.1, II.1)."""

    SO = "so", "二级党组织"
    BRANCH = "branch", "党支部"


class BranchKind(Labelled):
    """Kinds of branch; staff stands for administration, logistics and retirees, which the notice does not name (R29)."""

    TEACHER = "teacher", "教师党支部"
    STUDENT = "student", "学生党支部"
    JOINT = "joint", "师生联合党支部"
    STAFF = "staff", "机关后勤离退休党支部"


class AwardKind(Labelled):
    """What a unit applies for (notice I.1, II.1)."""

    BENCHMARK_ORG = "benchmark_org", "标杆二级党组织"
    MODEL_BRANCH = "model_branch", "样板党支部"


class PhaseKind(Labelled):
    """The six phases of the notice; a kind may come twice in a cohort."""

    SELF_CHECK = "self_check", "自查测评"
    SUMMARY = "summary", "总结验收"
    REVIEW = "review", "审查评估"
    DECLARATION = "declaration", "申报认定"
    MID_TERM = "mid_term", "管理考核"
    CONSOLIDATION = "consolidation", "巩固推广"


class DutyKind(Labelled):
    """What is owed. One paper has two clocks: the unit hands in, the SO endorses (R60)."""

    HAND_IN = "hand_in", "报送"
    ENDORSE = "endorse", "审核报送"
    DECLARE = "declare", "组织申报"
    RECTIFY = "rectify", "限期整改"


class Machine(Labelled):
    """The state machines that the history knows."""

    COHORT = "cohort", "批次"
    UNIT = "unit", "党组织"
    PROJECT = "project", "创建项目"
    SUBMISSION = "submission", "报送材料"
    RECTIFICATION = "rectification", "整改任务"
    PERSON = "person", "人员"


class CohortState(Labelled):
    """States of a cohort."""

    NEW = "new", "未建立"
    OPEN = "open", "进行中"
    CLOSED = "closed", "已结束"


class UnitState(Labelled):
    """States of a unit."""

    NEW = "new", "未登记"
    LISTED = "listed", "在册"
    DISSOLVED = "dissolved", "已撤销"


class ProjectState(Labelled):
    """Where a project stands. No state is named after a phase: phases overlap."""

    NEW = "new", "未建立"
    DRAFT = "draft", "申报准备"
    DECLARED = "declared", "已申报"
    INELIGIBLE = "ineligible", "不符合条件"
    SHORTLISTED = "shortlisted", "初审通过"
    NOT_SELECTED = "not_selected", "未入选"
    BUILDING = "building", "创建中"
    RECTIFYING = "rectifying", "整改中"
    UNDER_ACCEPTANCE = "under_acceptance", "验收中"
    ACCEPTED = "accepted", "通过验收"
    NOT_ACCEPTED = "not_accepted", "未通过验收"
    SUSPENDED = "suspended", "暂停"
    TERMINATED = "terminated", "终止"
    WITHDRAWN = "withdrawn", "退出"


class SubmissionState(Labelled):
    """States of one version of one paper; a returned version is replaced by the next."""

    NEW = "new", "未报"
    AWAITING_ENDORSEMENT = "awaiting_endorsement", "待二级党组织审核"
    HANDED_IN = "handed_in", "已报送"
    COMPLETE = "complete", "齐全"
    RETURNED = "returned", "退回修改"
    RELEASED = "released", "免交"


class RectificationState(Labelled):
    """States of one round of rectification."""

    NEW = "new", "未建立"
    OPEN = "open", "整改中"
    ANSWERED = "answered", "已报整改结果"
    VERIFIED = "verified", "整改属实"
    REOPENED = "reopened", "需继续整改"
    FAILED = "failed", "整改未完成"


class Outcome(Labelled):
    """What the Party committee can decide; acceptance and mid-term keep separate scales (finding 4 of the requirements)."""

    SELECTED = "selected", "入选培育创建"
    NOT_SELECTED = "not_selected", "未入选"
    PASSED = "passed", "中期考核合格"
    FAILED = "failed", "中期考核不合格"
    CONTINUED = "continued", "继续支持建设"
    ANOTHER_ROUND = "another_round", "再次限期整改"
    TERMINATED = "terminated", "终止支持建设"
    EXCELLENT = "excellent", "优秀"
    QUALIFIED = "qualified", "合格"
    DEFERRED = "deferred", "限期整改后再验收"
    NOT_ACCEPTED = "not_accepted", "不合格"


class Verdict(Labelled):
    """Result of one eligibility check."""

    PASS = "pass", "符合"
    WARN = "warn", "需说明"
    FAIL = "fail", "不符合"
    NOT_APPLICABLE = "not_applicable", "不适用"


class HonourKind(Labelled):
    """What counts for R24 and R32."""

    COMMENDATION = "commendation", "党组织表彰"
    APPRAISAL_GOOD = "appraisal_good", "述职评议“好”等次"


class Level(Labelled):
    """Level of an honour or recognition."""

    NATIONAL = "national", "国家级"
    PROVINCIAL = "provincial", "省级"
    SCHOOL = "school", "校级"
    COLLEGE = "college", "院级"


class RecognitionKind(Labelled):
    """Earlier approvals that exclude an organisation (R42)."""

    BENCHMARK = "benchmark", "标杆院系"
    MODEL_BRANCH = "model_branch", "样板支部"
    DUAL_LEADER_STUDIO = "dual_leader_studio", "“双带头人”教师党支部书记工作室"


class ContactRole(Labelled):
    """Who at a unit receives mail."""

    CONTACT = "contact", "联系人"
    SECRETARY = "secretary", "书记"


class PersonRole(Labelled):
    """People of the office and of the panels."""

    ADMIN = "admin", "组织部工作人员"
    PANEL = "panel", "联评组成员"


class RecipientRole(Labelled):
    """Whom a reminder addresses, seen from the unit that owes the duty."""

    CONTACT = "contact", "联系人"
    SECRETARY = "secretary", "书记"
    SO_CONTACT = "so_contact", "所属二级党组织联系人"
    SO_SECRETARY = "so_secretary", "所属二级党组织书记"
    OFFICE = "office", "组织部"


class MailClass(Labelled):
    """How often a mail may leave (architecture, Mail): decide at most once, remind at least once with one resend, fyi at most once."""

    DECIDE = "decide", "决定"
    REMIND = "remind", "提醒"
    FYI = "fyi", "知会"


class MailKind(Labelled):
    """Every kind of letter; the template folder has the same name."""

    CALL = "call", "报送通知"
    REMINDER = "reminder", "提醒"
    URGENT_REMINDER = "urgent_reminder", "催办"
    OVERDUE = "overdue", "逾期催办"
    ESCALATION = "escalation", "督促函"
    OFFICE_LIST = "office_list", "未报送情况清单"
    RETURNED = "returned", "退回修改"
    RECEIPT = "receipt", "收件回执"
    DEADLINE_CHANGED = "deadline_changed", "延期通知"
    RESULT_SELECTED = "result_selected", "入选通知"
    RESULT_NOT_SELECTED = "result_not_selected", "未入选通知"
    RESULT_INELIGIBLE = "result_ineligible", "初审结果通知"
    RESULT_PASSED = "result_passed", "中期考核结果通知"
    RESULT_EXCELLENT = "result_excellent", "验收优秀通知"
    RESULT_QUALIFIED = "result_qualified", "验收合格通知"
    RESULT_NOT_ACCEPTED = "result_not_accepted", "验收结果通知"
    RECTIFICATION_ORDER = "rectification_order", "限期整改通知"
    RECTIFICATION_REMINDER = "rectification_reminder", "整改提醒"
    REASSESSMENT_RESULT = "reassessment_result", "整改复核结果通知"
    OFFICE_NOTICE = "office_notice", "系统提示"


_KINDS = {
    MailClass.FYI: ("office_list", "receipt", "office_notice"),
    MailClass.REMIND: (
        "call", "reminder", "urgent_reminder", "overdue", "escalation", "deadline_changed", "rectification_reminder",
    ),
    MailClass.DECIDE: (
        "returned", "result_selected", "result_not_selected", "result_ineligible", "result_passed", "result_excellent",
        "result_qualified", "result_not_accepted", "rectification_order", "reassessment_result",
    ),
}  # fmt: skip
MAIL_CLASS: dict[MailKind, MailClass] = {MailKind(kind): mail_class for mail_class, kinds in _KINDS.items() for kind in kinds}
"""The class of each kind of letter."""


class MailState(Labelled):
    """States of a mail; moves are guarded updates with an epoch (claim, intent, record)."""

    READY = "ready", "待发"
    LEASED = "leased", "处理中"
    SENDING = "sending", "发送中"
    SENT = "sent", "已发"
    UNKNOWN = "unknown", "发送结果不明"
    FAILED = "failed", "发送失败"
    CANCELLED = "cancelled", "取消"
    HELD = "held", "暂缓"
    EXPIRED = "expired", "过期"


TROUBLED = (MailState.FAILED, MailState.UNKNOWN, MailState.HELD, MailState.EXPIRED)
"""Where a person must look: the mail has not arrived, or nobody knows."""


class AttemptPhase(Labelled):
    """The append-only trace of one delivery attempt."""

    INTENT = "intent", "将发送"
    ACCEPTED = "accepted", "已被接收"
    DEFERRED = "deferred", "暂缓后再试"
    REFUSED = "refused", "被拒收"
    LOST = "lost", "结果不明"


class TaskKind(Labelled):
    """Work for a person of the office."""

    WRONG_ADDRESS = "wrong_address", "更正邮箱地址"
    TELEPHONE = "telephone", "电话联系"
    CONFIRM_DELIVERY = "confirm_delivery", "确认是否送达"
    RUN_FAILED = "run_failed", "处理运行异常"
    DECISION_REPEATED = "decision_repeated", "决定重复提交"
    RECORD_HAND_IN = "record_hand_in", "登记来件"


ABOUT_A_MAIL = (TaskKind.WRONG_ADDRESS, TaskKind.CONFIRM_DELIVERY, TaskKind.TELEPHONE)
"""Tasks whose key ends with that of a mail."""


class AuthMethod(Labelled):
    """How the actor of an act was identified."""

    DECLARED = "declared", "自报"
    ONE_TIME_CODE = "one_time_code", "动态口令"
    SYSTEM = "system", "系统"
