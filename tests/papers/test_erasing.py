"""Erasing a person: nothing of theirs is left in any table that may change, and the history is as whole as before (decision 0023)."""

from datetime import date
from pathlib import Path

import pyotp
import pytest
import sqlalchemy as sa
from sqlmodel import Session, SQLModel, select

from config.vocabulary import PersonRole
from flows.steps.acts import perform
from flows.steps.awards import awards
from flows.steps.daily import scan
from flows.steps.enclosing import enclosures
from flows.steps.erasing import ERASED, choices, erase_person, names
from flows.steps.errors import ActError, refuse
from flows.steps.people import register_person, retire_person
from models.history import Act, verify
from models.naming import name_of
from models.store import reading, transaction
from models.tables import Contact, Event, Inbound, Mail, Person, Task, Unit
from notifications.delivery import deliver
from notifications.transport import Delivery, Result
from tests.flows.publicity_scene import FIRST, decide, objected, shortlisted
from tests.postman import Postman, at

OLD = {"unit": "S04B01", "role": "contact", "name": "欧阳示例", "email": "ouyang@university.example", "phone": "0000-7654321"}
NEW = {"unit": "S04B01", "role": "contact", "name": "司马示例", "email": "sima@university.example", "phone": "0000-1234567"}
WORDS = ("欧阳示例", "ouyang@university.example", "0000-7654321")


def on(day):
    return Act("A01", f"command:test {day}", date.fromisoformat(day))


class Refusing(Postman):
    """Refuses one mailbox and names it in its answer, as servers do."""

    def deliver(self, message):
        if self.recipient == OLD["email"]:
            return Delivery(Result.REFUSED, 550, f"5.1.1 <{self.recipient}>: user unknown")
        return super().deliver(message)


@pytest.fixture
def left(engine, data_folder):
    """A contact with a call, a refused copy of it, a task and a reply behind them has been replaced."""
    perform(engine, on("2025-11-03"), "change_contact", **OLD)
    at(engine, "2025-11-04")
    scan(engine, date(2025, 11, 4), "timetable:2025-11-04")
    deliver(engine, Postman(), "one", enclose=enclosures)
    at(engine, "2025-11-12")
    scan(engine, date(2025, 11, 12), "timetable:2025-11-12")
    deliver(engine, Refusing(), "one", enclose=enclosures)
    with transaction(engine) as session:
        mail = session.exec(select(Mail).where(Mail.mailbox == OLD["email"])).first()
        when = mail.sent_at
        session.add(
            Inbound(
                sha256="0" * 64,
                kind="reply",
                mail_id=mail.id,
                sender="Ouyang@University.example",
                subject="欧阳示例的回信",
                received_at=when,
                read_at=when,
            )
        )
        session.add(
            Task(
                key="read_reply:1",
                kind="read_reply",
                text="欧阳示例（ouyang@university.example）回复，电话 0000-7654321",
                opened_on=date(2025, 11, 5),
            )
        )
    kept = data_folder / "mail" / "000001-a.eml"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"From: a\r\nTo: ouyang@university.example\r\n\r\nx")
    (kept.parent / "000002-b.eml").write_bytes(b"From: a\r\nTo: sima@university.example\r\n\r\nx")
    perform(engine, on("2025-11-13"), "change_contact", **NEW)
    return engine


def number_of(engine, name=OLD["name"]):
    with reading(engine) as session:
        return f"C{session.exec(select(Contact.id).where(Contact.name == name)).one()}"


def tables_with(engine, words):
    """The tables in which a word is still to be read, also inside the mails."""
    found = set()
    with engine.connect() as connection:
        for table in SQLModel.metadata.sorted_tables:
            for row in connection.execute(sa.select(table)).mappings():
                texts = " ".join(str(value) for value in row.values() if not isinstance(value, bytes)).lower()
                mimes = [value for value in row.values() if isinstance(value, bytes)]
                if any(word.lower() in texts for word in words) or any(names(mime, words) for mime in mimes):
                    found.add(table.name)
    return found


def test_nothing_is_left_outside_the_history_and_the_history_stands(left, data_folder):
    assert tables_with(left, WORDS) == {"contact", "mail", "task", "inbound"}, "neither history nor attempts ever had it"
    with reading(left) as session:
        before = {event.hash for event in session.exec(select(Event))}
        sent = len(session.exec(select(Mail)).all())
    assert on_disk(left), "the control"
    who = number_of(left)
    perform(left, on("2025-11-14"), "erase_person", who=who, reason="本人申请")
    assert tables_with(left, WORDS) == set()
    with reading(left) as session:
        assert verify(session) == []
        events = session.exec(select(Event)).all()
        [new] = [event for event in events if event.hash not in before]
        assert (new.stream, new.event, new.payload["contact"]) == ("unit:S04B01", "erase_contact", who)
        assert new.payload["letters"] >= 2
        assert len(session.exec(select(Mail)).all()) == sent, "that a letter went, and when, stays"
        assert session.get(Contact, int(who[1:])).name == ERASED
    assert [path.name for path in (data_folder / "mail").iterdir()] == ["000002-b.eml"]
    assert not on_disk(left)


