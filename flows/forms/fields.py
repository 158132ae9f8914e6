"""What a field of a form is called, helped by and filled from: one row per parameter of an act."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flows.forms import item_texts, screening_texts, texts


@dataclass(frozen=True, slots=True)
class Field:
    """One field as the office sees it."""

    title: str
    help: str = ""
    example: str = ""
    choices: str = ""
    """Kind of choices in ``flows.forms.choices``; empty: free text, number or date."""
    many: bool = False
    """Whether several choices may be taken."""
    read: Callable[[str], Any] | None = None
    """How lines of text become the act's value; raises ValueError with what is expected."""
    into: tuple[str, ...] = ()
    """The act's parameters that one choice fills; empty: the one of the same name."""


PROJECT = Field("项目", "从清单中选择", choices="project")
PAPER = ("project", "deliverable")

REVIEWER = Field("评审人", choices="panel")
PANEL_PART = Field("评分项", "由联评组评分的部分", choices="panel_part", into=("phase", "part"))

FIELDS: Mapping[str, Field] = {
    "plan": Field("方案", "方案文件由技术人员放在 config/cohorts 中", choices="plan"),
    "day": Field("日期", "放假或调休上班的那一天"),
    "working": Field("是否上班", choices="working"),
    "year_complete": Field("全年已录完", "这一年的放假和调休都已录入，不再按暂定提示；不勾选则仍为暂定"),
    "project": PROJECT,
    "projects": Field("项目（可多选）", "选中所有要一并登记的项目", choices="project", many=True),
    "deliverable": Field("材料", "哪一种材料", choices="deliverable"),
    "received_on": Field("收到日期", "邮件或纸质件到达的日子，可以早于今天"),
    "endorsed_on": Field("二级党组织审核日期", "不填即为今天"),
    "so_endorsed_on": Field("二级党组织审核日期", "整包报送、已盖章的填写；不填则只登记报送，仍等待二级党组织审核"),
    "due_on": Field("期限", "最后一天，当天有效"),
    "pieces": Field("份数", "报来的文件或纸质件共几份"),
    "files": Field("文件", "先把文件放入收件箱，再在此选择；回信附来的以“来件”开头；可不选", choices="inbox", many=True),
    "kept_at": Field("原件存放处", "未放入收件箱的原件在哪里", "部门邮箱、档案柜 3 号"),
    "despite": Field("例外理由", "前置材料未到而先收本材料时填写"),
    "opinion": Field("审核意见", example="情况属实，同意报送"),
    "reasons": Field("退回理由", "每行一条，将逐条写入退回通知", "缺少盖章页", read=texts.lines),
    "reason": Field("理由", "写明事实和依据，长期保存"),
    "cohort": Field("批次", "从清单中选择", choices="cohort"),
    "unit": Field("党组织", "从清单中选择", choices="unit"),
    "title": Field("项目名称", example="支部工作法创新"),
    "condition": Field("条件", "须由单位说明、组织部判断的条件", choices="statement"),
    "rule": Field("放宽的条件", "只有通知中“原则上”的条件可以放宽", choices="waivable"),
    "text": Field("内容", "一两句话写明"),
    "passed": Field("初审结论", "“按规则”即符合全部条件的通过；与规则不同的须写明理由", choices="passed"),
    "note": Field("备注", "可不填"),
    "issued": Field("发放份数", "共发出多少份问卷"),
    "returned": Field("回收份数", "其中收回多少份"),
    "valid": Field("有效份数", "收回的问卷中有效的份数"),
    "questions": Field("各题结果", "每题一行，依次为：非常满意 满意 一般 不满意 的票数", "28 8 2 0", read=texts.number_rows),
    "hits": Field(
        "负面清单事项",
        "没有的留空；有的每行一项：日期 事项；清单之外的写“其他：…”",
        "2024-03-12 意识形态领域责任事件",
        read=texts.dated_items,
    ),
    "explained": Field(
        "需说明的事项", "没有的留空；每行一项：日期 事项 说明", "2025-05-20 未按期换届 已补选", read=screening_texts.explained_items
    ),
    "since": Field("起始日期", "说明的期间从哪天起；不填按批次方案"),
    "item": Field("负面清单事项", choices="negative_item"),
    "answer": Field("情况", "选“无”即撤销此前所填", choices="negative_answer"),
    "happened_on": Field("发生日期", "“有”和“需说明”的必须填写"),
    "partial": Field("部分导入", "有错的行不导入并逐条列出，其余照常导入；不勾选则有错时全部不导入"),
    "dual_leader": Field("书记是否“双带头人”", "只用于教师党支部；不填即不变", choices="yes_no"),
    "planned_end_on": Field("计划撤并时间", "不填即不变"),
    "founded_on": Field("成立时间", "不填即不变"),
    "stays": Field("取消撤并计划", "勾选后不再有计划撤并时间"),
    "so": Field("二级党组织", "从清单中选择", choices="so"),
    "secretary": Field("负责的书记", "不填即为该单位现任书记"),
    "checked_by": Field("核查人", "登记在册的人员；不填即为办理人", choices="anyone"),
    "kind": Field("方式", example="实地考察"),
    "findings": Field("所见情况", "现场与材料是否相符、台账是否齐全"),
    "problems": Field("发现的问题", "没有的留空；每行一条", "部分谈心谈话记录未注明日期", read=texts.lines),
    "topic": Field("主题", example="支部工作法推广"),
    "action": Field("指导意见或措施", example="请二级党组织帮助落实场地"),
    "guide": Field("由谁跟踪指导", "不选即为组织部", choices="guide"),
    "held_on": Field("日期", "跟踪指导的日子，不填即为今天"),
    "percent": Field("抽查比例（%）", "不填则按方案规定的比例"),
    "seed": Field("抽签种子", "不填则随机生成；也可填写当众产生的号码，同一种子得出同一结果", "2026121401"),
    "sittings": Field("场次", "每行一场：日期 起止时间 地点；按所列顺序排满", "2026-12-14 09:00-11:30 行政楼301", read=texts.sittings),
    "minutes": Field("每个项目的分钟数", "不填则按方案规定"),
    "source": Field("来源", "从哪里了解到的"),
    "measures": Field("指标", "每行一项：指标名称 数值；期末须与基线用同样的名称", "支部活动次数 24", read=texts.numbers),
    "channel": Field("渠道", example="校园网"),
    "assessor": Field("评审人", "给出这些得分的人", choices="panel"),
    "scores": Field("各点得分", "每行一项：评分点 得分", "工作基础 36", read=texts.numbers),
    "subject": Field("对象", "一个项目、党支部，或整个二级党组织", choices="subject"),
    "basis": Field("依据", "通知名称、文号或批准人", "党委批示"),
    "answers": Field("整改答复", "每项整改事项一行；只写一行则适用于全部", "已逐项整改，详见整改报告", read=texts.lines),
    "items": Field("事项序号", "用空格隔开；序号见整改通知书", "1 3", read=texts.whole_numbers),
    "role": Field("角色", "变更的是联系人还是书记", choices="role"),
    "who": Field("人员", "从清单中选择", choices="anyone"),
    "name": Field("姓名"),
    "email": Field("邮箱", example="name@university.example"),
    "phone": Field("电话"),
    "phase": Field("阶段", choices="decided_phase"),
    "meeting": Field("会议名称", example="党委会2025年第20次会议"),
    "decided_on": Field("会议日期"),
    "outcomes": Field("决定", "每行一项：项目编号 结论；不填即全部按建议", read=texts.pairs),
    "targets": Field("申报目标", "每行一条，按申报书的顺序", "建成“一站式”学生社区党建工作站", read=texts.lines),
    "results": Field(
        "完成情况",
        "每行一项：目标序号 达到/部分达到/未达到 结果；佐证：出处（可不写）",
        "1 达到 工作站已运行两年；佐证：台账 3 号",
        read=item_texts.results,
    ),
    "standards": Field(
        "逐项情况", "每行一项：序号或名称 达到/部分达到/未达到 说明", "1 达到 党政联席会议制度健全", read=item_texts.judged_items
    ),
    "aspects": Field(
        "各方面情况",
        "每行一项：方面 说明；方面为评分表中重要举措、示范作用之下的名称",
        "机制实践方法创新 建立支部结对机制",
        read=texts.pairs,
    ),
    "outputs": Field(
        "成果",
        "每行一项：类型 级别 日期 名称 链接（可不写）；类型为项目载体、论文、文章、专著、宣传报道、案例推广、其他",
        "论文 省级 2025-06-30 支部工作法研究",
        read=item_texts.outputs,
    ),
    "panel": Field("联评组", "不填即不分组", choices="panel_name"),
    "members": Field("成员（可多选）", choices="panel", many=True),
    "award_kind": Field("类型", "不填即两类都分派", choices="award_kind"),
    "survey_file": Field("测评文件", "Excel 或逗号分隔的文本：汇总表（每题四个选项的票数）或逐票导出；先放入收件箱", choices="survey_file"),
    "raised_by": Field("异议人", "实名的写称呼即可，不写证件号；匿名的留空。另行存放，可以删除", "教师党员张某"),
    "upheld": Field("核实结论", choices="upheld"),
    "answered_by": Field("核实人", "登记在册的人员；不填即为登记人", choices="anyone"),
    "amount": Field("金额（元）", "大于 0，至多两位小数", "5000"),
    "document": Field("依据文件", "文件名称或文号", "校党字〔2026〕3号"),
    "granted_on": Field("下达日期", "不填即为今天"),
    "level": Field("级别", choices="level"),
    "member": Field("受表彰的党员", "表彰个人的写姓名，其他信息不登记；表彰组织的留空"),
    "commended_on": Field("表彰日期", "不填即为今天"),
    "sheet": Field("Excel 文件", "先把文件放入收件箱，再在此选择", choices="sheet"),
}
"""Parameter of an act → its field."""

