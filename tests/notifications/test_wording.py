"""The office's own wording: saved only when every letter can still be written, compared with the shipped text, taken back."""

from pathlib import Path

import pytest
from sqlmodel import select

from config.settings import Settings, settings
from config.vocabulary import MailKind
from flows.operate.doctor import post
from flows.operate.doctor.finding import Level
from models.store import reading
from models.tables import Event
from notifications import wording
from notifications.render import SHIPPED, Renderer
from notifications.samples import sample
from notifications.wording import WordingError


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "templates"


def shipped(kind, name):
    return (SHIPPED / kind / name).read_bytes()


def changed(kind, name, old, new):
    return {name: shipped(kind, name).replace(old.encode(), new.encode())}


def everything(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


THANKS = ("感谢支持与配合", "谨表谢意")


def test_what_is_saved_is_what_the_next_letter_says(folder):
    sender = Renderer(folder)  # a process that runs for weeks and has already written such a letter
    assert THANKS[0] in sender.render(sample(MailKind.REMINDER)).text
    done = wording.save(folder, "reminder", changed("reminder", "body.txt", *THANKS))
    assert done.files == ("body.txt",)
    assert THANKS[1] in sender.render(sample(MailKind.REMINDER)).text
    wording.save(folder, "reminder", changed("reminder", "body.txt", THANKS[0], "再谢"))
    assert "再谢" in sender.render(sample(MailKind.REMINDER)).text
    wording.restore(folder, "reminder")
    assert THANKS[0] in sender.render(sample(MailKind.REMINDER)).text


REFUSED = [
    ("call", "body.txt", b"\xe4\xb8\x80\n{{ letter.nothing }}", "call/body.txt 第 2 行 有误：没有“nothing”这一项；请修改模板"),
    ("call", "subject.txt", b"{% if %}", "call/subject.txt 第 1 行 有误：语法不对"),
    ("call", "body.html", "贵单位".encode("gb18030"), "body.html 不是 UTF-8 编码，请另存为 UTF-8"),
    ("reassessment_result", "body.txt", b"{% if outcome == 'qualified' %}{{ gone }}{% endif %}", "reassessment_result/body.txt 第 1 行"),
    ("_base", "pieces.txt", b"{% macro tasks(lines) %}{% endmacro %}", "没有“"),
    ("call", "body.html", b"{{ ''.__class__.__mro__ }}", "使用了不允许的内容"),
]


@pytest.mark.parametrize(("kind", "name", "content", "told"), REFUSED, ids=[f"{row[0]}-{row[1]}-{n}" for n, row in enumerate(REFUSED)])
def test_a_broken_wording_is_refused_and_nothing_changes(folder, kind, name, content, told):
    wording.save(folder, "reminder", changed("reminder", "body.txt", *THANKS))
    before = everything(folder)
    with pytest.raises(WordingError) as refused:
        wording.save(folder, kind, {name: content})
    assert str(refused.value).startswith("没有保存，现行措辞不变。")
    assert told in str(refused.value)
    assert everything(folder) == before


def test_what_a_person_has_broken_by_hand_does_not_stop_the_mending_of_another(folder):
    (folder / "receipt").mkdir(parents=True)
    (folder / "receipt" / "body.txt").write_text("{{ gone }}", encoding="utf-8")
    assert wording.save(folder, "reminder", changed("reminder", "body.txt", *THANKS)).files == ("body.txt",)
    assert wording.restore(folder, "receipt").files == ("body.txt",)
    assert wording.broken(folder) == ()


def test_back_to_the_wording_before_and_forth_again(folder):
    first, second = changed("reminder", "body.txt", *THANKS), changed("reminder", "subject.txt", "【提醒】", "【温馨提醒】")
    wording.save(folder, "reminder", first)
    wording.save(folder, "reminder", second)
    assert wording.own(folder, "reminder") == first | second
    wording.restore(folder, "reminder", previous=True)
    assert wording.own(folder, "reminder") == first
    wording.restore(folder, "reminder", previous=True)
    assert wording.own(folder, "reminder") == first | second
    wording.restore(folder, "reminder")
    assert wording.own(folder, "reminder") == {}
    wording.restore(folder, "reminder", previous=True)
    assert wording.own(folder, "reminder") == first | second


def test_a_file_like_the_shipped_one_is_not_kept_whatever_the_editor_did_to_its_lines(folder):
    windows = b"\xef\xbb\xbf" + shipped("call", "body.txt").replace(b"\n", b"\r\n")
    assert wording.save(folder, "call", {"body.txt": windows}).files == ()
    assert wording.own(folder, "call") == {}
    saved = wording.save(folder, "reminder", {"body.txt": b"\xef\xbb\xbf" + changed("reminder", "body.txt", *THANKS)["body.txt"]})
    assert saved.files == ("body.txt",)
    assert len(wording.differences(folder, "reminder")) == 11, "one line differs, with its surroundings"


def test_the_difference_names_both_sides(folder):
    assert wording.differences(folder, "reminder") == ()
    wording.save(folder, "reminder", changed("reminder", "body.txt", *THANKS))
    lines = wording.differences(folder, "reminder")
    assert lines[:2] == ("--- 系统原文 reminder/body.txt", "+++ 本单位措辞 reminder/body.txt")
    assert [line for line in lines[2:] if line[0] in "+-"] == ["-感谢支持与配合。", "+谨表谢意。"]


def test_a_letter_that_no_longer_says_what_it_must_is_saved_with_a_remark(folder):
    silent = "{% extends '_base/letter.txt' %}{% block body %}{% filter para %}请办理。{% endfilter %}{% endblock %}"
    frame = {
        "letter.txt": "{{ letter.salutation }}：{% block body %}{% endblock %}{{ office.name }}{% block close %}{% endblock %}".encode()
    }
    done = wording.save(folder, "call", {"body.txt": silent.encode()})
    assert done.remarks == (), "the table at the end still tells it"
    assert "call/body.txt 没有写出“《典型案例》”" in wording.save(folder, "_base", frame).remarks


def test_files_taken_out_overwrite_nothing(folder, tmp_path):
    taken = wording.take_out(folder, "call", tmp_path / "work")
    assert [path.name for path in taken] == ["body.html", "body.txt", "subject.txt"]
    with pytest.raises(WordingError, match="已有"):
        wording.take_out(folder, "call", tmp_path / "work")
    with pytest.raises(WordingError, match="没有信件种类“calls”"):
        wording.take_out(folder, "calls", tmp_path / "other")
    with pytest.raises(WordingError, match="文件名应为"):
        wording.given_files("call", tmp_path)


def test_doctor_names_what_was_broken_or_misspelt_by_hand(folder):
    assert post.letters(folder).level == Level.OK
    (folder / "call").mkdir(parents=True)
    (folder / "call" / "body.text").write_text("x", encoding="utf-8")
    found = post.letters(folder)
    assert (found.level, "call/body.text" in found.found) == (Level.WARN, True)
    (folder / "call" / "body.txt").write_text("一\n{{ letter.nothing }}", encoding="utf-8")
    found = post.letters(folder)
    assert (found.level, "call/body.txt 第 2 行" in found.found, bool(found.todo)) == (Level.FAIL, True, True)


def test_the_folder_lies_in_the_data_folder_unless_said_otherwise(monkeypatch):
    monkeypatch.delenv("CREATION_TEMPLATE_FOLDER", raising=False)
    assert Settings(data=Path("/srv/x")).template_folder == Path("/srv/x/templates")
    assert Settings(data=Path("/srv/x"), template_folder=Path("/etc/w")).template_folder == Path("/etc/w")


def test_on_the_command_line_from_taking_out_to_going_back(creation, engine, tmp_path):
    work = tmp_path / "work"
    assert creation("mail", "template", "take", "reminder", str(work))[0] == 0
    body = work / "body.txt"
    body.write_text(body.read_text(encoding="utf-8").replace(*THANKS), encoding="utf-8")
    assert "body.txt" in creation("mail", "template", "save", "reminder", str(work))[1]
    assert THANKS[1] in creation("mail", "preview", "reminder")[1]
    assert "+谨表谢意。" in creation("mail", "template", "diff", "reminder")[1]
    body.write_text("{{ letter.nothing }}", encoding="utf-8")
    code, text = creation("mail", "template", "save", "reminder", str(body))
    assert (code, "reminder/body.txt 第 1 行" in text.replace("\n", "")) == (2, True)
    assert creation("mail", "template", "check")[0] == 0
    assert creation("mail", "template", "restore", "reminder")[0] == 0
    assert THANKS[0] in creation("mail", "preview", "reminder")[1]
    with reading(engine) as session:
        told = [event.payload for event in session.exec(select(Event).where(Event.event == "change_wording"))]
    assert [(one["kind"], list(one["files"])) for one in told] == [("reminder", ["body.txt"]), ("reminder", [])]
    settings.cache_clear()
