"""The shipped form of every document: what it says, with fields in braces. The office may replace any of them by a file of its own."""

from collections.abc import Callable, Mapping
from functools import cache

from docx.document import Document as Page

from config.vocabulary import DocumentKind
from notifications.papers.word import page as p
from notifications.papers.word.acceptance import application, value_added

COMMON: Mapping[str, str] = {
    "office": "组织部名称",
    "office_phone": "组织部电话",
    "office_email": "组织部邮箱",
    "signed_on": "落款日期",
    "notice": "通知标题",
    "cohort": "批次名称",
}
ABOUT_A_PROJECT: Mapping[str, str] = {
    "project": "项目编号",
    "unit": "单位名称",
    "so": "所属二级党组织（党支部）或本单位",
    "award": "申报类型",
    "secretary": "书记姓名",
    "contact": "联系人姓名",
    "phone": "联系电话",
}
FIELDS: Mapping[DocumentKind, Mapping[str, str]] = {
    DocumentKind.DECLARATION: {
        "title": "书记项目名称（未登记的为项目名称）",
        "outcomes": "预期成果：form（形式）、target、central（是否围绕通知所列重点）",
        "checks": "各项条件：title、verdict、reason、evidence（依据的记录）、reference_on（基准日）",
        "papers": "应报材料：title、due_on",
    },
    DocumentKind.APPLICATION: {
        "started_on": "建设起始日期",
        "targets": "申报目标：number、text、state、result、evidence",
        "standards_title": "五个到位或七个有力",
        "standards": "逐项情况：title、state、text",
        "aspects": "举措和示范作用：part、title、text",
        "outputs": "成果清单：kind、title、level、on、link",
        "promotion": "推广成效（一段话）",
        "survey": "满意度测评结果（一句话）",
        "negative_list": "负面清单核查结果（一句话）",
        "growth": "基线与现状：name、before、after、change；没有基线的批次为空",
        "publicity": "宣传推广：on、title、channel",
        "parts": "评分项：title、weight",
    },
    DocumentKind.VALUE_ADDED: {
        "growth": "指标：name、before、middle、after、delta、change",
        "narrative": "自评文字（已登记的，或按数据写成的草稿）",
        "targets": "申报目标：number、text、state、result、evidence",
        "targets_told": "目标完成情况（一句话）",
        "comparison": "横向对比结果（一句话）",
        "publicity": "宣传推广：on、title、channel",
    },
    DocumentKind.AGENDA: {
        "phase": "阶段",
        "ballot": "表决单编号",
        "matter": "议题",
        "kinds": "各类项目：kind、lines；每行 rank、unit、score、recommended、grounds",
    },
    DocumentKind.PUBLICITY_NOTICE: {
        "phase": "阶段",
        "meeting": "会议名称",
        "basis": "依据",
        "from_on": "公示起始日期",
        "until_on": "公示截止日期",
        "working_days": "公示几个工作日",
        "kinds": "各类单位：kind、lines；每行 number、unit",
    },
    DocumentKind.RESULT_NOTICE: {
        "phase": "阶段",
        "outcome": "决定",
        "meeting": "会议名称",
        "decided_on": "会议日期",
        "basis": "依据",
        "reasons": "理由",
    },
    DocumentKind.RETURN_LETTER: {"paper": "材料名称", "reasons": "退回原因", "due_on": "重新报送时限"},
    DocumentKind.RECTIFICATION_ORDER: {
        "round_no": "第几轮",
        "meeting": "会议名称",
        "outcome": "决定",
        "matters": "整改事项：number、text",
        "due_on": "整改期限",
    },
}
"""Kind → its own fields, each with what it holds; the common ones and those about a project come on top."""


ABOUT_A_BALLOT = frozenset({DocumentKind.AGENDA, DocumentKind.PUBLICITY_NOTICE})
"""Kinds that are about a ballot, and no single project."""


def fields_of(kind: DocumentKind) -> dict[str, str]:
    """Return every field a document of a kind may use."""
    about = {} if kind in ABOUT_A_BALLOT else ABOUT_A_PROJECT
    return {**COMMON, **about, **FIELDS[kind]}


@cache
def shipped(kind: DocumentKind) -> bytes:
    """Return the shipped document of a kind, fields unfilled: what the office takes as a start for its own."""
    page = p.new_page()
    _LAYOUTS[kind](page)
    return p.bytes_of(page)


def _declaration(page: Page) -> None:
    p.add_title(page, "{{ award }}申报书")
    p.add_facts(
        page,
        (
            ("批次", "{{ cohort }}"), ("项目编号", "{{ project }}"), ("申报单位", "{{ unit }}"), ("所属二级党组织", "{{ so }}"),
            ("书记项目名称", "{{ title }}"), ("书记", "{{ secretary }}"), ("联系人及电话", "{{ contact }}　{{ phone }}"),
        ),
    )  # fmt: skip
    p.add_heading(page, "一、申报条件对照（由系统按登记情况列出）")
    columns = (
        ("条件", 6, "{{ check.title }}"), ("情况", 3, "{{ check.verdict }}"),
        ("说明", 8, "{{ check.reason }}"), ("依据和基准日", 6, "{{ check.evidence }}（{{ check.reference_on }}）"),
    )  # fmt: skip
    p.add_table(page, columns, "check", "checks")
    p.add_room(page, "二、工作基础与主要成效", "简述近年来党建工作基础、特色做法和成效，附支撑佐证")
    p.add_room(page, "三、创建规划与举措", "目标任务、重要举措，须可检验、可操作")
    p.add_heading(page, "四、预期成果")
    outcome = "{{ loop.index }}. {{ outcome.form }}：{{ outcome.target }}{% if outcome.central %}（围绕重点）{% endif %}"
    p.add_each(page, "outcome", "outcomes", outcome)
    p.add_when(page, "not outcomes", "（工作体系、工作法或案例、品牌载体、平台、论文著作、推广成效等）", "", "")
    p.add_heading(page, "五、应报材料")
    p.add_when(page, "not papers", "目前没有须报送的材料。")
    p.add_each(page, "paper", "papers", "{{ loop.index }}. {{ paper.title }}，{{ paper.due_on }}前报送。")
    p.add_room(page, "六、二级党组织审核意见", "审核意见、书记签字、盖章、日期")


