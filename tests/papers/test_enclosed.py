"""Word documents that go with letters (R67): the right one for each unit, the same bytes on every retry, and never a reason not to write."""

import hashlib
import shutil
import time
from datetime import date
from email import message_from_bytes, policy

import pytest
from sqlmodel import col, select

from config.settings import settings
from config.vocabulary import DocumentKind, MailKind, MailState, TaskKind
from flows.operate.delivery_loop import one_round
from flows.steps import enclosing
from flows.steps.acts import perform
from flows.steps.daily import scan
from flows.steps.enclosing import enclosures
from models.database import engine_for
from models.history import Act
from models.store import reading
from models.tables import Mail, Task
from notifications.catalogue import CATALOGUE
from notifications.delivery import deliver
from notifications.papers.word.filling import _filled, own_form
from notifications.tasks import task_key
from notifications.transport import Delivery, Result
from tests.factories import load_plan
from tests.flows.test_documents import fail
from tests.notifications.test_word import form_saying, text_of
from tests.postman import BUSY, Postman, at, parsed, told

APPLICATION = DocumentKind.APPLICATION
TODAY = date(2025, 11, 4)
ACT = Act("工作人员1", "command:test", TODAY)


class Losing(Postman):
    """Takes every mail and loses the line before it can say so."""

    def deliver(self, message):
        super().deliver(message)
        return Delivery(Result.UNKNOWN, None, "line lost")


@pytest.fixture
def called(engine, data_folder):
    """The morning of the notice: every call is planned, nothing has left."""
    at(engine, "2025-11-04")
    scan(engine, TODAY, "timetable:2025-11-04")
    return engine


def send(engine, post=None):
    post = post or Postman()
    deliver(engine, post, "one", enclose=enclosures)
    return post


def documents(message):
    """File name → content of the Word documents of a mail."""
    parts = parsed(message).iter_attachments()
    return {part.get_filename(): part.get_content() for part in parts if part.get_content_type().endswith("wordprocessingml.document")}


def letter_to(post, box, project):
    return next(raw for to, raw in post.carried if to == box and project in {line.project for line in told(to, raw)})


def test_a_call_brings_the_form_of_that_project(called):
    post = send(called)
    for box, raw in post.carried:
        wanted = {line.project for line in told(box, raw) if line.paper == "acceptance_application" and line.unit == line.project[5:]}
        assert set(documents(raw)) == {f"工作验收申请书-{project}.docx" for project in wanted}
    mine = letter_to(post, "s04b01-contact@university.example", "2023-S04B01")
    [content] = documents(mine).values()
    said = text_of(content)
    assert "星河学院教师第一党支部" in said
    assert "2023-S04B01" in said
    assert "{" not in said
    assert "附件：工作验收申请书-2023-S04B01" in parsed(mine).get_body(("plain",)).get_content()
    assert parsed(mine)["X-Creation-File"].strip() == hashlib.sha256(content).hexdigest()


def test_an_so_that_has_not_declared_gets_the_blank_form_with_its_reminder(engine, data_folder):
    """Who has declared a branch gets none, nor does anybody with the call."""
    perform(engine, ACT, "declare_project", cohort="2025", unit="S02B01")
    at(engine, "2025-11-04")
    scan(engine, TODAY, "timetable:2025-11-04")
    assert not any("申报书-S01.docx" in documents(raw) for _, raw in send(engine).carried)
    day = date(2025, 11, 21)
    at(engine, f"{day}")
    scan(engine, day, f"timetable:{day}")
    brought = {box: documents(raw) for box, raw in send(engine).carried if "提醒" in parsed(raw)["Subject"]}
    content = brought["s01-contact@university.example"]["申报书-S01.docx"]
    said = text_of(content)
    for words in ("云杉学院党委", "样板党支部", "教师党支部成立满三年", "《示范创建申报书》", "2025年12月2日"):
        assert words in said
    assert "{" not in said
    assert not any(name.startswith("申报书-S02") for found in brought.values() for name in found), "negative control"


def test_a_name_travels_whole_and_in_plain_letters(called):
    raw = letter_to(send(called), "s01-contact@university.example", "2023-S01")
    [part] = [one for one in message_from_bytes(raw, policy=policy.default).iter_attachments() if "word" in one.get_content_type()]
    assert part.get_filename() == "工作验收申请书-2023-S01.docx"
    assert part.get_param("name") == "2023-S01.docx"
    raw.decode("ascii")


def test_every_copy_of_a_mail_brings_the_same_bytes(called):
    lost = send(called, Losing())
    assert len(lost.carried) == 2 * len({message for _, message in lost.carried})
    assert any(documents(message) for _, message in lost.carried)


def test_what_was_put_off_brings_the_same_document_later(called, tmp_path):
    """Made anew by another process, hours later."""
    shutil.copy(called.url.database, tmp_path / "twin.db")
    first = send(called)
    twin = engine_for(f"sqlite:///{tmp_path / 'twin.db'}")
    send(twin, Postman(at_door=BUSY))
    _filled.cache_clear()
    time.sleep(2.1)  # the clock of a package counts in steps of two seconds
    at(twin, "2025-11-04", 15)
    later = send(twin)
    assert all_documents(later) == all_documents(first) != {}
    twin.dispose()


def all_documents(post):
    return {name: content for _, raw in post.carried for name, content in documents(raw).items()}