SPECIAL: Mapping[str, Mapping[str, Field]] = {
    "record_publicity": {"title": Field("标题", "报道、推介或活动的名称", "学校主页报道支部结对共建")},
    "record_promotion": {"text": Field("推广成效", "推广到哪里、有何成效", "在全校介绍经验 2 次，3 个支部采用")},
    "self_evaluate": {"text": Field("自评文字", "不填则用系统按基线和期末数据写成的草稿（可先用“生成文书”的增值自评表查看）")},
    "set_day": {"basis": Field("依据", "放假通知的名称或文号", "国务院办公厅关于2027年部分节假日安排的通知")},
    "endorse": {"paper": Field("材料", "等待二级党组织审核的材料", choices="awaiting", into=PAPER)},
    "endorse_many": {"papers": Field("材料（可多选）", "等待二级党组织审核的材料", choices="awaiting", many=True)},
    "return_paper": {
        "paper": Field("材料", "已收到的材料", choices="received", into=PAPER),
        "reasons": Field("退回理由", "每行一条，将逐条写入退回通知；勾选按核对结果退回的可不填", "缺少盖章页", read=texts.lines),
        "due_on": Field("补报期限", "最后一天，当天有效；不填则按方案规定的工作日数"),
        "as_checked": Field("按核对结果退回", "以“材料核对”所列问题为理由，另写的理由附后"),
    },
    "retract": {"paper": Field("材料", "登记错了、要撤回的报送", choices="received", into=PAPER)},
    "retract_many": {"papers": Field("材料（可多选）", "登记错了、要撤回的报送", choices="received", many=True)},
    "close_task": {
        "task": Field("待办", choices="task"),
        "note": Field("处理情况", "如何处理的", "已电话核实，邮箱已更正"),
    },
    "correct": {"record": Field("要更正的记录", "最近的在前", choices="record", into=("project", "seq"))},
    "form_panel": {"panel": Field("联评组名称", example="第一组")},
    "declare_tie": {"who": REVIEWER, "reason": Field("理由", "何种关系，长期保存", "曾任该院党委副书记")},
    "end_tie": {"who": REVIEWER},
    "assign": {"mark": PANEL_PART},
    "assign_balanced": {
        "mark": PANEL_PART,
        "panel": Field("联评组", "不填即全体评审人参加", choices="panel_name"),
        "seed": Field("抽签号", "任意整数，宜当众抽取；同一抽签号得同一结果", "20251222"),
        "number": Field("每个项目人数", "不填即按评分表要求的最少人数"),
    },
    "unassign": {
        "assignment": Field("评审分工", "尚未评分的分工", choices="assignment", into=("project", "phase", "part", "assessor")),
    },
    "assess": {
        "mark": Field("评分项", "哪个阶段的哪一部分", choices="part", into=("phase", "part")),
        "opinion": Field("评语", example="工作法可复制，示范作用明显"),
    },
    "decision": {"reasons": Field("理由", "每行一项：项目编号 理由；与建议不同或有未了事项的必须写明", read=texts.pairs)},
    "declare_project": {"unit": Field("申报单位", choices="unit")},
    "exempt": {"unit": Field("二级党组织", choices="so")},
    "record_objection": {
        "project": Field("项目", "公示中或已公示的项目", choices="publicised"),
        "text": Field("异议内容", "写明反映的事实；不写无关的个人信息"),
        "despite": Field("例外理由", "公示期满后才收到、仍须受理的，写明理由"),
    },
    "answer_objection": {
        "about": Field("异议", "待答复的异议", choices="objection", into=("project", "objection")),
        "text": Field("核实情况和结论", "将写入表决单和历史记录，不写异议人的个人信息"),
    },
    "void_decision": {
        "project": Field("项目", choices="any_project"),
        "reason": Field("理由", "原决定错在哪里、依据什么"),
    },
    "grant_support": {"project": Field("项目", "验收优秀的项目", choices="excellent")},
    "commend": {"title": Field("称号", example="先进基层党组织")},
    "retract_commendation": {
        "award": Field("表彰登记", "登记错了、要撤回的", choices="commendation", into=("unit", "seq")),
    },
    "change_person_email": {"email": Field("本人邮箱", "不填即不再提醒", "name@university.example")},
    "erase_person": {
        "who": Field("人员", "已停用的人员、已更换的联系人或书记", choices="erasable"),
        "reason": Field("依据", "不要写姓名，长期保存", "本人申请"),
    },
    "supplement": {"deliverable": Field("材料", choices="movable")},
    "extend": {"deliverable": Field("材料", choices="movable")},
    "state_condition": {"project": Field("项目", choices="declaring")},
    "waive": {"project": Field("项目", choices="declaring")},
    "assess_self": {
        "project": Field("项目", choices="declaring"),
        "items": Field(
            "逐项自评",
            "每行一项：事项 达到|部分达到|未达到 说明；各项情况相同可只写一行“全部”",
            "教育党员有力 达到 三会一课规范",
            read=screening_texts.graded_items,
        ),
    },
    "plan_outcomes": {
        "project": Field("项目", choices="declaring"),
        "outcomes": Field(
            "预期成果",
            "每行一项：形式 目标；围绕通知所列重点的在行首加 *。形式：工作体系、工作法、品牌、平台、论文、推广、其他",
            "*工作法 建成支部工作法一项并在校内推广",
            read=screening_texts.outcome_lines,
        ),
    },
    "name_secretary_project": {
        "project": Field("项目", choices="declaring"),
        "title": Field("书记项目名称", "不填即为申报的项目名称", "支部工作法创新"),
    },
    "record_baseline": {"despite": Field("例外理由", "过了登记期限才补登的填写，写明数据出处")},
    "submit_package": {"despite": Field("例外理由", "有申报材料不齐而仍要报送时填写")},
    "record_survey_sheet": {"issued": Field("发放份数", "表中已写明的不必填；逐票导出的须填写")},
    "answer_negative_item": {"text": Field("说明", "“需说明”和“其他”的必须填写", "已于次月完成换届")},
    "initial_review": {"project": Field("项目", "已申报、等待初审的项目", choices="declared")},
    "resume": {"project": Field("项目", "已暂停的项目", choices="suspended")},
    "answer_rectification": {"project": Field("项目", "整改中的项目", choices="rectifying")},
    "verify_rectification": {
        "project": Field("项目", "整改中的项目", choices="rectifying"),
        "items": Field("事项序号", "用空格隔开，序号见整改通知书；不填即全部事项", "1 3", read=texts.whole_numbers),
        "note": Field("核实情况", "何人何时如何核实；可不填", "12 月 20 日现场查看，台账已补齐"),
    },
    "reopen_rectification": {
        "project": Field("项目", "整改中的项目", choices="rectifying"),
        "note": Field("退回理由", "哪里没有整改到位", "台账只补到 9 月"),
    },
    "fail_rectification": {
        "project": Field("项目", "整改中的项目", choices="rectifying"),
        "note": Field("未完成情况", "哪些事项没有完成", "第 2 项至期满未见成效"),
    },
    "extend_rectification": {"project": Field("项目", "整改中的项目", choices="rectifying")},
    "answer_item": {
        "answer": Field("整改结果", "措施和结果", "已补齐台账并建立月度核对制度"),
        "matter": Field("整改事项", "整改中的项目及其待答复事项", choices="rectification_item", into=("project", "item")),
    },
    "draw_defence": {"reason": Field("重抽理由", "第一次抽签不填；重新抽签必须写明")},
    "sample_spot_checks": {"reason": Field("重抽理由", "第一次抽取不填；重新抽取必须写明")},
    "supervise": {"text": Field("情况", "推进情况，一两句话写明")},
    "recommend": {"items": Field("改进建议", "每行一条", "完善党员之家使用台账", read=texts.lines)},
    "follow_recommendation": {
        "advice": Field("改进建议", "尚未登记落实情况的建议", choices="recommendation", into=("project", "number")),
        "text": Field("落实情况", "一两句话写明"),
    },
}
"""Act → fields that differ, or that one choice fills several parameters from."""


def field_of(act: str, parameter: str) -> tuple[str, Field]:
    """Return the name and the field through which a parameter of an act is filled; raises KeyError for one without a row."""
    for name, field in SPECIAL.get(act, {}).items():
        if parameter == name or parameter in field.into:
            return name, field
    return parameter, FIELDS[parameter]