def _agenda(page: Page) -> None:
    p.add_title(page, "关于{{ matter }}的议题")
    p.add_body(page, "根据《{{ notice }}》，{{ cohort }}{{ phase }}已完成评审。现将建议方案提请学校党委审定（表决单 {{ ballot }}）。")
    p.add_body(page, "{%p for group in kinds %}")
    p.add_heading(page, "{{ group.kind }}")
    columns = (
        ("名次", 1, "{{ line.rank }}"), ("单位", 3, "{{ line.unit }}"), ("得分", 1, "{{ line.score }}"),
        ("建议", 2, "{{ line.recommended }}"),
        ("依据及未了事项", 5, "{{ line.grounds }}"),
    )  # fmt: skip
    p.add_table(page, columns, "line", "group.lines")
    p.add_body(page, "{%p endfor %}", "以上建议当否，请审定。")
    p.add_signature(page)


def _publicity_notice(page: Page) -> None:
    p.add_title(page, "关于{{ cohort }}{{ phase }}拟定结果的公示")
    p.add_body(
        page,
        "根据《{{ notice }}》，经{{ meeting }}研究（{{ basis }}），拟定下列单位，现予公示。",
        "公示时间：{{ from_on }}至{{ until_on }}（{{ working_days }}个工作日）。",
        "公示期间如有异议，请以书面、电话或电子邮件向组织部反映。以个人名义反映的请署实名，以单位名义反映的请加盖公章。",
        "{%p for group in kinds %}",
    )
    p.add_heading(page, "{{ group.kind }}")
    p.add_each(page, "line", "group.lines", "{{ line.number }}. {{ line.unit }}")
    p.add_body(page, "{%p endfor %}")
    p.add_signature(page)


def _result_notice(page: Page) -> None:
    p.add_title(page, "关于{{ award }}创建{{ phase }}结果的通知")
    p.add_line(page, "{{ unit }}：")
    p.add_body(
        page,
        "根据《{{ notice }}》，经{{ decided_on }}{{ meeting }}研究（{{ basis }}），"
        "你单位{{ award }}创建项目（编号 {{ project }}）的结果为：{{ outcome }}。",
    )
    p.add_when(page, "reasons", "主要依据：")
    p.add_each(page, "reason", "reasons", "{{ loop.index }}. {{ reason }}。")
    p.add_body(page, "特此通知。")
    p.add_signature(page)


def _return_letter(page: Page) -> None:
    p.add_title(page, "关于退回修改《{{ paper }}》的函")
    p.add_line(page, "{{ unit }}：")
    p.add_body(page, "根据《{{ notice }}》，你单位报送的《{{ paper }}》（项目编号 {{ project }}）经审核，需修改完善：")
    p.add_each(page, "reason", "reasons", "{{ loop.index }}. {{ reason }}。")
    p.add_body(page, "请于{{ due_on }}前修改后重新报送。")
    p.add_signature(page)


def _rectification_order(page: Page) -> None:
    p.add_title(page, "整改通知书")
    p.add_line(page, "{{ unit }}：")
    p.add_body(
        page,
        "根据《{{ notice }}》，经{{ meeting }}研究，你单位{{ award }}创建项目（编号 {{ project }}）的结果为：{{ outcome }}。"
        "现就限期整改（第 {{ round_no }} 轮）通知如下：",
    )
    p.add_heading(page, "一、整改事项")
    p.add_each(page, "matter", "matters", "{{ matter.number }}. {{ matter.text }}。")
    p.add_heading(page, "二、整改期限")
    p.add_body(page, "请逐项整改，于{{ due_on }}前书面报告整改结果，并附佐证材料。")
    p.add_heading(page, "三、复核")
    p.add_body(page, "学校将对整改情况逐项复核，视整改情况研究决定是否继续支持建设。")
    p.add_signature(page)


_LAYOUTS: Mapping[DocumentKind, Callable[[Page], None]] = {
    DocumentKind.DECLARATION: _declaration,
    DocumentKind.APPLICATION: application,
    DocumentKind.VALUE_ADDED: value_added,
    DocumentKind.AGENDA: _agenda,
    DocumentKind.PUBLICITY_NOTICE: _publicity_notice,
    DocumentKind.RESULT_NOTICE: _result_notice,
    DocumentKind.RETURN_LETTER: _return_letter,
    DocumentKind.RECTIFICATION_ORDER: _rectification_order,
}