def on_disk(engine):
    """Whether one of the words is to be read in the bytes of the database file."""
    engine.dispose()
    content = Path(engine.url.database).read_bytes()
    return any(word.encode() in content for word in WORDS)


def test_twice_is_once_and_others_are_as_they_were(left):
    who = number_of(left)
    with reading(left) as session:
        others = {mail.id: mail.mime for mail in session.exec(select(Mail).where(Mail.recipient_unit == "S01"))}
    for _ in range(2):
        perform(left, on("2025-11-14"), "erase_person", who=who, reason="本人申请")
    with reading(left) as session:
        assert len(session.exec(select(Event).where(Event.event == "erase_contact")).all()) == 1
        assert {mail.id: mail.mime for mail in session.exec(select(Mail).where(Mail.recipient_unit == "S01"))} == others
        assert session.exec(select(Contact).where(Contact.name == NEW["name"])).one().phone == NEW["phone"]
        assert who not in choices(session).values()


def test_the_post_goes_on_after_an_erasure(left):
    perform(left, on("2025-11-14"), "erase_person", who=number_of(left), reason="本人申请")
    at(left, "2025-11-14")
    scan(left, date(2025, 11, 14), "timetable:2025-11-14")
    deliver(left, post := Postman(), "one", enclose=enclosures)
    assert NEW["email"] in {box for box, _ in post.carried}


def test_a_mailbox_that_a_successor_has_taken_over_stays(engine, data_folder):
    perform(engine, on("2025-11-03"), "change_contact", **OLD)
    perform(engine, on("2025-11-04"), "change_contact", **{**NEW, "email": OLD["email"]})
    perform(engine, on("2025-11-05"), "erase_person", who=number_of(engine), reason="本人申请")
    with reading(engine) as session:
        rows = session.exec(select(Contact).join(Unit).where(Unit.code == "S04B01", Contact.role == "contact").order_by(Contact.id)).all()
    assert [(row.name, row.email) for row in rows[-2:]] == [(ERASED, ""), (NEW["name"], OLD["email"])]


def test_a_retired_person_is_erased_and_only_the_code_is_left(engine, data_folder):
    with transaction(engine) as session:
        register_person(session, on("2025-11-04"), "P99", "上官示例", PersonRole.PANEL, None, "shangguan@university.example")
    with pytest.raises(ActError, match="P99 上官示例在岗；请先用 creation admin retire 停用"):
        perform(engine, on("2025-11-04"), "erase_person", who="P99", reason="本人申请")
    with transaction(engine) as session:
        retire_person(session, on("2025-11-05"), "P99", "调离")
    perform(engine, on("2025-11-05"), "erase_person", who="P99", reason="本人申请")
    assert tables_with(engine, ("上官示例", "shangguan@university.example")) == set()
    with reading(engine) as session:
        assert verify(session) == []
        assert session.exec(select(Person).where(Person.code == "P99")).one().name == ERASED


@pytest.mark.parametrize(
    ("who", "reason", "told"),
    [
        ("C99999", "x", "没有编号为 C99999 的联系人"),
        ("Z1", "x", "没有人员“Z1”"),
        ("now", "x", "仍在任；请先办理“变更联系人”"),
        ("now", " ", "必须写明依据"),
    ],
)
def test_what_cannot_be_erased_is_refused(left, who, reason, told):
    who = number_of(left, NEW["name"]) if who == "now" else who
    with pytest.raises(ActError, match=told):
        perform(left, on("2025-11-14"), "erase_person", who=who, reason=reason)
    assert "contact" in tables_with(left, WORDS)


def erase(session, who):
    return erase_person(session, on("2025-11-14"), who, "本人申请")


def kept(data_folder):
    return sorted(path.name for path in (data_folder / "mail").iterdir())


def test_an_erasure_that_is_undone_leaves_the_copies_of_the_letters(left, data_folder):
    who, before = number_of(left), kept(data_folder)

    def refused_later(session):
        erase(session, who)
        raise refuse("后来的一步不行")

    with pytest.raises(ActError), transaction(left) as session:
        refused_later(session)
    assert [name for name in kept(data_folder) if name.endswith(".eml")] == before
    perform(left, on("2025-11-14"), "erase_person", who=who, reason="本人申请")
    assert kept(data_folder) == ["000002-b.eml"]


