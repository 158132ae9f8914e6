"""Honours, earlier recognitions and contacts from sheets, and what a changed leader does to running projects (R22, R24, R30, R32, R42)."""

import zipfile
from datetime import date
from time import monotonic

import pytest
from openpyxl import Workbook
from sqlmodel import select

from config.loading import PlanError
from config.vocabulary import ContactRole, HonourKind, TaskKind, Verdict
from flows.forms.model import checked
from flows.steps.acts import perform
from flows.steps.errors import REFUSALS, ActError
from models.history import Act, count_events, verify
from models.imports.records import read_honours
from models.imports.surveys import read_survey
from models.loading import load_world
from models.rules.eligibility import check_declared
from models.store import reading
from models.tables import Contact, Honour, Recognition, Task, Unit
from tests.flows.test_forms import inbox as inbox_of

inbox = inbox_of
HEAD = ("组织代码", "类别", "级别*", "荣誉名称", "授予时间（年月）", "授予书记")
DAY = Act("A01", "command:test", date(2025, 12, 1))
WHERE = "表.xlsx 工作表“Sheet”"


def book(path, *rows, head=HEAD, title=True, merge="", hidden=()):
    made = Workbook()
    page = made.active
    if title:
        page.append(("登记表",))
        page.merge_cells("A1:F1")
    for row in (head, *rows):
        page.append(row)
    if merge:
        page.merge_cells(merge)
    for number in hidden:
        page.row_dimensions[number].hidden = True
    made.save(path)
    return path


def test_dates_as_people_type_them_full_width_codes_merged_and_hidden_rows_are_read(tmp_path):
    days = ("2023.10", "2023年10月", "2023 年 10 月 5 日", 45204, date(2023, 10, 5), "２０２３－１０－０５", "2023/10/5")
    rows = [(f"Ｓ０{n}", "表彰", " 校级 ", "先进", day, None) for n, day in enumerate(days, 1)]
    table = read_honours(book(tmp_path / "表.xlsx", *rows, (None, "述职评议", "校级", "好", "2024.1", "是"), merge="A9:A10", hidden=[4]))
    assert [str(row.awarded_on) for _, row in table.rows] == ["2023-10-01"] * 2 + ["2023-10-05"] * 5 + ["2024-01-01"]
    last = table.rows[-1][1]
    assert (last.unit, last.kind, last.to_secretary) == ("S07", HonourKind.APPRAISAL_GOOD, True), "one unit over two rows"
    assert len(table.rows) == 8, "a row that a filter hides counts"


