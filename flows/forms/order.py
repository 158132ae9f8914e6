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
    121: "导入表彰和述职等次",
    122: "导入既往获批",
    123: "导入联系人",
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
    306: "五个到位七个有力自评",
    307: "预期成果",
    308: "书记项目",
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
    421: "整包报送",
    422: "材料核对",
    423: "生成申报材料汇总表",
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
    521: "申报目标",
    522: "导入申报目标",
    523: "目标完成情况",
    524: "五个到位和七个有力",
    525: "举措和示范作用",
    526: "成果清单",
    527: "推广成效",
    528: "增值自评",
    529: "生成目标登记表",
    512: "负面清单逐项说明",
    513: "按表登记满意度测评",
    # 评审和决定
    601: "评分",
    602: "党委决定",
    603: "抽取实地抽查项目",
    604: "指定实地抽查",
    605: "答辩抽签",
    606: "答辩安排",
    607: "改进建议",
    608: "建议落实",
    609: "生成答辩顺序表",
    621: "组建联评组",
    622: "登记回避关系",
    623: "解除回避关系",
    624: "抽签分派评审",
    625: "指定评审分工",
    626: "撤销评审分工",
    627: "生成评分表",
    628: "按表登记评分",
    629: "联评组情况",
    # 时限
    701: "补充通知",
    702: "个别延期",
    # 整改
    801: "整改答复",
    802: "整改核实",
    803: "整改退回",
    804: "整改未完成",
    805: "整改延期",
    806: "逐项整改答复",
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
    921: "生成年度考核清单",
    922: "变更党组织信息",
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