def test_who_dies_after_the_commit_repeats_the_act_and_it_is_finished(left, data_folder):
    who = number_of(left)
    with left.connect() as connection, Session(connection) as session:
        erase(session, who)
        connection.get_transaction().commit()  # the rows are gone, and nobody tells the session
    assert "000001-a.eml" in kept(data_folder)
    perform(left, on("2025-11-14"), "erase_person", who=who, reason="本人申请")
    assert kept(data_folder) == ["000002-b.eml"]


def test_it_asks_for_a_code_and_the_command_says_what_is_left_to_do(left, creation):
    who = number_of(left)
    at(left, "2025-11-14")
    assert who in creation("people", "list")[1]
    said = creation("admin", "code", "A01", "--show-secret")[1]
    code, refused = creation("people", "erase", who, "--reason", "本人申请")
    assert (code, "动态口令" in refused) == (2, True)
    secret = next(word for word in said.split() if word.startswith("otpauth://"))
    digits = pyotp.parse_uri(secret).now()
    code, told = creation("people", "erase", who, "--reason", "本人申请", "--code", digits)
    assert (code, "备份" in told) == (0, True), told


def test_on_either_database(empty):
    with transaction(empty) as session:
        register_person(session, on("2025-11-04"), "A98", "长孙示例", email="zhangsun@university.example")
        register_person(session, on("2025-11-04"), "A99", "上官示例")
        retire_person(session, on("2025-11-05"), "A98", "退休")
    for _ in range(2):
        perform(empty, on("2025-11-06"), "erase_person", who="A98", reason="保存期满")
    assert tables_with(empty, ("长孙示例", "zhangsun")) == set()
    assert tables_with(empty, ("上官示例",)) == {"person"}
    with reading(empty) as session:
        assert verify(session) == []


NAMED = ("慕容示例", "公孙示例", "夏侯示例")


@pytest.fixture
def named(empty, data_folder):
    """Somebody stands behind each act that names a person: a secretary on record and one typed, an objector, a member commended."""
    shortlisted(empty)
    perform(empty, on("2025-11-12"), "declare_project", cohort="2025", unit="S04B01")
    perform(empty, on("2025-11-12"), "name_secretary_project", project="2025-S04B01", title="领航")
    perform(empty, on("2025-11-13"), "name_secretary_project", project="2025-S04B01", title="领航", secretary=NAMED[0])
    decide(empty)
    objected(empty, FIRST, raised_by=NAMED[1])
    perform(empty, on("2025-12-24"), "answer_objection", project=FIRST, upheld=False, text="经核对原件", answered_by="A02")
    perform(empty, on("2025-12-24"), "check_negative_list", project=FIRST, checked_by="A02")
    perform(empty, on("2025-12-24"), "commend", cohort="2025", unit="S04B01", title="先进", level="school", document="1号", member=NAMED[2])
    return empty


def test_whom_an_act_names_stands_in_a_row_that_is_erased_and_not_in_the_history(named):
    with reading(named) as session:
        texts = " ".join(str(event.payload) for event in session.exec(select(Event)))
        known = {row for one in session.exec(select(Contact)) for row in (one.name, one.email, one.phone) if row}
    assert {word for word in (*known, *NAMED) if word in texts} == set()
    assert tables_with(named, NAMED) == {"contact"}
    assert objected_by(named) == "公孙示例"
    for name in NAMED:
        perform(named, on("2025-12-24"), "erase_person", who=number_of(named, name), reason="本人申请")
    assert tables_with(named, NAMED) == set()
    assert objected_by(named) == ERASED
    with reading(named) as session:
        assert [award.member for award in awards(session, "2025") if award.member] == [ERASED]
        assert verify(session) == []


def objected_by(engine):
    """Who is behind the reference that the objection holds."""
    with reading(engine) as session:
        [event] = session.exec(select(Event).where(Event.event == "record_objection"))
        return name_of(session, event.payload["raised_by"])


def test_who_was_named_at_the_same_unit_goes_with_the_contact(named):
    perform(named, on("2025-12-25"), "change_contact", **{**OLD, "name": NAMED[0]})
    perform(named, on("2025-12-26"), "change_contact", **NEW)
    with reading(named) as session:
        rows = session.exec(select(Contact).where(Contact.name == NAMED[0])).all()
    assert len(rows) == 2
    perform(named, on("2025-12-27"), "erase_person", who=f"C{rows[1].id}", reason="本人申请")
    assert tables_with(named, NAMED[:1]) == set()


def test_nobody_registers_a_contact_in_the_part_of_one_who_was_only_named(engine):
    with pytest.raises(ActError, match="角色读到“named”；应为联系人、书记"):
        perform(engine, on("2025-11-03"), "change_contact", **{**OLD, "role": "named"})
