"""The state machines that the history knows, and their states."""

from config.vocabulary.labelled import Labelled


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
