"""In which order the office works: the number before the name of each deployment, by which Prefect's list sorts itself.

A number is never given to another form, nor changed: Prefect knows a deployment by its name, and a ballot that waits for weeks
belongs to one. A new form takes the next free number of its group. See docs/decisions/0017.
"""

from collections.abc import Mapping

NUMBERED: Mapping[int, str] = {
    # 批次准备
    101: "建立批次",
    102: "导入党组织名单",
    103: "导入在建项目",
    104: "调整工作日",
    # 阶段
    201: "自查测评",
    202: "总结验收",
    203: "审查评估",
    204: "申报认定",
    205: "中期考核",
    206: "巩固推广",
    207: "限期整改",
    # 申报
    301: "申报登记",
    302: "条件说明",
    303: "放宽条件",
    304: "免于申报",
    305: "初审",
    # 材料
    401: "材料报送",
    402: "批量报送登记",
    403: "生成报送登记表",
    404: "按表报送登记",
    405: "二级党组织审核",
    406: "批量审核登记",
    407: "退回修改",
    408: "免交",
    409: "撤回报送登记",
    410: "批量撤回报送登记",
    # 情况登记
    501: "自检自查",
    502: "满意度测评",
    503: "负面清单说明",
    504: "负面清单核查",
    505: "实地考察",
    506: "日常了解",
    507: "过程监管",
    508: "基线数据",
    509: "期末数据",
    510: "宣传推广",
    511: "更正记录",
    # 评审和决定
    601: "评分",
    602: "党委决定",
    # 时限
    701: "补充通知",
    702: "个别延期",
    # 整改
    801: "整改答复",
    802: "整改核实",
    803: "整改退回",
    804: "整改未完成",
    805: "整改延期",
    # 单位与项目、待办、报告
    901: "暂停",
    902: "恢复",
    903: "退出",
    904: "终止",
    905: "变更联系人",
    906: "办结待办",
    907: "生成进展报告",
    908: "变更人员邮箱",
    909: "查明缘由",
    910: "生成文书",
    915: "生成名单台账",
    916: "删除个人信息",
    917: "生成交接单",
    # 系统自动办理
    991: "发送邮件",
    992: "今日核对",
    993: "运行异常登记",
    994: "核对中断的运行",
}
"""Number → the form, by the name of its flow."""
_NAMES: Mapping[str, str] = {flow: f"{number}-{flow}" for number, flow in NUMBERED.items()}


def deployment_name(flow: str) -> str:
    """Return what the deployment of a flow is called, such as ``204-申报认定``."""
    return _NAMES[flow]


def address(flow: str) -> str:
    """Return under which name Prefect finds the deployment of a flow: ``申报认定/204-申报认定``."""
    return f"{flow}/{deployment_name(flow)}"
