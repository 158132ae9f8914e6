"""Rosters as they are taken out: brought back as they are they change nothing, edited they change what was edited (6.3)."""

from datetime import date

import pytest
from openpyxl import Workbook, load_workbook
from sqlmodel import select

from flows.steps.acts import perform
from flows.steps.exporting import ROSTERS
from models.history import Act, count_events
from models.store import reading
from models.tables import Contact, Honour, Recognition, Unit

ACT = Act("A01", "command:test", date(2025, 11, 3))
COMMANDS = {"党组织": "units", "荣誉": "honours", "已获批": "recognitions", "联系人": "contacts"}


@pytest.fixture
def known(engine, creation, tmp_path):
    """An installation with something in every roster."""
    head = ("组织代码", "类别", "级别", "时间")
    sheet = tmp_path / "已获批.xlsx"
    book = Workbook()
    for row in (head, ("S20B01", "样板支部", "校级", "2022-06")):
        book.active.append(row)
    book.save(sheet)
    code, said = creation("import", "recognitions", str(sheet))
    assert code == 0, said
    return engine


def taken_out(creation, name, folder):
    path = folder / f"{name}-out.xlsx"
    code, said = creation("sheet", "roster", name, "--out", str(path))
    assert code == 0, said
    return path


def rows_of(engine):
    with reading(engine) as session:
        counts = [len(session.exec(select(table)).all()) for table in (Unit, Contact, Honour, Recognition)]
        return counts, count_events(session)


def test_what_is_taken_out_and_brought_back_changes_nothing(known, creation, tmp_path):
    assert set(COMMANDS) == set(ROSTERS) - {"项目"}
    before = rows_of(known)
    for name, command in COMMANDS.items():
        code, said = creation("import", command, str(taken_out(creation, name, tmp_path)))
        assert code == 0, said
        assert rows_of(known) == before, name


def test_what_was_edited_and_no_more_is_brought_back(known, creation, tmp_path):
    path = taken_out(creation, "联系人", tmp_path)
    book = load_workbook(path)
    [line] = [row for row in book.active.iter_rows(min_row=4) if (row[0].value, row[1].value) == ("S02", "联系人")]
    line[2].value, line[3].value = "新人", "new@university.example"
    book.save(path)
    (units, contacts, honours, recognitions), events = rows_of(known)
    assert creation("import", "contacts", str(path))[0] == 0
    assert rows_of(known) == ([units, contacts + 1, honours, recognitions], events + 1)
    with reading(known) as session:
        assert session.exec(select(Contact).where(Contact.name == "新人")).one().email == "new@university.example"


def test_a_replaced_contact_is_not_listed_and_what_is_no_roster_is_refused(known, creation, tmp_path):
    perform(known, ACT, "change_contact", unit="S02", role="contact", name="新人", email="new@university.example")
    names = [
        row[2].value for row in load_workbook(taken_out(creation, "联系人", tmp_path)).active.iter_rows(min_row=4) if row[0].value == "S02"
    ]
    assert names[0] == "新人"
    assert len(names) == 2
    code, said = creation("sheet", "roster", "名册")
    assert (code, "没有名单“名册”；可用：党组织、项目" in said) == (2, True), said
    code, said = creation("sheet", "roster", "项目")
    assert (code, "须写明批次" in said) == (2, True), said
