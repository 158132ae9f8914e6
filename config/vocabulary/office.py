"""The office: its people, its work, and how somebody was identified."""

from config.vocabulary.labelled import Labelled


class ContactRole(Labelled):
    """Who at a unit is on record: two receive mail, others were only named in an act."""

    CONTACT = "contact", "联系人"
    SECRETARY = "secretary", "书记"
    NAMED = "named", "所涉人员"


WRITTEN_TO = (ContactRole.CONTACT, ContactRole.SECRETARY)
"""Whom a unit reports to the office, and who receives mail."""


class PersonRole(Labelled):
    """People of the office and of the panels."""

    ADMIN = "admin", "组织部工作人员"
    PANEL = "panel", "联评组成员"


class TaskKind(Labelled):
    """Work for a person of the office."""

    WRONG_ADDRESS = "wrong_address", "更正邮箱地址"
    TELEPHONE = "telephone", "电话联系"
    CONFIRM_DELIVERY = "confirm_delivery", "确认是否送达"
    RUN_FAILED = "run_failed", "处理运行异常"
    DECISION_REPEATED = "decision_repeated", "决定重复提交"
    RECORD_HAND_IN = "record_hand_in", "登记来件"
    READ_REPLY = "read_reply", "阅读回信"
    RECHECK_CONDITION = "recheck_condition", "复核申报条件"


ABOUT_A_MAIL = (TaskKind.WRONG_ADDRESS, TaskKind.CONFIRM_DELIVERY, TaskKind.TELEPHONE)
"""Tasks whose key ends with that of a mail."""


class AuthMethod(Labelled):
    """How the actor of an act was identified."""

    DECLARED = "declared", "自报"
    ONE_TIME_CODE = "one_time_code", "动态口令"
    SYSTEM = "system", "系统"


class DocumentKind(Labelled):
    """Word documents that are written from what is on record."""

    DECLARATION = "declaration", "申报书"
    APPLICATION = "application", "工作验收申请书"
    VALUE_ADDED = "value_added", "增值自评表"
    AGENDA = "agenda", "会议议题"
    PUBLICITY_NOTICE = "publicity_notice", "公示稿"
    RESULT_NOTICE = "result_notice", "结果通知"
    RETURN_LETTER = "return_letter", "退回函"
    RECTIFICATION_ORDER = "rectification_order", "整改通知书"


class ListKind(Labelled):
    """Excel lists for printing and filing; nothing comes back from them."""

    SUMMARY = "summary", "汇总表"
    LEDGER = "ledger", "材料台账"
    MISSING = "missing", "未报名单"
    PANEL_SIGN_IN = "panel_sign_in", "评审会签到表"
    MEETING_SIGN_IN = "meeting_sign_in", "会议签到表"
