"""The desk of a real database: what is read, the page on disk and in the local mailbox, the command."""

import json
from datetime import date, datetime

import httpx
import pytest
from sqlmodel import select

from config.clock import BUSINESS_ZONE, now
from config.vocabulary import ContactRole, MailClass, MailKind, MailState, PhaseKind, RecipientRole, TaskKind
from flows.desk.page import page_path, write_page
from flows.desk.reading import people, read_situation
from flows.steps.acts import perform
from models.business_clock import move_clock
from models.history import Act
from models.store import reading, transaction
from models.tables import Ballot, Cohort, Contact, Decision, Mail, Project, Task, Unit
from notifications.addresses import resolve
from notifications.local_page.server import LocalPage

TODAY = date(2025, 11, 4)


def read(engine):
    with reading(engine) as session:
        return read_situation(session)


def test_contacts_are_those_to_whom_mail_would_go(engine, act):
    perform(
        engine, act, "change_contact", unit="S01", role=ContactRole.CONTACT, name="新联系人", email="new@university.example", phone="0000-9"
    )
    with transaction(engine) as session:
        unit = session.exec(select(Unit).where(Unit.code == "S02")).one()
        gone = session.exec(select(Contact).where(Contact.unit_id == unit.id, Contact.role == ContactRole.CONTACT)).one()
        gone.valid_until = date(2025, 11, 3)
    with reading(engine) as session:
        codes = session.exec(select(Unit.code).where(Unit.code != "S02")).all()
        found = people(session, TODAY)
        expected = {code: resolve(session, code, RecipientRole.CONTACT, TODAY) for code in codes}
    assert {code: (person.name, person.phone) for code, person in found.items()} == {c: (a.person, a.phone) for c, a in expected.items()}
    assert (found["S01"].name, found["S01"].phone) == ("新联系人", "0000-9")


def mail(session, number, state, **more):
    at = datetime(2025, 11, 4, 9, number, tzinfo=BUSINESS_ZONE)
    row = Mail(
        key=f"k{number}", message_id=f"m{number}", kind=MailKind.REMINDER, mail_class=MailClass.REMIND, mailbox="s01@university.example",
        recipient_unit="S01", send_on=TODAY, not_before=at, state=state, subject=f"第{number}封", **more,
    )  # fmt: skip
    session.add(row)


def test_mails_that_have_left_newest_first_and_those_in_trouble_until_their_task_is_done(engine):
    with transaction(engine) as session:
        for number in range(1, 26):
            mail(session, number, MailState.SENT)
        mail(session, 30, MailState.READY)
        mail(session, 31, MailState.FAILED)
        mail(session, 32, MailState.UNKNOWN)
        key = f"{TaskKind.CONFIRM_DELIVERY}:k32"
        session.add(Task(key=key, kind=TaskKind.CONFIRM_DELIVERY, unit="S01", text="请确认", opened_on=TODAY, done_on=TODAY))
        session.add(Task(key="telephone:x", kind=TaskKind.TELEPHONE, unit="S01", text="请致电", opened_on=TODAY))
    found = read(engine)
    assert [one.subject for one in found.recent] == [f"第{n}封" for n in (32, 31, *range(25, 7, -1))]
    assert [(one.subject, one.unit) for one in found.troubled] == [("第31封", "云杉学院党委")]
    assert [(task.text, found.names[task.unit]) for task in found.work.tasks] == [("请致电", "云杉学院党委")]


def test_a_ballot_waits_until_it_is_decided_or_void(engine):
    with transaction(engine) as session:
        cohort = session.exec(select(Cohort).where(Cohort.code == "2023")).one()
        project = session.exec(select(Project).where(Project.code == "2023-S01")).one()
        lines = [{"project": "2023-S01", "round_no": 1, "seq": 1}]
        for code, voided in (("waits", None), ("void", "情况有变"), ("decided", None)):
            made_by = "flow-run:abc" if code == "waits" else "command:x"
            ballot = Ballot(
                code=code,
                cohort_id=cohort.id,
                phase=PhaseKind.REVIEW if code != "decided" else PhaseKind.MID_TERM,
                lines=lines,
                made_by=made_by,
                made_on=TODAY,
                made_at=now(),
                voided_because=voided,
            )
            session.add(ballot)
        session.flush()
        session.add(
            Decision(
                project_id=project.id, ballot_id=ballot.id, phase=PhaseKind.MID_TERM, round_no=0, outcome="qualified", meeting="会", decided_on=TODAY,
                basis="纪要", recorded_by="秘书",
            )
        )  # fmt: skip
    assert [(ballot.code, ballot.run, ballot.projects) for ballot in read(engine).work.ballots] == [("waits", "abc", ("2023-S01",))]


def test_reading_leaves_no_trace(engine):
    with transaction(engine) as session:
        for contact in session.exec(select(Contact).where(Contact.role == ContactRole.CONTACT)):
            contact.valid_until = date(2025, 11, 3)
    assert read(engine).people == {}
    with reading(engine) as session:
        assert session.exec(select(Task)).all() == []


def test_the_page_is_replaced_whole_and_read_by_its_owner_alone(engine, tmp_path):
    path = page_path(engine)
    assert path == tmp_path / "desk.html"
    write_page(path, "旧")
    write_page(path, "新")
    assert path.read_text(encoding="utf-8") == "新"
    assert path.stat().st_mode & 0o777 == 0o600
    (tmp_path / "taken.html").mkdir()
    with pytest.raises(OSError, match="taken"):
        write_page(tmp_path / "taken.html", "新")
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


def test_the_local_page_shows_the_desk(tmp_path):
    page = LocalPage(tmp_path, tmp_path / "mail").start()
    try:
        before = httpx.get(f"{page.url}desk")
        assert (before.status_code, "还没有生成" in before.text) == (404, True)
        (tmp_path / "desk.html").write_text("<p>今日工作台</p>", encoding="utf-8")
        for address in ("desk", "desk/"):
            answer = httpx.get(f"{page.url}{address}")
            assert (answer.status_code, answer.text) == (200, "<p>今日工作台</p>")
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert httpx.get(f"{page.url}desk/..%2fdesk.html").status_code == 404
    finally:
        page.stop()


def test_the_command_tells_the_desk_of_today(engine, creation, tmp_path):
    with transaction(engine) as session:
        move_clock(session, datetime(2025, 11, 18, 9, 0, tzinfo=BUSINESS_ZONE))
    code, text = creation("desk")
    assert code == 0
    assert "【谁还没交】" in text
    assert "云杉学院党委　云杉联系人　0000-0101000　逾期 1 天" in text
    given = json.loads(creation("desk", "--json")[1])
    assert given["on"] == "2025-11-18"
    assert [group["title"] for group in given["missing"]][:2] == ["《师生满意度测评结果》报送", "《自检自查表》报送"]
    assert creation("desk", "--html", str(tmp_path / "out.html"))[0] == 0
    assert "云杉学院党委" in (tmp_path / "out.html").read_text(encoding="utf-8")
    assert creation("desk", "--json", "--text")[0] == 2


def test_acts_move_the_desk(engine):
    perform(engine, Act("工作人员1", "command:test", TODAY), "declare_project", cohort="2025", unit="S20B01")
    before = read(engine).worlds[1].projects
    assert [project.code for project in before] == ["2025-S20B01"]
