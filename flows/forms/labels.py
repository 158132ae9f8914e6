"""What each act is called, what its form says, and in which group it stands."""

from collections.abc import Mapping
from typing import NamedTuple

from config.vocabulary import PhaseKind


class FormLabel(NamedTuple):
    """Name, help and group of a form."""

    name: str
    help: str
    group: str


SETTING_UP, PAPERS, DECLARING, FACTS, JUDGING, DEADLINES, RECTIFYING, STANDING = (
    "批次准备",
    "材料",
    "申报",
    "情况登记",
    "评审",
    "时限",
    "整改",
    "单位与项目",
)

FORMS: Mapping[str, FormLabel] = {
    "open_batch": FormLabel("建立批次", "按方案文件建立批次；此后时间只能通过补充通知或延期调整", SETTING_UP),
    "import_units": FormLabel("导入党组织名单", "从 Excel 名单登记党组织和联系人；有错逐格列出，全部不导入", SETTING_UP),
    "import_projects": FormLabel("导入在建项目", "从 Excel 名单登记已在建设中的项目（首批）", SETTING_UP),
    "set_day": FormLabel("调整工作日", "登记放假或调休上班的日子，提醒随之调整", SETTING_UP),
    "declare_project": FormLabel("申报登记", "登记一个单位参加本批次申报；是否符合条件由初审判断", DECLARING),
    "state_condition": FormLabel("条件说明", "登记单位对需评审判断的条件所作的说明", DECLARING),
    "waive": FormLabel("放宽条件", "对通知中“原则上”的条件写明理由后放宽", DECLARING),
    "exempt": FormLabel("免于申报", "二级党组织没有符合条件的党支部时，写明理由后免于申报", DECLARING),
    "initial_review": FormLabel("初审", "对已申报项目作出初审结论；不通过的自动发出通知", DECLARING),
    "hand_in": FormLabel("材料报送", "登记一个项目报来的一份材料", PAPERS),
    "hand_in_many": FormLabel("批量报送登记", "同一种材料、许多单位，一次登记；有一项不能登记，全部不登记并逐项说明", PAPERS),
    "hand_in_sheet": FormLabel("按表报送登记", "按填好的 Excel 登记表一次登记；有一行不能登记，全部不登记并逐行说明", PAPERS),
    "endorse": FormLabel("二级党组织审核", "登记二级党组织对党支部材料的审核意见", PAPERS),
    "endorse_many": FormLabel("批量审核登记", "一次登记多份材料的二级党组织审核意见", PAPERS),
    "return_paper": FormLabel("退回修改", "写明理由退回，自动发出退回通知并重新计时", PAPERS),
    "release": FormLabel("免交", "写明理由后，该项目不再需要报送这份材料", PAPERS),
    "retract": FormLabel("撤回报送登记", "登记错了：撤回一份报送登记，任务恢复为未报", PAPERS),
    "retract_many": FormLabel("批量撤回报送登记", "登记错了：一次撤回多份报送登记", PAPERS),
    "tick_self_check": FormLabel("自检自查", "登记该单位已对照标准完成自查", FACTS),
    "record_survey": FormLabel("满意度测评", "登记师生满意度测评结果；数字前后不符的不予登记", FACTS),
    "answer_negative_list": FormLabel("负面清单说明", "登记单位自己的负面清单说明", FACTS),
    "check_negative_list": FormLabel("负面清单核查", "登记组织部的核查结果，以此为准", FACTS),
    "visit": FormLabel("实地考察", "登记实地考察或抽查所见", FACTS),
    "record_finding": FormLabel("日常了解", "登记日常工作中了解到的情况", FACTS),
    "supervise": FormLabel("过程监管", "登记一次推进情况或指导", FACTS),
    "record_baseline": FormLabel("基线数据", "登记立项时的数据，只能登记一次", FACTS),
    "record_measures": FormLabel("期末数据", "登记与基线对照的现有数据", FACTS),
    "record_publicity": FormLabel("宣传推广", "登记一次宣传、推介或推广", FACTS),
    "correct": FormLabel("更正记录", "记错的事实作废并写明理由；原记录仍保留备查", FACTS),
    "assess": FormLabel("评分", "登记一位评审人对一个评分项的打分", JUDGING),
    "decision": FormLabel("登记党委决定", "不经表单直接登记党委决定（命令行）", JUDGING),
    "supplement": FormLabel("补充通知", "为全体调整一种材料的期限，自动发出延期通知", DEADLINES),
    "extend": FormLabel("个别延期", "只为一个项目或单位调整期限，自动发出延期通知", DEADLINES),
    "answer_rectification": FormLabel("整改答复", "登记单位的整改结果", RECTIFYING),
    "verify_rectification": FormLabel("整改核实", "确认全部整改事项属实，提交党委决定", RECTIFYING),
    "reopen_rectification": FormLabel("整改退回", "指出未整改到位的事项，继续整改", RECTIFYING),
    "fail_rectification": FormLabel("整改未完成", "确认未按期完成整改，提交党委决定", RECTIFYING),
    "extend_rectification": FormLabel("整改延期", "写明依据后延长整改期限", RECTIFYING),
    "suspend": FormLabel("暂停", "项目暂停，期间不催办", STANDING),
    "resume": FormLabel("恢复", "恢复到暂停前的状态", STANDING),
    "withdraw": FormLabel("退出", "单位退出本批次", STANDING),
    "terminate": FormLabel("终止", "因负面清单、撤并等情况终止项目", STANDING),
    "close_task": FormLabel("办结待办", "写明处理情况，待办从今日工作台消去", STANDING),
    "change_person_email": FormLabel("变更人员邮箱", "登记工作人员或联评组成员本人的邮箱，据此提醒本人；不填即不再提醒", STANDING),
    "erase_person": FormLabel("删除个人信息", "删除已离任者的姓名、电话和邮箱，不可恢复；历史记录只有代码，不受影响", STANDING),
    "change_contact": FormLabel("变更联系人", "登记新的联系人或书记，未发出的邮件改发新邮箱", STANDING),
}
"""Act → its form's label."""
LABELS: Mapping[str, str] = {act: form.name for act, form in FORMS.items()}
"""Act → what the office calls it."""
PHASE_FLOWS: Mapping[PhaseKind, str] = {
    PhaseKind.SELF_CHECK: "自查测评",
    PhaseKind.SUMMARY: "总结验收",
    PhaseKind.REVIEW: "审查评估",
    PhaseKind.DECLARATION: "申报认定",
    PhaseKind.MID_TERM: "中期考核",
    PhaseKind.CONSOLIDATION: "巩固推广",
}
"""The deployment of each phase, by the name that the office sees; held against the deployments by a test."""
