"""A letter with the real data of a chosen project, on the command line and in the browser's page; looking writes nothing."""

from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import select

from config.settings import settings
from config.vocabulary import MailKind
from flows.steps.daily import scan
from models.loading import project_row
from models.store import reading, transaction
from models.tables import Contact, Task
from notifications.local_page.server import LocalPage
from notifications.preview import PreviewError, preview, projects
from notifications.render import Renderer
from notifications.samples import sample
from tests.page_reader import Reader

BRANCH, SO = "2023-S04B01", "2023-S01"
SHIPPED = Renderer()
TO_OFFICE = {kind for kind in MailKind if sample(kind).to_office}


def refuse_to_write(session, *_):
    raise AssertionError(f"a preview writes {list(session.new)} {list(session.dirty)}")


def shown(engine, kind, project=BRANCH):
    with reading(engine) as session:
        sa.event.listen(session, "before_flush", refuse_to_write)
        found = preview(session, kind, project)
    return found, SHIPPED.render(found.letter)


def test_every_kind_tells_the_chosen_project_s_own_data(engine):
    for kind in MailKind:
        found, letter = shown(engine, kind)
        whole = letter.text.replace("\n", "").replace(" ", "")
        assert found.letter.to_office == (kind in TO_OFFICE)
        assert "星河学院" in whole or kind in TO_OFFICE, kind
        assert "云杉" not in whole or kind in TO_OFFICE, f"{kind}: nobody of the sample"
        assert "首批“一融双高”" in whole or kind == MailKind.HEADS_LIST, "that one is about no cohort"
        assert found.mailbox.endswith("@university.example") or kind in (MailKind.PANEL_REMINDER, MailKind.DEFENCE_PANEL), kind


def test_a_letter_about_a_duty_is_shown_as_of_the_day_on_which_it_would_go(engine):
    for kind, told in ((MailKind.REMINDER, "还有7天"), (MailKind.OVERDUE, "已逾期1天"), (MailKind.ESCALATION, "已逾期7天")):
        assert told in shown(engine, kind)[1].text.replace("\n", "").replace(" ", "")
    assert shown(engine, MailKind.ESCALATION)[0].letter.greeting_person == "星河书记"


def test_what_is_on_record_goes_before_what_is_made_up(engine):
    scan(engine, date(2025, 11, 4), "timetable:test")
    found, _ = shown(engine, MailKind.CALL)
    assert found.real
    assert {line.title for line in found.letter.lines} == {
        "《师生满意度测评结果》",
        "《自检自查表》",
        "《工作验收申请书》",
        "《典型案例》",
        "《负面清单核查说明》",
    }
    assert not shown(engine, MailKind.RETURNED)[0].real


def test_looking_writes_nothing_even_where_nobody_can_be_written_to(engine):
    with transaction(engine) as session:
        for contact in session.exec(select(Contact)):
            session.delete(contact)
    before = Path(engine.url.database).read_bytes()
    found, letter = shown(engine, MailKind.OFFICE_LIST)
    assert "电话：" not in letter.text.partition("联系电话")[0]
    assert shown(engine, MailKind.CALL)[0].mailbox == ""
    assert Path(engine.url.database).read_bytes() == before
    with reading(engine) as session:
        assert session.exec(select(Task)).all() == []
    assert found.mailbox == settings().office_email


def test_a_project_that_owes_nothing_has_no_reminder(engine):
    with reading(engine) as session:
        assert BRANCH in projects(session)
        with pytest.raises(LookupError, match="没有编号为"):
            preview(session, MailKind.CALL, "2023-S99")
    with transaction(engine) as session:
        project_row(session, SO).state = "terminated"
    with reading(engine) as session, pytest.raises(PreviewError, match="没有可列入“提醒”的任务"):
        preview(session, MailKind.REMINDER, SO)


def test_on_the_command_line(creation, tmp_path):
    code, text = creation("mail", "preview", "overdue", "--project", BRANCH, "--html", str(tmp_path / "x.html"))
    assert code == 0
    assert text.startswith("收件人：s04b01-contact@university.example")
    assert "星河学院教师第一党支部" in (tmp_path / "x.html").read_text(encoding="utf-8")
    assert creation("mail", "preview", "overdue", "--project", "2023-S99")[0] == 2


@pytest.fixture
def letters(engine, tmp_path, monkeypatch):
    monkeypatch.setenv("CREATION_TEMPLATE_FOLDER", str(tmp_path / "templates"))
    settings.cache_clear()
    page = LocalPage(tmp_path, tmp_path / "mail", engine=engine).start()
    yield Reader(page.port, tmp_path)
    page.stop()
    settings.cache_clear()


def test_the_page_shows_a_letter_at_both_widths_with_the_difference_and_without_scripts(letters, tmp_path):
    assert all(f'href="/letters/{kind}"' in letters.text("/letters") for kind in MailKind)
    page = letters.text(f"/letters/reminder?project={BRANCH}&width=phone")
    assert "max-width:360px" in page
    assert "与系统原文一致" in page
    assert f"/letter/reminder?project={BRANCH}" in page
    framed = letters.get(f"/letter/reminder?project={BRANCH}")
    assert "星河学院教师第一党支部" in framed.body.decode()
    assert framed.headers["Content-Security-Policy"].startswith("sandbox;")
    assert "max-width:100%" in letters.text("/letters/reminder")
    (tmp_path / "templates" / "reminder").mkdir(parents=True)
    (tmp_path / "templates" / "reminder" / "subject.txt").write_text("【提醒】<b>&", encoding="utf-8")
    assert "+【提醒】&lt;b&gt;&amp;" in letters.text("/letters/reminder")


def test_the_page_tells_what_is_wrong(letters, tmp_path):
    assert letters.get("/letters/novel").status == 404
    assert "没有编号为“&lt;x&gt;”的项目" in letters.text("/letters/call?project=%3Cx%3E")
    assert letters.get("/letter/call?project=no").status == 422
    (tmp_path / "templates" / "call").mkdir(parents=True)
    (tmp_path / "templates" / "call" / "body.txt").write_text("{{ gone }}", encoding="utf-8")
    assert "call/body.txt 第 1 行" in letters.text("/letters")
    assert "call/body.txt 第 1 行" in letters.text("/letters/call")


def test_without_a_database_samples_are_shown(page):
    assert "云杉学院党委" in page.text("/letters/call")
    assert "数据库暂不可用" in page.text("/letters/call?project=2023-S01")
