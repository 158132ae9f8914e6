"""The form of every act, made from the act's own parameters: one description for the Prefect UI and the command line."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from flows.steps.acts import ACTS
from flows.steps.errors import refuse

LABELS: Mapping[str, str] = {
    "declare_project": "申报登记",
    "state_condition": "条件说明",
    "waive": "放宽条件",
    "exempt": "免于申报",
    "initial_review": "初审",
    "hand_in": "材料报送",
    "endorse": "二级党组织审核",
    "return_paper": "退回修改",
    "release": "免交",
    "retract": "撤回报送登记",
    "tick_self_check": "自检自查",
    "record_survey": "满意度测评",
    "answer_negative_list": "负面清单说明",
    "check_negative_list": "负面清单核查",
    "visit": "实地考察",
    "record_finding": "日常了解",
    "supervise": "过程监管",
    "record_baseline": "基线数据",
    "record_measures": "期末数据",
    "record_publicity": "宣传推广",
    "correct": "更正记录",
    "assess": "评分",
    "supplement": "补充通知",
    "extend": "个别延期",
    "answer_rectification": "整改答复",
    "verify_rectification": "整改核实",
    "reopen_rectification": "整改退回",
    "fail_rectification": "整改未完成",
    "extend_rectification": "整改延期",
    "suspend": "暂停",
    "resume": "恢复",
    "withdraw": "退出",
    "terminate": "终止",
    "change_contact": "变更联系人",
}
"""Name of the act → what the office calls it."""

FIELDS: Mapping[str, str] = {
    "project": "项目编号", "deliverable": "材料", "received_on": "收到日期", "pieces": "份数", "files": "文件", "despite": "例外理由",
    "opinion": "意见", "endorsed_on": "审核日期", "reasons": "理由（逐条）", "due_on": "期限", "reason": "理由", "cohort": "批次",
    "unit": "组织代码", "title": "名称", "condition": "条件", "text": "内容", "rule": "条件", "passed": "是否通过", "note": "备注",
    "issued": "发放", "returned": "回收", "valid": "有效", "questions": "各题结果", "hits": "负面清单事项", "checked_by": "核查人",
    "kind": "方式", "findings": "所见情况", "source": "来源", "measures": "指标", "channel": "渠道", "seq": "记录序号", "phase": "阶段",
    "part": "评分项", "assessor": "评审人代码", "scores": "各点得分", "subject": "对象（项目或组织代码）", "basis": "依据",
    "answers": "逐项答复", "items": "事项序号", "role": "角色", "name": "姓名", "email": "邮箱", "phone": "电话",
}  # fmt: skip
"""Field of a form → its Chinese title."""


def form_of(act: str) -> type[BaseModel]:
    """Return the form of an act: a pydantic model with Chinese titles, fields in the act's own order."""
    fields: dict[str, Any] = {}
    parameters = list(inspect.signature(ACTS[act]).parameters.values())[2:]
    for position, parameter in enumerate(parameters):
        default = ... if parameter.default is inspect.Parameter.empty else parameter.default
        kind = _form_type(parameter.annotation)
        if isinstance(default, tuple):
            default = list(default)
        info = Field(default=default, title=FIELDS[parameter.name], json_schema_extra={"position": position})
        fields[parameter.name] = (kind, info)
    config = ConfigDict(extra="forbid")
    return create_model(f"{act.title().replace('_', '')}Form", __config__=config, __doc__=LABELS[act], **fields)


def _form_type(annotation: Any) -> Any:
    """Use plain lists and dicts: form pages know no abstract collections."""
    kind = get_origin(annotation)
    if kind is Sequence:
        inner = get_args(annotation)[0]
        return list[str] if inner is Any else list[_form_type(inner)]  # type: ignore[misc]
    if kind is Mapping:
        key, value = get_args(annotation)
        return dict[key, value]  # type: ignore[valid-type]
    return annotation


def checked(act: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return an act's fields from what was typed; refused with every flaw by its Chinese title."""
    if act not in ACTS:
        raise refuse(f"没有事项“{act}”", f"可用：{'、'.join(f'{k}（{v}）' for k, v in LABELS.items())}")
    try:
        form = form_of(act).model_validate(raw)
    except ValidationError as error:
        flaws = [f"{FIELDS.get(str(e['loc'][0]), e['loc'][0])}：{e['msg']}" for e in error.errors()]
        raise refuse(f"{LABELS[act]}填写有误：{'；'.join(flaws)}", "请核对后重新填写") from None
    return {name: getattr(form, name) for name in type(form).model_fields}