def test_a_broken_form_stops_no_mail_and_asks_once(called, data_folder):
    path = own_form(data_folder / "forms", APPLICATION)
    path.parent.mkdir(parents=True)
    path.write_bytes(form_saying("{{ unitt }}"))
    post = send(called)
    assert {mail.state for mail in mails(called)} == {MailState.SENT}
    assert all_documents(post) == {}
    assert not any("附件：" in parsed(raw).get_body(("plain",)).get_content() for _, raw in post.carried)
    [task] = tasks(called)
    assert "工作验收申请书.docx”中有未知字段：unitt" in task.text
    path.write_bytes(form_saying("本校格式 {{ unit }}"))
    perform(called, Act("A01", "command:test", TODAY), "declare_project", cohort="2025", unit="S05", title="引领")
    at(called, "2025-11-05")
    scan(called, date(2025, 11, 5), "timetable:2025-11-05")
    assert list(all_documents(send(called))) == ["申报书-2025-S05.docx"]


def test_the_self_evaluation_goes_out_with_its_form_and_a_result_with_its_letter():
    assert load_plan("2025").programme.deliverable("value_added_self_evaluation").form == DocumentKind.VALUE_ADDED
    results = {kind: entry.encloses for kind, entry in CATALOGUE.items() if kind.startswith("result_") or kind == "reassessment_result"}
    assert results.pop(MailKind.RESULT_INELIGIBLE) is None, "the office's own finding, no decision of the committee"
    assert set(results.values()) == {DocumentKind.RESULT_NOTICE}


def mails(engine):
    with reading(engine) as session:
        return session.exec(select(Mail)).all()


def tasks(engine):
    with reading(engine) as session:
        return session.exec(select(Task).where(col(Task.key).startswith(task_key(TaskKind.RUN_FAILED, "form:")))).all()


@pytest.mark.parametrize("form", [b"no document", "{% for x in parts %}", "{{ parts[99].title }}"])
def test_whatever_is_wrong_with_a_form_the_mail_goes(called, data_folder, form):
    path = own_form(data_folder / "forms", APPLICATION)
    path.parent.mkdir(parents=True)
    path.write_bytes(form if isinstance(form, bytes) else form_saying(form))
    assert len(send(called).carried) == len(mails(called))
    assert len(tasks(called)) == 1


def test_a_mail_stays_within_its_size(called, data_folder, monkeypatch):
    monkeypatch.setattr(enclosing, "BYTES_MAX", 5000)
    assert all_documents(send(called)) == {}
    [task] = tasks(called)
    assert "超过一封邮件能带的大小" in task.text


def test_a_returned_paper_comes_with_its_letter_frozen_at_once(called):
    perform(called, ACT, "hand_in", project="2023-S01", deliverable="typical_case", files=["a"])
    perform(called, ACT, "return_paper", project="2023-S01", deliverable="typical_case", reasons=["缺页", "超过字数。"])
    [mail] = [one for one in mails(called) if one.kind == MailKind.RETURNED]
    [content] = documents(mail.mime).values()
    assert "1. 缺页。\n2. 超过字数。" in text_of(content)
    assert (mail.mailbox, mail.mime) in send(called).carried


def test_an_order_to_rectify_comes_with_its_notice(called):
    fail(called, "2023-S01")
    [order] = [one for one in mails(called) if one.kind == MailKind.RECTIFICATION_ORDER]
    [(name, content)] = documents(order.mime).items()
    assert name == "整改通知书-2023-S01.docx"
    assert "1. 台账不全。" in text_of(content)


def test_one_mail_per_so_brings_the_forms_of_its_branches(called, monkeypatch):
    monkeypatch.setenv("CREATION_MAIL_PER_SO", "1")
    settings.cache_clear()
    [raw] = [raw for to, raw in send(called).carried if to == "s04-contact@university.example" and documents(raw)]
    assert list(documents(raw)) == ["工作验收申请书-2023-S04B01.docx"]


def test_the_delivery_process_encloses(called):
    post = Postman()
    one_round(called, post, "loop")
    assert len(all_documents(post)) == 17


def test_a_form_is_checked_when_it_is_put_in_place_and_by_the_doctor(creation, tmp_path):
    good, bad = tmp_path / "good.docx", tmp_path / "bad.docx"
    good.write_bytes(form_saying("本校：{{ unit }}"))
    bad.write_bytes(form_saying("{{ unti }}"))
    place = own_form(tmp_path / "data" / "forms", APPLICATION)
    code, said = creation("document", "put", "工作验收申请书", str(bad))
    assert (code, "“bad.docx”中有未知字段：unti" in said, place.exists()) == (2, True, False)
    assert creation("document", "put", "工作验收申请书", str(good))[0] == 0
    assert place.read_bytes() == good.read_bytes()
    code, said = creation("document", "put", "工作验收申请书", str(bad))
    assert (code, place.read_bytes()) == (2, good.read_bytes())
    place.write_bytes(bad.read_bytes())
    (place.parent / "整改书.docx").write_bytes(good.read_bytes())
    said = creation("doctor")[1]
    assert "文书模板" in said
    assert "unti" in said
    assert creation("document", "restore", "工作验收申请书")[0] == 0
    assert not place.exists()
    assert "整改书.docx" in creation("document", "check")[1]
