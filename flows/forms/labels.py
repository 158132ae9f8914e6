"""What each act is called, what its form says, and in which group it stands."""

from collections.abc import Mapping, Sequence
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
    "import_honours": FormLabel(
        "导入表彰和述职等次", "从 Excel 登记表彰和述职评议等次；有错逐格列出，全部不导入，也可选部分导入", SETTING_UP
    ),
    "import_recognitions": FormLabel(
        "导入既往获批", "从 Excel 登记以往获批的示范创建称号；有错逐格列出，全部不导入，也可选部分导入", SETTING_UP
    ),
    "import_contacts": FormLabel("导入联系人", "从 Excel 登记联系人和书记；有错逐格列出，全部不导入，也可选部分导入", SETTING_UP),
    "set_day": FormLabel("调整工作日", "登记放假或调休上班的日子，提醒随之调整", SETTING_UP),
    "declare_project": FormLabel("申报登记", "登记一个单位参加本批次申报；是否符合条件由初审判断", DECLARING),
    "state_condition": FormLabel("条件说明", "登记单位对需评审判断的条件所作的说明", DECLARING),
    "assess_self": FormLabel("五个到位七个有力自评", "逐项登记申报单位对照标准的自评，缺项不予登记", DECLARING),
    "plan_outcomes": FormLabel("预期成果", "登记申报项目的预期成果：形式、目标、是否围绕通知所列重点", DECLARING),
    "name_secretary_project": FormLabel("书记项目", "登记申报工作列为书记项目，写明名称和负责的书记", DECLARING),
    "waive": FormLabel("放宽条件", "对通知中“原则上”的条件写明理由后放宽", DECLARING),
    "exempt": FormLabel("免于申报", "二级党组织没有符合条件的党支部时，写明理由后免于申报", DECLARING),
    "initial_review": FormLabel("初审", "对已申报项目作出初审结论；不通过的自动发出通知", DECLARING),
    "hand_in": FormLabel("材料报送", "登记一个项目报来的一份材料", PAPERS),
    "hand_in_many": FormLabel("批量报送登记", "同一种材料、许多单位，一次登记；有一项不能登记，全部不登记并逐项说明", PAPERS),
    "hand_in_sheet": FormLabel("按表报送登记", "按填好的 Excel 登记表一次登记；有一行不能登记，全部不登记并逐行说明", PAPERS),
    "endorse": FormLabel("二级党组织审核", "登记二级党组织对党支部材料的审核意见", PAPERS),
    "endorse_many": FormLabel("批量审核登记", "一次登记多份材料的二级党组织审核意见", PAPERS),
    "submit_package": FormLabel("整包报送", "登记二级党组织一次审核并报送所属党支部的全部材料；有一份不能办，全部不办并逐项说明", PAPERS),
    "return_paper": FormLabel("退回修改", "写明理由退回，自动发出退回通知并重新计时", PAPERS),
    "release": FormLabel("免交", "写明理由后，该项目不再需要报送这份材料", PAPERS),
    "retract": FormLabel("撤回报送登记", "登记错了：撤回一份报送登记，任务恢复为未报", PAPERS),
    "retract_many": FormLabel("批量撤回报送登记", "登记错了：一次撤回多份报送登记", PAPERS),
    "tick_self_check": FormLabel("自检自查", "登记该单位已对照标准完成自查", FACTS),
    "record_survey": FormLabel("满意度测评", "登记师生满意度测评结果；数字前后不符的不予登记", FACTS),
    "record_survey_sheet": FormLabel("按表登记满意度测评", "从 Excel 或逗号分隔的文本读入汇总表或逐票导出；有误逐格列出，不予登记", FACTS),
    "answer_negative_list": FormLabel("负面清单说明", "登记单位自己的负面清单说明", FACTS),
    "answer_negative_item": FormLabel("负面清单逐项说明", "从清单中选一个事项登记或更改单位的说明，其余事项不变", FACTS),
    "check_negative_list": FormLabel("负面清单核查", "登记组织部的核查结果，以此为准", FACTS),
    "visit": FormLabel("实地考察", "登记实地考察或抽查所见；发现的问题逐条填写，将列入整改事项或改进建议", FACTS),
    "record_finding": FormLabel("日常了解", "登记日常工作中了解到的情况", FACTS),
    "supervise": FormLabel("过程监管", "登记一次推进情况或跟踪指导，每季度至少一次", FACTS),
    "record_baseline": FormLabel("基线数据", "登记立项时的数据，只能登记一次", FACTS),
    "record_measures": FormLabel("期末数据", "登记与基线对照的现有数据", FACTS),
    "record_publicity": FormLabel("宣传推广", "登记一次宣传、推介或推广", FACTS),
    "set_targets": FormLabel("申报目标", "登记单位申报时提出的目标，每行一条；重新登记的，原有完成情况作废", FACTS),
    "import_targets": FormLabel("导入申报目标", "从 Excel 一次登记许多项目的目标和完成情况；有一行不能登记，全部不登记并逐行说明", FACTS),
    "record_results": FormLabel("目标完成情况", "对照申报目标逐项登记结果和佐证；未写的保留原有登记", FACTS),
    "assess_standards": FormLabel("五个到位和七个有力", "标杆逐项登记五个到位，样板逐项登记七个有力；未写的保留原有登记", FACTS),
    "report_aspects": FormLabel("举措和示范作用", "登记重要举措和示范作用各方面的做法和成效", FACTS),
    "record_outputs": FormLabel("成果清单", "登记项目载体、论文、文章、专著、宣传和案例等成果", FACTS),
    "record_promotion": FormLabel("推广成效", "登记推广到哪里、有何成效；宣传次数由“宣传推广”自动统计", FACTS),
    "self_evaluate": FormLabel("增值自评", "三级验收第一级：按冻结的基线和期末数据登记单位自评，此后才能横向对比", FACTS),
    "correct": FormLabel("更正记录", "记错的事实作废并写明理由；原记录仍保留备查", FACTS),
    "sample_spot_checks": FormLabel("抽取实地抽查项目", "按比例抽签，种子和结果记录备查；已抽取的须写明理由方可重抽", JUDGING),
    "choose_spot_check": FormLabel("指定实地抽查", "抽签之外另行指定一个项目，须写明理由", JUDGING),
    "draw_defence": FormLabel("答辩抽签", "抽签确定答辩顺序，种子和结果记录备查；首场答辩前写明理由方可重抽", JUDGING),
    "schedule_defence": FormLabel("答辩安排", "划分场次，自动通知各单位顺序号、时间和地点；有调整的再次通知", JUDGING),
    "recommend": FormLabel("改进建议", "登记对项目的改进建议，随考核结果发出；不设期限", JUDGING),
    "follow_recommendation": FormLabel("建议落实", "登记一条改进建议的落实情况", JUDGING),
    "form_panel": FormLabel("组建联评组", "登记一个联评组的名称和成员；再次登记以新的成员为准", JUDGING),
    "declare_tie": FormLabel("登记回避关系", "评审人申报与某单位的关系，此后不评审该单位及其所属、上级党组织的项目", JUDGING),
    "end_tie": FormLabel("解除回避关系", "回避关系已不存在或登记有误，写明理由后解除", JUDGING),
    "assign": FormLabel("指定评审分工", "指定一位评审人评审若干项目；有一项不能分派，全部不分派并逐项说明", JUDGING),
    "assign_balanced": FormLabel("抽签分派评审", "按抽签号均衡分派评审人，自动回避；同一抽签号得同一结果", JUDGING),
    "unassign": FormLabel("撤销评审分工", "写明理由后撤销一项尚未评分的分工", JUDGING),
    "score_sheet": FormLabel("按表登记评分", "按填好的 Excel 评分表一次登记；有一格不对，全部不登记并逐格说明", JUDGING),
    "assess": FormLabel("评分", "登记一位评审人对一个评分项的打分", JUDGING),
    "decision": FormLabel("登记党委决定", "不经表单直接登记党委决定（命令行）", JUDGING),
    "record_objection": FormLabel("异议登记", "登记公示期间收到的异议；答复之前，该项目的决定不生效", JUDGING),
    "answer_objection": FormLabel("异议答复", "登记核实结论：成立的，拟定决定作废、重新提请党委决定；不成立的，期满后生效", JUDGING),
    "void_decision": FormLabel("撤销决定", "按党委会决定撤销有误的决定（含公示中的）；项目回到决定之前，重新提请决定", JUDGING),
    "grant_support": FormLabel("支持经费", "登记给予验收优秀单位的支持经费", JUDGING),
    "commend": FormLabel("表彰奖励", "登记对先进党组织或党员的表彰", JUDGING),
    "retract_commendation": FormLabel("撤回表彰登记", "登记错了：写明理由后撤回一条表彰登记", JUDGING),
    "supplement": FormLabel("补充通知", "为全体调整一种材料的期限，自动发出延期通知", DEADLINES),
    "extend": FormLabel("个别延期", "只为一个项目或单位调整期限，自动发出延期通知", DEADLINES),
    "answer_rectification": FormLabel("整改答复", "一次登记全部待答复事项的整改结果", RECTIFYING),
    "answer_item": FormLabel("逐项整改答复", "登记一项整改事项的结果和佐证；全部答复后转入核实", RECTIFYING),
    "verify_rectification": FormLabel("整改核实", "确认整改事项属实，可逐项核实；全部核实后提交党委决定", RECTIFYING),
    "reopen_rectification": FormLabel("整改退回", "指出未整改到位的事项，继续整改", RECTIFYING),
    "fail_rectification": FormLabel("整改未完成", "确认未按期完成整改，提交党委决定", RECTIFYING),
    "extend_rectification": FormLabel("整改延期", "写明依据后延长整改期限", RECTIFYING),
    "suspend": FormLabel("暂停", "项目暂停，期间不催办", STANDING),
    "resume": FormLabel("恢复", "恢复到暂停前的状态", STANDING),
    "withdraw": FormLabel("退出", "单位退出本批次", STANDING),
    "terminate": FormLabel("终止", "因负面清单、撤并等情况终止项目", STANDING),
    "close_task": FormLabel("办结待办", "写明处理情况，待办从今日工作台消去", STANDING),
    "change_person_email": FormLabel("变更人员邮箱", "登记工作人员或联评组成员本人的邮箱，据此提醒本人；不填即不再提醒", STANDING),
    "change_unit": FormLabel(
        "变更党组织信息", "变更书记是否“双带头人”、计划撤并时间等；在建项目随即重新核对，不再符合的列为待办", STANDING
    ),
    "dissolve_unit": FormLabel("撤销党组织", "党组织撤销或并入其他党组织；仍有在办项目的先办理退出或终止，历史记录不受影响", STANDING),
    "erase_person": FormLabel("删除个人信息", "删除已离任者的姓名、电话和邮箱，不可恢复；历史记录只有代码，不受影响", STANDING),
    "change_contact": FormLabel("变更联系人", "登记新的联系人或书记，未发出的邮件改发新邮箱", STANDING),
}
"""Act → its form's label."""
LABELS: Mapping[str, str] = {act: form.name for act, form in FORMS.items()}
"""Act → what the office calls it."""


def said(act: str, lines: Sequence[str]) -> str:
    """Return what is told once an act is done: that it is on record, and what it leaves to be read."""
    if len(lines) == 1:
        return f"{LABELS[act]}已登记：{lines[0]}"
    return "\n".join([f"{LABELS[act]}已登记", *lines])


PHASE_FLOWS: Mapping[PhaseKind, str] = {
    PhaseKind.SELF_CHECK: "自查测评",
    PhaseKind.SUMMARY: "总结验收",
    PhaseKind.REVIEW: "审查评估",
    PhaseKind.DECLARATION: "申报认定",
    PhaseKind.MID_TERM: "中期考核",
    PhaseKind.CONSOLIDATION: "巩固推广",
}
"""The deployment of each phase, by the name that the office sees; held against the deployments by a test."""
