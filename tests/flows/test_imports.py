"""Rosters from Excel: tolerant of layout, strict about content; a flaw names file, sheet, cell, what was read and what is expected."""

import zipfile

import pytest
from openpyxl import Workbook
from sqlmodel import select

from config.loading import PlanError
from flows.steps.register import register_units
from models.imports.rosters import read_units
from models.store import reading, transaction
from models.tables import Contact, Event, Unit

HEAD = ("组织代码", "名称", "类型", "上级代码", "支部类型", "成立时间", "联系人", "联系人邮箱", "电话")
SO = ("S90", "示范学院党委", "二级党组织", None, None, "2015.09", "联系人甲", "s90@university.example", "0000-90")
BRANCH = ("S90B01", "示范学院教师党支部", "党支部", "S90", "教师党支部", 44105, "联系人乙", "s90b01@university.example", "0000-91")


def sheet(path, *rows, head=HEAD, above=()):
    book = Workbook()
    for row in (*above, head, *rows):
        book.active.append(row)
    book.save(path)
    return path


def test_a_title_above_full_width_digits_and_three_date_styles_are_read(tmp_path):
    rows = read_units(sheet(tmp_path / "a.xlsx", BRANCH, SO, ("Ｓ９１", *SO[1:5], "2023年10月", *SO[6:]), above=[("党组织名单",), ()]))
    assert [row.code for row in rows] == ["S90B01", "S90", "S91"]
    assert [str(row.founded_on) for row in rows] == ["2020-10-01", "2015-09-01", "2023-10-01"]


def test_every_flaw_is_told_with_its_cell(tmp_path):
    wrong = sheet(tmp_path / "错误名单.xlsx", ("S90", "示范学院党委", "学院", None, None, "去年", *SO[6:]), ("", *SO[1:]))
    with pytest.raises(PlanError) as refused:
        read_units(wrong)
    assert str(refused.value).splitlines() == [
        "错误名单.xlsx 工作表“Sheet” C2（类型）：读到“学院”，应为二级党组织、党支部",
        "错误名单.xlsx 工作表“Sheet” F2（成立时间）：读到“去年”，应为日期，如 2023-10-01 或 2023.10",
        "错误名单.xlsx 工作表“Sheet” A3（组织代码）：读到“”，应为不能为空",
    ]


def test_a_sheet_without_head_is_refused(tmp_path):
    with pytest.raises(PlanError, match="没有表头"):
        read_units(sheet(tmp_path / "a.xlsx", *[("x",)] * 12, head=("代码",)))


def test_what_is_no_workbook_is_refused(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"PK not a zip")
    with pytest.raises(PlanError, match=r"不是 \.xlsx 文件"):
        read_units(path)


def test_a_zip_bomb_is_refused_unopened(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (101 * 1024 * 1024))
    with pytest.raises(PlanError, match="内容异常庞大"):
        read_units(path)


def test_the_same_roster_twice_changes_nothing(engine, act, tmp_path):
    rows = read_units(sheet(tmp_path / "a.xlsx", BRANCH, SO))
    added = []
    for _ in range(2):
        with transaction(engine) as session:
            added.append(
                (register_units(session, act, rows), len(session.exec(select(Event)).all()), len(session.exec(select(Contact)).all()))
            )
    assert [one[0] for one in added] == [2, 0]
    assert added[0][1:] == added[1][1:]
    with reading(engine) as session:
        branch = session.exec(select(Unit).where(Unit.code == "S90B01")).one()
        assert session.get(Unit, branch.parent_id).code == "S90"


def test_one_bad_row_changes_nothing(engine, act, tmp_path):
    rows = read_units(sheet(tmp_path / "a.xlsx", SO, (*BRANCH[:3], None, *BRANCH[4:])))
    with pytest.raises(Exception, match="党支部须填上级代码"), transaction(engine) as session:
        register_units(session, act, rows)
    with reading(engine) as session:
        assert session.exec(select(Unit).where(Unit.code == "S90")).first() is None
