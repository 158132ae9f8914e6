"""What a field of a form is called, helped by and filled from: one row per parameter of an act."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flows.forms import texts


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

FIELDS: Mapping[str, Field] = {
    "plan": Field("方案", "方案文件由技术人员放在 config/cohorts 中", choices="plan"),
    "day": Field("日期"),
    "working": Field("是否上班", choices="working"),
    "project": PROJECT,
    "projects": Field("项目（可多选）", "选中所有要一并登记的项目", choices="project", many=True),
    "deliverable": Field("材料", choices="deliverable"),
    "received_on": Field("收到日期", "邮件或纸质件到达的日子，可以早于今天"),
    "endorsed_on": Field("二级党组织审核日期", "不填即为今天"),
    "so_endorsed_on": Field("二级党组织审核日期", "整包报送、已盖章的填写；不填则只登记报送，仍等待二级党组织审核"),
    "due_on": Field("期限", "最后一天，当天有效"),
    "pieces": Field("份数"),
    "files": Field("文件", "先把文件放入收件箱，再在此选择；回信附来的以“来件”开头；可不选", choices="inbox", many=True),
    "kept_at": Field("原件存放处", "未放入收件箱的原件在哪里", "部门邮箱、档案柜 3 号"),
    "despite": Field("例外理由", "前置材料未到而先收本材料时填写"),
    "opinion": Field("审核意见", example="情况属实，同意报送"),
    "reasons": Field("退回理由", "每行一条，将逐条写入退回通知", "缺少盖章页", read=texts.lines),
    "reason": Field("理由", "写明事实和依据，长期保存"),
    "cohort": Field("批次", choices="cohort"),
    "unit": Field("党组织", choices="unit"),
    "title": Field("项目名称", example="支部工作法创新"),
    "condition": Field("条件", choices="statement"),
    "rule": Field("放宽的条件", "只有通知中“原则上”的条件可以放宽", choices="waivable"),
    "text": Field("内容", "一两句话写明"),
    "passed": Field("初审结论", "“按规则”即符合全部条件的通过；与规则不同的须写明理由", choices="passed"),
    "note": Field("备注"),
    "issued": Field("发放份数"),
    "returned": Field("回收份数"),
    "valid": Field("有效份数"),
    "questions": Field("各题结果", "每题一行，依次为：非常满意 满意 一般 不满意 的票数", "28 8 2 0", read=texts.number_rows),
    "hits": Field("负面清单事项", "没有的留空；有的每行一项：日期 事项", "2024-03-12 意识形态领域责任事件", read=texts.dated_items),
    "checked_by": Field("核查人"),
    "kind": Field("方式", example="实地考察"),
    "findings": Field("所见情况", "现场与材料是否相符、台账是否齐全"),
    "source": Field("来源"),
    "measures": Field("指标", "每行一项：指标名称 数值；期末须与基线用同样的名称", "支部活动次数 24", read=texts.numbers),
    "channel": Field("渠道", example="校园网"),
    "assessor": Field("评审人", choices="panel"),
    "scores": Field("各点得分", "每行一项：评分点 得分", "工作基础 36", read=texts.numbers),
    "subject": Field("对象", "一个项目、党支部，或整个二级党组织", choices="subject"),
    "basis": Field("依据", "通知名称、文号或批准人", "党委批示"),
    "answers": Field("整改答复", "每项整改事项一行；只写一行则适用于全部", "已逐项整改，详见整改报告", read=texts.lines),
    "items": Field("事项序号", "用空格隔开", "1 3", read=texts.whole_numbers),
    "role": Field("角色", choices="role"),
    "who": Field("人员", choices="anyone"),
    "name": Field("姓名"),
    "email": Field("邮箱", example="name@university.example"),
    "phone": Field("电话"),
    "phase": Field("阶段", choices="decided_phase"),
    "meeting": Field("会议名称", example="党委会2025年第20次会议"),
    "decided_on": Field("会议日期"),
    "outcomes": Field("决定", "每行一项：项目编号 结论；不填即全部按建议", read=texts.pairs),
    "sheet": Field("Excel 文件", "先把文件放入收件箱，再在此选择", choices="sheet"),
}
"""Parameter of an act → its field."""

SPECIAL: Mapping[str, Mapping[str, Field]] = {
    "set_day": {"basis": Field("依据", "放假通知的名称或文号", "国务院办公厅关于2027年部分节假日安排的通知")},
    "endorse": {"paper": Field("材料", "等待二级党组织审核的材料", choices="awaiting", into=PAPER)},
    "endorse_many": {"papers": Field("材料（可多选）", "等待二级党组织审核的材料", choices="awaiting", many=True)},
    "return_paper": {"paper": Field("材料", "已收到的材料", choices="received", into=PAPER)},
    "retract": {"paper": Field("材料", "登记错了、要撤回的报送", choices="received", into=PAPER)},
    "retract_many": {"papers": Field("材料（可多选）", "登记错了、要撤回的报送", choices="received", many=True)},
    "close_task": {
        "task": Field("待办", choices="task"),
        "note": Field("处理情况", "如何处理的", "已电话核实，邮箱已更正"),
    },
    "correct": {"record": Field("要更正的记录", "最近的在前", choices="record", into=("project", "seq"))},
    "assess": {"mark": Field("评分项", choices="part", into=("phase", "part"))},
    "decision": {"reasons": Field("理由", "每行一项：项目编号 理由；与建议不同或有未了事项的必须写明", read=texts.pairs)},
    "declare_project": {"unit": Field("申报单位", choices="unit")},
    "exempt": {"unit": Field("二级党组织", choices="so")},
    "change_person_email": {"email": Field("本人邮箱", "不填即不再提醒", "name@university.example")},
    "erase_person": {
        "who": Field("人员", "已停用的人员、已更换的联系人或书记", choices="erasable"),
        "reason": Field("依据", "不要写姓名，长期保存", "本人申请"),
    },
    "supplement": {"deliverable": Field("材料", choices="movable")},
    "extend": {"deliverable": Field("材料", choices="movable")},
    "state_condition": {"project": Field("项目", choices="declaring")},
    "waive": {"project": Field("项目", choices="declaring")},
    "initial_review": {"project": Field("项目", "已申报、等待初审的项目", choices="declared")},
    "resume": {"project": Field("项目", "已暂停的项目", choices="suspended")},
    "answer_rectification": {"project": Field("项目", "整改中的项目", choices="rectifying")},
    "verify_rectification": {"project": Field("项目", "整改中的项目", choices="rectifying")},
    "reopen_rectification": {"project": Field("项目", "整改中的项目", choices="rectifying")},
    "fail_rectification": {"project": Field("项目", "整改中的项目", choices="rectifying")},
    "extend_rectification": {"project": Field("项目", "整改中的项目", choices="rectifying")},
}
"""Act → fields that differ, or that one choice fills several parameters from."""


def field_of(act: str, parameter: str) -> tuple[str, Field]:
    """Return the name and the field through which a parameter of an act is filled; raises KeyError for one without a row."""
    for name, field in SPECIAL.get(act, {}).items():
        if parameter == name or parameter in field.into:
            return name, field
    return parameter, FIELDS[parameter]