GOOD = ("S12", "表彰", "校级", "先进基层党组织", "2024.06", "否")
NO_UNIT, AHEAD = ("S99", *GOOD[1:]), (*GOOD[:4], "2026-01", "否")
BROKEN = {
    "a wrong level": ([GOOD, (*GOOD[:2], "部级", *GOOD[3:])], [f"{WHERE} C4（级别）：读到“部级”，应为国家级、省级、校级、院级"]),
    "no level": ([(*GOOD[:2], None, *GOOD[3:])], [f"{WHERE} C3（级别）：读到“”，应为不能为空"]),
    "a wrong date in a hidden row": (
        [GOOD, (*GOOD[:4], "去年", "否")], [f"{WHERE} E4（隐藏行）（时间）：读到“去年”，应为日期，如 2023-10-01 或 2023.10"],
    ),
    "a day that does not exist": ([(*GOOD[:4], "2024-02-30", "否")], [f"{WHERE} E3（时间）：读到“2024-02-30”，应为存在的日期"]),
    "three flaws in two rows": (
        [("", "奖状", *GOOD[2:]), (*GOOD[:5], "也许")],
        [f"{WHERE} A3（组织代码）：读到“”，应为不能为空", f"{WHERE} B3（类别）：读到“奖状”，应为党组织表彰、述职评议“好”等次",
         f"{WHERE} F4（授予书记）：读到“也许”，应为是或否"],
    ),
    "an unknown unit": ([GOOD, NO_UNIT], ["有错，全部未导入：", "第 4 行：没有编号为“S99”的党组织，请核对代码"]),
    "a day ahead": ([AHEAD], ["有错，全部未导入：", "第 3 行：时间 2026-01-01 晚于今天，请核对"]),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_sheet_is_refused_with_every_flaw_and_changes_nothing(engine, inbox, name):
    rows, flaws = BROKEN[name]
    book(inbox / "表.xlsx", *rows, hidden=[4] if "hidden" in name else [])
    with reading(engine) as session:
        before = count_events(session), len(session.exec(select(Honour)).all())
    with pytest.raises(REFUSALS) as refused:
        perform(engine, DAY, "import_honours", sheet="表.xlsx")
    told = str(refused.value).removesuffix("；请改正后重新导入，或选“部分导入”").splitlines()
    assert told == flaws
    with reading(engine) as session:
        assert (count_events(session), len(session.exec(select(Honour)).all())) == before


@pytest.mark.parametrize(
    ("head", "told"), [(("单位", "级别"), "没有表头；应含 组织代码、类别、级别、名称、时间、授予书记"), ((), "没有表头")]
)
def test_a_sheet_without_head_is_refused(engine, inbox, head, told):
    book(inbox / "表.xlsx", GOOD, head=head)
    with pytest.raises(REFUSALS, match=told):
        perform(engine, DAY, "import_honours", sheet="表.xlsx")


def test_a_sheet_merged_or_formatted_to_its_last_corner_is_read_all_the_same(tmp_path):
    made = Workbook()
    for row in (HEAD, GOOD):
        made.active.append(row)
    made.active["XFD2"] = "x"
    made.save(tmp_path / "a.xlsx")
    with zipfile.ZipFile(tmp_path / "a.xlsx") as source, zipfile.ZipFile(tmp_path / "b.xlsx", "w") as target:
        for name in source.namelist():
            merge = b'<mergeCells count="1"><mergeCell ref="H1:XFD1048576"/></mergeCells><pageMargins'
            target.writestr(name, source.read(name).replace(b"<pageMargins", merge))
    begun = monotonic()
    assert [row.unit for _, row in read_honours(tmp_path / "a.xlsx").rows] == ["S12"]
    assert [row.unit for _, row in read_honours(tmp_path / "b.xlsx").rows] == ["S12"]
    with pytest.raises(PlanError, match="取消大片合并"):
        read_survey(tmp_path / "b.xlsx")
    assert monotonic() - begun < 5


def test_partial_takes_what_is_right_and_lists_the_rest(engine, inbox):
    book(inbox / "表.xlsx", GOOD, (*GOOD[:2], "部级", *GOOD[3:]), NO_UNIT, AHEAD, ("S13", *GOOD[1:]))
    with reading(engine) as session:
        fields = checked(session, "import_honours", {"sheet": "表.xlsx", "partial": True})
    told = perform(engine, DAY, "import_honours", **fields).splitlines()
    assert told == [
        "新登记 2 条，已有 0 条，未导入 3 处", f"{WHERE} C4（级别）：读到“部级”，应为国家级、省级、校级、院级",
        "第 5 行：没有编号为“S99”的党组织，请核对代码", "第 6 行：时间 2026-01-01 晚于今天，请核对",
    ]  # fmt: skip


def verdict(engine, project, key):
    with reading(engine) as session:
        return next(c.verdict for c in check_declared(load_world(session, "2025"), project) if c.key == key)


def test_an_honour_flips_its_condition_and_the_sheet_twice_changes_nothing(engine, inbox):
    perform(engine, DAY, "declare_project", cohort="2025", unit="S12")
    assert verdict(engine, "2025-S12", "org_honours") == Verdict.FAIL
    book(inbox / "表.xlsx", GOOD)
    perform(engine, DAY, "import_honours", sheet="表.xlsx")
    assert verdict(engine, "2025-S12", "org_honours") == Verdict.PASS
    with reading(engine) as session:
        before = count_events(session)
    assert perform(engine, DAY, "import_honours", sheet="表.xlsx") == "新登记 0 条，已有 1 条，未导入 0 处"
    with reading(engine) as session:
        assert count_events(session) == before
        assert verify(session) == []


def test_an_earlier_recognition_excludes(engine, inbox):
    perform(engine, DAY, "declare_project", cohort="2025", unit="S20")
    assert verdict(engine, "2025-S20", "not_recognised") == Verdict.PASS
    book(inbox / "表.xlsx", ("S20 某学院", "标杆院系", "省级", "2021年"), head=("代码", "获批类别", "级别", "获批时间"))
    with pytest.raises(REFUSALS, match="D3（时间）：读到“2021年”"):
        perform(engine, DAY, "import_recognitions", sheet="表.xlsx")
    book(inbox / "表.xlsx", ("S20 某学院", "标杆院系", "省级", "2021年3月"), head=("代码", "获批类别", "级别", "获批时间"))
    perform(engine, DAY, "import_recognitions", sheet="表.xlsx")
    assert verdict(engine, "2025-S20", "not_recognised") == Verdict.FAIL
    with reading(engine) as session:
        assert len(session.exec(select(Recognition)).all()) == 1


CONTACT_HEAD = ("组织代码", "角色", "姓名", "邮箱", "电话")


def test_contacts_are_replaced_once_and_every_refusal_is_named(engine, inbox):
    new = ("S01", "联系人", "赵老师", "zhao@university.example", "００００-1")
    book(
        inbox / "表.xlsx",
        new,
        ("S98", "", "钱老师", "qian@university.example", ""),
        ("S02", "书记", "孙", "没有邮箱", ""),
        head=CONTACT_HEAD,
    )
    with pytest.raises(PlanError, match="D5（邮箱）：读到“没有邮箱”"):
        perform(engine, DAY, "import_contacts", sheet="表.xlsx")
    told = perform(engine, DAY, "import_contacts", sheet="表.xlsx", partial=True).splitlines()
    assert told[0].startswith("新登记 1 条")
    assert [line.split("：")[0][-6:] for line in told] == ["导入 2 处", "D5（邮箱）", "第 4 行"]
    book(inbox / "表.xlsx", new, head=CONTACT_HEAD)
    assert perform(engine, DAY, "import_contacts", sheet="表.xlsx").startswith("新登记 0 条，已有 1 条")
    book(inbox / "表.xlsx", new, new, head=CONTACT_HEAD)
    with pytest.raises(ActError, match="在表中不止一行"):
        perform(engine, DAY, "import_contacts", sheet="表.xlsx")
    with reading(engine) as session:
        current = select(Contact).join(Unit).where(Unit.code == "S01", Contact.role == ContactRole.CONTACT, Contact.valid_until.is_(None))
        assert [(row.name, row.phone) for row in session.exec(current)] == [("赵老师", "0000-1")]


def test_both_contacts_of_a_unit_come_in_by_one_run_of_the_form(engine, inbox):
    """Each event of a run has an id of its own."""
    both = [("S01", role, f"新{role}", "new@university.example", "") for role in ("联系人", "书记")]
    book(inbox / "表.xlsx", *both, head=CONTACT_HEAD)
    assert perform(engine, Act("A01", "flow-run:1", DAY.on, command="run-1"), "import_contacts", sheet="表.xlsx").startswith("新登记 2 条")


def tasks(engine):
    with reading(engine) as session:
        return [(t.key, t.done_on) for t in session.exec(select(Task).where(Task.kind == TaskKind.RECHECK_CONDITION))]


KEY = "recheck_condition:2025-S05:dual_leaders"


def new_secretary(engine, day, name):
    perform(
        engine, Act("A01", "command:test", day), "change_contact", unit="S05B01", role="secretary", name=name, email="new@university.example",
    )  # fmt: skip


def test_a_new_secretary_puts_the_sos_project_before_the_office_until_it_is_settled(engine):
    perform(engine, DAY, "declare_project", cohort="2025", unit="S05")
    new_secretary(engine, date(2025, 12, 2), "新书记")
    assert tasks(engine) == [(KEY, None)]
    new_secretary(engine, date(2025, 12, 3), "新书记")
    assert tasks(engine) == [(KEY, None)], "the same person with another address: once"
    told = perform(engine, Act("A01", "t", date(2025, 12, 4)), "change_unit", unit="S05B01", dual_leader=True, basis="任职文件")
    assert "仍符合条件" in told
    assert tasks(engine) == [(KEY, date(2025, 12, 4))]
    perform(engine, Act("A01", "t", date(2025, 12, 5)), "change_unit", unit="S05B01", dual_leader=False, basis="任职文件")
    assert tasks(engine) == [(KEY, None)], "opened again"


def test_the_same_secretary_with_another_address_changes_nothing(engine):
    perform(engine, DAY, "declare_project", cohort="2025", unit="S05")
    with reading(engine) as session:
        unit = session.exec(select(Unit).where(Unit.code == "S05B01")).one()
        rows = session.exec(select(Contact.name).where(Contact.unit_id == unit.id, Contact.role == ContactRole.SECRETARY)).all()
    new_secretary(engine, date(2025, 12, 2), rows[0])
    assert tasks(engine) == []


def test_a_planned_merger_puts_the_branchs_project_before_the_office(engine):
    perform(engine, DAY, "declare_project", cohort="2025", unit="S01B03")
    fields = {"unit": "S01B03", "basis": "机构调整方案"}
    told = perform(engine, DAY, "change_unit", **fields, planned_end_on=date(2026, 7, 1))
    assert "不再符合“建设周期内保持稳定”" in told
    assert tasks(engine) == [("recheck_condition:2025-S01B03:stable_branch", None)]
    assert "没有变化" in perform(engine, DAY, "change_unit", **fields, planned_end_on=date(2026, 7, 1))
    perform(engine, DAY, "change_unit", **fields, stays=True)
    assert tasks(engine) == [("recheck_condition:2025-S01B03:stable_branch", DAY.on)]
    with pytest.raises(ActError, match="不是教师党支部"):
        perform(engine, DAY, "change_unit", **fields, dual_leader=True)


def test_on_the_command_line(creation, tmp_path, engine):
    path = book(tmp_path / "表.xlsx", GOOD, NO_UNIT)
    code, said = creation("import", "honours", str(path), "--by", "A01")
    assert (code, "第 4 行：没有编号为“S99”" in said) == (2, True)
    code, said = creation("import", "honours", str(path), "--dry-run")
    assert (code, "可读 2 行" in said) == (0, True)
    code, said = creation("import", "honours", str(path), "--partial", "--by", "A01")
    assert (code, "新登记 1 条" in said, "第 4 行" in said) == (0, True, True)
    contacts = book(tmp_path / "b.xlsx", ("S01", "", "赵老师", "zhao@university.example", "0"), head=CONTACT_HEAD)
    assert creation("import", "contacts", str(contacts), "--by", "A01")[0] == 0
    earlier = book(tmp_path / "c.xlsx", ("S20", "标杆院系", "省级", "2021.3"), head=("代码", "获批类别", "级别", "获批时间"))
    assert creation("import", "recognitions", str(earlier), "--by", "A01")[0] == 0
