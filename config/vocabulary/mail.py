"""The post: kinds of letters and their classes, states of a mail, whom it addresses."""

from config.vocabulary.labelled import Labelled


class RecipientRole(Labelled):
    """Whom a reminder addresses, seen from the unit that owes the duty."""

    CONTACT = "contact", "联系人"
    SECRETARY = "secretary", "书记"
    SO_CONTACT = "so_contact", "所属二级党组织联系人"
    SO_SECRETARY = "so_secretary", "所属二级党组织书记"
    OFFICE = "office", "组织部"
    PERSON = "person", "经办人或评审人"


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
    DIGEST = "digest", "工作清单"
    PANEL_REMINDER = "panel_reminder", "评审提醒"
    DEFENCE_NOTICE = "defence_notice", "答辩通知"
    DEFENCE_PANEL = "defence_panel", "答辩评审通知"
    DECISION_VOIDED = "decision_voided", "决定撤销通知"
    DECISION_CHANGED = "decision_changed", "决定变更通知"
    HEADS_LIST = "heads_list", "记录清单"


_KINDS = {
    MailClass.FYI: ("office_list", "receipt", "office_notice", "digest"),
    MailClass.REMIND: (
        "call", "reminder", "urgent_reminder", "overdue", "escalation", "deadline_changed", "rectification_reminder",
        "panel_reminder", "defence_notice", "defence_panel", "heads_list",
    ),
    MailClass.DECIDE: (
        "returned", "result_selected", "result_not_selected", "result_ineligible", "result_passed", "result_excellent",
        "result_qualified", "result_not_accepted", "rectification_order", "reassessment_result",
        "decision_voided", "decision_changed",
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


class InboundKind(Labelled):
    """What came into the office's mailbox; only what quotes a Message-ID of ours is anything but OTHER."""

    REPLY = "reply", "回信"
    AUTO_REPLY = "auto_reply", "自动回复"
    BOUNCE = "bounce", "退信"
    DELAYED = "delayed", "延迟通知"
    DELIVERED = "delivered", "送达或已读回执"
    OTHER = "other", "无关邮件"


class AttemptPhase(Labelled):
    """The append-only trace of one delivery attempt."""

    INTENT = "intent", "将发送"
    ACCEPTED = "accepted", "已被接收"
    DEFERRED = "deferred", "暂缓后再试"
    REFUSED = "refused", "被拒收"
    LOST = "lost", "结果不明"
