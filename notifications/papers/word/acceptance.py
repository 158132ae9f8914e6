"""The forms of acceptance: the application of the first batch, the self-evaluation of added value of the second (R5–R9, R14, R56)."""

from collections.abc import Sequence

from docx.document import Document as Page

from notifications.papers.word import page as p

STANDARDS = (("项目", 3, "{{ row.title }}"), ("情况", 2, "{{ row.state }}"), ("说明", 5, "{{ row.text }}"))
OUTPUTS = (
    ("类型", 2, "{{ row.kind }}"), ("名称", 5, "{{ row.title }}"), ("级别", 2, "{{ row.level }}"), ("日期", 3, "{{ row.on }}"),
    ("网址或出处", 3, "{{ row.link }}"),
)  # fmt: skip


def application(page: Page) -> None:
    """Lay out the 工作验收申请书: what is on record stands in it, the unit completes the rest."""
    p.add_title(page, "工作验收申请书")
    p.add_facts(
        page,
        (
            ("批次", "{{ cohort }}"), ("项目编号", "{{ project }}"), ("建设单位", "{{ unit }}"), ("类型", "{{ award }}"),
            ("建设起始", "{{ started_on }}"), ("书记", "{{ secretary }}"), ("联系人及电话", "{{ contact }}　{{ phone }}"),
            ("满意度测评", "{{ survey }}"), ("负面清单", "{{ negative_list }}"),
        ),
    )  # fmt: skip
    p.add_heading(page, "一、重点任务完成情况")
    p.add_body(page, "（一）对照申报目标")
    p.add_when(page, "not targets", "未登记申报目标，请对照申报书逐项说明。")
    _add_targets(page)
    p.add_body(page, "（二）对照{{ standards_title }}")
    p.add_table(page, STANDARDS, "row", "standards")
    p.add_heading(page, "二、重要举措和示范作用")
    p.add_each(page, "row", "aspects", "（{{ loop.index }}）{{ row.title }}：{{ row.text }}")
    p.add_heading(page, "三、成果清单")
    p.add_when(page, "not outputs", "尚无登记。")
    _add_table_of(page, OUTPUTS, "outputs")
    p.add_heading(page, "四、推广成效")
    p.add_body(page, "{{ promotion }}")
    _add_publicity(page)
    p.add_heading(page, "五、基线与现状")
    p.add_when(page, "not growth", "不适用：未登记基线数据。")
    columns = (
        ("指标", 4, "{{ row.name }}"), ("立项时", 2, "{{ row.before }}"), ("现在", 2, "{{ row.after }}"), ("增幅", 2, "{{ row.change }}"),
    )  # fmt: skip
    _add_table_of(page, columns, "growth")
    p.add_heading(page, "六、验收评分项")
    p.add_each(page, "part", "parts", "（{{ loop.index }}）{{ part.title }}（占 {{ part.weight }}%）")
    p.add_room(page, "七、存在不足与下一步打算", "实事求是，列出改进措施和时限")
    p.add_room(page, "八、二级党组织审核意见", "审核意见、书记签字、盖章、日期")


def value_added(page: Page) -> None:
    """Lay out the 增值自评表: figures and a draft in words; what is a judgement is left to the unit."""
    p.add_title(page, "增值自评表")
    p.add_facts(
        page,
        (
            ("批次", "{{ cohort }}"), ("项目编号", "{{ project }}"), ("建设单位", "{{ unit }}"), ("类型", "{{ award }}"),
            ("书记", "{{ secretary }}"), ("联系人及电话", "{{ contact }}　{{ phone }}"),
        ),
    )  # fmt: skip
    p.add_heading(page, "一、与立项基线对照")
    p.add_when(page, "not growth", "不适用：未登记基线数据。")
    columns = (
        ("指标", 4, "{{ row.name }}"), ("立项时", 2, "{{ row.before }}"), ("中期", 2, "{{ row.middle }}"), ("期末", 2, "{{ row.after }}"),
        ("增量", 2, "{{ row.delta }}"), ("增幅", 3, "{{ row.change }}"),
    )  # fmt: skip
    _add_table_of(page, columns, "growth")
    p.add_heading(page, "二、自评（可在此基础上修改）")
    p.add_body(page, "{{ narrative }}")
    p.add_heading(page, "三、对照申报目标")
    p.add_body(page, "{{ targets_told }}")
    _add_targets(page)
    p.add_heading(page, "四、宣传推广记录")
    _add_publicity(page)
    p.add_heading(page, "五、横向对比（由组织部在同类项目中进行）")
    p.add_body(page, "{{ comparison }}")
    p.add_room(page, "六、存在不足与下一步打算", "实事求是，列出改进措施和时限")
    p.add_room(page, "七、二级党组织审核意见", "审核意见、书记签字、盖章、日期")


def _add_table_of(page: Page, columns: Sequence[tuple[str, int, str]], source: str) -> None:
    """Add a table that stands only where there is something in it."""
    p.add_body(page, f"{{%p if {source} %}}")
    p.add_table(page, columns, "row", source)
    p.add_body(page, "{%p endif %}")


def _add_targets(page: Page) -> None:
    columns = (
        ("序号", 2, "{{ row.number }}"), ("申报时提出的目标", 6, "{{ row.text }}"), ("完成情况", 2, "{{ row.state }}"),
        ("结果", 4, "{{ row.result }}"), ("佐证", 2, "{{ row.evidence }}"),
    )  # fmt: skip
    _add_table_of(page, columns, "targets")


def _add_publicity(page: Page) -> None:
    p.add_when(page, "not publicity", "宣传推广尚无登记。")
    p.add_each(page, "item", "publicity", "{{ loop.index }}. {{ item.on }}，{{ item.title }}（{{ item.channel }}）。")
